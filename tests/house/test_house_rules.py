"""The house rules hold for every file, and the checks behind them can fail."""

import importlib.util
import json
import os
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from scripts._audit import secret

CHECKOUT = Path(__file__).resolve().parents[2]
SCRIPTS = ("run", "test", "origin", "check", "compile", "bench", "audit", "lock", "docker-check")


def script_module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, CHECKOUT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # dataclasses look their module up by name
    import sys

    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


house = script_module("_house")


def test_every_file_keeps_the_house_rules() -> None:
    assert list(house.findings()) == []


@pytest.mark.parametrize(
    "line",
    [
        "see https://registry." + "npmjs" + ".org/x",
        "--index-url https://" + "pypi" + ".org/simple",
        "image: docker." + "io/library/debian",
        "as " + "DESIGN" + ".md says",
        "fixes issue" + " #12",
        "/" + "root/.cache",
    ],
)
def test_a_registry_address_or_a_word_of_one_workplace_is_found(line: str) -> None:
    assert list(house.word_findings(CHECKOUT / "docs" / "x.md", f"fine\n{line}\n"))


def test_a_file_that_is_too_long_is_found() -> None:
    assert list(house.length_findings(CHECKOUT / "ledger_app" / "x.py", "\n" * 401))
    assert not list(house.length_findings(CHECKOUT / "ledger_app" / "x.py", "\n" * 400))


def test_no_secret_is_in_the_tree() -> None:
    part = secret.own_rules()
    assert (part.findings, part.blind) == ([], "")


@pytest.mark.parametrize(
    "line",
    [
        'PRIVATE_KEY = "0x' + "ab" * 32 + '"',
        "key: " + "cd" * 32,
        '    "0x' + "12" * 32 + '",',
        "-----BEGIN EC " + "PRIVATE KEY-----",
        'mnemonic = "' + "abandon " * 11 + 'about"',
    ],
)
def test_a_secret_that_slipped_in_is_found(line: str) -> None:
    assert list(secret.secret_findings("ledger_app/x.py", f"fine\n{line}\n"))


def test_a_hash_with_its_name_is_no_secret() -> None:
    assert not list(secret.secret_findings("docs/x.md", 'digest = "0x' + "ab" * 32 + '"\n'))


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_is_there_and_can_be_run(name: str) -> None:
    path = CHECKOUT / "scripts" / name
    assert path.is_file()
    assert os.access(path, os.X_OK)


@pytest.mark.parametrize("name", ["test", "check", "bench", "audit", "lock", "docker-check"])
def test_a_script_explains_itself(name: str) -> None:
    command = [str(CHECKOUT / "scripts" / name), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert len(done.stdout.strip()) > 20


def test_the_locks_carry_hashes_and_no_address() -> None:
    for lock in (CHECKOUT / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text, lock
    for folder in ("contracts", "tests/peers", "ledger_app/chain/ganache"):
        packages = json.loads((CHECKOUT / folder / "package-lock.json").read_text())["packages"]
        assert not [name for name, row in packages.items() if "resolved" in row], folder
        # What comes inside another package's archive is covered by that one's hash.
        bare = [name for name, row in packages.items() if "integrity" not in row and not row.get("inBundle")]
        assert bare == [""], folder


def test_the_root_holds_only_what_a_project_has() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=CHECKOUT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    top = {name.split("/")[0] for name in tracked if name}
    assert top <= {
        ".ci",
        ".dockerignore",
        ".gitattributes",
        ".gitignore",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "README.md",
        "SECURITY.md",
        "contracts",
        "docker",
        "docs",
        "ledger_app",
        "pyproject.toml",
        "requirements",
        "scripts",
        "tests",
    }


def test_every_decision_record_is_in_the_index_once() -> None:
    folder = CHECKOUT / "docs" / "adr"
    records = sorted(path.name for path in folder.glob("[0-9]*.md"))
    index = (folder / "README.md").read_text("utf-8")
    assert [name for name in records if index.count(f"]({name})") != 1] == []
    numbers = [name[:4] for name in records]
    assert numbers == sorted(set(numbers))
    for name in records:
        text = (folder / name).read_text("utf-8")
        assert text.startswith(f"# {name[:4]}"), name
        assert text.count("\n") < 80, f"{name}: a decision record is one page"
