"""Where fuzzing starts from: the protocol's vectors, our samples, and words that the parsers look for."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ledger_app.demo.cargo import voyage
from ledger_app.domain.samples import sample_document
from ledger_app.proof.bundle import FORMAT

VECTORS: Final = Path(__file__).resolve().parents[1] / "vectors"
FOUND: Final = Path(__file__).resolve().parent / "found"
_ZERO = "0x" + "00" * 32

WORDS: Final = (
    *('"\\ud800"', '"\\u0000"', "\\u0000", "\\ud83d\\ude00", "-0", "1e400", "1.0", "NaN", "-Infinity"),
    *("9007199254740991", "9007199254740992", "[[[[[[[[", '{"a":{"a":', '{"a":1,"a":2}', "\\xef\\xbb\\xbf"),
    *(
        '"format"',
        '"document"',
        '"secret"',
        '"disclosed"',
        '"commitments"',
        '"leaf"',
        '"proof"',
        '"evidence"',
    ),
    *('"registered"', '"pointer"', '"salt"', '"value"', '"type"', '"size"', '"object"', '"array"', FORMAT),
    *('"items"', '"hsCode"', '"issuer"', '"identifier"', '"allowance"', '"extensions"', '"destination"'),
    *("supplyChainConsignment.exporter.name", "items.0.hsCode", "items.999999.x", "a.b.c.d.e.f", '"""', ";"),
    *("eventList", "epcisBody", "@context", "ObjectEvent", "eventTime", "eventTimeZoneOffset", "epcList"),
    *("https://x/c/0x", _ZERO, "/c/", "credentialSubject", "openAttestation", '"data"'),
)


def seeds(target: str) -> Iterator[bytes]:
    """Inputs to start from, the most telling first; what was once found wrong is always among them."""
    for path in sorted((FOUND / target).glob("*")):
        yield path.read_bytes()
    yield from _MADE[target]()


def _cases(name: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((VECTORS / name).read_text("utf-8"))["cases"]
    return cases


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _documents() -> Iterator[bytes]:
    yield _json(sample_document("CN-2026-1", issuer="urn:test:chamber"))
    for case in _cases("documents.json"):
        yield _json(case["document"])


def _bundles() -> Iterator[bytes]:
    for case in _cases("bundles.json"):
        yield _json(case["bundle"]) if "bundle" in case else case["text"].encode("utf-8", "surrogatepass")


def _values() -> Iterator[bytes]:
    yield from (word.encode() for word in WORDS)
    yield from _documents()
    yield '{"é":1,"😀":[true,null,"\\u00e9"],"\ue000":-1,"a":{"b":[]}}'.encode()
    yield b"[" * 32 + b"]" * 32


def _tables() -> Iterator[bytes]:
    flat = dict(_flat("", sample_document("CN-2026-1", issuer="urn:test:chamber")))
    for separator in ",;\t":
        out = io.StringIO()
        writer = csv.writer(out, delimiter=separator)
        writer.writerows([list(flat), list(flat.values())])
        yield out.getvalue().encode()
    yield b"exporter.name,items.0.hsCode,importCountry\nACME,090240,AU\n"
    yield b'supplyChainConsignment.exporter.name;"a ""b"""\n"x\ny";=1+1\n'


def _flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict | list):
        for name, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _flat(f"{path}.{name}".lstrip("."), member)
    else:
        yield path, value


def _events() -> Iterator[bytes]:
    yield _json(voyage(datetime(2026, 11, 1, tzinfo=UTC)))
    for case in _cases("cargo.json"):
        if "event" in case:
            event = case["event"]
            yield _json({"type": "EPCISDocument", "epcisBody": {"eventList": [event]}}) if event else b""


def _scans() -> Iterator[bytes]:
    for text in (
        "CN-2026-000017",
        _ZERO,
        f"https://ledger.example/c/{_ZERO}",
        f"HTTP://x/c/{_ZERO}/",
        f"https://x:8000/base/c/{_ZERO.upper()}",
        f"javascript:/c/{_ZERO}",
        "  ４２ \n",
    ):
        yield text.encode()


def _foreign() -> Iterator[bytes]:
    yield from _documents()
    yield _json({"data": [{"supplyChainConsignment": {"exporter": {"name": "x"}, "weight": 1.5}}]})
    yield _json([{"@context": ["x"], "type": ["VerifiableCredential"], "credentialSubject": {"id": "did:x"}}])


_MADE: Final = {
    "canonical": _values,
    "bundle": _bundles,
    "certificate": _documents,
    "csv": _tables,
    "imported": _foreign,
    "scanned": _scans,
    "events": _events,
}
