"""An application over HTTP, across three organisations: exporter, chamber, customs abroad."""

from tests.applications.desk import Desk, add_range, document, ok, refusal
from tests.support.world import World


def test_an_application_is_drafted_returned_corrected_issued_and_used_up_abroad(world: World) -> None:
    chamber_id = world.actors["chamber-cn"].identifier
    with (
        world.client("exporter-cn") as at_exporter,
        world.client("chamber-cn") as at_chamber,
        world.client("customs-au") as at_customs,
        world.client("chamber-au") as elsewhere,
    ):
        exporter, chamber = Desk(at_exporter), Desk(at_chamber)
        prefix = add_range(world, at_chamber)
        whole = document(world)

        begun = exporter.draft({"scheme": "RCEP", "exporter": whole["exporter"]}, chamber_id)
        assert (begun["stage"], begun["version"], begun["side"]) == ("draft", 1, "applicant")
        assert begun["document"]["issuer"]["identifier"] == chamber_id
        assert {"/items", "/consignee"} <= {one["pointer"] for one in begun["findings"]}
        assert not {"/number", "/issueDate"} & {one["pointer"] for one in begun["findings"]}
        assert refusal(at_chamber.get(f"/v1/applications/{begun['id']}")) == (404, "APPLICATION_UNKNOWN")
        assert refusal(exporter.try_(begun, "submit")) == (422, "DOCUMENT_INVALID")

        drafted = ok(exporter.edit(begun, {**whole, "remarks": "Urgent."}))
        assert [one for one in drafted["findings"] if one["severity"] == "error"] == []
        submitted = exporter.do(drafted, "submit")
        assert submitted["stage"] == "submitted"
        assert refusal(exporter.edit(submitted, whole)) == (409, "LIFE_FORBIDS")

        rows = ok(at_chamber.get("/v1/applications?stage=submitted&received=true"))["applications"]
        assert [(row["id"], row["exporter"]) for row in rows if row["id"] == begun["id"]] == [
            (begun["id"], "Exporter of the world")
        ]
        seen = chamber.show(submitted)
        assert seen["document"]["remarks"] == "Urgent."
        assert [one["act"] for one in seen["may"] if one["possible"]] == ["take"]
        for stranger in (at_customs, elsewhere):
            reply = stranger.get(f"/v1/applications/{begun['id']}")
            assert refusal(reply) == (404, "APPLICATION_UNKNOWN")

        taken = chamber.do(submitted, "take")
        back = chamber.do(taken, "return", reasons=["Remarks are not for wishes."])
        assert (back["stage"], back["document"]) == ("returned", None)
        again = exporter.show(back)
        assert again["reasons"] == ["Remarks are not for wishes."]
        corrected = exporter.do(ok(exporter.edit(again, whole)), "submit")
        examined = chamber.do(corrected, "take")
        asked = chamber.do(examined, "issue")
        assert asked["certificates"][0]["number"] == prefix + "0001"
        assert asked["application"]["stage"] == "issuing"
        assert refusal(exporter.try_(asked["application"], "withdraw")) == (409, "LIFE_FORBIDS")
        assert refusal(chamber.try_(asked["application"], "return", reasons=["No."])) == (409, "LIFE_FORBIDS")

        world.done(asked)
        issued = exporter.show(begun)
        assert issued["stage"] == "issued"
        assert issued["certificate"]["number"] == prefix + "0001"
        assert not any(one["possible"] for one in issued["may"])
        assert [step["step"] for step in exporter.steps(begun)] == [
            "issue", "take", "submit", "edit", "return", "take", "submit", "edit", "draft",
        ]  # fmt: skip
        latest = exporter.steps(begun)[0]
        assert (latest["act"]["id"], latest["organisation"]["name"]) == (asked["act"]["id"], "chamber-cn")

        world.catch_up()
        bundle = ok(at_exporter.get(f"/v1/certificates/{issued['certificate']['id']}/bundle"))
        verdict = ok(at_customs.post("/v1/verify", json={"bundle": bundle}))
        assert (verdict["verdict"], verdict["standing"]) == ("GENUINE", "good")
        reference = {"certificate": {"bundle": bundle}, "declaration": "AU-77"}
        world.done(ok(at_customs.post("/v1/certificates/by-reference/acquit", json=reference)))
        used = ok(at_customs.post("/v1/verify", json={"bundle": bundle}))
        assert used["standing"] == "used-up"
