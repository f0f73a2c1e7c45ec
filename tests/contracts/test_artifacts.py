"""The committed artifacts are what the sources compile to, and say what the protocol page says."""

import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from eth_hash.auto import keccak

from ledger_app.chain.tools import find_node

ROOT = Path(__file__).resolve().parents[2]
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
CONTRACTS = ("Consortium", "CertificateRegistry", "CargoLog")

# The function that takes each act; what consents ride on others' acts.
FUNCTIONS = {
    "MemberPause": "pauseAsMember",
    "Vote": "execute",
    "AcceptSeat": "setCouncil",
    "AcceptKey": "grantKey",
}


def _compile_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("compile_script", ROOT / "scripts" / "compile.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


compiler = _compile_script()


def _acts() -> list[tuple[str, str]]:
    """(contract, type string) of every act on the protocol page."""
    section = PROTOCOL.split("## 6.")[1].split("```")[1]
    found, contract = [], ""
    for line in filter(None, section.splitlines()):
        if line.startswith("  "):
            found.append((contract, line.strip()))
        else:
            contract = line.strip()
    return found


def _artifact(name: str) -> dict[str, Any]:
    path: Path = compiler.TARGETS[name][1]
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORIGIN_NODE", find_node().node)


@pytest.mark.parametrize("name", list(compiler.TARGETS))
def test_the_npm_compiler_makes_the_committed_bytes(name: str, node: None) -> None:
    path: Path = compiler.TARGETS[name][1]
    assert compiler.render(compiler.compile_contract(name, compiler.npm_compiler())) == path.read_text()


def test_a_native_compiler_makes_the_same_bytes(node: None) -> None:
    native = compiler.native_compiler(compiler.pinned_version(), download=False)
    if native is None:
        pytest.skip("no native compiler of the pinned version is installed here")
    for name, (_, path) in compiler.TARGETS.items():
        assert compiler.render(compiler.compile_contract(name, native)) == path.read_text()


def test_the_bytes_do_not_depend_on_where_the_checkout_lies(
    node: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "another place"
    shutil.copytree(ROOT / "contracts" / "src", elsewhere / "src")
    (elsewhere / "node_modules").symlink_to(ROOT / "contracts" / "node_modules")
    for name in ("foundry.toml", "package.json", "solc", "solc.js"):
        shutil.copy(ROOT / "contracts" / name, elsewhere / name)
    monkeypatch.setattr(compiler, "CONTRACTS", elsewhere)
    artifact = compiler.compile_contract("CargoLog", compiler.npm_compiler())
    assert artifact["bytecode"] == _artifact("CargoLog")["bytecode"]


def test_the_protocol_page_lists_every_act() -> None:
    assert len(_acts()) == 21


@pytest.mark.parametrize(("contract", "type_string"), _acts(), ids=lambda value: value.split("(")[0])
def test_every_act_has_its_function_and_its_type_hash(contract: str, type_string: str) -> None:
    artifact = _artifact(contract)
    act = type_string.split("(")[0]
    function = FUNCTIONS.get(act, act[0].lower() + act[1:])
    assert function in {row["name"] for row in artifact["abi"] if row["type"] == "function"}
    assert keccak(type_string.encode()).hex() in artifact["deployedBytecode"]


@pytest.mark.parametrize("name", ["LEAF_TYPEHASH", "ITEM_TYPEHASH"])
def test_leaf_and_item_types_are_those_of_the_page(name: str) -> None:
    match = re.search(rf'^{name} = K\("([^"]+)"\)', PROTOCOL, re.MULTILINE)
    assert match is not None
    assert keccak(match[1].encode()).hex() in _artifact("CertificateRegistry")["deployedBytecode"]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_refusal_carries_what_it_is_about(contract: str) -> None:
    errors = [row for row in _artifact(contract)["abi"] if row["type"] == "error"]
    # OpenZeppelin's short strings declare one without; it cannot occur with our name and version.
    ours = [row for row in errors if row["name"] not in {"InvalidShortString", "StringTooLong"}]
    assert ours
    assert [row["name"] for row in ours if not row["inputs"]] == []


@pytest.mark.parametrize("contract", CONTRACTS)
def test_contracts_fit_the_size_limit(contract: str) -> None:
    assert len(_artifact(contract)["deployedBytecode"]) // 2 - 1 <= 24_576


def test_the_wrapper_speaks_like_a_native_compiler(node: None) -> None:
    out = subprocess.run(
        [compiler.npm_compiler(), "--version"], capture_output=True, text=True, check=True
    ).stdout
    assert f"Version: {compiler.pinned_version()}+" in out
    wrong = subprocess.run([compiler.npm_compiler(), "--nonsense"], capture_output=True, check=False)
    assert wrong.returncode == 2
