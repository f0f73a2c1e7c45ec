"""`origin backup`: the store of the installation on this machine into one file, while the service works."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger_app.cli import common, output

if TYPE_CHECKING:
    from ledger_app.config import LedgerPin, Settings
    from ledger_app.store.engine import Store

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
_NAME = "origin-backup-%Y%m%dT%H%M%SZ.jsonl.gz"


@app.command()
def backup(
    target: Annotated[
        Path, typer.Argument(help="The file to write; or a folder, where it is named by the time.")
    ],
    as_json: common.Json = False,
) -> None:
    """Back the store up into a new file, with whatever database; sealed values stay sealed.

    The master key, the chain and the signers' folders are not part of it: see docs/operations.md.
    """
    from dataclasses import asdict

    from ledger_app.store import backup as backups
    from ledger_app.store.engine import open_configured
    from ledger_app.store.secrets import Vault

    settings = common.local_settings()
    path = target / time.strftime(_NAME, time.gmtime()) if target.is_dir() else target
    store = open_configured(settings)
    try:
        pin = pin_of(settings, store)
        made = backups.write(store, Vault(settings.master_keys()), path, None if pin is None else asdict(pin))
    finally:
        store.close()
    tell(path, made.to_json(), as_json=as_json)


def pin_of(settings: "Settings", store: "Store | None") -> "LedgerPin | None":
    """The ledger of this installation: as set, as kept in the data folder, else as the store says."""
    from ledger_app.chain.pin import kept_pin, saved_pin

    if settings.pinned:
        return settings.pinned
    kept = kept_pin(settings.data)
    if kept is not None or store is None:
        return kept
    with store.read() as conn:
        return saved_pin(conn)


def tell(path: Path, found: dict[str, Any], *, as_json: bool) -> None:
    """Print what a backup holds."""
    if as_json:
        output.result({"file": str(path), "bytes": path.stat().st_size, **found})
        return
    output.line(str(path))
    made = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(found["made_at"]))
    output.line(f"  made {made}, {path.stat().st_size:,} bytes, migration {found['schema']}")
    rows = found["rows"]
    output.line(f"  {rows.get('certificates', 0):,} certificates, {rows.get('acts', 0):,} acts")
    if found["index"] is not None:
        output.line(f"  index {found['index']['digest']}  block {found['index']['block']}")
