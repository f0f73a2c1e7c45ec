"""The command line against a running demo: pinned shapes, exit codes, words instead of tracebacks."""

import json
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ledger_app.cli import common
from ledger_app.client import Client
from ledger_app.domain.samples import sample_document
from tests.support.running_demo import ROOT, RunningDemo, clean_environment


class Issued:
    """A fresh certificate: its number, digest and files."""

    def __init__(self, demo: RunningDemo, folder: Path, **changes: Any) -> None:
        self.number = f"CLI-{secrets.token_hex(5)}"
        self.file = folder / f"{self.number}.json"
        self.file.write_text(json.dumps(sample_document(self.number, **changes)))
        answer = demo.json("certificate", "issue", str(self.file), "--timeout", "200")
        (self.certificate,) = answer["certificates"]
        assert answer["act"]["state"] == "final"
        self.bundle = folder / f"{self.number}.bundle.json"
        demo.json("bundle", "create", self.number, "-o", str(self.bundle))


@pytest.fixture
def issued(demo: RunningDemo, tmp_path: Path) -> Issued:
    return Issued(demo, tmp_path)


def test_report_has_the_pinned_shape(demo: RunningDemo, issued: Issued) -> None:
    for what in (str(issued.bundle), issued.number, issued.certificate["digest"], str(issued.file)):
        report = demo.json("verify", what)
        assert report["verdict"] == "GENUINE", what
        assert report["standing"] == "good"
        assert report["exit_code"] == 0
        assert "exitCode" not in report
        assert {"block", "time", "age_seconds"} <= report["ledger"].keys()
        assert report["ledger"]["block"] > 0
        assert all({"name", "outcome", "reason"} <= check.keys() for check in report["checks"])
        assert len(report["checks"]) == 11


def test_acquit_withdraw_and_own_claim_change_the_exit_code(demo: RunningDemo, issued: Issued) -> None:
    bundle = str(issued.bundle)
    demo.json("certificate", "acquit", bundle, "--declaration", "AU-1")
    assert demo.json("verify", bundle, code=12)["standing"] == "used-up"
    assert demo.json("verify", bundle, "--claim", "AU-1")["standing"] == "good"
    demo.json("certificate", "withdraw", bundle, "--declaration", "AU-1")
    assert demo.json("verify", bundle)["standing"] == "good"


def test_suspend_reinstate_revoke(demo: RunningDemo, issued: Issued) -> None:
    number = issued.number
    demo.json("certificate", "suspend", number, "--reason", "UNDER_INVESTIGATION")
    assert demo.json("verify", number, code=12)["standing"] == "suspended"
    demo.json("certificate", "reinstate", number)
    assert demo.json("verify", number)["standing"] == "good"
    demo.json("certificate", "revoke", number, "--reason", "FALSE_STATEMENT")
    assert demo.json("verify", number, code=12)["standing"] == "revoked"
    again = demo.origin("certificate", "reinstate", number, "--json")
    assert again.returncode == 1
    assert "Traceback" not in again.stderr


def test_supersede_names_the_successor(demo: RunningDemo, issued: Issued, tmp_path: Path) -> None:
    successor = tmp_path / "new.json"
    successor.write_text(json.dumps(sample_document(f"CLI-{secrets.token_hex(5)}")))
    demo.json("certificate", "supersede", issued.number, str(successor), "--reason", "CORRECTION")
    assert demo.json("verify", issued.number, code=12)["standing"] == "superseded"
    number = json.loads(successor.read_text())["number"]
    for command in (("certificate", "show", issued.number), ("verify", issued.number)):
        assert f"  replaced by {number} on " in demo.origin(*command).stdout
    assert f"  replaces {issued.number} on " in demo.origin("certificate", "show", number).stdout


def test_validity_is_judged_on_the_day_asked(demo: RunningDemo, issued: Issued) -> None:
    assert demo.json("verify", str(issued.bundle), "--at", "2035-01-01", code=12)["standing"] == "expired"
    assert (
        demo.json("verify", str(issued.bundle), "--at", "2020-01-01", code=12)["standing"] == "not-yet-valid"
    )
    assert demo.origin("verify", str(issued.bundle), "--at", "soon").returncode == 2


def test_disclosed_bundle_is_genuine_and_hides_the_rest(
    demo: RunningDemo, issued: Issued, tmp_path: Path
) -> None:
    part = tmp_path / "part.json"
    demo.json(
        "bundle", "create", issued.number, "-o", str(part), "--disclose", "/number", "--disclose", "/items/0"
    )
    assert b"Southern Cross" not in part.read_bytes()
    assert demo.json("verify", str(part))["verdict"] == "GENUINE"


def test_forged_unknown_and_unreadable_have_their_exit_codes(
    demo: RunningDemo, issued: Issued, tmp_path: Path
) -> None:
    forged = json.loads(issued.bundle.read_bytes())
    forged["document"]["items"][0]["quantity"]["value"] = "1"
    (tmp_path / "forged.json").write_text(json.dumps(forged))
    assert demo.json("verify", str(tmp_path / "forged.json"), code=11)["verdict"] == "NOT_GENUINE"
    assert demo.json("verify", "NO-SUCH-NUMBER", code=10)["verdict"] == "CANNOT_TELL"
    assert demo.json("verify", "0x" + "12" * 32, code=10)["reason"] == "NOT_FOUND"
    (tmp_path / "junk.json").write_bytes(b'{"a":1,"a":2}')
    assert demo.json("verify", str(tmp_path / "junk.json"), code=20)["reason"] == "JSON_DUPLICATE_KEY"
    assert demo.origin("verify", str(tmp_path / "missing.json")).returncode == 2


def test_service_that_cannot_be_reached_is_cannot_tell_and_a_forgery_still_shows(
    demo: RunningDemo, issued: Issued, tmp_path: Path
) -> None:
    nowhere = {"ORIGIN_URL": "http://127.0.0.1:9"}
    down = demo.origin("verify", str(issued.bundle), "--json", **nowhere)
    assert down.returncode == 20
    report = json.loads(down.stdout)
    assert (report["verdict"], report["reason"]) == ("CANNOT_TELL", "SERVICE_UNREACHABLE")
    assert report["ledger"] == {"block": None, "time": None, "age_seconds": None}
    forged = json.loads(issued.bundle.read_bytes())
    forged["document"]["exporter"]["name"] = "Somebody"
    (tmp_path / "forged.json").write_text(json.dumps(forged))
    assert demo.origin("verify", str(tmp_path / "forged.json"), **nowhere).returncode == 11
    other = demo.origin("certificate", "show", issued.number, **nowhere)
    assert other.returncode == 20
    assert "SERVICE_UNREACHABLE" in other.stderr
    assert "Traceback" not in other.stderr


def test_stranger_is_told_to_sign_in(demo: RunningDemo, issued: Issued, tmp_path: Path) -> None:
    report = demo.json("verify", issued.certificate["digest"])
    assert report["verdict"] == "GENUINE"
    refused = demo.origin("verify", issued.number, "--json", ORIGIN_DATA=str(tmp_path))
    assert refused.returncode == 20
    assert json.loads(refused.stdout)["reason"] == "SIGN_IN"


def test_enquiry_is_asked_and_answered(demo: RunningDemo, issued: Issued) -> None:
    asked = demo.json(
        "certificate", "enquire", "urn:origin:demo:chamber-cn", str(issued.bundle), "--text", "Is it yours?"
    )
    demo.json("certificate", "answer", asked["enquiry"], "--code", "CONFIRMED", "--text", "Yes.")
    listed = demo.json("certificate", "enquiries")["enquiries"]
    assert asked["enquiry"] in {row["id"] for row in listed}
    told = demo.origin("certificate", "enquiries").stdout
    assert f"{asked['enquiry']}  {issued.number}\n  from     Demo Customs" in told
    assert "  answer   " in told
    assert " Yes.\n" in told
    unknown = demo.origin("certificate", "enquire", "urn:origin:demo:chamber-cn", "PAPER-77")
    assert "[ENQUIRED_UNKNOWN]" in unknown.stderr
    paper = demo.json(
        "certificate",
        "enquire",
        "urn:origin:demo:chamber-cn",
        "--paper",
        "PAPER-77",
        "--text",
        "Is it yours?",
    )
    (row,) = [
        one for one in demo.json("certificate", "enquiries")["enquiries"] if one["id"] == paper["enquiry"]
    ]
    assert row["text"] == "About paper PAPER-77, which is not on the ledger. Is it yours?"


def test_members_and_council_are_shown(demo: RunningDemo) -> None:
    names = {row["identifier"] for row in demo.json("member", "list")["organisations"]}
    assert "urn:origin:demo:customs-au" in names
    shown = demo.json("member", "show", "urn:origin:demo:chamber-cn")
    assert {right["scheme"] for right in shown["accreditations"]} == {"RCEP", "CHAFTA", "NON-PREFERENTIAL"}
    council = demo.json("council", "show")
    assert (len(council["members"]), council["threshold"]) == (3, 2)


def test_reasons_are_listed_without_a_service() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ledger_app.cli", "reasons", "--json"],
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=180,
        cwd=ROOT,
        check=True,
    )
    found = json.loads(done.stdout)
    codes = {reason["code"] for reason in found["reasons"]}
    assert {"NOT_FOUND", "SIGNER_FIELD_DIFFERS", "SERVICE_UNREACHABLE"} <= codes
    assert len(found["checks"]) == 11
    assert all(reason["meaning"] and reason["next"] for reason in found["reasons"])


def test_every_group_explains_itself_and_wrong_usage_exits_2() -> None:
    from ledger_app.cli.main import GROUPS

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "ledger_app.cli", *arguments],
            env={**clean_environment(), "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=180,
            cwd=ROOT,
            check=False,
        )

    listed = run("--help").stdout
    for name in GROUPS:
        assert name in listed
        done = run(name, "--help")
        assert done.returncode == 0, done.stderr
        assert "\x1b" not in done.stdout
        assert "╭" not in done.stdout, name  # plain, as all the others
    for wrong in (["nonsense"], ["verify"], ["certificate", "revoke", "X"], ["signer", "init", "--nope"]):
        done = run(*wrong)
        assert done.returncode == 2, wrong
        assert "Traceback" not in done.stderr


def test_problem_of_a_document_is_told_by_finding(demo: RunningDemo, tmp_path: Path) -> None:
    document = sample_document("CLI-BAD")
    document["items"][0]["hsCode"] = "not a code"
    (tmp_path / "bad.json").write_text(json.dumps(document))
    done = demo.origin("certificate", "issue", str(tmp_path / "bad.json"), "--json")
    assert done.returncode == 2
    assert "hsCode" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_command_line_finds_the_demo_by_its_folder_from_anywhere(demo: RunningDemo, tmp_path: Path) -> None:
    done = subprocess.run(
        [str(ROOT / "scripts" / "origin"), "verify", "DEMO-RCEP-0001"],
        capture_output=True,
        text=True,
        env={**clean_environment(), "ORIGIN_DATA": str(demo.data)},
        cwd=tmp_path,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Genuine")


def test_foreign_file_says_how_to_complete_it_and_is_issued_once_it_is(
    demo: RunningDemo, tmp_path: Path
) -> None:
    number = f"CLI-{secrets.token_hex(5)}"
    consignment = {
        "exportCountry": {"code": "CN"},
        "importCountry": {"code": "AU"},
        "exporter": {"name": "Maker"},
        "importer": {"name": "Buyer"},
    }
    value = {"iD": number, "issueDateTime": "2026-11-01T00:00:00Z", "supplyChainConsignment": consignment}
    file = tmp_path / "foreign.json"
    file.write_text(json.dumps(value))
    refused = demo.origin("certificate", "issue", str(file), "--json")
    assert refused.returncode == 2
    findings = json.loads(refused.stdout)["error"]["findings"]
    lacking = {one["pointer"]: one["fix"] for one in findings if one["severity"] == "error"}
    assert lacking.keys() == {"/scheme", "/issuanceBasis", "/originCountry", "/items"}
    assert "authority" in lacking["/issuanceBasis"]
    assert lacking["/issuanceBasis"] in refused.stderr
    items = [{"number": 1, "description": "Flasks", "hsCode": "961700", "originCriterion": "CTC"}]
    own = {"scheme": "RCEP", "issuanceBasis": "authority", "originCountry": "CN", "items": items}
    file.write_text(json.dumps({**value, **own}))
    assert demo.json("certificate", "issue", str(file))["act"]["state"] == "final"
    assert demo.json("verify", number)["verdict"] == "GENUINE"


def test_odd_input_gets_words_and_exit_code_2(demo: RunningDemo, tmp_path: Path) -> None:
    for arguments, reason in (
        (["verify", ""], "NAME_EMPTY"),
        (["verify", str(tmp_path)], "FILE_UNREADABLE"),
        (["verify", "X-1", "--as", "nobody"], "ROLE_UNKNOWN"),
        (["bundle", "create", "DEMO-RCEP-0001", "-o", str(tmp_path / "no" / "b")], "FILE_UNWRITABLE"),
    ):
        done = demo.origin(*arguments)
        assert (done.returncode, reason in done.stderr) == (2, True), (arguments, done.stderr)
    for token in ("two\nlines", "clé"):
        done = demo.origin("certificate", "list", ORIGIN_TOKEN=token)
        assert done.returncode == 1
        assert "TOKEN_INVALID" in done.stderr
        assert "Traceback" not in done.stderr


def test_refused_act_says_why_and_what_to_do(demo: RunningDemo, issued: Issued) -> None:
    done = demo.origin("certificate", "reinstate", issued.number)
    assert done.returncode == 1
    assert "It is not suspended. [LIFE_FORBIDS]" in done.stderr
    assert "next: See its state; the message says what the act needs." in done.stderr


def test_act_that_the_ledger_would_refuse_says_why_and_what_to_do(demo: RunningDemo, tmp_path: Path) -> None:
    file = tmp_path / "unaccredited.json"
    file.write_text(json.dumps(sample_document(f"CLI-{secrets.token_hex(5)}", "NOT-GRANTED")))
    done = demo.origin("certificate", "issue", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert "no accreditation for NOT-GRANTED today" in done.stderr
    assert "[NOT_ACCREDITED]" in done.stderr
    assert "origin member accredit" in done.stderr


def test_confirming_a_batch_that_is_good_is_refused_before_anybody_signs(
    demo: RunningDemo, issued: Issued
) -> None:
    batch = demo.json("certificate", "show", issued.number)["batch"]
    done = demo.origin("certificate", "confirm", batch)
    assert (done.returncode, done.stdout) == (1, "")
    assert "not disowned. [LIFE_FORBIDS]" in done.stderr


def test_show_tells_what_may_be_done_and_until_when(demo: RunningDemo, issued: Issued) -> None:
    shown = demo.origin("certificate", "show", issued.number).stdout
    assert "  stands   issued\n" in shown
    assert "  suspend            yes\n" in shown
    assert "  acquit             no: Only customs may do this.\n" in shown
    assert "  present-by         2027-11-19, " in shown
    assert shown.startswith(f"{issued.number}  RCEP  final, good\n")
    demo.json("certificate", "acquit", issued.number, "--declaration", "AU-2")
    shown = demo.origin("certificate", "show", issued.number).stdout
    assert shown.startswith(f"{issued.number}  RCEP  final, used-up\n")


def test_bundle_is_read_from_stdin(demo: RunningDemo, issued: Issued) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ledger_app.cli", "verify", "-"],
        input=issued.bundle.read_bytes(),
        capture_output=True,
        env=demo.environment(),
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_interrupted_wait_says_that_the_act_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    class Interrupted(Client):
        def get(self, path: str, **query: Any) -> Any:
            raise KeyboardInterrupt

    asked = {"act": {"id": "01a2", "kind": "Issue", "state": "queued"}}
    with pytest.raises(KeyboardInterrupt):
        common.finish(Interrupted("http://127.0.0.1:9"), asked, as_json=False, no_wait=False, timeout=9)
    assert "act 01a2 goes on" in capsys.readouterr().err
