"""`signer.toml`: whom this signer acts for, which ledger it signs for, and within which limits.

Nothing here ever comes from the service: a signer compares what it is shown with its own pins.
"""

import re
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from ledger_app import errors
from ledger_app.proof.typed_data import ACTS, STATEMENTS
from ledger_app.signer import keystore

FILE = "signer.toml"
COUNCIL = "council"

COUNCIL_ACTS = frozenset({"Vote", "AcceptSeat", "MemberPause", *STATEMENTS})
MEMBER_ACTS = frozenset(ACTS) - COUNCIL_ACTS
WITH_PERSON = COUNCIL_ACTS | {"AddKey", "RetireKey", "Enrol", "Accredit", "Revoke", "Supersede"}
"""Acts that hand power on (one key that a lying service had added would issue without this signer ever
after), and those that end for ever what others rely on. Nothing shown can prove that the organisation wants
them."""

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class Pins:
    """The one ledger this signer signs for: chain id and the contracts' addresses (lower-case hex)."""

    chain_id: int
    consortium: str
    registry: str
    cargo_log: str

    def contract(self, name: str) -> str:
        """The address of `Consortium`, `CertificateRegistry` or `CargoLog`."""
        return {
            "Consortium": self.consortium,
            "CertificateRegistry": self.registry,
            "CargoLog": self.cargo_log,
        }[name]


UNPINNED = Pins(0, *(["0x" + "00" * 20] * 3))
"""Of a signer that was made before its ledger was: it signs nothing."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What this signer signs without a person changing its settings.

    `acts`: kinds of typed data; `schemes`: codes it issues or accredits under (empty: every scheme);
    `per_day`: how many
    acts of a kind in a UTC day; `deadline_seconds`: how far ahead a deadline may lie; `statement_seconds`:
    for how long a checkpoint or snapshot may be good; `council_calls`:
    functions of the
    Consortium it votes for (empty: all that it can read); `with_person`: kinds that wait until a person says
    yes.
    """

    acts: frozenset[str] = frozenset()
    schemes: frozenset[str] = frozenset()
    certificates_per_batch: int = 10_000
    certificates_per_day: int = 100_000
    events_per_anchor: int = 100_000
    deadline_seconds: int = 7 * 86_400
    statement_seconds: int = 100 * 86_400
    per_day: dict[str, int] = field(default_factory=dict)
    council_calls: frozenset[str] = frozenset()
    with_person: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SignerSettings:
    """One signer's folder. `organisation` is the registered identifier, or None for a seat in the council;
    `node` the address of that seat's own node. `claim_secret`: the hash (`0x…`) of the secret that claims are
    made with, where a person set another than the journal remembers."""

    folder: Path
    url: str
    organisation: str | None
    pins: Pins
    limits: Limits
    key: str | None = None
    token_file: Path | None = None
    password_file: Path | None = None
    ask: bool = False
    poll_seconds: float = 2.0
    node: str | None = None
    claim_secret: str | None = None

    @property
    def keystore(self) -> Path:
        return self.folder / "keystore"

    @property
    def journal(self) -> Path:
        return self.folder / "signed.jsonl"

    @property
    def alive(self) -> Path:
        """Touched each time the service has answered, so that a watcher of the machine sees how long ago."""
        return self.folder / "alive"

    def token(self) -> str | None:
        """The bearer token for the service, from a file that only its owner reads."""
        if self.token_file is None:
            return None
        keystore.refuse_if_shared(self.token_file)
        return self.token_file.read_text(encoding="utf-8").strip()


def default_limits(council: bool) -> Limits:
    """What a new signer starts with: every act of a member (or of the council), with modest daily counts, and
    a person for those that hand power on or end something for ever."""
    if council:
        return Limits(acts=COUNCIL_ACTS, per_day={"Vote": 200}, with_person=WITH_PERSON & COUNCIL_ACTS)
    counts = {
        "Revoke": 100,
        "Suspend": 100,
        "Reinstate": 100,
        "Supersede": 1_000,
        "Acquit": 10_000,
        "Consume": 1_000,
        "Withdraw": 100,
        "Refuse": 1_000,
        "Confirm": 10,
        "AddKey": 5,
        "RetireKey": 5,
    }
    return Limits(acts=MEMBER_ACTS, per_day=counts, with_person=WITH_PERSON & MEMBER_ACTS)


def load(folder: Path) -> SignerSettings:
    """Read `folder/signer.toml`. Raises ConfigError for a missing, unreadable or contradictory file: unknown
    names too."""
    path = folder / FILE
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise errors.ConfigError(
            "SIGNER_FILE_MISSING", f"{path} is not there; make it with `origin signer init`"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise errors.ConfigError("SIGNER_SETTINGS_INVALID", f"{path}: {exc}") from exc
    try:
        return _settings(folder, raw)
    except (KeyError, TypeError, ValueError) as exc:
        raise errors.ConfigError("SIGNER_SETTINGS_INVALID", f"{path}: {exc}") from exc


def write(settings: SignerSettings, *, again: bool = False) -> None:
    """Write `signer.toml` (0600). Raises Conflict when the file is there, unless it is written `again`."""
    path = settings.folder / FILE
    if path.exists() and not again:
        raise errors.Conflict("SIGNER_EXISTS", f"{path} is there already")
    settings.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    keystore.write_private(path, _to_toml(settings).encode())


def _settings(folder: Path, raw: dict[str, Any]) -> SignerSettings:
    known = {
        "url",
        "organisation",
        "key",
        "token_file",
        "password_file",
        "ask",
        "poll_seconds",
        "node",
        "claim_secret",
        "ledger",
        "limits",
    }
    _refuse_unknown(raw, known, "")
    ledger, limits = raw["ledger"], dict(raw.get("limits", {}))
    _refuse_unknown(ledger, {f.name for f in fields(Pins)}, "ledger.")
    _refuse_unknown(limits, {f.name for f in fields(Limits)}, "limits.")
    organisation = str(raw["organisation"])
    council = organisation == COUNCIL
    allowed = COUNCIL_ACTS if council else MEMBER_ACTS
    acts = frozenset(limits.pop("acts", allowed))
    if not acts <= allowed:
        raise ValueError(f"limits.acts names what this signer cannot do: {', '.join(sorted(acts - allowed))}")
    with_person = frozenset(limits.pop("with_person", WITH_PERSON & allowed))
    if not with_person <= allowed:
        raise ValueError(
            f"limits.with_person names what this signer cannot do: {', '.join(sorted(with_person - allowed))}"
        )
    per_day = {str(k): _count(k, v) for k, v in limits.pop("per_day", {}).items()}
    sets = {name: frozenset(limits.pop(name, ())) for name in ("schemes", "council_calls")}
    numbers = {name: _count(name, value) for name, value in limits.items()}
    return SignerSettings(
        folder=folder,
        url=str(raw["url"]),
        organisation=None if council else organisation,
        pins=Pins(
            chain_id=_count("chain_id", ledger["chain_id"]),
            **{name: _address(name, ledger[name]) for name in ("consortium", "registry", "cargo_log")},
        ),
        limits=Limits(acts=acts, per_day=per_day, with_person=with_person, **sets, **numbers),  # type: ignore[arg-type]
        key=_address("key", raw["key"]) if "key" in raw else None,
        token_file=folder / raw["token_file"] if "token_file" in raw else None,
        password_file=folder / raw["password_file"] if "password_file" in raw else None,
        ask=raw.get("ask", False) is True,
        poll_seconds=float(raw.get("poll_seconds", 2.0)),
        node=str(raw["node"]) if "node" in raw else None,
        claim_secret=_hash("claim_secret", raw["claim_secret"]) if "claim_secret" in raw else None,
    )


def _refuse_unknown(table: dict[str, Any], known: set[str], prefix: str) -> None:
    # A misspelt limit would otherwise be no limit.
    unknown = sorted(set(table) - known)
    if unknown:
        raise ValueError(f"unknown setting {prefix}{unknown[0]}")


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{name} is not a whole number of zero or more")
    return value


def _address(name: str, value: Any) -> str:
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        raise ValueError(f"{name} is not an address (0x and 40 hex digits)")
    return value.lower()


def _hash(name: str, value: Any) -> str:
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise ValueError(f"{name} is not a hash (0x and 64 hex digits)")
    return value.lower()


def _to_toml(settings: SignerSettings) -> str:
    limits = settings.limits
    lines = [
        "# The signer of one organisation. Nothing here comes from the service; a person changes it.",
        "",
    ]
    lines.append(f"url = {_quoted(settings.url)}")
    lines.append(f"organisation = {_quoted(settings.organisation or COUNCIL)}")
    if settings.key:
        lines.append(f"key = {_quoted(settings.key)}")
    for name, file in (("token_file", settings.token_file), ("password_file", settings.password_file)):
        if file is not None:
            lines.append(f"{name} = {_quoted(str(file))}")
    lines.append(
        f"ask = {'true' if settings.ask else 'false'}  # true: a person answers y before each signature"
    )
    lines.append(f"poll_seconds = {settings.poll_seconds}")
    if settings.node is not None:
        lines.append(f"node = {_quoted(settings.node)}  # our own: statements are recomputed from it")
    if settings.claim_secret is not None:
        lines.append(f"claim_secret = {_quoted(settings.claim_secret)}  # its hash, as a refusal named it")
    lines += ["", "[ledger]", f"chain_id = {settings.pins.chain_id}"]
    lines += [f"{n} = {_quoted(getattr(settings.pins, n))}" for n in ("consortium", "registry", "cargo_log")]
    lines += [
        "",
        "[limits]",
        f"acts = {_array(limits.acts)}",
        f"with_person = {_array(limits.with_person)}  # wait for `origin signer run --ask`",
        f"schemes = {_array(limits.schemes)}  # empty: every scheme",
    ]
    for name in (
        "certificates_per_batch",
        "certificates_per_day",
        "events_per_anchor",
        "deadline_seconds",
        "statement_seconds",
    ):
        lines.append(f"{name} = {getattr(limits, name)}")
    lines.append(f"council_calls = {_array(limits.council_calls)}  # empty: every call that it can read")
    lines += ["", "[limits.per_day]"] + [
        f"{kind} = {count}" for kind, count in sorted(limits.per_day.items())
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    if any(ord(c) < 0x20 or ord(c) == 0x7F for c in escaped):
        raise errors.BadInput("SIGNER_SETTINGS_INVALID", "a setting holds a control character")
    return f'"{escaped}"'


def _array(values: frozenset[str]) -> str:
    return "[" + ", ".join(_quoted(v) for v in sorted(values)) + "]"
