"""A service whose PostgreSQL is killed says so over HTTP and is well again by itself."""

from collections.abc import Iterator

import pytest

from ledger_app.doctor import exit_code
from tests.observability.rig import Rig, rig
from tests.support import databases
from tests.support.postgresql import Postgres


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with databases.own_server() as own:
        yield own


@pytest.fixture(scope="module")
def here(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rig(tmp_path_factory.mktemp("rig"), ORIGIN_DATABASE_URL=server.new_url()) as made:
        made.well()
        yield made


def test_readiness_names_a_dead_database_until_it_is_back(server: Postgres, here: Rig) -> None:
    server.kill()
    try:
        here.until("database", "STORE_UNAVAILABLE")
        assert here.client.get("/livez").status_code == 200
        asked = here.client.post("/v1/verify", json={"digest": "0x" + "11" * 32})
        assert (asked.status_code, asked.json()["reason"]) == (503, "STORE_UNAVAILABLE")
        # The measurements that need no database are still there, and the alarm with them.
        assert here.metric('origin_alarm{alarm="database"}') == 1.0
        assert here.metric("origin_head_block") > 0
        found = here.doctor()
        assert (found["database"].outcome, found["database"].reason) == ("problem", "STORE_UNAVAILABLE")
        assert exit_code(list(found.values())) == 1
    finally:
        server.start()
    here.well()
    assert here.metric('origin_alarm{alarm="database"}') == 0.0
