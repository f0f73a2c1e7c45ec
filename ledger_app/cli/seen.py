"""What an offline verifier has seen signed: a file of checkpoints and snapshots beside its trust snapshot.

Each new one is held against all that were seen before. Two that contradict each other are both in the file:
that is the evidence of a split view.
"""

from pathlib import Path

from ledger_app import errors
from ledger_app.proof import split_view
from ledger_app.proof.canonical import canonical_bytes
from ledger_app.proof.statements import Signed, parse_signed

_MOST_BYTES = 64 << 20


def note(path: Path, found: list[Signed]) -> list[str]:
    """Add what is new of `found` (their signatures were checked) to the file; gives how any of them
    contradicts what was seen before, in words. A line that cannot be read is passed over.

    Raises Unavailable SEEN_FILE_UNREADABLE when the file can be neither read nor written.
    """
    known: list[Signed] = []
    try:
        if path.exists():
            if path.stat().st_size > _MOST_BYTES:
                raise OSError("it is too large")
            for line in path.read_bytes().splitlines():
                try:
                    known.append(parse_signed(line))
                except errors.BadInput:
                    continue
        conflicts = [
            conflict
            for signed in found
            for other in known
            if (conflict := split_view.between(signed, other)) is not None
        ]
        digests = {each.digest for each in known}
        fresh = [signed for signed in found if signed.digest not in digests]
        if fresh:
            with path.open("ab") as file:
                # A snapshot's content is not needed to compare; its hash is in the message.
                file.writelines(_line(signed) for signed in fresh)
    except OSError as exc:
        raise errors.Unavailable("SEEN_FILE_UNREADABLE", f"{path}: {exc.strerror or exc}") from None
    return conflicts


def _line(signed: Signed) -> bytes:
    value = signed.to_json()
    if not signed.is_checkpoint:
        value["content"] = {}
    return canonical_bytes(value) + b"\n"
