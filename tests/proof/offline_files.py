"""The vectors of verifying offline, as files: bundles and snapshots with a case's changes put in."""

import copy
import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from ledger_app.errors import LedgerError
from ledger_app.proof import offline
from ledger_app.proof.facts import Question
from ledger_app.proof.trust import Trust, read_trust
from tests.vectors import generate

Json = dict[str, Any]
Judged = tuple[str, str, str]


@cache
def vectors() -> Json:
    """The whole file."""
    found: Json = json.loads((Path(generate.__file__).parent / "offline.json").read_text("utf-8"))
    return found


def changed(file: Any, changes: list[Json]) -> Any:
    """A copy of a JSON value with a case's changes made in it."""
    root = {"": copy.deepcopy(file)}
    for change in changes:
        node: Any = root
        parts: list[str] = change["pointer"].split("/")  # the first is "": the root
        steps, last = parts[:-1], parts[-1]
        for step in steps:
            node = node[int(step)] if isinstance(node, list) else node[step]
        key: Any = int(last) if isinstance(node, list) else last
        if change.get("remove"):
            del node[key]
        else:
            node[key] = change["value"]
    return root[""]


def files(case: Json) -> tuple[bytes, bytes | None]:
    """(bundle, snapshot or None) of a case."""
    bases = vectors()
    bundle = changed(bases["bundles"][case["bundle"]], case["bundleChanges"])
    if not case["snapshot"]:
        return json.dumps(bundle).encode(), None
    snapshot = changed(bases["snapshots"][case["snapshot"]], case["snapshotChanges"])
    return json.dumps(bundle).encode(), json.dumps(snapshot).encode()


def judge(bundle: bytes, snapshot: bytes | None, case: Json) -> Judged:
    """(verdict, standing, reason) by the package."""
    trust: Trust | LedgerError
    if snapshot is None:
        trust = LedgerError("TRUST_SNAPSHOT_MISSING")
    else:
        try:
            trust = read_trust(snapshot, now=case["now"], fingerprint=case["council"] or None)
        except LedgerError as failed:
            trust = failed
    question = Question(date.fromisoformat(case["at"]), case["maxAge"])
    found = offline.judge(bundle, trust, question, case["now"]).judgement
    return found.verdict.value, found.standing.value, found.reason
