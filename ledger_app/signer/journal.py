"""What this signer has signed: an append-only file, on disk before any signature leaves.

`signed.jsonl` holds one JSON object a line; each carries the SHA-256 of the line before, so that a line
taken out or
altered is found at the next start. Daily counts, the numbers already used and the stream heads are read back
from it,
which is why limits survive a restart and a `kill -9`. A last line without its newline was never finished, so
its
signature never left: it is cut off.
"""

import fcntl
import hashlib
import json
import os
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger_app import errors
from ledger_app.proof.canonical import JsonObject
from ledger_app.proof.statements import Signed, signed_from_json

_FIRST = "0" * 64


@dataclass(slots=True)
class Entry:
    """One signature: the typed-data `digest` (hex), its `kind`, and what must be remembered of it.

    `certificates`: (number, leaf hex) issued by it; `batch`: (scheme code, root hex) it registers; `stream`:
    (stream
    hex, previous head hex, head hex, count) it anchors; `stated`: the whole statement that the council makes
    off chain, as the file of it without signatures or content; `claim_secret`: hash (hex)
    of the secret that its claim was made with.
    """

    digest: str
    kind: str
    request: str
    words: str
    certificates: list[tuple[str, str]] = field(default_factory=list)
    batch: tuple[str, str] | None = None
    stream: tuple[str, str, str, int] | None = None
    stated: JsonObject | None = None
    claim_secret: str | None = None


class Journal:
    """The open journal of one signer; holds an exclusive lock on its file until closed.

    Raises Conflict when another process has it open, Broken when a line was altered or taken out.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise errors.Conflict("SIGNER_RUNNING", f"another signer has {path} open") from None
        self._last = _FIRST
        self._digests: set[str] = set()
        self._numbers: dict[str, str] = {}
        self._acts: Counter[tuple[int, str]] = Counter()
        self._certificates: Counter[int] = Counter()
        self._batches: set[tuple[str, str]] = set()
        self._streams: dict[str, list[tuple[int, str]]] = {}
        self._stated: list[Signed] = []
        self._claim_secret: str | None = None
        try:
            self._read()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- what is remembered ---

    def holds(self, digest: str) -> bool:
        """Whether this very typed data was signed before: signing it again changes nothing."""
        return digest in self._digests

    def leaf_of(self, number: str) -> str | None:
        """The leaf (hex) that was signed under a certificate number."""
        return self._numbers.get(number)

    def acts_on(self, day: int, kind: str) -> int:
        return self._acts[day, kind]

    def certificates_on(self, day: int) -> int:
        return self._certificates[day]

    def knows_batch(self, scheme: str, root: str) -> bool:
        return (scheme, root) in self._batches

    def heads_of(self, stream: str) -> list[tuple[int, str]]:
        """(count, head hex) signed for a stream, in ascending count."""
        return self._streams.get(stream, [])

    def stated(self) -> list[Signed]:
        """Every checkpoint and snapshot signed, in order; without signatures and content."""
        return self._stated

    def claim_secret(self) -> str | None:
        """The hash (hex) of the secret that the latest claim was made with."""
        return self._claim_secret

    # --- writing ---

    def append(self, entry: Entry, *, now: float | None = None) -> None:
        """Record `entry`; it is on disk on return. Recording the same digest again does nothing."""
        if self.holds(entry.digest):
            return
        row: dict[str, Any] = {
            "time": int(time.time() if now is None else now),
            "digest": entry.digest,
            "kind": entry.kind,
            "request": entry.request,
            "words": entry.words,
            "after": self._last,
        }
        for name in ("certificates", "batch", "stream", "stated"):
            if getattr(entry, name):
                row[name] = getattr(entry, name)
        if entry.claim_secret is not None and entry.claim_secret != self._claim_secret:
            row["claim_secret"] = entry.claim_secret
        line = json.dumps(row, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
        written = 0
        while written < len(line):
            written += os.write(self._file, line[written:])
        os.fsync(self._file)
        self._remember(row)
        self._last = hashlib.sha256(line).hexdigest()

    def _read(self) -> None:
        with self._path.open("rb") as file:
            whole = 0
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    break
                try:
                    row = json.loads(line)
                    if row["after"] != self._last:
                        raise ValueError("it does not follow from the line before")
                    self._remember(row)
                except (ValueError, KeyError, TypeError, errors.BadInput) as exc:
                    raise errors.Broken("JOURNAL_DAMAGED", f"{self._path} line {number}: {exc}") from exc
                self._last = hashlib.sha256(line).hexdigest()
                whole += len(line)
        if whole < self._path.stat().st_size:
            os.ftruncate(self._file, whole)
            os.fsync(self._file)

    def _remember(self, row: dict[str, Any]) -> None:
        day = int(row["time"]) // 86_400
        self._digests.add(row["digest"])
        self._acts[day, row["kind"]] += 1
        for number, leaf in row.get("certificates", ()):
            if number not in self._numbers:
                self._numbers[number] = leaf
                self._certificates[day] += 1
        if "batch" in row:
            self._batches.add((row["batch"][0], row["batch"][1]))
        if "claim_secret" in row:
            self._claim_secret = str(row["claim_secret"])
        if "stated" in row:
            self._stated.append(signed_from_json(row["stated"]))
        if "stream" in row:
            stream, _, head, count = row["stream"]
            heads = self._streams.setdefault(stream, [])
            if (count, head) not in heads:
                heads.append((count, head))
                heads.sort()
