"""One real Ganache with a founded ledger for the whole module."""

from collections.abc import Iterator

import pytest

from ledger_app.chain.node import Ganache
from tests.contracts.ledger import Ledger


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with Ganache(tmp_path_factory.mktemp("contracts"), heartbeat=0) as chain:
        made = Ledger(chain.url, chain.sender_key, chain.chain_id)
        made.onboard()
        yield made
