"""A dry run says what the import then does, and nothing of it is recorded."""

import json
import secrets
from pathlib import Path
from typing import Any

from ledger_app.services import numbering
from ledger_app.services.context import ALWAYS
from tests.bulk.desk import MEDIA, Desk
from tests.bulk.tables import read, record, table
from tests.support.running_demo import RunningDemo


def judged(desk: Desk, data: bytes, kind: str = "csv") -> list[dict[str, Any]]:
    answer = desk.client.post(
        "/v1/imports/judgement",
        params={"firstRow": 2},
        content=data,
        headers={"Content-Type": MEDIA[kind]},
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["rows"]
    return found


def errors(row: dict[str, Any]) -> list[str]:
    return [each["rule"] for each in row["findings"] if each["severity"] == "error"]


def test_rows_are_judged_as_an_import_judges_them_and_nothing_is_recorded(desk: Desk) -> None:
    issued, fresh = record(desk.number()), record(desk.number())
    desk.imported(table([issued]))
    rows = [issued, {**issued, "remarks": "other"}, fresh, record(desk.number(), exportCountry="XX")]
    jobs = desk.client.get("/v1/imports/jobs").json()
    for _ in range(2):
        found = judged(desk, table(rows))
        assert [(one["row"], one["known"], one["ready"]) for one in found] == [
            (2, True, True), (3, False, False), (4, False, True), (5, False, False),
        ]  # fmt: skip
        assert [errors(one) for one in found][:3] == [[], ["NUMBER_TAKEN"], []]
        assert found[2]["document"]["number"] == fresh["number"]
    assert desk.client.get("/v1/imports/jobs").json() == jobs
    waiting = desk.send(table([fresh]))
    assert [one["known"] for one in judged(desk, table([fresh]))] == [True]
    assert errors(judged(desk, table([{**fresh, "remarks": "other"}]))[0]) in (
        ["NUMBER_TWICE"],
        ["NUMBER_TAKEN"],
    )
    desk.done(waiting)
    broken = judged(desk, b'[7, {"number": "\\ud800"}]', "json")
    assert [(one["row"], errors(one)) for one in broken] == [
        (2, ["JSON_NOT_OBJECT"]),
        (3, ["JSON_SURROGATE"]),
    ]


def test_what_only_the_ledger_and_the_records_tell_is_told_too(desk: Desk) -> None:
    issued = record(desk.number())
    desk.imported(table([issued]))
    copy = {**record(desk.number()), "flags": "certified-true-copy", "original.number": issued["number"]}
    abroad = {
        **record(desk.number()),
        "issuanceBasis": "approved-exporter",
        "certifierAuthorisation.number": "1",
    }
    found = judged(desk, table([copy, abroad]))
    assert [errors(one) for one in found] == [["ORIGINAL_HERE"], ["BASIS_DIFFERS"]]


def test_a_foreign_table_is_told_of_the_column_whose_value_could_not_be_read(desk: Desk) -> None:
    row = {
        "iD": desk.number(), "issueDateTime": "2026-11-01T00:00:00Z", "scheme": "RCEP",
        "issuanceBasis": "authority", "originCountry": "CN",
        "supplyChainConsignment.exportCountry.code": "XX",
        "supplyChainConsignment.importCountry.code": "AU",
        "supplyChainConsignment.exporter.name": "Maker", "supplyChainConsignment.importer.name": "Buyer",
    }  # fmt: skip
    [one] = judged(desk, table([row]))
    found = {(each["column"], each["pointer"]) for each in one["findings"] if each["severity"] == "error"}
    assert found == {
        ("supplyChainConsignment.exportCountry.code", "/exportCountry"),
        ("items", "/items"),
    }


def test_a_number_that_is_to_be_given_is_no_error_where_there_is_a_range(desk: Desk) -> None:
    row = record(None, remarks=secrets.token_hex(6))
    with Desk.of(desk.world, "chamber-au") as other:
        assert errors(judged(other, table([row]))[0]) == ["FIELD_MISSING"]
    principal = desk.world.principal("chamber-cn")
    numbering.add(desk.world.ctx, principal, f"J{secrets.token_hex(3)}-##", 1, None, None, ALWAYS)
    given = numbering.listed(desk.world.ctx, principal)
    [one] = judged(desk, table([row]))
    assert (one["ready"], one["number"]) == (True, None)
    assert "NUMBER_TO_COME" in [each["rule"] for each in one["findings"]]
    assert numbering.listed(desk.world.ctx, principal) == given
    desk.imported(table([row]))
    [one] = judged(desk, table([row]))
    assert (one["known"], one["findings"]) == (True, [])


def test_a_dry_run_counts_what_the_import_then_counts(demo: RunningDemo, tmp_path: Path) -> None:
    number = f"DRY-{secrets.token_hex(5)}"
    file, wrong = tmp_path / "x.csv", tmp_path / "wrong.csv"
    rows = [record(f"{number}-{place}") for place in range(3)]
    file.write_bytes(table(rows[:1]))
    demo.json("certificate", "import", str(file))
    rows += [rows[1], {**rows[2], "remarks": "other"}, {**rows[0], "remarks": "other"}]
    rows += [
        record(f"{number}-x{place}") for place in range(200)
    ]  # the first rows again stand on another page
    rows += [rows[1], {**rows[2], "remarks": "more"}]
    file.write_bytes(table(rows))
    dry = demo.json("certificate", "import", str(file), "--dry-run", "--errors", str(wrong), code=3)
    said = [(one["row"], one["rule"]) for one in dry["findings"]]
    assert said == [(6, "NUMBER_TWICE"), (7, "NUMBER_TAKEN"), (209, "NUMBER_TWICE")]
    assert [each["importError.row"] for each in read(wrong)] == ["6", "7", "209"]
    told = demo.json("certificate", "import", str(file), code=3)
    assert [(one["row"], one["rule"]) for one in told["findings"]] == said
    for name in ("read", "ready", "refused", "repeated"):
        assert dry[name] == told[name], (name, json.dumps(dry)[:300])


def test_errors_come_before_all_else_and_are_not_pushed_out(demo: RunningDemo, tmp_path: Path) -> None:
    number = f"MANY-{secrets.token_hex(5)}"
    file, wrong = tmp_path / "x.csv", tmp_path / "wrong.csv"
    names = ["exporter.name", "consignee.name", "remarks", "transport.means", "transport.journey"]
    names += ["items.0.description", "items.1.description", "items.0.marks"]
    told_of = {name.replace(".", "__"): "=1+1" for name in names}
    rows = [record(f"{number}-{place}", **told_of) for place in range(130)]
    rows += [record(f"{number}-bad{place}", exportCountry="XX", **told_of) for place in range(40)]
    file.write_bytes(table(rows))
    told = demo.json("certificate", "import", str(file), "--dry-run", code=3)
    assert [one["rule"] for one in told["findings"]].count("FORMULA_LIKE") == 960
    assert {one["severity"] for one in told["findings"][:40]} == {"error"}
    assert (len(told["findings"]), told["moreFindings"]) == (1_000, 400)
    said = demo.origin("certificate", "import", str(file), "--dry-run", "--errors", str(wrong)).stderr
    lines = [line for line in said.splitlines() if not line[:1].isdigit()]
    assert len(lines) == 32
    assert all(line.startswith("error row 1") and "exportCountry: " in line for line in lines[:30])
    assert all(line.endswith("]") for line in lines[:30])
    assert lines[30].startswith("… and 10 more errors; --errors FILE")
    assert lines[31].startswith("… and 1,360 more that refuse nothing")
    assert len(read(wrong)) == 40
