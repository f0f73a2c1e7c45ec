"""Two verifiers that share no code, and random mutants of honest bundles and snapshots: neither takes any.

Both say the same of each. The long run makes `OFFLINE_MUTANTS` of them, 10,000 if nobody says.
"""

import json
import os
import random
from typing import Any

import pytest

from tests.independent import verifier
from tests.independent.mutation import mutant
from tests.proof import offline_files

SHORT, LONG = 1_000, 10_000
SEED = 20261122


def _file(data: bytes | None) -> Any:
    return None if data is None else json.loads(data)


def run(count: int, seed: int) -> dict[str, int]:
    """How many mutants were refused, and how many the change left as they were; fails at the first that one
    verifier takes for something else than the file it was made from, or on which the two differ."""
    chance = random.Random(seed)
    honest = [
        case
        for case in offline_files.vectors()["cases"]
        if case["verdict"] == "GENUINE" and not case["bundleChanges"]
    ]
    originals = [(case, *(_file(each) for each in offline_files.files(case))) for case in honest]
    told = {"refused": 0, "forged": 0, "unchanged": 0, "same meaning": 0}
    made = 0
    while made < count:
        case, bundle, snapshot = chance.choice(originals)
        in_snapshot = chance.random() < 0.25
        original = snapshot if in_snapshot else bundle
        # Not from a bundle under another checkpoint: its evidence is as true, as of its own block.
        others = [
            each[2] if in_snapshot else each[1]
            for each in originals
            if _checkpoint(each[1]) == _checkpoint(bundle)
        ]
        raw = mutant(chance, original, others)
        if _same(raw, original):
            told["unchanged"] += 1
            continue
        made += 1
        files = (json.dumps(bundle).encode(), raw) if in_snapshot else (raw, json.dumps(snapshot).encode())
        ours = offline_files.judge(*files, case)
        theirs = verifier.judge(
            *files, now=case["now"], at=case["at"], max_age=case["maxAge"], fingerprint=case["council"]
        )
        assert ours[:2] == theirs[:2], (made, ours, theirs, raw)
        if ours[0] == "GENUINE":
            # Evidence of the same thing may be another part of the same tree; it must not say otherwise.
            assert ours[1] in (case["standing"], "issuer-key-disowned"), (made, ours, raw)
            assert _but_evidence(raw) == _but_evidence(json.dumps(original).encode()), (made, raw)
            told["same meaning"] += 1
        else:
            told["forged" if ours[0] == "NOT_GENUINE" else "refused"] += 1
    return told


def _checkpoint(bundle: Any) -> Any:
    return bundle["evidence"]["checkpoint"]


def _same(raw: bytes, original: Any) -> bool:
    try:
        return _meaning(json.loads(raw)) == _meaning(original)
    except (ValueError, RecursionError):
        return False


def _meaning(file: Any) -> str:
    """The file as text, what is disclosed in a fixed order: its order means nothing."""
    if isinstance(file, dict) and isinstance(file.get("disclosed"), list):
        file = {**file, "disclosed": sorted(map(_meaning, file["disclosed"]))}
    return json.dumps(file, sort_keys=True)


def _but_evidence(raw: bytes) -> Any:
    return _meaning({name: value for name, value in json.loads(raw).items() if name != "evidence"})


def test_no_mutant_is_taken_by_either_of_two_verifiers() -> None:
    told = run(SHORT, SEED)
    assert told["refused"] + told["forged"] >= SHORT - SHORT // 50
    assert told["forged"] > SHORT // 10


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_no_mutant_of_many_is_taken_by_either_of_two_verifiers() -> None:
    print(run(int(os.environ.get("OFFLINE_MUTANTS", LONG)), SEED + 1))
