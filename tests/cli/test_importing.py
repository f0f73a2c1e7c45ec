"""`origin certificate import`: what each certificate lacks, the mapped document, and issuing what lacks
nothing."""

import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from ledger_app.domain.samples import sample_document
from tests.support.running_demo import RunningDemo


@pytest.fixture
def number() -> str:
    return f"IMP-{secrets.token_hex(5)}"


def foreign(number: str) -> dict[str, Any]:
    """A certificate in the style of UN/CEFACT that lacks what we need to issue it."""
    consignment = {
        "exportCountry": {"code": "CN"},
        "importCountry": {"code": "AU"},
        "exporter": {"name": "Maker"},
        "importer": {"name": "Buyer"},
    }
    return {"iD": number, "issueDateTime": "2026-11-01T00:00:00Z", "supplyChainConsignment": consignment}


def run(demo: RunningDemo, code: int, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = demo.json("certificate", "import", *arguments, code=code)
    return found


def test_the_mapped_document_is_written_completed_and_imported_once(
    demo: RunningDemo, tmp_path: Path, number: str
) -> None:
    file, mapped, wrong = (tmp_path / name for name in ("foreign.json", "mapped.json", "errors.json"))
    file.write_text(json.dumps(foreign(number)))
    told = run(demo, 3, str(file), "-o", str(mapped), "--errors", str(wrong))
    assert (told["read"], told["ready"], told["refused"], told["import"]) == (1, 0, 1, None)
    lacking = {one["pointer"] for one in told["findings"] if one["severity"] == "error"}
    assert lacking == {"/scheme", "/issuanceBasis", "/originCountry", "/items"}
    [refused] = json.loads(wrong.read_text())
    assert {"/" + each["column"] for each in refused["importErrors"]} == lacking
    assert all(each["fix"] for each in refused["importErrors"])
    document = json.loads(mapped.read_text())
    assert document["number"] == number
    assert document["exporter"]["name"] == "Maker"
    assert document["issuer"]["identifier"] == "urn:origin:demo:chamber-cn"
    items = [{"number": 1, "description": "Flasks", "hsCode": "961700", "originCriterion": "CTC"}]
    document |= {"scheme": "RCEP", "issuanceBasis": "authority", "originCountry": "CN", "items": items}
    mapped.write_text(json.dumps(document))
    issued = run(demo, 0, str(mapped), "--timeout", "200")
    assert [act["state"] for act in issued["acts"]] == ["final"]
    assert [each["number"] for each in issued["certificates"]] == [number]
    assert demo.json("verify", number)["verdict"] == "GENUINE"
    again = run(demo, 0, str(mapped), "--timeout", "200")
    assert (again["repeated"], again["issued"]) == (1, 0)


def test_good_rows_are_issued_unless_all_or_nothing_is_asked(
    demo: RunningDemo, tmp_path: Path, number: str
) -> None:
    good, bad = sample_document(number), sample_document(number + "-B")
    del bad["items"][0]["description"]
    file = tmp_path / "two.json"
    file.write_text(json.dumps([good, bad]))
    for option in (["--dry-run"], ["--all-or-nothing"], ["-o", str(tmp_path / "out.json")]):
        told = run(demo, 3, str(file), *option)
        assert (told["read"], told["ready"], told["certificates"]) == (2, 1, [])
        assert demo.json("verify", number, code=10)["reason"] == "NOT_FOUND"
    assert [one["number"] for one in json.loads((tmp_path / "out.json").read_text())] == [
        number,
        number + "-B",
    ]
    told = run(demo, 3, str(file), "--timeout", "200")
    assert [one["number"] for one in told["certificates"]] == [number]
    assert demo.json("verify", number)["verdict"] == "GENUINE"
    assert demo.json("verify", number + "-B", code=10)["reason"] == "NOT_FOUND"


def test_what_cannot_be_read_or_written_gets_words(demo: RunningDemo, tmp_path: Path) -> None:
    (tmp_path / "junk.csv").write_bytes(b"\x00\xff")
    (tmp_path / "good.json").write_text(json.dumps(sample_document("IMP-X")))
    for arguments, reason in (
        ([str(tmp_path / "none.json")], "FILE_UNREADABLE"),
        ([str(tmp_path / "junk.csv")], "IMPORT_UNREADABLE"),
        ([str(tmp_path / "good.json"), "-o", str(tmp_path / "no" / "x")], "FILE_UNWRITABLE"),
    ):
        done = demo.origin("certificate", "import", *arguments)
        assert (done.returncode, reason in done.stderr) == (2, True), done.stderr
        assert "Traceback" not in done.stderr
