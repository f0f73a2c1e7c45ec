"""What every part is made of: what it found, whether it could look, and how it runs its tools."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / ".venv" / "bin"
TOOLS = ROOT / ".tools"


@dataclass
class Part:
    """What one part saw. `blind` says why it could not look; `notes` are figures and reasons."""

    name: str
    findings: list[str] = field(default_factory=list)
    blind: str = ""
    notes: list[str] = field(default_factory=list)

    def line(self) -> str:
        """One line for the reader: found, clean, or could not look. A failed tool is never clean."""
        if self.findings:
            return f"{self.name:<10} FOUND {len(self.findings)}"
        return f"{self.name:<10} " + (f"COULD NOT LOOK: {self.blind}" if self.blind else "clean")


def run(
    *command: str | Path, timeout: float = 600, env: dict[str, str] | None = None, cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run a tool and give what it said. Raises OSError, subprocess.TimeoutExpired."""
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
        check=False,
        env=env,
    )


def last_words(done: subprocess.CompletedProcess[str]) -> str:
    """Why a tool failed, as far as it said."""
    said = [line.strip() for line in (done.stderr + "\n" + done.stdout).splitlines() if line.strip()]
    return (said[-1] if said else f"exit code {done.returncode} without a word")[:300]


def own_environment(name: str) -> tuple[Path, str]:
    """The `bin` folder of a tool's own environment, as locked in requirements/NAME.txt; and why not."""
    folder, lock = TOOLS / name, ROOT / "requirements" / f"{name}.txt"
    stamp = folder / ".stamp"
    if stamp.exists() and stamp.read_text() == lock.read_text():
        return folder / "bin", ""
    made = run(sys.executable, "-m", "venv", "--clear", folder)
    if made.returncode == 0:
        pip: Sequence[str | Path] = (folder / "bin" / "python", "-m", "pip", "install", "--quiet")
        made = run(*pip, "--require-hashes", "-r", lock, timeout=1200)
    if made.returncode != 0:
        return folder / "bin", last_words(made)
    stamp.write_text(lock.read_text())
    return folder / "bin", ""


def with_forge() -> dict[str, str]:
    """An environment in which forge and node are found."""
    path = f"{ROOT / 'contracts' / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "NO_COLOR": "1"}


def pytest_part(name: str, *arguments: str, timeout: float, **settings: str) -> Part:
    """A part that is a test run at its own size: every failure is a finding, a skipped test is blindness."""
    part = Part(name)
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-n0", "-p", "no:cacheprovider", *arguments]
    done = run(*command, f"--timeout={int(timeout)}", timeout=timeout + 60, env={**os.environ, **settings})
    part.notes = [line.strip() for line in done.stdout.splitlines() if line.startswith("figure: ")]
    summary = done.stdout.strip().splitlines()[-1:] or [""]
    if done.returncode == 1:
        part.findings = [
            line[:400] for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))
        ]
        part.findings = part.findings or [last_words(done)]
    elif done.returncode != 0 or not re.search(r"\b[1-9]\d* passed", summary[0]) or "skipped" in summary[0]:
        part.blind = last_words(done)
    return part
