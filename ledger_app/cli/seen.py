"""What an offline verifier has seen signed: a file of checkpoints and snapshots beside its trust snapshot.

Each new one is held against all that were seen before. Two that contradict each other are both in the file:
that is the evidence of a split view. Each line names the council that signed it, and whether the reader
had compared that council's fingerprint: anybody can make a council of their own, and a snapshot by it.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger_app import errors
from ledger_app.proof import split_view
from ledger_app.proof.canonical import JsonObject, canonical_bytes, parse_object
from ledger_app.proof.hexes import from_hex
from ledger_app.proof.statements import MAX_FILE_BYTES, Council, Signed, signed_from_json
from ledger_app.proof.trust import Trust

_MOST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class _Line:
    """One statement seen, its council, and whether that council's fingerprint was given by the reader."""

    signed: Signed
    council: Council
    confirmed: bool

    @property
    def fingerprint(self) -> str:
        stated = self.signed.statement
        return self.council.fingerprint(self.signed.domain, stated.genesis, stated.registry)

    @property
    def name(self) -> tuple[bytes, str, bool]:
        return self.signed.digest, self.fingerprint, self.confirmed

    def holds(self) -> bool:
        """Whether its council really signed it: what was only written into the file proves nothing."""
        try:
            self.signed.check(self.council)
        except errors.BadInput:
            return False
        return True

    def serialise(self) -> bytes:
        value = self.signed.to_json()
        if not self.signed.is_checkpoint:
            # A snapshot's content is not needed to compare; its hash is in the message.
            value["content"] = {}
        council: JsonObject = {
            "epoch": self.council.epoch,
            "threshold": self.council.threshold,
            "members": list(self.council.members),
        }
        return canonical_bytes({"statement": value, "council": council, "confirmed": self.confirmed}) + b"\n"


def note(path: Path, trust: Trust, checkpoint: Signed | None, *, confirmed: bool) -> list[str]:
    """Add a snapshot and the checkpoint that its council signed to the file; gives how either contradicts
    what was seen before, in words. A line that cannot be read, or that its council did not sign, is passed
    over. `confirmed`: the council's fingerprint was compared; then only such councils can contradict it.

    Raises Unavailable SEEN_FILE_UNREADABLE when there is a file that cannot be read: what contradicts may be
    in it. SEEN_FILE_UNWRITABLE, after comparing without finding anything, when it cannot be written.
    """
    found = [_Line(each, trust.council, confirmed) for each in (trust.signed, checkpoint) if each is not None]
    raw = _read(path)
    known = list(_lines(raw))
    conflicts = [
        conflict for line in found for other in known if (conflict := _conflict(line, other)) is not None
    ]
    names = {each.name for each in known}
    fresh = b"".join(line.serialise() for line in found if line.name not in names)
    try:
        if fresh:
            _append(path, fresh if not raw or raw.endswith(b"\n") else b"\n" + fresh)
    except OSError as exc:
        if not conflicts:
            raise errors.Unavailable("SEEN_FILE_UNWRITABLE", f"{path}: {exc.strerror or exc}") from None
    return conflicts


def _conflict(line: _Line, other: _Line) -> str | None:
    """Why the two cannot both be true, or None; None as well where the other proves nothing."""
    if line.confirmed and not other.confirmed and other.fingerprint != line.fingerprint:
        return None
    conflict = split_view.between(line.signed, other.signed)
    if conflict is None and _two_councils(line, other):
        conflict = (
            f"two councils of epoch {line.council.epoch}, {line.fingerprint} and {other.fingerprint}; "
            "compare them over another channel and name the true one with --council"
        )
    return conflict if conflict is not None and other.holds() else None


def _two_councils(line: _Line, other: _Line) -> bool:
    def place(each: _Line) -> tuple[Any, ...]:
        stated = each.signed.statement
        return each.signed.domain, stated.genesis, stated.registry, each.council.epoch

    return place(line) == place(other) and line.fingerprint != other.fingerprint


def _read(path: Path) -> bytes:
    try:
        if not path.exists():
            return b""
        if path.stat().st_size > _MOST_BYTES:
            raise OSError("it is too large")
        return path.read_bytes()
    except OSError as exc:
        raise errors.Unavailable("SEEN_FILE_UNREADABLE", f"{path}: {exc.strerror or exc}") from None


def _lines(raw: bytes) -> Iterator[_Line]:
    for row in raw.split(b"\n"):
        try:
            value = parse_object(row, max_bytes=MAX_FILE_BYTES)
            yield _Line(signed_from_json(value["statement"]), _council(value), value["confirmed"] is True)
        except (errors.BadInput, KeyError, TypeError):
            continue


def _council(value: JsonObject) -> Council:
    found: Any = value["council"]
    members = tuple(from_hex(member, 20) for member in found["members"])
    epoch = found["epoch"]
    if type(epoch) is not int or not 0 <= epoch < 1 << 53:
        raise TypeError
    return Council(epoch, found["threshold"], tuple("0x" + member.hex() for member in members))


def _append(path: Path, lines: bytes) -> None:
    """In one write, so that two verifiers do not mix their lines; on disk on return."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        if os.write(file, lines) != len(lines):
            raise OSError("the disk is full")
        os.fsync(file)
    finally:
        os.close(file)
