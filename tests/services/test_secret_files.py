"""Secrets as files: what is read, what is refused, and that no message shows a secret."""

import hashlib
import os
import secrets
from pathlib import Path

import pytest

from ledger_app.access.principals import Kind, create_token, keep_operator_token, principal_for
from ledger_app.config import load_settings
from ledger_app.errors import ConfigError, NotAuthenticated
from ledger_app.store.engine import Store, open_store

GOOD = hashlib.sha256(b"a good key").hexdigest()  # the same in every worker of a parallel run
OTHER = hashlib.sha256(b"another good key").hexdigest()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("ORIGIN_"):
            monkeypatch.delenv(name)


def kept(folder: Path, name: str, text: str | bytes, mode: int = 0o400) -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return str(path)


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o440])
def test_the_master_key_is_read_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    monkeypatch.setenv("ORIGIN_MASTER_KEY_FILE", kept(tmp_path, "key", GOOD + "\n", mode))
    assert load_settings(data=tmp_path).master_keys() == (bytes.fromhex(GOOD),)


def test_old_master_keys_stand_on_a_line_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older = hashlib.sha256(b"an older key").hexdigest()
    monkeypatch.setenv("ORIGIN_MASTER_KEY_FILE", kept(tmp_path, "key", GOOD))
    monkeypatch.setenv("ORIGIN_OLD_MASTER_KEYS_FILE", kept(tmp_path, "old", f"{OTHER}\n{older}\n"))
    wanted = tuple(bytes.fromhex(key) for key in (GOOD, OTHER, older))
    assert load_settings(data=tmp_path).master_keys() == wanted


def test_a_secret_in_both_forms_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORIGIN_MASTER_KEY", GOOD)
    monkeypatch.setenv("ORIGIN_MASTER_KEY_FILE", kept(tmp_path, "key", GOOD))
    with pytest.raises(ConfigError, match="ORIGIN_MASTER_KEY_FILE") as refused:
        load_settings(data=tmp_path)
    assert refused.value.reason == "SETTING_TWICE"
    assert GOOD not in str(refused.value)


@pytest.mark.parametrize("mode", [0o404, 0o444, 0o602, 0o620, 0o601])
def test_a_file_that_others_may_read_or_change_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    monkeypatch.setenv("ORIGIN_MASTER_KEY_FILE", kept(tmp_path, "key", GOOD, mode))
    with pytest.raises(ConfigError, match="ORIGIN_MASTER_KEY_FILE") as refused:
        load_settings(data=tmp_path)
    assert refused.value.reason == "SETTING_FILE_SHARED"
    assert GOOD not in str(refused.value)


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe", b"a" * 70_000])
def test_a_file_without_a_secret_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    path = str(tmp_path / "missing") if content is None else kept(tmp_path, "key", content)
    monkeypatch.setenv("ORIGIN_MASTER_KEY_FILE", path)
    with pytest.raises(ConfigError, match="ORIGIN_MASTER_KEY_FILE") as refused:
        load_settings(data=tmp_path)
    assert refused.value.reason == "SETTING_FILE_UNREADABLE"


def test_demo_mode_refuses_secret_files_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORIGIN_SENDER_KEY_FILE", kept(tmp_path, "key", GOOD))
    with pytest.raises(ConfigError, match="ORIGIN_SENDER_KEY") as refused:
        load_settings(demo=True, data=tmp_path)
    assert refused.value.reason == "SETTING_NOT_FOR_DEMO"


def test_the_database_password_is_put_into_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORIGIN_MASTER_KEY_FILE", kept(tmp_path, "key", GOOD))
    monkeypatch.setenv("ORIGIN_DATABASE_URL", "postgresql+psycopg://origin@database:5432/ledger")
    monkeypatch.setenv("ORIGIN_DATABASE_PASSWORD_FILE", kept(tmp_path, "password", "a b/c:d@e%\n"))
    store = open_store(load_settings(data=tmp_path).store_url)
    address = store.engine.url
    store.close()
    assert (address.username, address.password) == ("origin", "a b/c:d@e%")
    assert (address.host, address.port, address.database) == ("database", 5432, "ledger")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (None, "SETTING_INVALID"),
        ("sqlite:///x.db", "SETTING_INVALID"),
        ("postgresql://database/ledger", "SETTING_INVALID"),
        ("postgresql://origin:word@database/ledger", "SETTING_TWICE"),
    ],
)
def test_a_database_password_that_has_no_place_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str | None, reason: str
) -> None:
    monkeypatch.setenv("ORIGIN_MASTER_KEY_FILE", kept(tmp_path, "key", GOOD))
    monkeypatch.setenv("ORIGIN_DATABASE_PASSWORD_FILE", kept(tmp_path, "password", "a-password"))
    with pytest.raises(ConfigError) as refused:
        load_settings(data=tmp_path, database_url=url)
    assert refused.value.reason == reason
    assert "a-password" not in str(refused.value)


# --- the operator's token ------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = open_store(f"sqlite:///{tmp_path / 'origin.db'}")
    made.create_all()
    return made


def token() -> str:
    return "olt_" + secrets.token_urlsafe(32)


def test_the_operator_comes_in_with_the_token_of_the_settings(store: Store) -> None:
    text = token()
    for _ in range(2):  # at every start
        keep_operator_token(store, text)
        assert principal_for(store, f"Bearer {text}").kind is Kind.OPERATOR


def test_another_token_in_the_settings_ends_the_one_before_and_no_other(store: Store) -> None:
    first, second = token(), token()
    made = create_token(store, Kind.OPERATOR, label="by hand")
    keep_operator_token(store, first)
    keep_operator_token(store, second)
    with pytest.raises(NotAuthenticated):
        principal_for(store, f"Bearer {first}")
    for text in (second, made):
        assert principal_for(store, f"Bearer {text}").kind is Kind.OPERATOR


@pytest.mark.parametrize("bad", ["", "olt_short", "olt_" + "a" * 43, "xyz_" + bytes(range(32)).hex()])
def test_what_is_no_random_token_is_refused_for_the_operator(store: Store, bad: str) -> None:
    with pytest.raises(ConfigError) as refused:
        keep_operator_token(store, bad)
    assert refused.value.reason == "OPERATOR_TOKEN_INVALID"
    assert not bad or bad not in str(refused.value)
