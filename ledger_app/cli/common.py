"""What every command needs: the connection to the service, and waiting for an act to be on the ledger."""

import json
import os
import re
import secrets
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger_app import errors
from ledger_app.cli import output
from ledger_app.client import Client
from ledger_app.domain.act_states import DEAD, FINAL
from ledger_app.reasons import REASONS
from ledger_app.secret_files import secret

if TYPE_CHECKING:
    from ledger_app.config import Settings

DEFAULT_URL = "http://127.0.0.1:8000"
DEMO_TOKENS = "demo/tokens.json"
CHAMBER, CUSTOMS = "chamber", "customs"
"""Whose tokens of a demo the commands take by themselves."""
_WAIT_SECONDS = 25
_OFF_CHAIN = {"Checkpoint", "TrustSnapshot"}

As = Annotated[
    str,
    typer.Option(
        "--as", envvar="ORIGIN_AS", help="In the demo: whose token to use (chamber, customs, authority, …)."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait until it is on the ledger.")]
Seconds = Annotated[float, typer.Option("--timeout", min=0, help="How many seconds to wait for the ledger.")]


def group(help_text: str) -> typer.Typer:
    """A group of commands in the house style: plain help, no completion."""
    return typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        help=help_text,
    )


def connect(role: str, who: str = "") -> Client:
    """A client of ORIGIN_URL with ORIGIN_TOKEN (or what ORIGIN_TOKEN_FILE holds). Without them, of the demo
    in the data folder, with the token of `who` or `role` there. Raises BadInput `ROLE_UNKNOWN` for a `who`
    that the demo has not."""
    demo = _demo()
    url = os.environ.get("ORIGIN_URL") or demo.get("url") or DEFAULT_URL
    return Client(url, _token(url, demo, who, role), timeout=_WAIT_SECONDS + 35)


def _demo() -> dict[str, Any]:
    file = Path(os.environ.get("ORIGIN_DATA") or ".origin") / DEMO_TOKENS
    try:
        demo = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return demo if isinstance(demo, dict) else {}


def _token(url: str, demo: dict[str, Any], who: str, role: str) -> str | None:
    given = secret("ORIGIN_TOKEN")
    if given:
        return given.strip()
    # A demo's tokens go nowhere but to the demo that made them.
    if demo.get("url") != url.rstrip("/"):
        return None
    tokens = demo.get("tokens", {})
    if who and who not in tokens:
        raise errors.BadInput("ROLE_UNKNOWN", f"nobody is called {who[:40]!r}; there are {', '.join(tokens)}")
    found = tokens.get(who or role)
    return str(found) if found else None


def local_settings() -> "Settings":
    """The settings of the installation on this machine: of a demo, where the data folder is that of one."""
    from ledger_app.config import load_settings

    if (Path(os.environ.get("ORIGIN_DATA") or ".origin") / DEMO_TOKENS).exists():
        return load_settings(demo=True)
    return load_settings()


def segment(text: str) -> str:
    """An id as a part of a path. Raises typer.BadParameter for what no id looks like."""
    if not re.fullmatch(r"[0-9A-Za-z]{1,80}", text):
        raise typer.BadParameter("an id has digits and letters only")
    return text


def read_file(path: Path, most: int = 64 << 20) -> bytes:
    """The bytes of a file, or of stdin for `-`. Raises BadInput FILE_UNREADABLE, TooLarge TOO_LARGE beyond
    `most` bytes."""
    try:
        with sys.stdin.buffer if str(path) == "-" else path.open("rb") as file:
            raw = file.read(most + 1)
    except OSError as exc:
        raise errors.BadInput("FILE_UNREADABLE", f"{path}: {exc.strerror or exc}") from None
    if len(raw) > most:
        raise errors.TooLarge("TOO_LARGE", f"{path} is larger than {most} bytes")
    return raw


def write_file(path: Path, raw: bytes) -> None:
    """Write a file. Raises BadInput FILE_UNWRITABLE."""
    try:
        path.write_bytes(raw)
    except OSError as exc:
        raise errors.BadInput("FILE_UNWRITABLE", f"{path}: {exc.strerror or exc}") from None


def act(
    client: Client,
    path: str,
    body: dict[str, Any],
    *,
    as_json: bool,
    no_wait: bool = False,
    timeout: float = 120,
) -> None:
    """Ask for an act, wait until it is on the ledger, and print it. Exit code 1 when it came to nothing."""
    asked = client.post(path, body, idempotency_key=secrets.token_hex(16))
    finish(client, asked, as_json=as_json, no_wait=no_wait, timeout=timeout)


def finish(client: Client, asked: dict[str, Any], *, as_json: bool, no_wait: bool, timeout: float) -> None:
    """Wait for the act in the answer `asked`, and print the answer with the act as it then is."""
    if not no_wait:
        try:
            asked["act"] = waited(client, asked["act"], timeout)
        except KeyboardInterrupt:
            output.progress(f"no longer waiting; act {asked['act']['id']} goes on all the same")
            raise
    found = asked["act"]
    for certificate in asked.get("certificates", []):
        certificate["state"] = found["state"]
    if as_json:
        output.result(asked)
    else:
        _print(asked)
    if found["state"] in DEAD:
        raise SystemExit(output.REFUSED)
    if not no_wait and found["state"] != FINAL:
        raise SystemExit(output.PENDING)


def waited(client: Client, found: dict[str, Any], timeout: float) -> dict[str, Any]:
    """The act once it is settled, or as it is after `timeout` seconds; each new state is told on stderr."""
    until = time.monotonic() + timeout
    state = told = ""
    while True:
        if found["state"] != state:
            state = found["state"]
        if state not in (FINAL, *DEAD) and state != told:
            # The last state is part of the result.
            told = state
            output.progress(f"{found.get('summary') or found['kind']}: {_STATES.get(state, state)}")
        left = until - time.monotonic()
        if state in (FINAL, *DEAD) or left <= 0:
            return found
        found = client.get(f"/v1/acts/{found['id']}", wait=max(1, int(min(left, _WAIT_SECONDS))))


_STATES = {
    "needs-signature": "waiting for the signer",
    "queued": "signed, waiting to be sent",
    "broadcast": "sent, not on the ledger yet",
    "included": "in a block, not final yet",
    "final": "on the ledger",
    "reverted": "the ledger refused it",
    "refused": "the signer refused it",
    "expired": "its deadline passed",
    "orphaned": "fell out of the chain, is sent again",
}


def _print(asked: dict[str, Any]) -> None:
    found = asked["act"]
    words = _STATES.get(found["state"], found["state"])
    if found["state"] == FINAL and found["kind"] in _OFF_CHAIN:
        words = "signed and published"
    code = "32" if found["state"] == FINAL else "31" if found["state"] in DEAD else "33"
    output.line(f"{found.get('summary') or found['kind']}: {output.colour(words, code)}")
    if found.get("block") is not None:
        output.line(
            f"  block {found['block']}, gas {found.get('gasUsed')}, transaction {found.get('transaction')}"
        )
    if found.get("reason"):
        output.line(f"  reason {found['reason']}" + _meaning(found["reason"]))
    output.line(f"  act {found['id']}")
    for certificate in asked.get("certificates", []):
        output.line(f"  {certificate['number']}  digest {certificate['digest']}")
    if "enquiry" in asked:
        output.line(f"  enquiry {asked['enquiry']}")


def _meaning(reason: str) -> str:
    entry = REASONS.get(reason)
    return f": {entry.meaning} {entry.next_step}" if entry else ""
