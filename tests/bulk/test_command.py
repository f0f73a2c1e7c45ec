"""The commands as a user gives them: refused rows come back in their own format, hostile files harm nothing,
many verifications are a row each."""

import csv
import hashlib
import io
import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from ledger_app.domain.imports.splitting import split
from ledger_app.domain.samples import sample_document
from tests.bulk.tables import read, record, table
from tests.support.running_demo import RunningDemo


@pytest.fixture
def number() -> str:
    return f"CMD-{secrets.token_hex(5)}"


def run(demo: RunningDemo, code: int, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = demo.json("certificate", "import", *arguments, code=code)
    return found


def test_refused_rows_come_back_as_a_table_to_correct_and_send_again(
    demo: RunningDemo, tmp_path: Path, number: str
) -> None:
    file, wrong = tmp_path / "x.csv", tmp_path / "wrong.csv"
    rows = [
        record(f"{number}-1"),
        record(f"{number}-2", items__0__hsCode="=1+1", exportCountry="XX", remarks="=HYPERLINK(1)"),
        record(f"{number}-3", exporter__name='Ning"bo; Harbour, Co'),
    ]
    file.write_bytes(table(rows, separator=";", start="\ufeff"))
    told = run(demo, 3, str(file), "--errors", str(wrong))
    assert (told["read"], told["ready"], told["refused"], told["final"]) == (3, 2, 1, 2)
    assert [each["number"] for each in told["certificates"]] == [f"{number}-1", f"{number}-3"]
    with wrong.open(encoding="utf-8", newline="") as opened:
        [back] = csv.DictReader(opened, delimiter=";")
    assert {name: back[name] for name in rows[1]} == rows[1]
    assert back["importError.row"] == "3"
    assert set(back["importError.column"].split(" | ")) == {"items.0.hsCode", "exportCountry"}
    assert "=1+1" in back["importError.value"]
    assert not back["importError.value"].startswith("=")
    assert all(back[f"importError.{name}"] for name in ("rule", "words", "fix"))
    again = tmp_path / "again.csv"
    told = run(
        demo, 3, str(wrong), "--errors", str(again)
    )  # as it is: refused again, with one set of columns
    assert (told["read"], told["refused"]) == (1, 1)
    assert again.read_text().splitlines()[0].count("importError.row") == 1
    corrected = {**back, "items.0.hsCode": "961700", "exportCountry": "CN"}
    wrong.write_bytes(table([corrected]))
    told = run(demo, 0, str(wrong))
    assert (told["final"], told["certificates"][0]["number"]) == (1, f"{number}-2")
    told = run(demo, 3, str(file))
    assert (told["ready"], told["refused"], told["repeated"]) == (0, 1, 2)


def test_refused_objects_come_back_as_they_were_written(
    demo: RunningDemo, tmp_path: Path, number: str
) -> None:
    file, wrong = tmp_path / "x.json", tmp_path / "wrong.json"
    lacking = {
        "iD": number,
        "issueDateTime": "2026-11-01T00:00:00Z",
        "supplyChainConsignment": {
            "exportCountry": {"code": "CN"},
            "importCountry": {"code": "AU"},
            "exporter": {"name": "Maker"},
            "importer": {"name": "Buyer"},
        },
    }
    file.write_text('[{"grossVolume": 1.50, ' + json.dumps(lacking)[1:] + ", 7]")
    told = run(demo, 3, str(file), "--errors", str(wrong))
    assert (told["read"], told["refused"]) == (2, 2)
    assert '"grossVolume": 1.50' in wrong.read_text()
    first, second = json.loads(wrong.read_text())
    assert second["importErrors"][0]["row"] == 2
    assert {each["column"] for each in first["importErrors"]} == {
        "scheme", "issuanceBasis", "originCountry", "items",
    }  # fmt: skip
    assert {name: first[name] for name in lacking} == lacking
    items = [{"number": 1, "description": "Flasks", "hsCode": "961700", "originCriterion": "CTC"}]
    first |= {"scheme": "RCEP", "issuanceBasis": "authority", "originCountry": "CN", "items": items}
    wrong.write_text(json.dumps([first]))
    told = run(demo, 0, str(wrong))
    assert (told["final"], demo.json("verify", number)["verdict"]) == (1, "GENUINE")


def test_a_row_that_another_import_took_over_is_told_and_comes_back_in_the_error_file(
    demo: RunningDemo, tmp_path: Path, number: str
) -> None:
    file, wrong = tmp_path / "x.csv", tmp_path / "wrong.csv"
    rows = [record(f"{number}-{place}") for place in (1, 2)]
    file.write_bytes(table(rows))
    client = demo.client("chamber")
    never = table([rows[0], record(f"{number}-3")])
    for data in (file.read_bytes(), never):
        asked = {"file": hashlib.sha256(data).hexdigest(), "name": "x.csv", "kind": "csv"}
        job = client.post("/v1/imports/jobs", {**asked, "allOrNothing": False})
        [page] = split(io.BytesIO(data), "csv", rows=job["pageRows"], size=job["pageSize"])
        client.request(
            "PUT",
            f"/v1/imports/jobs/{job['id']}/pages/0",
            query={"firstRow": 2},
            body=page.body,
            headers={"Content-Type": "text/csv"},
        )
    told = run(demo, 3, str(file), "--errors", str(wrong))  # goes on with the page that is there
    assert (told["read"], told["ready"], told["refused"], told["final"]) == (2, 1, 1, 1)
    assert [(each["row"], each["rule"]) for each in told["findings"]] == [(2, "ROW_TAKEN_OVER")]
    [back] = read(wrong)
    assert (back["number"], back["importError.rule"]) == (f"{number}-1", "ROW_TAKEN_OVER")
    assert run(demo, 0, str(wrong))["final"] == 1


def test_a_file_that_is_none_issues_nothing(demo: RunningDemo, tmp_path: Path, number: str) -> None:
    good = table([record(number)])
    header, row = good.split(b"\r\n", 1)
    for name, data in {
        "nul.csv": good + row.replace(b"CN", b"C\0N", 1),
        "bytes.csv": good + b"\xff\xfe" + row,
        "quote.csv": good + b'"' + row,
        "twice.csv": header + b",number\r\n" + row,
        "broken.json": b"[" + json.dumps(sample_document(number)).encode() + b', {"a":',
        "empty.json": b"[]",
    }.items():
        (tmp_path / name).write_bytes(data)
        done = demo.origin("certificate", "import", str(tmp_path / name))
        assert (done.returncode, "IMPORT_UNREADABLE" in done.stderr) == (2, True), (name, done.stderr)
        assert "Traceback" not in done.stderr
    assert demo.json("verify", number, code=10)["reason"] == "NOT_FOUND"


def test_a_cell_of_ten_megabytes_is_a_refused_row_and_the_others_are_issued(
    demo: RunningDemo, tmp_path: Path, number: str
) -> None:
    file, wrong = tmp_path / "x.csv", tmp_path / "wrong.csv"
    rows = [record(f"{number}-1"), record(f"{number}-2", remarks="y" * (10 << 20)), record(f"{number}-3")]
    file.write_bytes(table(rows))
    dry = run(demo, 3, str(file), "--dry-run")
    assert (dry["read"], dry["ready"], dry["refused"], dry["certificates"]) == (3, 2, 1, [])
    told = run(demo, 3, str(file), "--errors", str(wrong))
    assert (told["read"], told["refused"], told["final"]) == (3, 1, 2)
    [back] = read(wrong)
    assert (back["importError.row"], back["importError.rule"]) == ("3", "ROW_TOO_LONG")
    assert wrong.stat().st_size < 10_000
    whole = run(demo, 3, str(file), "--all-or-nothing")
    assert (whole["state"], whole["issued"]) == ("stopped", 0)


def test_an_import_is_summed_up_with_its_numbers_and_shown_with_how_it_stands(
    demo: RunningDemo, tmp_path: Path, number: str
) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(table([record(f"{number}-{place}") for place in (2, 1)]))
    done = demo.origin("certificate", "import", str(file))
    assert f"numbers {number}-2 to {number}-1" in done.stdout
    job = done.stdout.split("import ")[-1].split(":")[0]
    assert demo.origin("certificate", "import", "show", job).returncode == 0
    file.write_bytes(table([record(f"{number}-1"), record(f"{number}-3", exportCountry="XX")]))
    job = run(demo, 3, str(file))["import"]
    assert demo.origin("certificate", "import", "show", job).returncode == 3
    (tmp_path / "empty.json").write_text("[]")
    for command in ("import", "check"):
        empty = demo.origin("certificate", command, str(tmp_path / "empty.json"))
        assert (empty.returncode, "holds no certificate" in empty.stderr) == (2, True), empty.stderr


def test_the_template_is_a_table_that_can_be_filled_in_and_imported(
    demo: RunningDemo, tmp_path: Path, number: str
) -> None:
    file = tmp_path / "template.csv"
    assert demo.origin("certificate", "template", "-o", str(file), "--items", "2").returncode == 0
    [names] = csv.reader(file.read_text("utf-8").splitlines())
    row = record(number)
    assert set(row) <= set(names)
    file.write_bytes(table([{name: row.get(name, "") for name in names}]))
    assert run(demo, 0, str(file))["final"] == 1


@pytest.mark.conformance
def test_samples_of_others_say_what_they_lack_and_are_issued_verified_and_acquitted_once_completed(
    demo: RunningDemo, tmp_path: Path, number: str, outside_data: Path
) -> None:
    """Completed in the file that came back, as a user would: with columns and members of our own names."""
    ours = {
        "scheme": "NON-PREFERENTIAL", "issuanceBasis": "authority", "exportCountry": "CN",
        "importCountry": "AU", "originCountry": "CN",
    }  # fmt: skip
    item = {"number": 1, "description": "Wine", "hsCode": "220421"}
    samples = outside_data / "coo"
    wrong = tmp_path / "wrong.json"
    told = run(
        demo,
        3,
        str(samples / "src_test_fixtures_data-file_sample-data-file-coo.json"),
        "--errors",
        str(wrong),
    )
    assert {each["column"] for each in told["findings"] if each["severity"] == "error"} == {
        "scheme", "issuanceBasis",
    }  # fmt: skip
    [back] = json.loads(wrong.read_text())
    back |= {"scheme": "NON-PREFERENTIAL", "issuanceBasis": "authority"}
    wrong.write_text(json.dumps(back))
    done = run(demo, 0, str(wrong))["certificates"]
    wrong = tmp_path / "wrong.csv"
    told = run(
        demo, 3, str(samples / "src_test_fixtures_data-file_sample-data-file-coo.csv"), "--errors", str(wrong)
    )
    assert (told["read"], told["refused"]) == (2, 2)
    rows = read(wrong)
    for place, row in enumerate(rows, start=1):
        assert row["importError.row"] == str(place + 1)
        lacks = set(row["importError.column"].split(" | "))
        assert {"scheme", "exporter", "consignee", "items"} <= lacks
        row |= ours | {"iD": f"{number}-{place}", "items": json.dumps([item])}
        row |= {"exporter.name": "Maker", "consignee.name": "Buyer"}
    wrong.write_bytes(table(rows))
    done += run(demo, 0, str(wrong))["certificates"]
    assert [each["number"] for each in done] == ["WBC208897", f"{number}-1", f"{number}-2"]
    for each in done:
        assert demo.json("verify", each["number"])["verdict"] == "GENUINE"
        used = demo.json("certificate", "acquit", each["number"], "--declaration", each["number"])
        assert used["act"]["state"] == "final"
        assert demo.json("verify", each["number"], code=12)["standing"] == "used-up"


def test_many_are_verified_a_row_each_and_nothing_that_cannot_be_told_is_called_false(
    demo: RunningDemo, tmp_path: Path, number: str
) -> None:
    file, folder = tmp_path / "x.csv", tmp_path / "folder"
    folder.mkdir()
    file.write_bytes(table([record(f"{number}-{place}") for place in range(4)]))
    issued = run(demo, 0, str(file))["certificates"]
    for each in issued:
        demo.origin(
            "bundle",
            "create",
            each["number"],
            "-o",
            str(folder / f"{each['number']}.json"),
            ORIGIN_AS="chamber",
        )
    assert len(list(folder.iterdir())) == 4
    good = (folder / f"{number}-0.json").read_text()
    (folder / "forged.json").write_text(good.replace("Ningbo Harbour", "Ningbo Harbor!"))
    (folder / "twice.json").write_text('{"format": 1,' + good.strip()[1:])
    (folder / "junk.bin").write_bytes(b"\x00\xff\xfe")
    (folder / "secret.json").write_text("{}")
    (folder / "gone.json").symlink_to(tmp_path / "nowhere")
    numbers = tmp_path / "list.txt"
    numbers.write_text(f"# ours\n{number}-1\n\n{issued[2]['digest']}\nNO-SUCH-{number}\n{'x' * 300}\n")
    listed = tmp_path / "list.csv"
    listed.write_text(f"remark,number\n=1,{number}-3\n")
    out = tmp_path / "out.csv"
    paths = [str(path) for path in (folder, numbers, listed, tmp_path / "none")]
    told = demo.json("verify", "--batch", *paths, "--output", str(out), code=11)
    rows = {(Path(row["source"]).name, row["line"]): row for row in read(out)}
    assert told["verified"] == len(rows) == 15
    for place in range(4):
        assert rows[f"{number}-{place}.json", ""]["verdict"] == "GENUINE"
        assert rows[f"{number}-{place}.json", ""]["number"] == f"{number}-{place}"
    assert rows["forged.json", ""]["verdict"] == "NOT_GENUINE"
    for name in ("twice.json", "junk.bin", "secret.json", "gone.json", "none"):
        assert rows[name, ""]["verdict"] == "CANNOT_TELL", rows[name, ""]
        assert rows[name, ""]["reason"]
    assert [rows["list.txt", line]["verdict"] for line in ("2", "4", "5", "6")] == [
        "GENUINE", "GENUINE", "CANNOT_TELL", "CANNOT_TELL",
    ]  # fmt: skip
    assert rows["list.txt", "5"]["reason"] == "NOT_FOUND"
    assert rows["list.csv", "2"]["verdict"] == "GENUINE"
    fine = tmp_path / "fine.json"
    told = demo.json("verify", "--batch", str(listed), "--output", str(fine))
    assert [row["verdict"] for row in json.loads(fine.read_text())] == ["GENUINE"]
    away = demo.origin(
        "verify", "--batch", str(folder), str(numbers), "--output", str(out), ORIGIN_URL="http://127.0.0.1:9"
    )
    assert away.returncode == 11
    rows = {(Path(row["source"]).name, row["line"]): row for row in read(out)}
    assert rows["forged.json", ""]["verdict"] == "NOT_GENUINE"  # that shows in the file itself
    others = [row["verdict"] for (name, _), row in rows.items() if name != "forged.json"]
    assert others == ["CANNOT_TELL"] * (len(rows) - 1)


def test_verify_batch_says_how_it_is_called(demo: RunningDemo, tmp_path: Path) -> None:
    for arguments in (
        ("--batch", str(tmp_path)),
        ("a", "b"),
        ("x", "--output", str(tmp_path / "x.csv"), "--offline", "--batch"),
        ("--batch", str(tmp_path), "--output", str(tmp_path / "x.pdf")),
        ("--batch", str(tmp_path), "--output", str(tmp_path / "no" / "x.csv")),
        ("--batch", str(tmp_path), "--output", str(tmp_path / "x.csv"), "--at", "tomorrow"),
    ):
        done = demo.origin("verify", *arguments)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False), (arguments, done.stderr)
    assert list(tmp_path.iterdir()) == []
    done = demo.origin("verify", "--batch", str(tmp_path), "--output", str(tmp_path / "x.csv"))
    assert (done.returncode, "VERIFY_NOTHING" in done.stderr, done.stdout) == (2, True, "")
    assert list(tmp_path.iterdir()) == []
