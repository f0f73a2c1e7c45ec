"""The metrics: who may read them, what they count, and that the page lists exactly those that there are."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from ledger_app.app import create_app
from ledger_app.config import load_settings
from ledger_app.doctor import CHECKS as EXAMINED
from ledger_app.errors import ConfigError
from ledger_app.services import health
from ledger_app.telemetry.logs import FIELDS
from ledger_app.telemetry.metrics import GAUGES, Metrics
from tests.observability.rig import sample, wait
from tests.support.world import World

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "observability.md").read_text("utf-8")
HERE = ("127.0.0.1", 50_000)


def client(world: World, *, peer: tuple[str, int] = HERE, host: str = "127.0.0.1:8000") -> TestClient:
    app = create_app(world.installation.settings, world.installation)
    return TestClient(app, base_url=f"http://{host}", client=peer, raise_server_exceptions=False)


def rows(heading: str) -> list[list[str]]:
    """The first table below a heading of the page, as rows of cells."""
    part = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    found = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in found[2:]]


def test_the_page_lists_every_metric_with_its_labels_and_no_other(world: World) -> None:
    listed = {row[0].strip("`"): set(re.findall(r"`(\w+)`", row[1])) for row in rows("Metrics")}
    with client(world) as asking:
        asking.get("/livez")
        text = asking.get("/metrics").text
    shown = set(re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE))
    counted = {name for name in Metrics().names() if not name.startswith("process_")}
    assert set(listed) - {"process_…"} == counted
    assert shown - set(listed) == {name for name in shown if name.startswith("process_")}
    for name, (_, labels) in GAUGES.items():
        assert listed[name] == set(labels), name
    assert listed["origin_http_requests_total"] == {"method", "route", "status"}
    assert listed["origin_http_request_seconds"] == {"method", "route"}
    assert listed["origin_verifications_total"] == {"verdict", "standing"}


def test_the_page_lists_every_check_and_every_field_of_a_log_line() -> None:
    assert [row[0].strip("`") for row in rows("Readiness")] == list(health.CHECKS)
    assert {row[0].strip("`") for row in rows("Log lines")} >= set(FIELDS)


def test_every_metric_that_a_healthy_service_reads_is_there(world: World) -> None:
    world.issue()
    with client(world) as asking:
        wait(lambda: asking.get("/readyz").status_code == 200, "ready")
        # Which signers asked for work is written down at the watch's next look.
        wait(lambda: "origin_signer_seen_seconds{" in asking.get("/metrics").text, "signers seen")
        text = asking.get("/metrics").text
    missing = [name for name in GAUGES if not re.search(rf"^{name}[ {{]", text, re.MULTILINE)]
    assert missing == []


def test_verdicts_and_requests_are_counted(world: World) -> None:
    (certificate,) = world.issue()
    line = 'origin_verifications_total{standing="good",verdict="GENUINE"}'
    asked = 'origin_http_requests_total{method="POST",route="/v1/verify",status="200"}'
    timed = 'origin_http_request_seconds_count{method="POST",route="/v1/verify"}'
    with client(world) as asking:
        body = {"digest": certificate["digest"]}
        headers = {"Authorization": f"Bearer {world.token('customs-au')}"}
        assert asking.post("/v1/verify", json=body, headers=headers).json()["verdict"] == "GENUINE"
        before = asking.get("/metrics").text
        for _ in range(3):
            asking.post("/v1/verify", json=body, headers=headers)
        after = asking.get("/metrics").text
    assert [sample(after, name) - sample(before, name) for name in (line, asked, timed)] == [3, 3, 3]


def test_without_a_token_of_their_own_only_this_machine_reads_the_metrics(world: World) -> None:
    for peer, host in ((HERE, "127.0.0.1:8000"), (("::1", 1), "[::1]"), (HERE, "localhost")):
        with client(world, peer=peer, host=host) as asking:
            assert asking.get("/metrics").status_code == 200, (peer, host)
    refused = [
        (("192.0.2.7", 1), "127.0.0.1", {}),
        (HERE, "service.example", {}),  # a name that leads here: a page in this machine's browser
        (HERE, "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}),
        (HERE, "127.0.0.1", {"Forwarded": "for=127.0.0.1"}),
    ]
    for peer, host, headers in refused:
        with client(world, peer=peer, host=host) as asking:
            answer = asking.get("/metrics", headers=headers)
            assert (answer.status_code, answer.json()["reason"]) == (403, "METRICS_LOCAL"), (peer, host)


def test_with_a_token_of_their_own_nobody_else_reads_the_metrics(world: World) -> None:
    token = "0123456789-metrics-of-this-test"
    kept = world.ctx.settings
    world.ctx.settings = kept.model_copy(
        update={"metrics_token": load_settings(demo=True, metrics_token=token).metrics_token}
    )
    try:
        with client(world, peer=("192.0.2.7", 1), host="service.example") as asking:
            for given in (f"Bearer {token}", f"bearer  {token} "):
                assert asking.get("/metrics", headers={"Authorization": given}).status_code == 200
            for given in (
                "",
                token,
                f"Basic {token}",
                f"Bearer {token}x",
                f"Bearer {world.token('operator')}",
            ):
                answer = asking.get("/metrics", headers={"Authorization": given})
                assert (answer.status_code, answer.json()["reason"]) == (401, "METRICS_TOKEN"), given
        with client(world) as asking:
            assert asking.get("/metrics").status_code == 401, "not even this machine"
    finally:
        world.ctx.settings = kept


def test_a_short_token_for_the_metrics_is_refused() -> None:
    with pytest.raises(ConfigError, match="ORIGIN_METRICS_TOKEN"):
        load_settings(demo=True, metrics_token="short")


def test_the_page_lists_every_check_of_the_doctor() -> None:
    assert [row[0].strip("`") for row in rows("Doctor")] == list(EXAMINED)
