"""Applications and numbers from the command line, as exporter and chamber use it."""

import json
import secrets
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ledger_app.domain.samples import sample_document
from tests.house.test_readme import CHECKOUT, same, steps_of
from tests.support.running_demo import RunningDemo


def document(folder: Path, **changes: Any) -> str:
    """The file of a document that lacks number and day of issue."""
    made = sample_document(issue_date=datetime.now(UTC).date(), **changes)
    for name in ("number", "issueDate"):
        made.pop(name)
    file = folder / f"{secrets.token_hex(4)}.json"
    file.write_text(json.dumps(made))
    return str(file)


def test_an_application_goes_from_draft_to_certificate(demo: RunningDemo, tmp_path: Path) -> None:
    prefix = f"CLI{secrets.token_hex(3)}-"
    made = demo.json("numbers", "add", prefix + "{year}-####", "--scheme", "CHAFTA")
    invoice = tmp_path / "invoice.pdf"
    invoice.write_bytes(b"%PDF-1.7 an invoice")
    rest = ("--evidence", str(invoice), "--as", "exporter")
    begun = demo.json("application", "draft", document(tmp_path, scheme="CHAFTA"), *rest)
    name = begun["id"]
    assert begun["document"]["evidence"][0]["name"] == "invoice.pdf"

    demo.json("application", "submit", name)
    demo.json("application", "take", name)
    back = demo.origin("application", "return", name, "--reason", "Box 3 lacks the vessel.")
    assert "returned" in back.stdout
    shown = demo.origin("application", "show", name, "--as", "exporter").stdout
    assert "because  Box 3 lacks the vessel." in shown
    assert "you may  edit, submit, withdraw" in shown
    corrected = document(tmp_path, scheme="CHAFTA")
    changed = demo.json("application", "draft", corrected, "--into", name, "--as", "exporter")
    assert changed["version"] == begun["version"] + 4
    stale = demo.origin("application", "submit", name, "--version", "1", "--json")
    assert stale.returncode == 1
    assert json.loads(stale.stdout)["error"]["reason"] == "APPLICATION_MOVED"
    demo.json("application", "submit", name)
    demo.json("application", "take", name)
    issued = demo.json("application", "issue", name, "--timeout", "200")
    assert issued["act"]["state"] == "final"
    number = issued["certificates"][0]["number"]
    assert number.startswith(prefix)
    assert number.endswith("-0001")

    whole = demo.json("application", "show", name)
    assert whole["stage"] == "issued"
    assert whole["certificate"]["number"] == number
    assert [step["step"] for step in whole["history"]][:2] == ["issue", "take"]
    listed = demo.origin("application", "list", "--stage", "issued", "--received").stdout
    assert name in listed
    copy = tmp_path / "copy.pdf"
    demo.origin("application", "evidence", name, whole["evidence"][0]["id"], "-o", str(copy))
    assert copy.read_bytes() == invoice.read_bytes()
    assert demo.json("verify", number)["verdict"] == "GENUINE"
    given = demo.origin("numbers", "list", made["id"]).stdout
    assert given == f"{number}  used\n"
    ranges = demo.origin("numbers", "list").stdout
    assert f"{made['id']}  {prefix}{{year}}-####" in ranges
    assert "1 given, 9998 left" in ranges


def test_what_the_document_lacks_is_told_line_by_line(demo: RunningDemo, tmp_path: Path) -> None:
    lacking = document(tmp_path, items=1, consignee=None)
    begun = demo.origin("application", "draft", lacking, "--as", "exporter")
    assert begun.returncode == 0
    assert "/consignee: This field is missing." in begun.stdout
    name = begun.stdout.split()[1].rstrip(":")
    refused = demo.origin("application", "submit", name)
    assert refused.returncode == 2
    assert "[DOCUMENT_INVALID]" in refused.stderr
    assert "/consignee" in refused.stderr
    demo.json("application", "withdraw", name)
    over = demo.origin("application", "submit", name)
    assert "[LIFE_FORBIDS]" in over.stderr


def test_the_page_about_applications_is_true(demo: RunningDemo) -> None:
    page = (CHECKOUT / "docs" / "applications.md").read_text("utf-8")
    name, ran = "", 0
    for step in steps_of(page):
        words = [name if word == "APPLICATION" else word for word in shlex.split(step.command)]
        assert words[0] == "scripts/origin"
        words = [str(CHECKOUT / word) if word.startswith("docs/") else word for word in words]
        done = demo.origin(*words[1:])
        assert done.returncode == 0, f"{step.command}: {done.stdout}{done.stderr}"
        if words[1:3] == ["application", "draft"] and not name:
            name = done.stdout.split()[1].rstrip(":")
        said = [same(line) for line in done.stdout.splitlines()]
        shown = [line.replace("APPLICATION", name) for line in step.shown]
        assert [line for line in shown if same(line) not in said] == [], (step.command, done.stdout)
        ran += 1
    assert ran == 11
