"""`origin signer …`: make and run the program that opens an organisation's key."""

import os
import signal
import threading
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger_app import errors
from ledger_app.cli import common, output

app = common.group("Hold an organisation's key and sign for it, within limits.")

Folder = Annotated[Path, typer.Option("--dir", "-d", help="The signer's folder.")]
DEFAULT_FOLDER = Path("signer")
_WAIT_SECONDS = 15


@app.command()
def init(
    folder: Folder = DEFAULT_FOLDER,
    organisation: Annotated[str, typer.Option(help="Registered identifier, such as urn:cn:uscc:…")] = "",
    council: Annotated[bool, typer.Option("--council", help="A seat in the council instead.")] = False,
    url: Annotated[str, typer.Option(envvar="ORIGIN_URL", help="The service.")] = "http://127.0.0.1:8000",
    chain_id: Annotated[int, typer.Option(help="Pin: chain id.")] = 0,
    consortium: Annotated[str, typer.Option(help="Pin: address of Consortium.")] = "",
    registry: Annotated[str, typer.Option(help="Pin: address of CertificateRegistry.")] = "",
    cargo_log: Annotated[str, typer.Option(help="Pin: address of CargoLog.")] = "",
    schemes: Annotated[list[str] | None, typer.Option("--scheme", help="Allow only these schemes.")] = None,
    node: Annotated[str | None, typer.Option(help="A council seat's own node.")] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="File with the service's bearer token (0600).")
    ] = None,
    password_file: Annotated[Path | None, typer.Option(help="File with the key's password (0600).")] = None,
    unpinned: Annotated[
        bool, typer.Option("--unpinned", help="Pin later, with `origin signer pin`.")
    ] = False,
    unattended: Annotated[
        bool, typer.Option("--unattended", help="Let no act wait for a person: demo only.")
    ] = False,
    light: Annotated[
        bool, typer.Option("--light", help="A weak key file that opens fast: demo only.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Make the folder, the key and signer.toml; print the key's address.

    Pins that are not given are asked from the service and shown: compare them with the council's
    announcement.
    """
    from dataclasses import replace

    from ledger_app.signer import keystore, settings

    if bool(organisation) == council:
        raise errors.BadInput("SIGNER_SETTINGS_INVALID", "give either --organisation or --council")
    if (folder / settings.FILE).exists():
        raise errors.Conflict("SIGNER_EXISTS", f"{folder} holds a signer already")
    given: dict[str, Any] = {
        "chain_id": chain_id,
        "consortium": consortium,
        "registry": registry,
        "cargo_log": cargo_log,
    }
    pins = settings.UNPINNED if unpinned else _pins(url, given)
    limits = replace(settings.default_limits(council), schemes=frozenset(schemes or ()))
    if unattended:
        limits = replace(limits, with_person=frozenset())
    password = keystore.read_password(password_file, confirm=True)
    key = keystore.create(folder / "keystore", password, light=light)
    settings.write(
        settings.SignerSettings(
            folder=folder,
            url=url,
            organisation=None if council else organisation,
            pins=pins,
            limits=limits,
            key=key.address,
            token_file=None if token_file is None else token_file.absolute(),
            password_file=None if password_file is None else password_file.absolute(),
            node=node,
        )
    )
    if as_json:
        output.result({"address": key.address, "folder": str(folder)})
    else:
        output.line(key.address)


@app.command()
def pin(
    folder: Folder = DEFAULT_FOLDER,
    url: Annotated[str, typer.Option(envvar="ORIGIN_URL", help="The service.")] = "http://127.0.0.1:8000",
    chain_id: Annotated[int, typer.Option(help="Pin: chain id.")] = 0,
    consortium: Annotated[str, typer.Option(help="Pin: address of Consortium.")] = "",
    registry: Annotated[str, typer.Option(help="Pin: address of CertificateRegistry.")] = "",
    cargo_log: Annotated[str, typer.Option(help="Pin: address of CargoLog.")] = "",
) -> None:
    """Pin a signer that was made with --unpinned to its ledger. A pinned one is not changed."""
    from dataclasses import replace

    from ledger_app.signer import settings

    found = settings.load(folder)
    if found.pins != settings.UNPINNED:
        raise errors.Conflict("SIGNER_EXISTS", f"{folder} is pinned to chain {found.pins.chain_id} already")
    given = {"chain_id": chain_id, "consortium": consortium, "registry": registry, "cargo_log": cargo_log}
    settings.write(replace(found, pins=_pins(url, given)), again=True)


@app.command()
def run(
    folder: Folder = DEFAULT_FOLDER,
    url: Annotated[str | None, typer.Option(help="The service, if not the one in signer.toml.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Answer what is asked now, then end.")] = False,
    ask: Annotated[bool, typer.Option("--ask", help="A person agrees to each signature.")] = False,
    node: Annotated[
        str | None, typer.Option(help="A council seat's own node, if not the one in signer.toml.")
    ] = None,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Sign what is asked, within the limits of signer.toml; refuse the rest with a reason."""
    stop = _Stop()
    if with_parent:
        stop.end_with_parent()
    with _opened(folder, ask, url, node) as signer:
        output.progress(f"{signer.settings.organisation or 'council seat'} signs with {signer.key.address}")
        if once:
            signer.step()
        else:
            signer.wait_seconds = _WAIT_SECONDS
            signer.run()


@app.command()
def show(folder: Folder = DEFAULT_FOLDER, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Show whom the signer acts for, its pins and limits, and what it signed last. Opens no key."""
    import json

    from ledger_app.signer import settings

    found = settings.load(folder)
    journal = found.journal.read_text(encoding="utf-8").splitlines() if found.journal.exists() else []
    last = [json.loads(row) for row in journal[-10:]]
    if as_json:
        output.result(
            {
                "organisation": found.organisation or settings.COUNCIL,
                "key": found.key,
                "url": found.url,
                "pins": {
                    name: getattr(found.pins, name)
                    for name in ("chain_id", "consortium", "registry", "cargo_log")
                },
                "acts": sorted(found.limits.acts),
                "withPerson": sorted(found.limits.with_person),
                "schemes": sorted(found.limits.schemes),
                "signed": len(journal),
                "last": last,
            }
        )
        return
    output.line(f"{found.organisation or 'Council seat'}, key {found.key}")
    output.line(f"service {found.url}, chain {found.pins.chain_id}")
    output.line(f"acts: {', '.join(sorted(found.limits.acts))}")
    output.line(f"with a person only: {', '.join(sorted(found.limits.with_person)) or 'none'}")
    output.line(f"schemes: {', '.join(sorted(found.limits.schemes)) or 'all'}")
    output.line(f"{len(journal)} acts signed")
    for row in last:
        output.line(f"  {row['words']}")


@app.command()
def accept(
    folder: Folder = DEFAULT_FOLDER,
    days: Annotated[int, typer.Option(min=1, max=7, help="How long the acceptance may be used.")] = 7,
) -> None:
    """Print this key's signed agreement to serve its organisation (or to sit in the council), for whoever
    adds it."""
    import time

    from ledger_app.proof import typed_data
    from ledger_app.proof.hexes import to_hex
    from ledger_app.signer.requests import Request

    with _opened(folder, ask=False) as signer:
        deadline = int(time.time()) + days * 86_400
        name = signer.settings.organisation
        message: typed_data.Act
        if name is None:
            message = typed_data.AcceptSeat(signer.key.address, deadline)
        else:
            from ledger_app.domain.terms import organisation_id

            message = typed_data.AcceptKey(organisation_id(name), signer.key.address, deadline)
        domain = typed_data.Domain(signer.settings.pins.chain_id, signer.settings.pins.consortium)
        request = Request("accept", type(message).__name__, message.CONTRACT, domain, message, {})
        entry, signature = signer.sign(request)
        output.progress(entry.words)
        output.result(
            {
                "organisation": name,
                "key": signer.key.address,
                "deadline": deadline,
                "signature": to_hex(signature),
            }
        )


class _Opened:
    """A signer with its journal open, closed on leaving."""

    def __init__(self, folder: Path, ask: bool, url: str | None, node: str | None) -> None:
        from ledger_app.client import Client
        from ledger_app.signer import keystore, settings
        from ledger_app.signer.journal import Journal
        from ledger_app.signer.loop import Signer

        found = settings.load(folder)
        if found.pins == settings.UNPINNED:
            raise errors.ConfigError("SIGNER_NOT_PINNED")
        self._journal = Journal(found.journal)
        key = keystore.load(found.keystore, found.key, keystore.read_password(found.password_file))
        asking = _ask if ask or found.ask else None
        self.signer = Signer(
            found,
            key,
            self._journal,
            Client(url or found.url, found.token(), timeout=60),
            output.line,
            asking,
        )
        chosen = node or found.node
        if chosen is not None:
            from ledger_app.signer.own_node import OwnNode

            self.signer.node = OwnNode(chosen, found.pins)

    def __enter__(self) -> Any:
        return self.signer

    def __exit__(self, *_: object) -> None:
        self.signer.client.close()
        if self.signer.node is not None:
            self.signer.node.close()
        self._journal.close()


def _opened(folder: Path, ask: bool, url: str | None = None, node: str | None = None) -> _Opened:
    return _Opened(folder, ask, url, node)


class _Stop:
    """Ends at Ctrl-C and SIGTERM, wherever it is: what was signed stands in the journal."""

    def __init__(self) -> None:
        signal.signal(signal.SIGTERM, self._leave)
        signal.signal(signal.SIGINT, self._leave)

    def end_with_parent(self) -> None:
        """End when the process that started this one is gone, however it went: our stdin closes then."""
        threading.Thread(target=self._watch, name="parent-watch", daemon=True).start()

    def _watch(self) -> None:
        while os.read(0, 1024):
            pass
        os._exit(0)

    def _leave(self, *_: object) -> None:
        raise SystemExit(0)


def _ask(words: str) -> bool:
    output.progress(words)
    try:
        return input("Sign this? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _pins(url: str, given: dict[str, Any]) -> Any:
    from ledger_app.client import Client
    from ledger_app.signer.settings import Pins

    if not all(given.values()):
        ledger = Client(url).get("/v1/ledger")
        told = {
            "chain_id": ledger["chainId"],
            "consortium": ledger["consortium"],
            "registry": ledger["registry"],
            "cargo_log": ledger["cargoLog"],
        }
        given = {name: value or told[name] for name, value in given.items()}
        for name, value in given.items():
            output.progress(f"pin {name} = {value}")
        output.progress("compare these pins with what the council has announced before you start the signer")
    return Pins(
        int(given["chain_id"]), *(str(given[n]).lower() for n in ("consortium", "registry", "cargo_log"))
    )
