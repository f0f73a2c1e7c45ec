"""What is lost is told as lost, by the doctor and at a start, and nothing is begun anew over it unseen."""

import json
import secrets
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from ledger_app.app import Installation, _kept_pin
from ledger_app.chain.pin import PIN_FILE, save_pin
from ledger_app.config import LedgerPin, Settings, load_settings
from ledger_app.doctor import Finding
from ledger_app.errors import ConfigError
from ledger_app.store.engine import open_configured
from ledger_app.store.preparing import prepare
from tests.observability.rig import diagnose, logged

OURS = LedgerPin(1337, "0x" + "01" * 32, "0x" + "c0" * 20, "0x" + "ce" * 20, "0x" + "ca" * 20, 1)
KEY = secrets.token_hex(32)
Hurt = Callable[[Path], None]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation with an embedded chain that has worked: database, pin, chain's database."""
    made = load_settings(data=tmp_path / "data", master_key=KEY, council=",".join(["0x" + "11" * 20] * 3))
    store = open_configured(made)
    prepare(store, demo=False)
    with store.begin() as conn:
        save_pin(conn, OURS)
    store.close()
    (made.data / PIN_FILE).write_text(json.dumps(asdict(OURS)))
    (made.data / "chain" / "db").mkdir(parents=True)
    (made.data / "chain" / "db" / "CURRENT").write_text("MANIFEST-1")
    return made


def database(data: Path) -> None:
    (data / "origin.db").unlink()


def emptied_database(data: Path) -> None:
    (data / "origin.db").write_bytes(b"")


def chain(data: Path) -> None:
    shutil.rmtree(data / "chain")


def emptied_chain(data: Path) -> None:
    (data / "chain" / "db" / "CURRENT").unlink()


def pin(data: Path) -> None:
    (data / PIN_FILE).unlink()


def found(settings: Settings, **more: str) -> dict[str, Finding]:
    return diagnose(settings.data, ORIGIN_MASTER_KEY=KEY, **more)


def problems(findings: dict[str, Finding]) -> dict[str, str]:
    return {
        name: row.reason for name, row in findings.items() if row.outcome == "problem" and name != "files"
    }


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        ([database], {"database": "STORE_LOST"}),
        ([emptied_database], {"database": "STORE_LOST"}),
        ([database, pin], {"database": "STORE_LOST"}),
        ([database, emptied_chain], {"database": "STORE_LOST", "ledger": "LEDGER_LOST"}),
        ([chain], {"ledger": "LEDGER_LOST"}),
        ([emptied_chain], {"ledger": "LEDGER_LOST"}),
        ([chain, pin], {"ledger": "LEDGER_LOST"}),
        ([database, chain], {"database": "STORE_LOST", "ledger": "LEDGER_LOST"}),
        ([], {}),
        ([database, chain, pin], {}),
    ],
)
def test_the_doctor_names_what_is_lost_and_never_says_start(
    settings: Settings, lost: list[Hurt], told: dict[str, str]
) -> None:
    for hurt in lost:
        hurt(settings.data)
    findings = found(settings)
    assert problems(findings) == told
    for name in told:
        assert findings[name].fix.startswith("Do not start the service")
    advice = " ".join(row.fix for row in findings.values())
    assert not told or "Start the service" not in advice


def test_a_named_database_without_tables_is_lost_where_the_data_folder_has_a_pin(
    settings: Settings, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/other.db"
    assert problems(found(settings, ORIGIN_DATABASE_URL=url)) == {"database": "STORE_LOST"}
    new = diagnose(tmp_path / "new", ORIGIN_MASTER_KEY=KEY, ORIGIN_DATABASE_URL=url)
    assert "database" not in problems(new)


def test_a_pin_of_the_settings_alone_shows_no_loss_where_nothing_was(tmp_path: Path) -> None:
    named = {
        "ORIGIN_NODE_URL": "http://127.0.0.1:1",
        "ORIGIN_SENDER_KEY": KEY,
        "ORIGIN_CHAIN_ID": "1337",
        "ORIGIN_GENESIS": OURS.genesis,
        "ORIGIN_CONSORTIUM": OURS.consortium,
        "ORIGIN_REGISTRY": OURS.registry,
        "ORIGIN_CARGO_LOG": OURS.cargo_log,
    }
    findings = diagnose(tmp_path / "new", ORIGIN_MASTER_KEY=KEY, **named)
    assert findings["database"].reason == "NOTHING_HERE"


@pytest.mark.parametrize(
    ("lost", "reason"),
    [
        ([chain], "LEDGER_LOST"),
        ([emptied_chain], "LEDGER_LOST"),
        ([chain, pin], "LEDGER_LOST"),
        ([database, chain], "LEDGER_LOST"),
        ([database, pin], "STORE_LOST"),
    ],
)
def test_a_start_covers_no_loss_up_however_often_it_is_tried(
    settings: Settings, lost: list[Hurt], reason: str
) -> None:
    for hurt in lost:
        hurt(settings.data)
    for _ in range(2):
        with pytest.raises(ConfigError) as refused:
            Installation(settings).start()
        assert refused.value.reason == reason
    assert problems(found(settings))


def test_a_database_that_is_begun_anew_under_a_kept_pin_is_told_by_service_and_doctor(
    settings: Settings,
) -> None:
    database(settings.data)
    store = open_configured(settings)
    prepare(store, demo=False)
    with logged() as lines:
        assert _kept_pin(settings, store) == OURS
        assert [(line["level"], line["reason"]) for line in lines()] == [("warning", "STORE_ANEW")]
    store.close()
    told = found(settings)["pin"]
    assert (told.outcome, told.reason) == ("warning", "STORE_ANEW")
    assert "origin restore --replace" in told.fix
