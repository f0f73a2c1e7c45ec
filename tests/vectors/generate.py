"""Writes the protocol's vectors: `python -m tests.vectors.generate` (`--check` compares only).

Each file is {"about": …, "cases": [flat objects]}: bytes are hex strings, integers are numbers, so that
Solidity reads them with vm.parseJson. Integers are below 2^53, except that fields of documents are as they
are.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from tests.vectors import bundle_cases, cases, offline_mutants, signed_cases
from tests.vectors.cases import Json, hexed

FOLDER = Path(__file__).resolve().parent
FILES: dict[str, Callable[[], list[Json]]] = {
    "identifiers": cases.identifier_cases,
    "documents": cases.document_cases,
    "keys": cases.key_cases,
    "items": cases.item_cases,
    "proofs": cases.proof_cases,
    "preimages": cases.preimage_cases,
    "cargo": cases.log_cases,
    "acts": signed_cases.act_cases,
    "signatures": signed_cases.signature_cases,
    "disclosures": bundle_cases.disclosure_cases,
    "bundles": bundle_cases.bundle_cases,
    "offline": offline_mutants.offline_cases,
}


def text_of(name: str) -> str:
    """The text that `name`.json must have."""
    make = FILES[name]
    content: Json = {"about": " ".join((make.__doc__ or "").split()), "cases": hexed(make())}
    if name == "bundles":
        content["ledger"] = bundle_cases.ledger()
    if name == "offline":
        content |= offline_mutants.bases()
    return json.dumps(content, indent=1, ensure_ascii=True, sort_keys=True) + "\n"


def main() -> int:
    """Writes or checks all files; 1 when `--check` finds a difference."""
    stale = []
    for name in FILES:
        path, text = FOLDER / f"{name}.json", text_of(name)
        if not path.exists() or path.read_text("utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(text, "utf-8")
    print(("changed: " + ", ".join(stale)) if stale else "all vectors are current")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    raise SystemExit(main())
