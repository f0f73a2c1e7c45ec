"""How an import is told of: how far it is, what became of it, and rows that were never sent."""

import json
import os
import sys
import time
from collections.abc import Iterable
from typing import Any, Final

from ledger_app.cli import output

MOST: Final = 1_000
"""Findings, certificates and acts that are listed with --json, each."""


class Progress:
    """How far it is, on stderr: a line that is written over on a terminal, else one every few seconds; with
    --json an object a line (NDJSON)."""

    def __init__(self, as_json: bool) -> None:
        self._json = as_json
        self._tty = os.isatty(2)
        self._next = 0.0
        self._open = False

    def say(self, job: dict[str, Any]) -> None:
        """Tell it, unless that was done a moment ago."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (0.2 if self._tty else 2.0)
        if self._json:
            shown = ("state", "rows", "ready", "refused", "repeated", "asked", "final", "failed")
            output.progress(json.dumps({"progress": {name: job.get(name, 0) for name in shown}}))
        elif self._tty:
            sys.stderr.write("\r" + self._words(job).ljust(78)[:78])
            sys.stderr.flush()
            self._open = True
        else:
            output.progress(self._words(job))

    def end(self) -> None:
        """Leave the line that was written over."""
        if self._open:
            output.progress("")
            self._open = False

    @staticmethod
    def _words(job: dict[str, Any]) -> str:
        read = f"{job['rows']:,} rows read, {job['refused']:,} refused, {job['repeated']:,} known"
        return read + (f"; {job['final']:,} of {job['ready']:,} final" if "final" in job else "")


class Findings:
    """What was found in the rows: the first of the errors, and the first of what is less than an error."""

    def __init__(self) -> None:
        self._errors: list[dict[str, Any]] = []
        self._others: list[dict[str, Any]] = []
        self._number = {True: 0, False: 0}

    def add(self, findings: Iterable[dict[str, Any]]) -> None:
        """Take them in; a thousand of each are kept."""
        for finding in findings:
            is_error = finding["severity"] == "error"
            self._number[is_error] += 1
            kept = self._errors if is_error else self._others
            if len(kept) < MOST:
                kept.append(finding)

    @property
    def first(self) -> list[dict[str, Any]]:
        """At most a thousand, errors before all else."""
        return (self._errors + self._others)[:MOST]

    @property
    def more(self) -> int:
        """How many there were besides `first`."""
        return sum(self._number.values()) - len(self.first)

    def tell(self) -> None:
        """The first of them in words on stderr, and how to see the others."""
        shown = self.first[: output.MOST_FINDINGS]
        for finding in shown:
            where = finding.get("column") or finding.get("pointer") or "the whole"
            words = " ".join(filter(None, (finding.get("words"), finding.get("fix"))))
            place = f"{finding['severity']} row {finding['row']} {where}"
            output.progress(f"{place}: {words} [{finding['rule']}]")
        errors = sum(finding["severity"] == "error" for finding in shown)
        if left := self._number[True] - errors:
            output.progress(
                f"… and {left:,} more errors; --errors FILE writes every refused row with its own"
            )
        if left := self._number[False] - (len(shown) - errors):
            output.progress(
                f"… and {left:,} more that refuse nothing; --json lists the first thousand findings"
            )


def too_long(row: int) -> dict[str, Any]:
    """The finding about a row that was too long to be read."""
    return {
        "row": row,
        "column": "",
        "pointer": "",
        "severity": "error",
        "rule": "ROW_TOO_LONG",
        "words": "The row has more than a million characters.",
        "fix": "Take out what does not belong there; keep papers elsewhere, and name them in `evidence`.",
        "source": "docs/bulk.md",
    }


def summary(job: dict[str, Any]) -> str:
    """An import in a line."""
    words = f"{job['rows']:,} read, {job['ready']:,} can be issued as they stand"
    words += f", {job['refused']:,} refused" if job["refused"] else ""
    words += f", {job['repeated']:,} known already" if job["repeated"] else ""
    if job["state"] == "judged" or not job["ready"] or job["state"] in ("stopped", "rejected"):
        return words + ", nothing issued"
    if job["state"] == "awaiting-approval":
        if "" in job["approval"]["sentBy"]:
            command = f"origin certificate import reject {job['id']}"
            return f"{words}; nobody can approve it, as a token that names nobody sent it: {command}"
        command = f"origin certificate import approve {job['id']}"
        return f"{words}; waits for a second person: {command}"
    failed = f", {job['failed']:,} came to nothing" if job["failed"] else ""
    if numbers := job["numbers"]:
        first, last = numbers["first"], numbers["last"]
        failed += f"; number {first}" if first == last else f"; numbers {first} to {last}"
    return f"{words}, {job['final']:,} issued and final{failed}; import {job['id']}: {job['state']}"


def leave(job: dict[str, Any]) -> None:
    """Exit as the import stands: 1 where an act came to nothing, 3 where rows were refused or not all is on
    the ledger yet; else return."""
    if job["failed"]:
        raise SystemExit(output.REFUSED)
    if job["refused"] or job["state"] not in ("done", "judged"):
        raise SystemExit(output.PENDING)
