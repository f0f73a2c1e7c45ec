"""/readyz, the metrics and `origin doctor` name what is broken: each thing is broken for real, and mended."""

import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ledger_app.chain.submitter import Submitter
from ledger_app.doctor import CHECKS as EXAMINED
from ledger_app.doctor import exit_code
from ledger_app.services import health
from ledger_app.services.context import Services
from ledger_app.services.health import Look
from ledger_app.services.pulse import Pulse
from ledger_app.store import acts, outbox
from ledger_app.store.engine import open_store
from tests.observability.rig import Rig, diagnose, logged, rig, wait
from tests.support.anvil import Anvil


@pytest.fixture(scope="module")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rig(tmp_path_factory.mktemp("rig")) as made:
        made.well()
        yield made


def change(here: Rig, **settings: Any) -> None:
    here.ctx.settings = here.ctx.settings.model_copy(update=settings)


def burn(here: Rig) -> int:
    """Queue a transaction that no act carries; gives the item's id."""
    assert here.ctx.submitter is not None
    with here.ctx.store.begin() as conn:
        return outbox.enqueue(conn, act_id=None, contract=here.ctx.submitter.sender, calldata=b"")


def test_when_all_is_well_everybody_says_so(anvil: Rig) -> None:
    anvil.well()
    assert set(anvil.checks()) == set(health.CHECKS)
    found = anvil.doctor()
    assert list(found) == list(EXAMINED)
    odd = {name: finding for name, finding in found.items() if finding.outcome != "ok"}
    # This service answers no socket, so the doctor cannot know that it runs; a warning is no problem.
    assert {name: finding.outcome for name, finding in odd.items()} == {"service": "warning"}
    assert exit_code(list(found.values())) == 0
    assert {anvil.metric(f'origin_alarm{{alarm="{name}"}}') for name in health.CHECKS} == {0.0}
    assert anvil.metric("origin_head_block") == anvil.metric("origin_index_block") > 0
    assert anvil.metric("origin_submitter_leader") == 1.0


def test_a_stalled_head_is_an_alarm_told_once(anvil: Rig) -> None:
    anvil.well()
    kept = anvil.ctx.settings.max_data_age_seconds
    with logged() as lines:

        def told(event: str) -> list[str]:
            return [line["reason"] for line in lines() if line["event"] == event and line["alarm"] == "head"]

        anvil.rpc("evm_mine")
        try:
            change(anvil, max_data_age_seconds=2)
            anvil.until("head", "HEAD_STALLED")
            assert anvil.metric('origin_alarm{alarm="head"}') == 1.0
            for _ in range(3):
                anvil.checks()
            assert told("alarm-raised") == ["HEAD_STALLED"]
            found = anvil.doctor(ORIGIN_MAX_DATA_AGE_SECONDS="2")
            assert (found["head"].outcome, found["head"].reason) == ("problem", "HEAD_STALLED")
            assert exit_code(list(found.values())) == 1
            assert told("alarm-ended") == []
            anvil.rpc("evm_mine")
        finally:
            change(anvil, max_data_age_seconds=kept)
        anvil.well()
        assert told("alarm-ended") == ["HEAD_STALLED"]
    assert anvil.metric('origin_alarm{alarm="head"}') == 0.0


def test_a_head_that_stands_still_is_noticed_though_the_clock_was_turned_back(anvil: Rig) -> None:
    now = [0.0]
    kept = anvil.ctx.pulse
    try:
        anvil.ctx.pulse = Pulse(clock=lambda: now[0])
        assert health.outcome("head", Look(anvil.ctx))["ok"]
        now[0] = 10_000.0
        assert health.outcome("head", Look(anvil.ctx))["reason"] == "HEAD_STALLED"
        anvil.rpc("evm_mine")
        assert health.outcome("head", Look(anvil.ctx))["ok"]
    finally:
        anvil.ctx.pulse = kept


def test_a_missing_nonce_and_a_stuck_outbox_are_named(anvil: Rig) -> None:
    anvil.rpc("evm_setAutomine", False)
    kept = anvil.ctx.settings.outbox_stuck_seconds
    try:
        item = burn(anvil)
        wait(lambda: bool(Look(anvil.ctx).progress.nonces), "sent")
        assert anvil.checks()["nonces"] == ""
        with anvil.ctx.store.begin() as conn:  # a row is lost, and what was signed after it is stranded
            conn.execute(text("UPDATE transactions SET nonce = nonce + 2 WHERE outbox_id = :i"), {"i": item})
            conn.execute(text("UPDATE outbox SET updated_at = updated_at - 60 WHERE id = :i"), {"i": item})
        change(anvil, outbox_stuck_seconds=30)
        found = anvil.checks()
        assert (found["nonces"], found["outbox"]) == ("NONCE_GAP_OPEN", "OUTBOX_STUCK")
        assert anvil.metric('origin_alarm{alarm="nonces"}') == 1.0
        assert anvil.metric('origin_outbox_items{state="broadcast"}') == 1.0
        assert anvil.metric('origin_outbox_oldest_seconds{state="broadcast"}') >= 60
        seen = anvil.doctor(ORIGIN_OUTBOX_STUCK_SECONDS="30")
        assert (seen["nonces"].reason, seen["outbox"].reason) == ("NONCE_GAP_OPEN", "OUTBOX_STUCK")
        missing = anvil.ctx.submitter.look().nonce if anvil.ctx.submitter else -1
        assert f"{missing}, {missing + 1}" in seen["nonces"].explanation
        with anvil.ctx.store.begin() as conn:
            conn.execute(text("UPDATE transactions SET nonce = nonce - 2 WHERE outbox_id = :i"), {"i": item})
    finally:
        anvil.rpc("evm_setAutomine", True)
        change(anvil, outbox_stuck_seconds=kept)
    anvil.rpc("evm_mine")
    anvil.well()


def test_a_full_disk_another_schema_and_a_lost_lease_are_named(anvil: Rig) -> None:
    kept = anvil.ctx.settings.min_free_bytes
    change(anvil, min_free_bytes=1 << 60)
    assert anvil.checks()["disk"] == "DISK_NEARLY_FULL"
    change(anvil, min_free_bytes=kept)
    assert anvil.doctor(ORIGIN_MIN_FREE_BYTES=str(1 << 60))["disk"].reason == "DISK_NEARLY_FULL"
    with anvil.ctx.store.begin() as conn:
        (number,) = conn.execute(text("SELECT version_num FROM alembic_version")).one()
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        found = anvil.checks()
        assert found["schema"] == "STORE_SCHEMA"
        assert found["database"] == ""
        assert anvil.doctor()["schema"].reason == "STORE_SCHEMA"
    finally:
        with anvil.ctx.store.begin() as conn:
            conn.execute(text("UPDATE alembic_version SET version_num = :n"), {"n": number})
    anvil.well()


def test_a_clock_behind_the_chain_is_named(tmp_path: Path) -> None:
    with rig(tmp_path) as here:
        here.well()
        here.rpc("evm_setNextBlockTimestamp", int(time.time()) + 120)
        here.rpc("evm_mine")
        here.until("clock", "CLOCK_BEHIND")
        found = here.doctor()
        assert (found["clock"].outcome, found["clock"].reason) == ("problem", "CLOCK_BEHIND")
        assert found["ledger"].outcome == "ok"


def test_a_process_that_does_not_send_tells_what_the_others_do(anvil: Rig) -> None:
    """Another API process on the same store: it has no worker, and says the same."""
    other = Services(anvil.settings, anvil.ctx.store, anvil.ctx.vault, anvil.ctx.gateway, anvil.ctx.submitter)
    assert anvil.ctx.submitter is not None
    other.submitter = Submitter(anvil.ctx.store, anvil.ctx.gateway, Anvil.key)
    assert not other.submitter.leads
    assert health.ready(other)["ready"] is True
    assert health.submitter(Look(other)) == "another process sends"


def test_what_nobody_does_any_more_is_named(tmp_path: Path) -> None:
    """The service is gone: its store and its node are looked at by another process."""
    with rig(tmp_path) as here:
        here.well()
        here.installation.stop()
        left = Services(here.settings, here.ctx.store, here.ctx.vault, here.ctx.gateway, here.ctx.submitter)
        here.rpc("anvil_mine", "0x80")
        wait(
            lambda: {c["name"]: c["reason"] for c in health.ready(left)["checks"]}["submitter"] != "",
            "the lease over",
        )
        found = {check["name"]: check["reason"] for check in health.ready(left)["checks"]}
        assert (found["submitter"], found["index"]) == ("SUBMITTER_MISSING", "INDEX_CATCHING_UP")
        seen = here.doctor()
        assert (seen["submitter"].reason, seen["index"].reason) == ("SUBMITTER_MISSING", "INDEX_CATCHING_UP")


def test_a_node_that_is_gone_or_another_is_named(tmp_path: Path) -> None:
    with rig(tmp_path) as here:
        here.well()
        here.anvil.stop()
        here.until("ledger", "NODE_UNAVAILABLE")
        assert here.metric('origin_alarm{alarm="ledger"}') == 1.0
        assert "origin_head_block " not in here.metrics(), "what cannot be looked at is not made up"
        found = here.doctor()
        assert (found["ledger"].outcome, found["ledger"].reason) == ("problem", "NODE_UNAVAILABLE")
        assert found["head"].outcome == "could-not-look", "one broken thing is one problem"
        for chain_id in (here.anvil.chain_id + 1, here.anvil.chain_id):
            # another chain; then the same id with another block 0, which would be the same within one second
            other = Anvil("--timestamp", str(int(time.time()) - 60), chain_id=chain_id)
            other.port = here.anvil.port
            with other:
                here.until("ledger", "WRONG_LEDGER")
                seen = here.doctor()["ledger"]
                assert (seen.outcome, seen.reason) == ("problem", "WRONG_LEDGER")


def test_contracts_whose_code_is_not_ours_are_named(tmp_path: Path) -> None:
    with rig(tmp_path) as here:
        here.well()
        here.rpc("anvil_setCode", here.ctx.pin.address("CertificateRegistry"), "0x6000")
        found = here.doctor()["ledger"]
        assert (found.outcome, found.reason) == ("problem", "WRONG_LEDGER")
        assert "CertificateRegistry" in found.explanation


def test_a_database_that_does_not_answer_is_named(anvil: Rig) -> None:
    gone = open_store("postgresql://nobody@127.0.0.1:1/none")
    other = Services(anvil.settings, gone, anvil.ctx.vault, anvil.ctx.gateway, anvil.ctx.submitter)
    found = {check["name"]: check["reason"] for check in health.ready(other)["checks"]}
    assert found["database"] == found["outbox"] == "STORE_UNAVAILABLE"
    assert found["ledger"] == found["head"] == found["disk"] == ""
    seen = anvil.doctor(ORIGIN_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert (seen["database"].outcome, seen["database"].reason) == ("problem", "STORE_UNAVAILABLE")
    assert [name for name, finding in seen.items() if finding.outcome == "problem"] == ["database"]
    assert seen["disk"].outcome == "ok"


def test_unsafe_settings_a_wrong_master_key_and_other_pins_are_named(anvil: Rig) -> None:
    unsafe = anvil.doctor(ORIGIN_MASTER_KEY="00" * 32)
    assert (unsafe["settings"].outcome, unsafe["settings"].reason) == ("problem", "SETTING_UNSAFE")
    assert unsafe["database"].outcome == "could-not-look"
    wrong = anvil.doctor(ORIGIN_MASTER_KEY=secrets.token_hex(32))
    assert (wrong["master-key"].outcome, wrong["master-key"].reason) == ("problem", "MASTER_KEY_WRONG")
    rotated = anvil.doctor(
        ORIGIN_MASTER_KEY=secrets.token_hex(32),
        ORIGIN_OLD_MASTER_KEYS=anvil.environment["ORIGIN_MASTER_KEY"],
    )
    assert rotated["master-key"].outcome == "ok"
    pin = anvil.ctx.pin
    pins = {
        "ORIGIN_CHAIN_ID": str(pin.chain_id),
        "ORIGIN_GENESIS": pin.genesis,
        "ORIGIN_CONSORTIUM": pin.consortium,
        "ORIGIN_REGISTRY": "0x" + "11" * 20,
        "ORIGIN_CARGO_LOG": pin.cargo_log,
    }
    assert anvil.doctor(**pins)["pin"].reason == "PIN_DIFFERS"
    assert anvil.doctor(**{**pins, "ORIGIN_REGISTRY": pin.registry})["pin"].outcome == "ok"


def test_a_service_does_not_start_under_another_master_key(tmp_path: Path) -> None:
    with rig(tmp_path) as here:
        environment = {
            **here.environment,
            "ORIGIN_MASTER_KEY": secrets.token_hex(32),
        }
        environment["ORIGIN_DATA"] = str(here.settings.data)
        done = subprocess.run(
            [sys.executable, "-m", "ledger_app.cli", "serve"],
            env={**environment, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 2
    assert "MASTER_KEY_WRONG" in done.stderr
    assert environment["ORIGIN_MASTER_KEY"] not in done.stderr


def test_a_pin_that_is_missing_or_changed_in_the_data_folder_is_named(anvil: Rig) -> None:
    file = anvil.settings.data / "ledger.json"
    whole = file.read_text()
    try:
        file.write_text(whole.replace(anvil.ctx.pin.consortium, "0x" + "22" * 20))
        assert anvil.doctor()["pin"].reason == "PIN_DIFFERS"
        file.write_text("{")
        assert anvil.doctor()["pin"].reason == "PIN_UNREADABLE"
        file.unlink()
        found = anvil.doctor()["pin"]
        assert (found.outcome, found.reason) == ("warning", "PIN_MISSING")
    finally:
        file.write_text(whole)


def test_a_sender_without_funds_or_used_elsewhere_is_named(anvil: Rig) -> None:
    assert anvil.ctx.submitter is not None
    address = anvil.ctx.submitter.sender
    balance = anvil.rpc("eth_getBalance", address, "latest")
    try:
        anvil.rpc("anvil_setBalance", address, "0x1")
        assert anvil.doctor()["sender"].reason == "SENDER_WITHOUT_FUNDS"
    finally:
        anvil.rpc("anvil_setBalance", address, balance)
    count = anvil.rpc("eth_getTransactionCount", address, "latest")
    try:
        anvil.rpc("anvil_setNonce", address, hex(int(count, 16) + 3))
        found = anvil.doctor()["sender"]
        assert (found.outcome, found.reason) == ("warning", "SENDER_USED_ELSEWHERE")
    finally:
        anvil.rpc("anvil_setNonce", address, count)


def test_files_that_others_may_read_are_named(anvil: Rig) -> None:
    data = anvil.settings.data
    keystore = data / "signers" / "x" / "keystore"
    keystore.mkdir(parents=True)
    (keystore / "0x1.json").write_text("{}")
    (keystore / "0x1.json").chmod(0o644)
    try:
        found = anvil.doctor()["files"]
        assert (found.outcome, found.reason) == ("problem", "FILES_SHARED")
        assert "signers/x/keystore/0x1.json 0644" in found.explanation
    finally:
        shutil.rmtree(data / "signers")
    (data / "origin.db").chmod(0o640)
    assert "origin.db 0640" in anvil.doctor()["files"].explanation
    assert anvil.doctor()["files"].outcome == "ok", "opening the database makes it private again"


def test_a_port_that_is_taken_by_something_else_is_named(anvil: Rig) -> None:
    assert anvil.doctor(ORIGIN_PORT=str(anvil.anvil.port))["port"].reason == "PORT_TAKEN"


def test_signers_that_do_not_ask_for_work_are_named(anvil: Rig) -> None:
    now = anvil.ctx.now()
    desk = "0x" + "ab" * 32
    with anvil.ctx.store.begin() as conn:
        act = acts.add(
            conn,
            kind="Issue",
            contract="CertificateRegistry",
            organisation=desk,
            message={},
            deadline=now + 10_000,
        )
        conn.execute(text("UPDATE acts SET updated_at = :t"), {"t": now - 5000})
    try:
        found = anvil.doctor()
        assert (found["signers"].outcome, found["signers"].reason) == ("problem", "SIGNER_SILENT")
        assert desk in found["signers"].explanation
        assert found["signatures"].reason == "SIGNATURES_WAITING"
        assert anvil.metric("origin_signatures_waiting") == 1.0
        assert anvil.metric("origin_signatures_oldest_seconds") >= 5000
        anvil.ctx.seen.note(desk, now)
        line = f'origin_signer_seen_seconds{{desk="{desk}"}}'
        wait(lambda: line in anvil.metrics(), "seen")
        assert anvil.metric(line) == now
        assert anvil.doctor()["signers"].outcome == "ok"
    finally:
        with anvil.ctx.store.begin() as conn:
            conn.execute(text("DELETE FROM acts WHERE id = :i"), {"i": act})
            conn.execute(text("UPDATE signers_seen SET seen_at = :t"), {"t": now - 5000})
    idle = anvil.doctor()["signers"]
    assert (idle.outcome, idle.reason) == ("warning", "SIGNER_SILENT")


def test_where_nothing_was_started_the_doctor_looks_at_nothing_and_makes_nothing(tmp_path: Path) -> None:
    keys = {"ORIGIN_MASTER_KEY": "0123456789abcdef" * 4, "ORIGIN_COUNCIL": "0x" + "11" * 20}
    found = diagnose(tmp_path / "none", **keys)
    assert found["settings"].outcome == "ok"
    assert found["database"].reason == "NOTHING_HERE"
    assert exit_code(list(found.values())) == 3
    assert list(tmp_path.iterdir()) == []


def test_a_reorganisation_is_counted_and_told(anvil: Rig) -> None:
    anvil.well()
    before = anvil.metric("origin_reorganisations_total")
    with logged() as lines:
        kept = anvil.rpc("evm_snapshot")
        anvil.rpc("anvil_mine", "0x5")
        wait(lambda: anvil.metric("origin_index_lag_blocks") == 0, "read")
        assert anvil.rpc("evm_revert", kept) is True
        anvil.rpc("evm_mine")
        wait(lambda: anvil.metric("origin_reorganisations_total") == before + 1, "gone back")
        assert [line["blocks"] for line in lines() if line["event"] == "reorganised"] == [5]
    anvil.rpc("anvil_mine", "0x8")
    anvil.well()


def test_a_node_that_hangs_is_told_while_it_hangs(tmp_path: Path) -> None:
    with rig(tmp_path) as here:
        here.well()
        process = here.anvil._child
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        try:
            answer = here.client.get("/readyz")
            reasons = {check["name"]: check["reason"] for check in answer.json()["checks"]}
            assert any(thread.name == "look" for thread in threading.enumerate()), "it was not waited for"
            assert answer.status_code == 503
            assert (reasons["ledger"], reasons["database"]) == ("NODE_UNAVAILABLE", "")
        finally:
            process.send_signal(signal.SIGCONT)
        here.well()
