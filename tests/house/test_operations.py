"""The restore drill of docs/operations.md is true: its commands run in order, and say what it shows."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from ledger_app.config import Settings
from tests.faults.driver import Installation
from tests.house.test_readme import CHECKOUT, same, steps_of

PAGE = (CHECKOUT / "docs" / "operations.md").read_text("utf-8")


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_drill_of_the_page_is_true(tmp_path: Path) -> None:
    installation = Installation(tmp_path / ".origin")
    installation.start()
    shutil.copytree(CHECKOUT / "docs" / "examples", tmp_path / "docs" / "examples")
    running = True
    ran: list[str] = []
    try:
        for step in steps_of(PAGE):
            words = [name for word in shlex.split(step.command) for name in matching(tmp_path, word)]
            if words[0] == "mkdir":
                (tmp_path / words[1]).mkdir()
                continue
            if words[0] == "rm":
                installation.stop()
                running = False
                for name in words[1:]:
                    (tmp_path / name).unlink(missing_ok=True)
                continue
            assert words[0] == "scripts/origin"
            if words[1] == "verify" and not running:
                installation.start()
                running = True
            done = installation.origin(*words[1:], token=None, folder=tmp_path)
            assert done.returncode == 0, f"{step.command}: {done.stdout}{done.stderr}"
            said = [same(line) for line in done.stdout.splitlines()]
            missing = [line for line in step.shown if same(line) not in said]
            assert missing == [], f"{step.command} said: {done.stdout}"
            ran.append(words[1])
    finally:
        installation.stop()
    assert ran == ["backup", "certificate", "bundle", "restore", "index", "verify", "verify"]


def matching(folder: Path, word: str) -> list[str]:
    """The word, or the files that it matches, as a shell would have it."""
    if "*" not in word:
        return [word]
    found = sorted(str(path.relative_to(folder)) for path in folder.glob(word))
    assert found, word
    return found


def test_every_setting_of_the_database_stands_on_the_page_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `ORIGIN_(DATABASE_\w+)` \| (\d+) \|", PAGE, re.MULTILINE))
    declared = {
        name.upper(): str(field.default)
        for name, field in Settings.model_fields.items()
        if name.startswith("database_") and isinstance(field.default, int)
    }
    assert rows == declared
