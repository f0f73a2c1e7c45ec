"""The layers hold, and the check that says so can see a breach."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
LINT = Path(sys.executable).parent / "lint-imports"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(LINT), "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package and its contracts in a folder of their own."""
    shutil.copytree(
        CHECKOUT / "ledger_app", tmp_path / "ledger_app", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    return tmp_path


def test_imports_point_strictly_downwards(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("domain/standing.py", "import ledger_app.proof.leaf"),
        ("store/engine.py", "import ledger_app.chain.gateway"),
        ("signer/rules.py", "import ledger_app.services.issuing"),
        ("services/issuing.py", "import ledger_app.signer.loop"),
        ("services/issuing.py", "import web3"),
        ("services/issuing.py", "import sqlalchemy"),
        ("proof/leaf.py", "import httpx"),
    ],
)
def test_an_import_that_points_upwards_is_found(copy: Path, module: str, line: str) -> None:
    path = copy / "ledger_app" / module
    path.write_text(f"{path.read_text()}\n{line}\n")
    done = lint(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout


def test_every_module_has_its_layer(copy: Path) -> None:
    (copy / "ledger_app" / "elsewhere.py").write_text('"""A module that no layer names."""\n')
    done = lint(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "elsewhere" in done.stdout + done.stderr
