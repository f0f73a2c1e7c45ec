"""Large imports wait for a second person, and nobody stands in for two."""

from tests.bulk.desk import Desk
from tests.bulk.tables import record, table


def numbers(desk: Desk, count: int) -> list[str]:
    return [desk.number() for _ in range(count)]


def test_a_large_import_waits_for_a_second_person(desk: Desk) -> None:
    ctx = desk.world.ctx
    before = ctx.settings
    ctx.settings = before.model_copy(update={"import_approval_above": 2})
    try:
        one, two = desk.person("Ann Li"), desk.person("Bo Wang")
        small = desk.send(table([record(number) for number in numbers(desk, 2)]), who=one)
        assert small["state"] == "issuing"
        named = numbers(desk, 3)
        job = desk.send(table([record(number) for number in named]), who=one)
        assert (job["state"], job["approval"]) == (
            "awaiting-approval",
            {"above": 2, "by": None, "sentBy": ["Ann Li"]},
        )
        path = f"/v1/imports/jobs/{job['id']}"
        for who, status in (
            (one, 403), (desk.person("ANN LI"), 403), (desk.person(""), 403),
        ):  # fmt: skip
            answer = desk.client.post(f"{path}/approval", json={}, headers=who)
            assert (answer.status_code, answer.json()["reason"]) == (status, "IMPORT_SAME_PERSON")
        desk.world.sign_waiting()
        assert desk.show(job)["asked"] == 0
        approved = desk.client.post(f"{path}/approval", json={}, headers=two).json()
        assert (approved["state"], approved["approval"]["by"]) == ("issuing", "Bo Wang")
        assert desk.done(job)["final"] == 3
        again = desk.client.post(f"{path}/approval", json={}, headers=one)
        assert (again.status_code, again.json()["reason"]) == (409, "IMPORT_NOT_WAITING")
        third = desk.send(table([record(number) for number in numbers(desk, 3)]), who=one)
        rejected = desk.client.post(f"/v1/imports/jobs/{third['id']}/rejection", json={}, headers=two).json()
        assert (rejected["state"], rejected["asked"]) == ("rejected", 0)
    finally:
        ctx.settings = before


def test_whoever_had_a_hand_in_an_import_does_not_approve_it(desk: Desk) -> None:
    ctx = desk.world.ctx
    before = ctx.settings
    ctx.settings = before.model_copy(update={"import_approval_above": 2})
    try:
        ann, bo, cy = desk.person("Ann Li"), desk.person("Bo Wang"), desk.person("Cy Ito")
        job = desk.open(table([record(number) for number in numbers(desk, 3)]), headers=ann)
        [page] = desk.pages(table([record(number) for number in numbers(desk, 3)]))
        assert desk.put(job, page, **bo).json()["ready"] == 3
        path = f"/v1/imports/jobs/{job['id']}"
        ended = desk.client.post(f"{path}/end", json={"pages": 1}, headers=cy).json()
        assert (ended["state"], ended["approval"]["sentBy"]) == (
            "awaiting-approval", ["Ann Li", "Bo Wang", "Cy Ito"],
        )  # fmt: skip
        for who in (ann, bo, cy, desk.person("bo wang")):
            answer = desk.client.post(f"{path}/approval", json={}, headers=who)
            assert (answer.status_code, answer.json()["reason"]) == (403, "IMPORT_SAME_PERSON")
        approved = desk.client.post(f"{path}/approval", json={}, headers=desk.person("Di Ek")).json()
        assert (approved["state"], desk.done(ended)["final"]) == ("issuing", 3)
    finally:
        ctx.settings = before


def test_what_a_nameless_token_had_a_hand_in_is_approved_by_nobody(desk: Desk) -> None:
    ctx = desk.world.ctx
    before = ctx.settings
    ctx.settings = before.model_copy(update={"import_approval_above": 1})
    try:
        ann, bo = desk.person("Ann Li"), desk.person("Bo Wang")
        for opener, sender in ((None, None), (ann, None), (None, ann)):
            data = table([record(number) for number in numbers(desk, 2)])
            job = desk.open(data, headers=opener)
            desk.put(job, desk.pages(data)[0], **(sender or {}))
            path = f"/v1/imports/jobs/{job['id']}"
            desk.client.post(f"{path}/end", json={"pages": 1}, headers=ann)
            for who in (ann, bo):
                answer = desk.client.post(f"{path}/approval", json={}, headers=who)
                assert (answer.status_code, answer.json()["reason"]) == (403, "IMPORT_MAKER_UNNAMED")
            ended = desk.client.post(f"{path}/rejection", json={}, headers=ann).json()
            assert (ended["state"], ended["asked"]) == ("rejected", 0)
    finally:
        ctx.settings = before


def test_issuing_without_an_import_is_no_way_around_the_second_person(desk: Desk) -> None:
    ctx = desk.world.ctx
    before = ctx.settings
    ctx.settings = before.model_copy(update={"import_approval_above": 2})
    documents = [desk.world.document() for _ in range(3)]
    try:
        refused = desk.client.post("/v1/certificates", json={"documents": documents})
        assert (refused.status_code, refused.json()["reason"]) == (413, "ISSUE_NEEDS_APPROVAL")
        assert [desk.issued(document["number"]) for document in documents] == [[]] * 3
        allowed = desk.client.post("/v1/certificates", json={"documents": documents[:2]})
        assert len(allowed.json()["certificates"]) == 2
    finally:
        ctx.settings = before
