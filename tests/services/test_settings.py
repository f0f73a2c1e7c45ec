"""Settings: what is refused, in which mode, and that no message shows a secret."""

import hashlib
import os
import secrets
import stat
from pathlib import Path

import pytest

from ledger_app.config import Pinned, load_settings
from ledger_app.errors import ConfigError

GOOD = hashlib.sha256(b"a good key").hexdigest()  # the same in every worker of a parallel run
PIN = {
    "chain_id": 7,
    "genesis": "0x" + "1a" * 32,
    "consortium": "0x" + "2b" * 20,
    "registry": "0x" + "3c" * 20,
    "cargo_log": "0x" + "4d" * 20,
}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("ORIGIN_"):
            monkeypatch.delenv(name)


def test_outside_demo_mode_a_master_key_is_needed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ORIGIN_MASTER_KEY") as refused:
        load_settings(data=tmp_path)
    assert refused.value.reason == "SETTING_UNSAFE"


@pytest.mark.parametrize("weak", ["00" * 32, "ab" * 32, "01230123" * 8])
def test_a_weak_key_is_refused_without_being_shown(tmp_path: Path, weak: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_settings(data=tmp_path, master_key=weak)
    assert refused.value.reason == "SETTING_UNSAFE"
    assert weak not in str(refused.value)


@pytest.mark.parametrize("bad", ["short", "zz" * 32, GOOD + "00"])
def test_an_unreadable_key_is_refused_without_being_shown(tmp_path: Path, bad: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_settings(data=tmp_path, master_key=bad)
    assert refused.value.reason == "SETTING_INVALID"
    assert bad not in str(refused.value)


def test_a_remote_node_needs_a_sender_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ORIGIN_SENDER_KEY"):
        load_settings(data=tmp_path, master_key=GOOD, node_url="http://node:8545")
    chosen = load_settings(
        data=tmp_path, master_key=GOOD, node_url="http://node:8545", sender_key=secrets.token_hex(32)
    )
    assert not chosen.embedded_node


@pytest.mark.parametrize("left_out", list(PIN))
def test_a_pin_is_whole_or_absent(tmp_path: Path, left_out: str) -> None:
    part = {name: value for name, value in PIN.items() if name != left_out}
    with pytest.raises(ConfigError, match="ORIGIN_CHAIN_ID"):
        load_settings(data=tmp_path, master_key=GOOD, **part)
    whole = load_settings(data=tmp_path, master_key=GOOD, **PIN)
    assert whole.pinned == Pinned(**PIN, first_block=0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ORIGIN_NODE_URL", "http://node:8545"),
        ("ORIGIN_MASTER_KEY", GOOD),
        ("ORIGIN_OLD_MASTER_KEYS", GOOD),
        ("ORIGIN_SENDER_KEY", GOOD),
        ("ORIGIN_DATABASE_URL", "postgresql://db/origin"),
        ("ORIGIN_DATABASE_URL", "postgresql://origin@/origin"),
        ("ORIGIN_DATABASE_URL", "postgresql://origin@localhost,db/origin"),
        ("ORIGIN_DATABASE_URL", "postgresql://localhost/origin?host=db"),
        ("ORIGIN_DATABASE_URL", "postgresql://localhost/origin?hostaddr=192.0.2.1"),
        ("ORIGIN_HOST", "0.0.0.0"),
        ("ORIGIN_CHAIN_ID", "1"),
        ("ORIGIN_REGISTRY", "0x" + "3c" * 20),
    ],
)
def test_demo_mode_refuses_production_settings_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.setenv("ORIGIN_DEMO", "1")
    monkeypatch.setenv("ORIGIN_DATA", str(tmp_path))
    with pytest.raises(ConfigError) as refused:
        load_settings()
    assert refused.value.reason == "SETTING_NOT_FOR_DEMO"
    assert variable in refused.value.detail
    assert value not in refused.value.detail or value == "1"


def test_demo_keys_are_made_once_and_kept_private(tmp_path: Path) -> None:
    first = load_settings(demo=True, data=tmp_path / "d").master_keys()
    again = load_settings(demo=True, data=tmp_path / "d").master_keys()
    other = load_settings(demo=True, data=tmp_path / "e").master_keys()
    assert first == again != other
    kept = tmp_path / "d" / "demo-master.key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in kept.parent.iterdir()] == ["demo-master.key"]


def test_lists_are_read_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = secrets.token_hex(32)
    monkeypatch.setenv("ORIGIN_MASTER_KEY", GOOD)
    monkeypatch.setenv("ORIGIN_OLD_MASTER_KEYS", f"{other}, {GOOD}")
    chosen = load_settings(data=tmp_path)
    assert [key.hex() for key in chosen.master_keys()] == [GOOD, other, GOOD]


@pytest.mark.parametrize(
    ("name", "value"), [("port", 70_000), ("max_body_bytes", 1), ("genesis", "0x12"), ("surprise", 1)]
)
def test_values_out_of_bounds_are_named(tmp_path: Path, name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"ORIGIN_{name.upper()}"):
        load_settings(data=tmp_path, master_key=GOOD, **{name: value})
