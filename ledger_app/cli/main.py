"""Assembles the commands. A group is imported only when it is called, so that `origin signer` stays light."""

import importlib
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ledger_app import errors
from ledger_app.cli import output

GROUPS: dict[str, tuple[str, str]] = {
    "agreement": ("ledger_app.cli.agreement", "Show agreements and their rules."),
    "application": (
        "ledger_app.cli.application",
        "Apply for certificates, and decide about applications.",
    ),
    "backup": ("ledger_app.cli.backup", "Back this installation's store up into a file."),
    "bundle": ("ledger_app.cli.bundle", "Make the file that a holder passes on."),
    "cargo": ("ledger_app.cli.cargo", "Capture, follow and prove cargo events."),
    "certificate": ("ledger_app.cli.certificate", "Issue certificates of origin and act on them."),
    "checkpoint": ("ledger_app.cli.checkpoint", "Signed heads of the ledger, for verifying offline."),
    "council": ("ledger_app.cli.council", "The council's acts: members, keys, pause."),
    "demo": ("ledger_app.cli.demo", "Run the whole story on a fresh chain, and report."),
    "doctor": ("ledger_app.cli.doctor", "Find out what is wrong with this installation."),
    "inbox": ("ledger_app.cli.recipients", "What you were told about certificates that you have."),
    "index": ("ledger_app.cli.index", "Look after the index of the chain."),
    "member": ("ledger_app.cli.member", "Organisations: enrol, accredit, keys, tokens."),
    "numbers": ("ledger_app.cli.numbers", "Ranges of certificate numbers."),
    "reasons": ("ledger_app.cli.reasons", "List every check, outcome and reason code."),
    "restore": ("ledger_app.cli.restore", "Make this installation's store out of a backup."),
    "serve": ("ledger_app.cli.serve", "Run the service."),
    "signer": ("ledger_app.cli.signer", "Hold an organisation's key and sign for it, within limits."),
    "store": ("ledger_app.cli.store", "Look after the database."),
    "trust": ("ledger_app.cli.trust", "The trust snapshot, which verifying offline rests on."),
    "verify": ("ledger_app.cli.verify", "Is this certificate genuine, and what is its standing?"),
    "webhook": ("ledger_app.cli.webhook", "Have changes of certificates delivered to your systems."),
}
"""Command or group by name: the module whose `app` it is, and its one-line help."""


class _Lazy(TyperGroup):
    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # noqa: ARG002
        return sorted(GROUPS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]  # noqa: ARG002
        if cmd_name not in GROUPS:
            return None
        command = typer.main.get_command(importlib.import_module(GROUPS[cmd_name][0]).app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]  # noqa: ARG002
        # The help of the whole needs no group imported.
        with formatter.section("Commands"):
            formatter.write_dl([(name, GROUPS[name][1]) for name in sorted(GROUPS)])


app = typer.Typer(
    cls=_Lazy,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            output.line(version("origin-ledger"))
        except PackageNotFoundError:
            output.line("a checkout")
        raise typer.Exit


@app.callback()
def origin(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """Certificates of origin on a shared ledger.

    The commands talk to the service at ORIGIN_URL with the token ORIGIN_TOKEN; results go to stdout,
    progress to
    stderr. `origin verify` exits 0 genuine and in good standing, 10 not found, 11 not genuine, 12 revoked,
    suspended,
    expired or used up, 13 issuer not trusted, 20 cannot tell; usage errors exit 2.
    """


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line. Leaves by SystemExit; no error of ours or interruption prints a traceback."""
    wanted = sys.argv[1:] if arguments is None else arguments
    try:
        app(args=wanted, prog_name="origin", standalone_mode=True)
    except errors.LedgerError as error:
        output.fail(error, as_json="--json" in wanted)
    except KeyboardInterrupt:
        output.progress("interrupted")
        raise SystemExit(130) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(141) from None
