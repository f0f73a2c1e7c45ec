"""Settings: what is refused, in which mode, and that no message shows a secret."""

import hashlib
import os
import re
import secrets
import stat
from pathlib import Path

import pytest

from ledger_app.app import Installation
from ledger_app.config import LedgerPin, Settings, load_settings
from ledger_app.config.page import page
from ledger_app.config.variables import COMMAND_LINE, MACHINE, SIGNER, known, unknown
from ledger_app.errors import ConfigError
from tests.observability.rig import diagnose, logged

CHECKOUT = Path(__file__).resolve().parents[2]

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
    assert whole.pinned == LedgerPin(**PIN, first_block=0)  # type: ignore[arg-type]


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


def test_the_page_of_settings_is_what_the_code_says() -> None:
    kept = (CHECKOUT / "docs" / "settings.md").read_text("utf-8")
    assert kept == page(), "write it anew: python -m ledger_app.config.page > docs/settings.md"
    for name in Settings.model_fields:
        assert f"| `ORIGIN_{name.upper()}`" in kept
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("ORIGIN_PORT", "| 8000 | 0 to 65535 |"),
        ("ORIGIN_MIN_FREE_BYTES", "| 536870912 (512 MiB) | 0 or more |"),
        ("ORIGIN_LOG_LEVEL", "|  | `debug`, `info`, `warning`, `error` |"),
        ("ORIGIN_WEBHOOK_PORTS", "| 443 | 1 to 65535 |"),
        ("ORIGIN_GENESIS", "64 hexadecimal digits"),
        ("ORIGIN_METRICS_TOKEN", "*file* |  | at least 20 characters |"),
        ("ORIGIN_SENDER_KEY", "| no |"),
        ("ORIGIN_DATABASE_URL", "| of this machine |"),
    ],
)
def test_a_row_of_the_page_tells_default_bounds_and_demo(row: str, words: str) -> None:
    (line,) = [line for line in page().splitlines() if line.startswith(f"| `{row}`")]
    assert words in line


def test_every_variable_that_a_source_names_is_known_and_every_known_one_is_named() -> None:
    folders = [
        CHECKOUT / name for name in ("ledger_app", "scripts", "docker", "contracts/solc", "tests/conftest.py")
    ]
    files = [file for folder in folders for file in (folder.rglob("*") if folder.is_dir() else [folder])]
    text = "".join(
        file.read_text("utf-8", "ignore")
        for file in files
        if file.is_file() and file.suffix in ("", ".py", ".sh", ".yaml") and "config" not in file.parts
    )
    named = set(re.findall(r"ORIGIN_[A-Z]+(?:_[A-Z]+)*", text)) - {"ORIGIN_X", "ORIGIN_X_FILE"}
    assert named - known() == set()
    others = {name for name in (COMMAND_LINE | SIGNER | MACHINE) if name.startswith("ORIGIN_")}
    assert others - named == set()


def test_a_variable_that_nothing_reads_is_named_with_the_one_that_was_meant() -> None:
    given = {
        "ORIGIN_DATABSE_URL": "postgresql://secret@x/y",
        "ORIGIN_PORT_FILE": "p",
        "ORIGIN_ZZZ": "",
        "ORIGIN_PORT": "1",
        "ORIGIN_MASTER_KEY_FILE": "k",
        "ORIGIN_TOKEN_FILE": "t",
        "ORIGINAL": "x",
    }
    assert unknown(given) == {
        "ORIGIN_DATABSE_URL": "ORIGIN_DATABASE_URL",
        "ORIGIN_PORT_FILE": "ORIGIN_PORT",
        "ORIGIN_ZZZ": None,
    }


def test_a_slip_in_a_variables_name_is_told_by_the_service_and_the_doctor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORIGIN_DATABSE_URL", "postgresql://much-secret@x/y")
    settings = load_settings(data=tmp_path, master_key=GOOD, database_url="nonsense")
    with logged() as lines:
        with pytest.raises(ConfigError, match="STORE_URL"):
            Installation(settings).start()
        (line,) = [line for line in lines() if line["event"] == "setting-unknown"]
    monkeypatch.delenv("ORIGIN_DATABSE_URL")
    assert (line["level"], line["reason"]) == ("warning", "SETTING_UNKNOWN")
    assert (line["setting"], line["meant"]) == ("ORIGIN_DATABSE_URL", "ORIGIN_DATABASE_URL")
    told = diagnose(tmp_path, ORIGIN_MASTER_KEY=GOOD, ORIGIN_DATABSE_URL="postgresql://much-secret@x/y")[
        "variables"
    ]
    assert (told.outcome, told.reason) == ("warning", "SETTING_UNKNOWN")
    assert "ORIGIN_DATABSE_URL, perhaps ORIGIN_DATABASE_URL" in told.explanation
    assert "much-secret" not in told.explanation + str(line)
    assert diagnose(tmp_path, ORIGIN_MASTER_KEY=GOOD)["variables"].outcome == "ok"
