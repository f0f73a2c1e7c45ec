"""The README says what is so: its commands run, in their order, and say what it shows."""

import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.faults.driver import Installation

CHECKOUT = Path(__file__).resolve().parents[2]
README = (CHECKOUT / "README.md").read_text("utf-8")
#: What differs from run to run: hashes, ids, days, counts.
VARIABLE = re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{32}\b|\d+")


@dataclass
class Step:
    """One command of the README and the lines that it shows below."""

    command: str
    shown: list[str] = field(default_factory=list)


def steps() -> Iterator[Step]:
    return steps_of(README)


def steps_of(page: str) -> Iterator[Step]:
    """The commands of a page's console blocks, in their order."""
    for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL):
        step: Step | None = None
        for line in block.splitlines():
            if line.startswith("$ "):
                if step:
                    yield step
                step = Step(line[2:])
            elif step:
                step.shown.append(line)
        if step:
            yield step


def same(text: str) -> str:
    return VARIABLE.sub("#", text).strip()


@pytest.mark.timeout(300)
def test_the_story_of_the_readme_is_true(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "data")
    installation.start()
    shutil.copytree(CHECKOUT / "docs" / "examples", tmp_path / "docs" / "examples")
    last = 0
    ran = []
    try:
        for step in steps():
            words = shlex.split(step.command)
            if words == ["echo", "$?"]:
                assert step.shown == [str(last)]
            elif words[0] == "scripts/origin" and words[1] != "demo":
                done = installation.origin(*words[1:], token=None, folder=tmp_path)
                last = done.returncode
                assert last in (0, 12), f"{step.command}: {done.stdout}{done.stderr}"
                said = [same(line) for line in done.stdout.splitlines()]
                missing = [line for line in step.shown if same(line) not in said]
                assert missing == [], f"{step.command} said: {done.stdout}"
                ran.append(step.command)
    finally:
        installation.stop()
    assert len(ran) >= 12


def test_what_the_story_leaves_out_exists() -> None:
    others = {step.command for step in steps() if not step.command.startswith("scripts/origin ")}
    assert others == {"scripts/run", "echo $?"}
    assert (CHECKOUT / "scripts" / "run").is_file()


def test_every_link_leads_somewhere() -> None:
    pages = [CHECKOUT / "README.md", CHECKOUT / "CONTRIBUTING.md", *(CHECKOUT / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(CHECKOUT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_exit_code_is_the_one_of_the_table() -> None:
    from ledger_app.domain.standing import ExitCode

    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    assert listed == {int(code) for code in ExitCode}


def test_every_script_of_the_layout_exists() -> None:
    row = next(line for line in README.splitlines() if line.startswith("| `scripts/` |"))
    named = set(re.findall(r"`([\w-]+)`", row.split("|")[2]))
    there = {
        path.name for path in (CHECKOUT / "scripts").iterdir() if "." not in path.name and path.is_file()
    }
    assert named == there
