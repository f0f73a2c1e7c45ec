"""What must hold of every parser for any bytes at all.

A target takes bytes and returns, or raises AssertionError. Inside, only errors of `ledger_app.errors` with a
published reason may come out of our code; what is accepted must mean the same when it is written and read
again, and the same as a reference says where there is one.
"""

import json
import math
from collections.abc import Callable
from datetime import date
from typing import Any, Final

import rfc8785

from ledger_app.domain.cargo.event_hash import event_digest
from ledger_app.domain.cargo.reading import read_document
from ledger_app.domain.cargo.subjects import subjects_of
from ledger_app.domain.certificate import check_document, document, parse_certificate
from ledger_app.domain.findings import has_errors
from ledger_app.domain.imports import ImportResult, import_csv, import_file
from ledger_app.domain.scanned import read_scanned
from ledger_app.domain.standing import Verdict
from ledger_app.errors import BadInput, LedgerError, Unprocessable
from ledger_app.proof.bundle import parse_bundle
from ledger_app.proof.canonical import MAX_SAFE_INTEGER, canonical_bytes, parse_json, parse_object
from ledger_app.proof.check import judge
from ledger_app.proof.commitments import digest_document
from ledger_app.proof.facts import Pin, Question
from ledger_app.reasons import REASONS
from tests.proof import naive

Target = Callable[[bytes], None]
SECRET = bytes(range(32))
PIN = Pin(1337, bytes(32), "0x" + "00" * 20)
#: Our limits for one input. Parsing is linear, so that what holds here holds at the door's own bounds.
MAX_INPUT = 1 << 16


def canonical(data: bytes) -> None:
    """Strict JSON: one reading, one byte string, and the reference's."""
    _text_kept(data)
    try:
        value = parse_json(data)
    except LedgerError as refused:
        _published(refused)
        _refused_for_a_reason(data, refused.reason)
        return
    assert _same(value, json.loads(data)), "another reading than the standard library's"
    written = canonical_bytes(value)
    assert written == rfc8785.dumps(value), "other bytes than the reference's"
    assert _same(parse_json(written), value), "written and read again it is something else"
    assert canonical_bytes(parse_json(written)) == written


def bundle(data: bytes) -> None:
    """A bundle is refused, or comes back as itself; and nothing is genuine without a ledger."""
    found = judge(data, PIN, None, Question(at=date(2026, 11, 22)))
    assert found.verdict is not Verdict.GENUINE, "genuine, with nobody asked"
    assert found.reason in REASONS
    try:
        parsed = parse_bundle(data)
    except LedgerError as refused:
        _published(refused)
        return
    written = parsed.serialise()
    again = parse_bundle(written)
    assert again == parsed, "written and read again it is another bundle"
    assert again.serialise() == written
    if parsed.document is not None and parsed.secret is not None:
        _digest(parsed.document, parsed.secret)
    if parsed.disclosure is not None:
        try:
            parsed.disclosure.verify()
        except LedgerError as refused:
            _published(refused)


def certificate(data: bytes) -> None:
    """A document is told what is wrong with it, or is committed to exactly as it came."""
    try:
        raw = parse_object(data)
    except LedgerError as refused:
        _published(refused)
        return
    findings = check_document(raw)
    try:
        accepted = parse_certificate(raw)
    except Unprocessable as refused:
        _published(refused)
        assert has_errors(findings), "refused, and the check finds nothing"
        return
    assert not has_errors(findings), "accepted in spite of errors"
    assert _same(document(accepted), raw), "what is committed is not what was given"
    _digest(raw, SECRET)


def csv(data: bytes) -> None:
    """A table is refused, or gives documents that can be held, written and completed."""
    try:
        rows = import_csv(data)
    except LedgerError as refused:
        _published(refused)
        return
    _imported(rows)


def imported(data: bytes) -> None:
    """Foreign JSON, by the door that files come through."""
    try:
        rows = import_file(
            data, "x.json", lambda raw: parse_json(raw, max_bytes=max(len(raw), 1), floats="text")
        )
    except LedgerError as refused:
        _published(refused)
        return
    _imported(rows)


def scanned(data: bytes) -> None:
    """What a QR code, a clipboard or a keyboard gives in the place of a certificate's name."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        found = read_scanned(text)
    except BadInput as refused:
        _published(refused)
        return
    assert (found.number is None) != (found.hash is None)
    if found.hash is not None:
        assert len(found.hash) == 66
        assert bytes.fromhex(found.hash[2:]) == bytes.fromhex(found.hash[2:].lower())
        assert found.hash.lower() == found.hash
        assert found.hash[2:] in text.lower(), "a hash that was not in the text"
        assert read_scanned(found.hash) == found
        assert read_scanned(f"https://elsewhere.example/c/{found.hash}") == found
    else:
        number = found.number or ""
        assert number
        assert number in text
        assert number == number.strip()
        number.encode()


def events(data: bytes) -> None:
    """An EPCIS document: every event is kept with a hash, or told why not."""
    try:
        read = read_document(parse_json(data, floats="text"))
    except LedgerError as refused:
        _published(refused)
        return
    for each in read:
        assert each.findings or each.event
        for finding in each.findings:
            json.dumps(finding.to_json())
        if not each.findings:
            try:
                assert len(event_digest(each.event)) == 32
                subjects_of(each.event)
                again = parse_json(canonical_bytes(each.event), floats="text")
                assert isinstance(again, dict)
                assert event_digest(again) == event_digest(each.event)
            except LedgerError as refused:
                _published(refused)


TARGETS: Final[dict[str, Target]] = {
    "canonical": canonical,
    "bundle": bundle,
    "certificate": certificate,
    "csv": csv,
    "imported": imported,
    "scanned": scanned,
    "events": events,
}


# --- what the targets share ---------------------------------------------------------------------------------


def _published(refused: LedgerError) -> None:
    assert refused.reason in REASONS, f"{refused.reason} is not published"
    assert refused.status < 500, f"{refused.reason} blames the service"
    json.dumps(refused.context)
    refused.detail.encode()


def _digest(raw: dict[str, Any], secret: bytes) -> None:
    """The digest, if the protocol has one for it, is the naive reference's."""
    try:
        found = digest_document(raw, secret)
    except LedgerError as refused:
        _published(refused)
        return
    assert found == naive.digest(raw, secret), "another digest than the reference's"


def _imported(rows: list[ImportResult]) -> None:
    for row in rows[:50]:
        for finding in row.findings:
            json.dumps(finding.to_json()).encode()
        json.dumps(row.document).encode()
        completed = row.completed({"issuer": {"identifier": "urn:x", "name": "X", "territory": "CN"}})
        assert set(row.document) <= set(completed.document)
        if row.ready:
            _digest(row.document, SECRET)


def _text_kept(data: bytes) -> None:
    """With floats as text nothing else changes, and no float comes out."""
    try:
        value = parse_json(data, floats="text")
    except LedgerError as refused:
        _published(refused)
        return
    stack: list[Any] = [value]
    while stack:
        node = stack.pop()
        assert not isinstance(node, float)
        stack.extend(node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
    canonical_bytes(value)


def _refused_for_a_reason(data: bytes, reason: str) -> None:
    """What is refused is really not a document of the protocol, by the standard library's word."""
    try:
        text = data.decode()
        value = json.loads(
            text, object_pairs_hook=_pairs, parse_int=lambda digits: -0.0 if digits == "-0" else int(digits)
        )
    except (ValueError, RecursionError):
        return
    assert not _fit(value, 0), f"refused as {reason}, and nothing is wrong with it"


class _Twice(ValueError):
    pass


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise _Twice
    return dict(pairs)


def _fit(value: Any, depth: int) -> bool:
    """Whether the protocol has bytes for it, said once more and more simply."""
    if isinstance(value, dict):
        return depth < 32 and all(_fit(key, 0) and _fit(member, depth + 1) for key, member in value.items())
    if isinstance(value, list):
        return depth < 32 and all(_fit(member, depth + 1) for member in value)
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= char <= "\udfff" for char in value)
    if isinstance(value, float):
        return False
    return value is None or isinstance(value, bool) or abs(value) <= MAX_SAFE_INTEGER


def _same(a: Any, b: Any) -> bool:
    """Equal in value and type, all the way down."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(_same, a, b))
    return bool(a == b) and not (isinstance(a, float) and math.isnan(a))
