"""`origin certificate check` and `origin agreement`: no service, nothing issued, exit codes that say it."""

import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ledger_app.cli.main import main
from ledger_app.domain.agreements import agreements, use_folder
from ledger_app.domain.samples import sample_document

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Shell:
    """Runs commands in this process, in a folder of their own, with nothing that leads to a service."""

    folder: Path
    capture: pytest.CaptureFixture[str]
    environment: pytest.MonkeyPatch

    def __call__(self, *arguments: str, stdin: bytes = b"") -> Done:
        self.environment.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        self.capture.readouterr()
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        told = self.capture.readouterr()
        code = left.value.code
        return Done(code if isinstance(code, int) else 0, told.out, told.err)


@pytest.fixture
def origin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shell]:
    for name in [name for name in os.environ if name.startswith("ORIGIN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ORIGIN_URL", "http://127.0.0.1:9")
    monkeypatch.chdir(tmp_path)
    yield Shell(tmp_path, capsys, monkeypatch)
    use_folder(None)


def test_a_certificate_with_nothing_to_correct_exits_0_as_the_page_shows(origin: Shell) -> None:
    page = (ROOT / "docs" / "certificate.md").read_text("utf-8")
    origin.environment.chdir(ROOT)
    block = page.split("```console\n")[1].split("```")[0]
    command, *shown = block.splitlines()
    done = origin(*command.removeprefix("$ origin ").split())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == shown
    assert not list(origin.folder.iterdir())


def test_findings_are_told_with_field_severity_rule_source_and_fix_and_exit_3(
    origin: Shell, tmp_path: Path
) -> None:
    made = sample_document(importCountry="US", destination="US", validUntil="2028-01-01", allowance=5)
    made["items"][0]["hsCode"] = "no code"
    del made["consignee"]
    file = tmp_path / "c.json"
    file.write_text(json.dumps(made))
    done = origin("certificate", "check", str(file), "--json")
    assert done.returncode == 3
    told = json.loads(done.stdout)
    assert told["ready"] is False
    [shown] = told["certificates"]
    assert shown.pop("deadlines")
    assert shown == {"row": 1, "format": "origin-ledger", "number": made["number"], "ready": False}
    found = {one["pointer"]: (one["severity"], one["rule"]) for one in told["findings"]}
    assert found == {
        "/consignee": ("error", "FIELD_MISSING"),
        "/items/0/hsCode": ("error", "HS_CODE_SHAPE"),
        "/importCountry": ("error", "NOT_A_PARTY"),
        "/validUntil": ("error", "VALID_TOO_LONG"),
        "/allowance": ("unknown", "DRAW_DOWN"),
    }
    assert all(one["fix"] and one["words"] and one["source"] for one in told["findings"])
    words = origin("certificate", "check", str(file))
    assert words.returncode == 3
    for pointer, (severity, rule) in found.items():
        assert any(line.split()[:3] == [severity, pointer, rule] for line in words.stdout.splitlines()), (
            pointer
        )


def test_discrepancies_and_what_is_not_checked_refuse_nothing(origin: Shell) -> None:
    made = sample_document(allowance=5, flags=["replacement"])
    done = origin("certificate", "check", "-", "--json", stdin=json.dumps(made).encode())
    assert done.returncode == 0
    assert {one["severity"] for one in json.loads(done.stdout)["findings"]} == {"discrepancy", "unknown"}


def test_who_issues_is_left_to_the_service_where_a_file_cannot_say_it(origin: Shell, tmp_path: Path) -> None:
    header = (
        "number,scheme,issuanceBasis,exporter.name,consignee.name,exportCountry,importCountry,originCountry,"
    )
    header += "issueDate,items.0.description,items.0.hsCode,items.0.originCriterion\n"
    row = "R-1,RCEP,authority,Maker,Buyer,CN,AU,CN,2026-11-20,Flasks,961700,CTC\n"
    bad = "R-2,RCEP,authority,Maker,Buyer,CN,AU,CN,2026-11-31,Flasks,9617,\n"
    (tmp_path / "good.csv").write_text(header + row)
    done = origin("certificate", "check", "good.csv", "--json")
    assert (done.returncode, [one["rule"] for one in json.loads(done.stdout)["findings"]]) == (
        0, ["ISSUER_OF_SENDER", "FIELD_REQUIRED", "VALIDITY_NOT_STATED"],
    )  # fmt: skip
    (tmp_path / "both.csv").write_text(header + row + bad)
    done = origin("certificate", "check", "both.csv", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 3
    assert [(one["row"], one["ready"]) for one in told["certificates"]] == [(2, True), (3, False)]
    errors = {
        (one["row"], one["pointer"]): one["rule"] for one in told["findings"] if one["severity"] == "error"
    }
    assert errors == {
        (3, "/issueDate"): "DATE_NOT_REAL",
        (3, "/items/0/hsCode"): "HS_CODE_SHAPE",
        (3, "/items/0/originCriterion"): "CRITERION_MISSING",
    }
    odd = header + row.replace("\n", ",2026-11-01,1,KGM,2,KGM\n")
    more = (
        "validUntil",
        *(f"items.0.{mass}Mass.{part}" for mass in ("gross", "net") for part in ("value", "unit")),
    )
    (tmp_path / "odd.csv").write_text(odd.replace("\n", f",{','.join(more)}\n", 1))
    done = origin("certificate", "check", "odd.csv", "--json")
    assert (done.returncode, [one["rule"] for one in json.loads(done.stdout)["findings"]]) == (
        3, ["ISSUER_OF_SENDER", "VALIDITY_ORDER", "GROSS_BELOW_NET"],
    )  # fmt: skip
    own = sample_document()
    del own["issuer"]
    (tmp_path / "own.json").write_text(json.dumps(own))
    assert origin("certificate", "check", "own.json").returncode == 3


def test_a_number_that_stands_twice_in_a_file_is_told_at_the_later_place(
    origin: Shell, tmp_path: Path
) -> None:
    made = [sample_document("A-1"), sample_document("A-2"), sample_document("A-1")]
    (tmp_path / "three.json").write_text(json.dumps(made))
    done = origin("certificate", "check", "three.json", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 3
    assert [one["ready"] for one in told["certificates"]] == [True, True, False]
    [found] = told["findings"]
    assert (found["row"], found["pointer"], found["rule"]) == (3, "/number", "NUMBER_TWICE")
    assert "Row 1" in found["words"]
    made[2]["issuer"]["identifier"] = "urn:example:another"
    (tmp_path / "two.json").write_text(json.dumps(made))
    assert origin("certificate", "check", "two.json").returncode == 0


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("gone.json", None, "FILE_UNREADABLE"),
        ("cut.json", b'{"a": 1, "b"', "JSON_SYNTAX"),
        ("list.json", b"[]", "IMPORT_UNREADABLE"),
        ("utf16.csv", b"\xff\xfea", "IMPORT_UNREADABLE"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_reason_and_exit_2(
    origin: Shell, tmp_path: Path, name: str, content: bytes | None, reason: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = origin("certificate", "check", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


def test_an_entry_that_cannot_be_read_exits_3_and_the_others_are_checked(
    origin: Shell, tmp_path: Path
) -> None:
    good = json.dumps(sample_document())
    (tmp_path / "lines.ndjson").write_text(f'{good}\n{{"a": NaN}}\n')
    done = origin("certificate", "check", "lines.ndjson", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 3
    assert [one["ready"] for one in told["certificates"]] == [True, False]
    assert [(one["row"], one["rule"]) for one in told["findings"]] == [(2, "JSON_NOT_A_NUMBER")]


@pytest.mark.conformance
@pytest.mark.parametrize(
    ("kind", "lacking"),
    [
        ("json", {"/scheme", "/issuanceBasis"}),
        (
            "csv",
            {
                "/scheme", "/issuanceBasis", "/exporter", "/consignee", "/exportCountry", "/importCountry",
                "/originCountry", "/items",
            },
        ),
    ],
)  # fmt: skip
def test_outside_samples_are_told_field_by_field_what_they_lack(
    outside_data: Path, origin: Shell, kind: str, lacking: set[str]
) -> None:
    file = outside_data / "coo" / f"src_test_fixtures_data-file_sample-data-file-coo.{kind}"
    done = origin("certificate", "check", str(file), "--json")
    told: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == 3
    for one in told["certificates"]:
        mine = {f["pointer"] for f in told["findings"] if f["row"] == one["row"] and f["severity"] == "error"}
        assert mine == lacking


def test_agreements_are_listed_and_shown_with_their_sources(origin: Shell) -> None:
    listed = json.loads(origin("agreement", "list", "--json").stdout)
    assert [one["code"] for one in listed["agreements"]] == list(agreements())
    words = origin("agreement", "list").stdout
    assert all(code in words for code in agreements())
    shown = json.loads(origin("agreement", "show", "rcep", "--json").stdout)
    assert shown == agreements()["RCEP"].to_json()
    text = origin("agreement", "show", "USMCA").stdout
    assert "no authority issues" in text
    assert "USMCA Article 5.8" in text


def test_an_agreement_that_is_not_known_is_told_with_what_to_do(origin: Shell) -> None:
    done = origin("agreement", "show", "ATLANTIS")
    assert done.returncode == 1
    assert "SCHEME_UNKNOWN" in done.stderr
    assert "origin agreement list" in done.stderr


def test_the_folder_of_an_installation_is_listed_and_enforced(origin: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "agreements"
    folder.mkdir()
    (folder / "mine.toml").write_text(
        'code = "MINE"\ntitle = "My own"\npreferential = false\ndisclose = ["/number"]\n'
        '[issuance]\nbases = ["authority"]\nsource = "Text 1"\n[items]\nmost = 1\nsource = "Text 2"\n'
    )
    (tmp_path / "c.json").write_text(json.dumps(sample_document(scheme="MINE")))
    assert origin("certificate", "check", "c.json").returncode == 0
    origin.environment.setenv("ORIGIN_AGREEMENTS", str(folder))
    assert "MINE " in origin("agreement", "list").stdout
    done = origin("certificate", "check", "c.json", "--json")
    assert done.returncode == 3
    assert [one["source"] for one in json.loads(done.stdout)["findings"]] == ["Text 2"]
    (folder / "mine.toml").write_text("code = ")
    broken = origin("agreement", "list")
    assert (broken.returncode, "AGREEMENT_DATA" in broken.stderr) == (1, True)
