"""How an import is told of: how far it is, what became of it, and rows that were never sent."""

import json
import os
import sys
import time
from typing import Any

from ledger_app.cli import output


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
    return f"{words}, {job['final']:,} issued and final{failed}; import {job['id']}: {job['state']}"
