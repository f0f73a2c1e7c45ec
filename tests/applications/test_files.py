"""Evidence: read back by applicant and issuing body, by customs when shared, by nobody else; unchanged."""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from ledger_app.services import enquiries
from ledger_app.services.applying import files
from ledger_app.services.context import ALWAYS
from ledger_app.services.locating import Reference
from tests.applications.desk import Desk, add_range, document, ok, refusal
from tests.support.world import World

PDF = b"%PDF-1.7\n" + secrets.token_bytes(300_000)


@pytest.fixture
def clients(world: World) -> Iterator[dict[str, TestClient]]:
    with ExitStack() as stack:
        names = ("exporter-cn", "chamber-cn", "customs-au", "chamber-au")
        yield {name: stack.enter_context(world.client(name)) for name in names}


def attach(
    client: TestClient, case: dict[str, Any], content: bytes, name: str = "invoice.pdf", **said: str
) -> Any:
    url = f"/v1/applications/{case['id']}/evidence"
    return client.post(url, files={"file": (name, content)}, data=said)


def drafted(world: World, clients: dict[str, TestClient]) -> dict[str, Any]:
    return Desk(clients["exporter-cn"]).draft(document(world), world.actors["chamber-cn"].identifier)


def test_a_file_is_bound_by_the_certificate_and_read_by_the_two_of_the_application_only(
    world: World, clients: dict[str, TestClient]
) -> None:
    exporter, chamber = Desk(clients["exporter-cn"]), Desk(clients["chamber-cn"])
    add_range(world, clients["chamber-cn"])
    case = ok(attach(clients["exporter-cn"], drafted(world, clients), PDF, kind="invoice"))
    digest = "0x" + hashlib.sha256(PDF).hexdigest()
    said = {
        "digest": digest,
        "name": "invoice.pdf",
        "mediaType": "application/pdf",
        "size": len(PDF),
        "kind": "invoice",
    }
    assert case["document"]["evidence"] == [said]
    again = ok(attach(clients["exporter-cn"], case, PDF))
    assert again["version"] == case["version"]
    edited = ok(exporter.edit(again, document(world)))
    assert edited["document"]["evidence"] == [said]

    url = f"/v1/applications/{case['id']}/evidence/{case['evidence'][0]['id']}"
    submitted = exporter.do(edited, "submit")
    for name in ("exporter-cn", "chamber-cn"):
        got = clients[name].get(url)
        assert (got.status_code, got.content) == (200, PDF)
        assert got.headers["content-disposition"].startswith("attachment;")
        assert got.headers["content-type"] == "application/octet-stream"
    for name in ("customs-au", "chamber-au"):
        assert refusal(clients[name].get(url)) == (404, "APPLICATION_UNKNOWN")
    assert refusal(attach(clients["exporter-cn"], case, b"more")) == (409, "LIFE_FORBIDS")

    asked = chamber.do(chamber.do(submitted, "take"), "issue")
    world.done(asked)
    certificate = ok(clients["exporter-cn"].get(f"/v1/certificates/{asked['certificates'][0]['id']}"))
    assert certificate["document"]["evidence"] == [said]
    assert clients["chamber-cn"].get(url).content == PDF


def test_what_was_given_up_before_it_was_submitted_again_stays_the_applicants(
    world: World, clients: dict[str, TestClient]
) -> None:
    exporter, chamber = Desk(clients["exporter-cn"]), Desk(clients["chamber-cn"])
    for takes_back in ("recall", "return"):
        case = exporter.do(drafted(world, clients), "submit")
        if takes_back == "recall":
            case = exporter.do(case, "recall")
        else:
            case = chamber.do(chamber.do(case, "take"), "return", reasons=["Which invoice?"])
        case = ok(exporter.edit(case, document(world, remarks="second thoughts")))
        case = exporter.do(ok(attach(clients["exporter-cn"], case, PDF)), "withdraw")
        shown = chamber.show(case)
        assert (shown["stage"], shown["document"], shown["evidence"]) == ("withdrawn", None, [])
        url = f"/v1/applications/{case['id']}/evidence/{case['evidence'][0]['id']}"
        assert refusal(clients["chamber-cn"].get(url)) == (404, "ATTACHMENT_UNKNOWN")
        assert clients["exporter-cn"].get(url).content == PDF
        listed = ok(clients["chamber-cn"].get("/v1/applications"))["applications"]
        (brief,) = [row for row in listed if row["id"] == case["id"]]
        assert brief["exporter"] is None
    # What it had, it keeps: an application that is withdrawn while it waits or is examined.
    case = exporter.do(exporter.do(drafted(world, clients), "submit"), "withdraw")
    assert chamber.show(case)["document"] == case["document"]


def test_customs_reads_a_file_once_the_issuing_body_shares_it_for_an_enquiry(
    world: World, clients: dict[str, TestClient]
) -> None:
    exporter, chamber = Desk(clients["exporter-cn"]), Desk(clients["chamber-cn"])
    add_range(world, clients["chamber-cn"])
    case = ok(attach(clients["exporter-cn"], drafted(world, clients), PDF))
    file = case["evidence"][0]["id"]
    asked = chamber.do(chamber.do(exporter.do(case, "submit"), "take"), "issue")
    world.done(asked)
    about = Reference(id=asked["certificates"][0]["id"])
    enquiry = enquiries.enquire(
        world.ctx,
        world.principal("customs-au"),
        world.actors["chamber-cn"].identifier,
        about,
        1,
        world.ctx.now() + 90 * 86_400,
        "Is it so?",
        ALWAYS,
    )["enquiry"]
    url = f"/v1/enquiries/{enquiry}/evidence"
    assert ok(clients["customs-au"].get(url))["evidence"] == []
    assert refusal(clients["customs-au"].get(f"{url}/{file}")) == (404, "ATTACHMENT_UNKNOWN")
    body = {"attachment": file}
    assert refusal(clients["customs-au"].post(url, json=body)) == (404, "ENQUIRY_UNKNOWN_HERE")
    for _ in range(2):
        assert [one["id"] for one in ok(clients["chamber-cn"].post(url, json=body))["evidence"]] == [file]
    assert clients["customs-au"].get(f"{url}/{file}").content == PDF
    assert refusal(clients["chamber-au"].get(f"{url}/{file}")) == (404, "ENQUIRY_UNKNOWN_HERE")
    stranger = ok(attach(clients["exporter-cn"], drafted(world, clients), b"another file"))["evidence"][0][
        "id"
    ]
    assert refusal(clients["chamber-cn"].post(url, json={"attachment": stranger})) == (
        404,
        "ATTACHMENT_UNKNOWN",
    )


@pytest.mark.parametrize(
    ("name", "content", "said", "expected"),
    [
        ("empty.pdf", b"", {}, (400, "FILE_EMPTY")),
        ("..", b"x", {}, (400, "ATTACHMENT_INVALID")),
        ("a.pdf", b"x", {"mediaType": "no type"}, (400, "ATTACHMENT_INVALID")),
        ("a.pdf", b"x", {"kind": "k" * 71}, (400, "ATTACHMENT_INVALID")),
        ("a.pdf", bytes(10 * 1024 * 1024 + 1), {}, (413, "ATTACHMENT_TOO_LARGE")),
        ("a.pdf", bytes(11 * 1024 * 1024), {}, (413, "TOO_LARGE")),
    ],
)
def test_what_no_certificate_could_state_is_refused(
    world: World,
    clients: dict[str, TestClient],
    name: str,
    content: bytes,
    said: dict[str, str],
    expected: tuple[int, str],
) -> None:
    case = drafted(world, clients)
    assert refusal(attach(clients["exporter-cn"], case, content, name, **said)) == expected
    assert Desk(clients["exporter-cn"]).show(case)["version"] == 1


def test_there_are_only_so_many_files_and_one_can_be_taken_out(
    world: World, clients: dict[str, TestClient]
) -> None:
    case = drafted(world, clients)
    for number in range(files.MAX_FILES):
        case = ok(attach(clients["exporter-cn"], case, b"file %d" % number, "photo.jpg"))
    assert refusal(attach(clients["exporter-cn"], case, b"one more")) == (413, "ATTACHMENTS_MANY")
    url = f"/v1/applications/{case['id']}/evidence/{case['evidence'][3]['id']}"
    assert refusal(clients["chamber-cn"].delete(url)) == (403, "NOT_ENTITLED")
    left = ok(clients["exporter-cn"].delete(url))
    assert len(left["evidence"]) == len(left["document"]["evidence"]) == files.MAX_FILES - 1
    assert refusal(clients["exporter-cn"].get(url)) == (404, "ATTACHMENT_UNKNOWN")
    ok(attach(clients["exporter-cn"], left, b"one more"))


@pytest.mark.parametrize("damage", ["changed byte", "parts swapped", "part missing", "other digest"])
def test_a_file_that_was_changed_in_the_database_is_not_given_out(
    world: World, clients: dict[str, TestClient], damage: str
) -> None:
    case = ok(attach(clients["exporter-cn"], drafted(world, clients), PDF))
    file = case["evidence"][0]["id"]
    mine = "WHERE attachment_id = :file AND part"
    with world.ctx.store.begin() as conn:
        sealed = conn.execute(
            text(f"SELECT sealed FROM attachment_parts {mine} = 1"), {"file": file}
        ).scalar_one()
        changed = bytearray(sealed)
        changed[len(changed) // 2] ^= 1
        done = {
            "changed byte": f"UPDATE attachment_parts SET sealed = :to {mine} = 1",
            "parts swapped": f"UPDATE attachment_parts SET part = 9 {mine} = 0",
            "part missing": f"DELETE FROM attachment_parts {mine} = 2",
            "other digest": "UPDATE attachments SET digest = '0x00' WHERE id = :file",
        }[damage]
        values = {"file": file, "to": bytes(changed)}
        conn.execute(text(done), {name: value for name, value in values.items() if f":{name}" in done})
    reply = clients["exporter-cn"].get(f"/v1/applications/{case['id']}/evidence/{file}")
    assert reply.status_code == 500
    assert reply.json()["reason"] in ("SEALED_UNREADABLE", "RECORD_DAMAGED")


def test_what_led_to_a_certificate_goes_when_its_document_is_erased(
    world: World, clients: dict[str, TestClient]
) -> None:
    exporter, chamber = Desk(clients["exporter-cn"]), Desk(clients["chamber-cn"])
    add_range(world, clients["chamber-cn"])
    case = ok(attach(clients["exporter-cn"], drafted(world, clients), PDF))
    asked = chamber.do(chamber.do(exporter.do(case, "submit"), "take"), "issue")
    url = f"/v1/certificates/{asked['certificates'][0]['id']}/document"
    assert refusal(clients["chamber-cn"].delete(url)) == (409, "ACT_PENDING")
    world.done(asked)
    assert clients["chamber-cn"].delete(url).status_code == 204
    left = exporter.show(case)
    assert (left["erased"], left["document"], left["stage"]) == (True, None, "issued")
    file = f"/v1/applications/{case['id']}/evidence/{case['evidence'][0]['id']}"
    assert refusal(clients["exporter-cn"].get(file)) == (404, "ATTACHMENT_UNKNOWN")


def test_no_byte_of_a_file_and_no_name_stands_in_the_database(
    world: World, clients: dict[str, TestClient]
) -> None:
    content = b"CONFIDENTIAL COST STATEMENT " * 10_000
    ok(attach(clients["exporter-cn"], drafted(world, clients), content, "margin-of-acme.xlsx"))
    with world.ctx.store.read() as conn:
        for table in ("attachments", "attachment_parts"):
            for row in conn.execute(text(f"SELECT * FROM {table}")):
                for value in row:
                    kept = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                    assert b"CONFIDENTIAL" not in kept
                    assert b"margin" not in kept
