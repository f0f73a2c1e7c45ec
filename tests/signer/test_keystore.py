"""Key files are those that other tools read and write, and nobody else on the machine may read them."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from eth_keyfile.keyfile import create_keyfile_json, decode_keyfile_json

from ledger_app import errors
from ledger_app.chain.abi import artifact_of
from ledger_app.signer import council_calls, keystore, settings

# From the Web3 Secret Storage definition, version 3: password "testpassword".
_PUBLISHED: dict[str, Any] = {
    "crypto": {
        "cipher": "aes-128-ctr",
        "cipherparams": {"iv": "6087dab2f9fdbbfaddc31a909735c1e6"},
        "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
        "kdf": "pbkdf2",
        "kdfparams": {
            "c": 262144,
            "dklen": 32,
            "prf": "hmac-sha256",
            "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
        },
        "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
    },
    "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
    "version": 3,
}


def test_published_vector_opens() -> None:
    key = keystore.decrypt(_PUBLISHED, "testpassword")
    assert key.private.hex() == "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d"


def test_other_library_reads_ours_and_we_read_its() -> None:
    private = b"\x09" * 32
    ours = keystore.encrypt(keystore.key_from_private(private), "pässword", light=True)
    assert decode_keyfile_json(ours, "pässword".encode()) == private
    for kdf in ("scrypt", "pbkdf2"):
        theirs = create_keyfile_json(private, "pässword".encode(), kdf=kdf, iterations=4096)
        assert keystore.decrypt(theirs, "pässword").private == private


def test_wrong_password_is_refused() -> None:
    with pytest.raises(errors.NotPermitted) as caught:
        keystore.decrypt(_PUBLISHED, "other")
    assert caught.value.reason == "KEYSTORE_PASSWORD_WRONG"


@pytest.mark.parametrize("change", ["version", "crypto", "kdf", "salt", "n", "address"])
def test_damaged_key_file_is_refused_in_words(change: str) -> None:
    damaged = keystore.encrypt(keystore.key_from_private(b"\x09" * 32), "p", light=True)
    if change in ("version", "crypto"):
        damaged[change] = None
    elif change == "kdf":
        damaged["crypto"]["kdf"] = "rot13"
    elif change == "salt":
        damaged["crypto"]["kdfparams"]["salt"] = "zz"
    elif change == "n":
        damaged["crypto"]["kdfparams"]["n"] = 1 << 40
    else:
        damaged["address"] = "00" * 20
    with pytest.raises(errors.BadInput) as caught:
        keystore.decrypt(damaged, "p")
    assert caught.value.reason == "KEYSTORE_UNREADABLE"


def test_new_key_is_readable_by_its_owner_only_and_one_that_others_read_is_refused(tmp_path: Path) -> None:
    key = keystore.create(tmp_path / "keystore", "p", light=True)
    (file,) = (tmp_path / "keystore").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert keystore.load(tmp_path / "keystore", key.address, "p") == key
    assert key.private.hex() not in repr(key)
    file.chmod(0o640)
    with pytest.raises(errors.ConfigError) as caught:
        keystore.load(tmp_path / "keystore", None, "p")
    assert caught.value.reason == "SIGNER_FILE_SHARED"


def test_settings_are_read_back_as_written(tmp_path: Path) -> None:
    made = settings.SignerSettings(
        folder=tmp_path,
        url="http://127.0.0.1:8000",
        organisation='urn:odd:"name\\',
        pins=settings.Pins(7, "0x" + "a1" * 20, "0x" + "b2" * 20, "0x" + "c3" * 20),
        limits=settings.Limits(
            acts=frozenset({"Issue", "Revoke"}), schemes=frozenset({"RCEP"}), per_day={"Revoke": 3}
        ),
        key="0x" + "d4" * 20,
        token_file=tmp_path / "token",
        password_file=tmp_path / "password",
        ask=True,
    )
    settings.write(made)
    assert settings.load(tmp_path) == made
    with pytest.raises(errors.Conflict):
        settings.write(made)


@pytest.mark.parametrize(
    "wrong",
    [
        "certificates_per_dya = 1",
        'acts = ["Vote"]',
        "certificates_per_day = -1",
        "certificates_per_day = true",
        'certificates_per_day = "1"',
        "[limits.per_day]\nIssue = 1.5",
    ],
)
def test_limit_that_is_misspelt_or_no_count_stops_the_signer(wrong: str, tmp_path: Path) -> None:
    address = '"0x' + "11" * 20 + '"'
    (tmp_path / "signer.toml").write_text(
        'url = "http://x"\norganisation = "urn:x"\n[ledger]\nchain_id = 1\n'
        f"consortium = {address}\nregistry = {address}\ncargo_log = {address}\n[limits]\n{wrong}\n"
    )
    with pytest.raises(errors.ConfigError) as caught:
        settings.load(tmp_path)
    assert caught.value.reason == "SIGNER_SETTINGS_INVALID"


def test_table_of_council_calls_is_the_contracts() -> None:
    """Each call has the types of the contract's ABI; what is not in the table is no call of the council's
    own."""
    functions = {f["name"]: f for f in artifact_of("Consortium")["abi"] if f["type"] == "function"}
    for name, types in council_calls.SIGNATURES.items():
        assert tuple(_type(i) for i in functions[name]["inputs"]) == types
    signed = {"enrol", "accredit", "addKey", "retireKey", "execute", "pauseAsMember"}
    writing = {n for n, f in functions.items() if f["stateMutability"] == "nonpayable"}
    assert writing == set(council_calls.SIGNATURES) | signed


def _type(parameter: dict[str, Any]) -> str:
    if not parameter["type"].startswith("tuple"):
        return str(parameter["type"])
    inner = ",".join(_type(p) for p in parameter["components"])
    return f"({inner}){parameter['type'].removeprefix('tuple')}"


def test_key_file_is_json_that_names_the_address(tmp_path: Path) -> None:
    key = keystore.create(tmp_path, "p", light=True)
    assert json.loads(next(tmp_path.iterdir()).read_bytes())["address"] == key.address[2:]
