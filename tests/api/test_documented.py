"""Whatever is sent, the answer is one that the OpenAPI document names, and never a 5xx.

`API_CASES=50000` sends so many; the default is a short run. The same seed sends the same requests.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from ledger_app.access.policy import allowed
from ledger_app.access.principals import ANONYMOUS
from ledger_app.api import openapi
from ledger_app.app import _routers
from ledger_app.demo.cargo import voyage
from tests.api.requests_at_random import Sender
from tests.support.world import World

CASES = int(os.environ.get("API_CASES", "240"))
SEED = int(os.environ.get("API_SEED", "20261122"))
CALLERS = (
    None,
    "chamber-cn",
    "exporter-cn",
    "customs-au",
    "carrier",
    "authority-cn",
    "council-1",
    "operator",
    "trader",
)


@pytest.fixture(scope="module")
def sender(world: World) -> Iterator[Sender]:
    with ExitStack() as stack:
        clients = {name or "nobody": stack.enter_context(world.client(name)) for name in CALLERS}
        schema = schemathesis.openapi.from_dict(clients["nobody"].get("/v1/openapi.json").json())
        entitled = {
            f"{method.upper()} {path}": [
                name or "nobody"
                for name in CALLERS
                if allowed(world.principal(name) if name else ANONYMOUS, action)
            ]
            for (method, path), action in openapi.actions(_routers()).items()
        }
        yield Sender(schema, clients, entitled, _names(world, clients), _bodies(world, clients))


def _names(world: World, clients: Mapping[str, Any]) -> dict[str, list[str]]:
    issued = [row["id"] for row in world.issue(*(world.document() for _ in range(3)))]
    asked = clients["chamber-cn"].post("/v1/certificates", json={"documents": [world.document()]}).json()
    captured = clients["carrier"].post("/v1/epcis/capture", json=_voyage()).json()
    chamber, exporter = clients["chamber-cn"], clients["exporter-cn"]
    begun = {"document": {"scheme": "RCEP"}, "issuer": world.actors["chamber-cn"].identifier}
    drafts = [exporter.post("/v1/applications", json=begun).json()["id"] for _ in range(3)]
    ready = exporter.post("/v1/applications", json={**begun, "document": _applied(world)}).json()
    exporter.post(f"/v1/applications/{ready['id']}/submit", json={"version": 1})
    files = [
        exporter.post(f"/v1/applications/{draft}/evidence", files={"file": ("a.pdf", b"x")}).json()
        for draft in drafts
    ]
    return {
        "application": [*drafts, ready["id"]],
        "attachment": [file["evidence"][0]["id"] for file in files],
        "range": [chamber.post("/v1/numbers", json={"pattern": "FUZZ-{year}-####"}).json()["id"]],
        "webhook": [
            chamber.post("/v1/webhooks", json={"url": "http://127.0.0.1:9/", "outside": True}).json()["id"]
            for _ in range(3)
        ],
        "certificate": [*issued, asked["certificates"][0]["id"]],
        "act": [row["id"] for row in clients["operator"].get("/v1/acts").json()["acts"]],
        "organisation": [actor.identifier for actor in world.actors.values() if actor.identifier],
        "key": [actor.address for actor in world.actors.values()],
        "job": [captured["capture"], *_jobs(clients["chamber-cn"])],
        "page": ["0", "1"],
        "event": [row["event"] for row in captured["accepted"]],
        "stream": [row["id"] for row in clients["carrier"].get("/v1/cargo/streams").json()["streams"]],
    }


def _applied(world: World) -> dict[str, Any]:
    """What exporter-cn can apply with."""
    me = {"name": "Exporter", "identifier": world.actors["exporter-cn"].identifier}
    return {name: value for name, value in world.document(exporter=me).items() if name != "issuer"}


def _jobs(client: Any) -> list[str]:
    """Imports that were opened, one of them with a page."""
    opened = [
        client.post("/v1/imports/jobs", json={"file": each * 64, "kind": "csv"}).json()["id"] for each in "ab"
    ]
    client.put(
        f"/v1/imports/jobs/{opened[0]}/pages/0?firstRow=2",
        content=b"number,scheme\n1,RCEP\n",
        headers={"Content-Type": "text/csv"},
    )
    return opened


def _voyage() -> dict[str, Any]:
    return voyage(datetime(2026, 11, 1, tzinfo=UTC))


def _bodies(world: World, clients: Mapping[str, Any]) -> dict[str, list[tuple[str, bytes]]]:
    """Bodies that the services would take: what is spoilt in them is not the first thing looked at."""
    (row,) = world.issue()
    bundle = clients["chamber-cn"].get(f"/v1/certificates/{row['id']}/bundle").json()
    event = {"@context": _voyage()["@context"], **_voyage()["epcisBody"]["eventList"][0]}
    about = {"certificate": {"bundle": bundle}}
    file = b'--B\r\nContent-Disposition: form-data; name="file"; filename="x.%s"\r\n\r\n%s\r\n--B--\r\n'
    form = "multipart/form-data; boundary=B"
    seats = {"act": "setCouncil", "members": [each.address for each in world.council], "threshold": 2}
    acceptance = asdict(world.acceptance(world.actors["chamber-cn"]))
    key = {"key": world.actors["chamber-cn"].address, "acceptance": acceptance}
    chamber = world.actors["chamber-cn"].identifier
    one = "POST /v1/certificates"
    bodies: dict[str, list[Any]] = {
        one: [{"documents": [world.document()]}],
        f"{one}/{{certificate}}/suspend": [{"reason": 1}, {"reason": 1, **about}],
        f"{one}/{{certificate}}/reinstate": [{}],
        f"{one}/{{certificate}}/revoke": [{"reason": "ISSUED_IN_ERROR"}, {"reason": 1}],
        f"{one}/{{certificate}}/supersede": [{"documents": [world.document()], "reason": 1}],
        f"{one}/{{certificate}}/consume": [
            {"documents": [world.document(flags=["back-to-back"])], "units": 1, **about}
        ],
        f"{one}/{{certificate}}/acquit": [
            {"declaration": "D-1"},
            {"declaration": "D-2", "units": 1, **about},
        ],
        f"{one}/{{certificate}}/withdraw": [{"declaration": "D-1", "reason": 1, **about}],
        f"{one}/{{certificate}}/refuse": [{"declaration": "D-3", "reason": 1, **about}],
        f"{one}/{{certificate}}/send": [{"to": world.actors["carrier"].identifier}, {"to": chamber, **about}],
        "POST /v1/webhooks": [{"url": "http://127.0.0.1:9/hook", "types": ["certificate.revoked"]}],
        "POST /v1/webhooks/{webhook}/secret": [{"hours": 1}],
        "POST /v1/webhooks/{webhook}/enable": [{}],
        "POST /v1/webhooks/{webhook}/test": [{}],
        "POST /v1/webhooks/{webhook}/resend": [{"since": "2026-01-01"}, {"message": "msg_" + "0" * 32}],
        "POST /v1/applications": [{"document": _applied(world), "issuer": chamber}],
        "PUT /v1/applications/{application}": [{"document": _applied(world), "version": 1}],
        "POST /v1/numbers": [{"pattern": "F-#", "scheme": "CHAFTA"}],
        **{
            f"POST /v1/applications/{{application}}/{step}": [
                {"version": version, **more} for version in (1, 2, 3)
            ]
            for step, more in (
                ("submit", {}),
                ("recall", {}),
                ("take", {"fourEyes": False}),
                ("return", {"reasons": ["No."]}),
                ("refuse", {"reasons": ["No."]}),
                ("issue", {}),
                ("withdraw", {}),
            )
        },
        "POST /v1/epcis/capture": [_voyage()],
        "POST /v1/epcis/events": [event],
        "POST /v1/enquiries": [{"to": chamber, "code": 1, "replyBy": 2**40, "text": "?", **about}],
        "POST /v1/council/acts": [{"act": "unpause"}, {"act": "pauseFor", "seconds": 9}, seats],
        "POST /v1/council/pause": [{"seconds": 9}],
        "POST /v1/organisations": [{"identifier": chamber, "name": "x", "territory": "CN"}],
        "POST /v1/organisations/{organisation}/enrolment": [{"name": "x", "roles": ["ISSUER"]}],
        "POST /v1/organisations/{organisation}/accreditation": [
            {"scheme": "RCEP", "kind": 1, "from": "2026-01-01", "until": None}
        ],
        "POST /v1/organisations/{organisation}/keys": [key],
        "POST /v1/imports/jobs": [{"file": "c" * 64, "kind": "json", "name": "x"}],
        "POST /v1/imports/jobs/{job}/end": [{"pages": 1}, {"pages": 0, "unreadable": [3]}],
        "POST /v1/imports/jobs/{job}/approval": [{}],
        "POST /v1/imports/jobs/{job}/rejection": [{}],
        "POST /v1/tokens": [{"kind": "trader", "label": "x"}],
        "POST /v1/verify": [
            {"bundle": bundle},
            {"digest": row["digest"]},
            {"number": "x", "issuer": chamber},
        ],
        "POST /v1/verify/batch": [{"queries": [{"bundle": bundle}, {"digest": row["digest"]}]}],
    }
    made = {
        name: [("application/json", json.dumps(body).encode()) for body in some]
        for name, some in bodies.items()
    }
    made["POST /v1/verify"].append((form, file % (b"json", json.dumps(bundle).encode())))
    document = json.dumps(world.document()).encode()
    table = b"exporter.name,items.0.hsCode,importCountry\nACME,090240,AU\n"
    made["PUT /v1/imports/jobs/{job}/pages/{number}"] = [("text/csv", table), ("application/json", b"[{}]")]
    made["POST /v1/imports/judgement"] = [("text/csv", table), ("application/json", b"[{}]")]
    made["POST /v1/imports"] = [(form, file % (b"json", document)), (form, file % (b"csv", table))]
    return made


def test_no_request_gets_a_5xx_or_an_answer_that_is_not_described(sender: Sender) -> None:
    operations: list[Any] = [found.ok() for found in sender.schema.get_all_operations()]  # type: ignore[union-attr]
    ways = []
    for operation in operations:
        ways.append(operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
        if operation.body or operation.query or operation.path_parameters:  # else nothing of it can be wrong
            ways.append(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    _many(sender, st.one_of(ways))
    total = sum(sender.seen.values())
    by_status: Counter[int] = Counter()
    for (_, status), count in sender.seen.items():
        by_status[status] += count
    reached = len({label for label, _ in sender.seen})
    print(
        f"\nfigure: {total:,} requests to {reached} of {len(operations)} operations,"
        f" by status {sorted(by_status.items())}"
    )
    assert total >= CASES
    assert by_status[200] + by_status[202] > 0.02 * total, "hardly anything gets as far as the services"


def _many(sender: Sender, cases: st.SearchStrategy[schemathesis.Case[Any]]) -> None:
    @seed(SEED)
    @settings(
        max_examples=CASES,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, data=st.data())
    def send(case: schemathesis.Case[Any], data: st.DataObject) -> None:
        sender.send(case, data.draw)

    send()
