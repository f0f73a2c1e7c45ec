"""`origin restore`: the store of the installation on this machine out of a backup. No service may run."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ledger_app import errors
from ledger_app.cli import common, output
from ledger_app.cli.backup import pin_of, tell

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
_IDENTITY = ("chain_id", "genesis", "consortium", "registry", "cargo_log")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Throw away what the database holds now.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only read the backup to its end and say what it holds.")
    ] = False,
    tokens: Annotated[
        bool,
        typer.Option(
            "--tokens/--without-tokens",
            help="Keep the backup's tokens: those revoked since it was made come back to life.",
        ),
    ] = True,
    as_json: common.Json = False,
) -> None:
    """Make the database what the backup holds: all of it, or nothing."""
    from ledger_app.store import backup as backups
    from ledger_app.store.engine import open_configured
    from ledger_app.store.secrets import Vault

    settings = common.local_settings()
    vault = Vault(settings.master_keys())
    found = backups.check(vault, file)
    ours = pin_of(settings, None)
    if ours is not None and found.header.ledger is not None:
        _same_ledger({name: getattr(ours, name) for name in _IDENTITY}, found.header.ledger)
    if not check:
        store = open_configured(settings)
        try:
            found = backups.restore(store, vault, file, demo=settings.demo, replace=replace, tokens=tokens)
        finally:
            store.close()
    tell(file, found.to_json(), as_json=as_json)
    if not check:
        output.progress("restored; compare, then start the service: origin index rebuild --verify")
        output.progress("tokens revoked and documents erased since the backup are back: do both again")


def _same_ledger(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    for name, value in ours.items():
        if str(value).lower() != str(theirs.get(name)).lower():
            raise errors.Conflict("BACKUP_OTHER_LEDGER", f"its {name} is {theirs.get(name)}, ours {value}")
