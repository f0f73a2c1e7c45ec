"""Imports: nothing twice, nothing lost, nothing issued that should not be."""

import json
import secrets
from typing import Any

from ledger_app.services import numbering
from ledger_app.services.context import ALWAYS
from tests.bulk.desk import Desk
from tests.bulk.tables import record, table


def numbers(desk: Desk, count: int) -> list[str]:
    return [desk.number() for _ in range(count)]


def counts(job: dict[str, Any]) -> tuple[int, int, int, int]:
    return job["rows"], job["ready"], job["refused"], job["repeated"]


def test_good_rows_are_issued_and_verified_and_the_others_say_what_is_wrong(desk: Desk) -> None:
    good, bad = numbers(desk, 4), desk.number()
    rows = [record(number) for number in good]
    rows.insert(2, record(bad, items__0__hsCode="12", exportCountry="XX"))
    job = desk.imported(table(rows))
    assert counts(job) == (5, 4, 1, 0)
    assert (job["final"], job["failed"]) == (4, 0)
    assert [desk.verdict(number) for number in good] == ["GENUINE/good"] * 4
    assert desk.issued(bad) == []
    told = {(each["row"], each["column"], each["rule"]) for each in job["findings"]}
    assert {(row, column) for row, column, _ in told} == {(4, "items.0.hsCode"), (4, "exportCountry")}
    assert all(each["fix"] and each["source"] for each in job["findings"])
    listed = desk.client.get(f"/v1/imports/jobs/{job['id']}/rows", params={"limit": 3}).json()
    assert [each["number"] for each in listed["rows"]] == good[:3]
    more = desk.client.get(f"/v1/imports/jobs/{job['id']}/rows", params={"cursor": listed["next"]}).json()
    assert [(each["number"], each["row"], each["state"]) for each in more["rows"]] == [(good[3], 6, "final")]


def test_the_same_rows_create_nothing_twice_in_whatever_order_and_format_they_come(desk: Desk) -> None:
    named = numbers(desk, 5)
    rows = [record(number) for number in named]
    first = desk.imported(table(rows))
    assert counts(first) == (5, 5, 0, 0)
    again = desk.send(table(rows))
    assert (counts(again), again["state"], again["asked"]) == ((5, 0, 0, 5), "done", 0)
    assert again["id"] != first["id"]
    turned = desk.send(table(rows[::-1], separator=";", start="\ufeff"))
    assert (counts(turned), turned["state"]) == ((5, 0, 0, 5), "done")
    documents = [desk.client.get(f"/v1/certificates/{desk.issued(number)[0]['id']}").json()["document"]
                 for number in named]  # fmt: skip
    as_json = desk.send(json.dumps(documents).encode(), "x.json")
    assert (counts(as_json), as_json["state"]) == ((5, 0, 0, 5), "done")
    fresh = desk.number()
    more = desk.imported(table([rows[3], record(fresh), rows[0], rows[0]]))
    assert counts(more) == (4, 1, 0, 3)
    assert [len(desk.issued(number)) for number in [*named, fresh]] == [1] * 6


def test_a_row_that_stands_twice_in_a_file_is_one_certificate(desk: Desk) -> None:
    desk.rows = 2
    row = record(desk.number())
    job = desk.imported(table([row, row, record(desk.number()), row]))
    assert counts(job) == (4, 2, 0, 2)


def test_a_number_names_one_certificate(desk: Desk) -> None:
    taken, twice = numbers(desk, 2)
    desk.imported(table([record(taken)]))
    other = {"consignee__name": "Somebody Else Pty Ltd"}
    desk.rows = 2
    job = desk.imported(
        table(
            [
                record(taken, **other),
                record(twice),
                record(twice, **other),
                record(twice, transport__means="X"),
            ]
        )
    )
    assert counts(job) == (4, 1, 3, 0)
    assert [(each["row"], each["rule"], each["value"]) for each in job["findings"]] == [
        (2, "NUMBER_TAKEN", taken), (4, "NUMBER_TWICE", twice), (5, "NUMBER_TWICE", twice),
    ]  # fmt: skip
    assert len(desk.issued(twice)) == 1


def test_all_or_nothing_issues_nothing_until_every_row_is_right(desk: Desk) -> None:
    named = numbers(desk, 4)
    rows = [record(number) for number in named]
    wrong = [*rows[:3], record(named[3], items__0__description=None)]
    job = desk.send(table(wrong), whole=True)
    assert (job["state"], job["reason"], job["asked"]) == ("stopped", "IMPORT_ROWS_REFUSED", 0)
    assert [desk.issued(number) for number in named] == [[]] * 4
    right = desk.imported(table(rows), whole=True)
    assert (counts(right), right["final"]) == ((4, 4, 0, 0), 4)


def test_rows_of_a_file_that_was_never_sent_in_full_go_to_whoever_sends_them(desk: Desk) -> None:
    named = numbers(desk, 6)
    rows = [record(number) for number in named]
    left = desk.open(table(rows))
    pages = desk.pages(table(rows))
    assert desk.put(left, pages[0]).json()["ready"] == 3
    corrected = table([*rows[:5], record(named[5], transport__means="OTHER")])
    job = desk.imported(corrected)
    assert counts(job) == (6, 6, 0, 0)
    assert desk.put(left, pages[1]).json()["refused"] == 1  # the number is another's now
    late = desk.done(desk.end(left, 2))
    assert (counts(late), late["final"], late["failed"]) == ((6, 0, 1, 5), 0, 0)
    assert [len(desk.issued(number)) for number in named] == [1] * 6


def test_what_another_open_import_took_over_is_told_and_all_or_nothing_issues_none(desk: Desk) -> None:
    lost, own, other = numbers(desk, 3)
    both = table([record(lost), record(own)])

    def taken_over(*, whole: bool) -> dict[str, Any]:
        """An import of both rows, of which one goes to another import that is never ended."""
        job = desk.open(both, whole=whole)
        assert desk.put(job, desk.pages(both)[0]).json()["ready"] == 2
        never = table([record(lost), record(other, remarks=secrets.token_hex(4))])
        assert desk.put(desk.open(never), desk.pages(never)[0]).json()["ready"] == 2
        return desk.end(job, 1)

    ended = taken_over(whole=True)
    assert (ended["state"], ended["reason"], counts(ended)) == (
        "stopped",
        "IMPORT_ROWS_REFUSED",
        (2, 1, 1, 0),
    )
    part = desk.done(taken_over(whole=False))
    assert (counts(part), part["final"]) == ((2, 1, 1, 0), 1)
    assert [len(desk.issued(number)) for number in (lost, own)] == [0, 1]
    for job in (ended, part):
        told = desk.client.get(f"/v1/imports/jobs/{job['id']}/late").json()
        assert told["next"] is None
        assert [(each["row"], each["rule"], each["value"]) for each in told["findings"]] == [
            (2, "ROW_TAKEN_OVER", lost)
        ]
    again = desk.imported(both)
    assert (counts(again), len(desk.issued(lost))) == ((2, 1, 0, 1), 1)


def test_what_another_import_issues_is_known_to_the_one_that_ends_later(desk: Desk) -> None:
    named = numbers(desk, 2)
    both = table([record(number) for number in named])
    job = desk.open(both, whole=True)
    desk.put(job, desk.pages(both)[0])
    first = desk.imported(table([record(named[0])]))
    ended = desk.done(desk.end(job, 1))
    assert (counts(ended), first["final"], ended["final"]) == ((2, 1, 0, 1), 1, 1)
    assert [len(desk.issued(number)) for number in named] == [1, 1]


def test_opening_a_file_again_goes_on_where_it_stopped_and_a_page_again_changes_nothing(desk: Desk) -> None:
    data = table([record(number) for number in numbers(desk, 7)])
    job, pages = desk.open(data), desk.pages(data)
    first = desk.put(job, pages[0])
    assert desk.put(job, pages[0]).json() == first.json()
    again = desk.open(data)
    assert (again["id"], again["pages"], again["rows"]) == (job["id"], 1, 3)
    early = desk.client.post(f"/v1/imports/jobs/{job['id']}/end", json={"pages": 3})
    assert (early.status_code, early.json()["reason"]) == (409, "IMPORT_INCOMPLETE")
    for page in pages[1:]:
        assert desk.put(job, page).status_code == 200
    assert desk.put(job, pages[0]).json() == first.json()
    done = desk.done(desk.end(job, 3))
    assert (counts(done), done["final"]) == ((7, 7, 0, 0), 7)
    assert desk.end(job, 3)["state"] == "done"
    other = desk.pages(table([record(desk.number())]))[0]
    differs = desk.put(job, other)
    assert (differs.status_code, differs.json()["reason"]) == (409, "IMPORT_PAGE_DIFFERS")
    other.number = 3
    closed = desk.put(job, other)
    assert (closed.status_code, closed.json()["reason"]) == (409, "IMPORT_CLOSED")


def test_what_the_signer_refused_can_be_imported_again(desk: Desk) -> None:
    number = desk.number()
    data = table([record(number)])
    job = desk.send(data)
    act = None
    while act is None:
        found = desk.client.get(f"/v1/imports/jobs/{job['id']}/acts").json()["acts"]
        act = found[0]["id"] if found else None
    refused = desk.client.post(
        f"/v1/signing/requests/{act}/refusal", json={"reason": "SIGNER_PERSON_REFUSED"}
    )
    assert refused.status_code == 200
    ended = desk.done(job)
    assert (ended["final"], ended["failed"], desk.issued(number)) == (0, 1, [])
    again = desk.imported(data)
    assert (counts(again), again["final"]) == ((1, 1, 0, 0), 1)
    assert desk.verdict(number) == "GENUINE/good"


def test_rows_without_a_number_take_one_and_the_same_file_takes_none_again(desk: Desk) -> None:
    without = [record(None, transport__means=f"SHIP {place} {secrets.token_hex(4)}") for place in range(4)]
    rows = [record(desk.number()), *without]
    with Desk.of(desk.world, "chamber-au") as other:
        none = other.send(table([without[0]]))
    refused = [each["rule"] for each in none["findings"] if each["severity"] == "error"]
    assert refused == ["FIELD_MISSING", "NUMBERS_NONE"]
    pattern = f"R{secrets.token_hex(3)}-######"
    numbering.add(
        desk.world.ctx, desk.world.principal("chamber-cn"), pattern, 1, None, rows[0]["scheme"], ALWAYS
    )
    job = desk.imported(table(rows))
    assert counts(job) == (5, 5, 0, 0)
    listed = desk.client.get(f"/v1/imports/jobs/{job['id']}/rows").json()["rows"]
    given = [each["number"] for each in listed[1:]]
    assert given == [pattern.replace("######", f"{place:06}") for place in (1, 2, 3, 4)]
    assert [desk.verdict(number) for number in given] == ["GENUINE/good"] * 4
    assert counts(desk.send(table(rows[::-1]))) == (5, 0, 0, 5)
    assert desk.issued(pattern.replace("######", "000005")) == []


def test_an_import_is_its_own_organisations_alone(desk: Desk) -> None:
    job = desk.send(table([record(desk.number())]))
    with Desk.of(desk.world, "chamber-au") as other:
        for path in ("", "/rows", "/acts", "/progress"):
            answer = other.client.get(f"/v1/imports/jobs/{job['id']}{path}")
            assert (answer.status_code, answer.json()["reason"]) == (404, "IMPORT_UNKNOWN")
        assert other.put(job, other.pages(table([record("X")]))[0]).status_code == 404
        assert job["id"] not in [
            each["id"] for each in other.client.get("/v1/imports/jobs").json()["imports"]
        ]
        foreign = other.send(table([{**record(other.number()), "issuer.identifier": "urn:test:chamber-cn",
                                     "issuer.name": "x", "issuer.territory": "CN"}]))  # fmt: skip
        assert [each["rule"] for each in foreign["findings"]] == ["ISSUER_DIFFERS"]
    assert job["id"] in [each["id"] for each in desk.client.get("/v1/imports/jobs").json()["imports"]]
    desk.done(job)


def test_progress_is_told_as_a_stream_until_the_end(desk: Desk) -> None:
    job = desk.imported(table([record(number) for number in numbers(desk, 4)]))
    with desk.client.stream("GET", f"/v1/imports/jobs/{job['id']}/progress") as answer:
        assert answer.headers["content-type"].startswith("application/x-ndjson")
        lines = [json.loads(line) for line in answer.iter_lines()]
    assert lines[-1]["state"] == "done"
    assert lines[-1]["final"] == 4
    waiting = desk.open(table([record(desk.number())]))
    with desk.client.stream(
        "GET", f"/v1/imports/jobs/{waiting['id']}/progress", params={"wait": 0}
    ) as answer:
        assert [json.loads(line)["state"] for line in answer.iter_lines()] == ["receiving"]


def test_several_schemes_in_a_file_become_a_batch_each(desk: Desk) -> None:
    named = numbers(desk, 3)
    rows = [
        record(named[0]),
        record(
            named[1],
            scheme="NON-PREFERENTIAL",
            items__0__originCriterion=None,
            items__1__originCriterion=None,
        ),
        record(named[2]),
    ]
    job = desk.imported(table(rows))
    assert (job["final"], sum(job["acts"].values())) == (3, 2)
    assert [desk.verdict(number) for number in named] == ["GENUINE/good"] * 3
