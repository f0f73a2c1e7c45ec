"""The parts of `scripts/audit`. Each says found, clean or "could not look": a failed tool is never clean."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
SLITHER = ROOT / ".tools" / "slither"
SLITHER_VERSION = "0.11.6"

#: Detectors silenced for a reason. The reason is printed with every run.
SILENCED: dict[str, str] = {
    "incorrect-equality": "about balances others can change; ours compare records with zero: none",
    "unused-return": "requireMember is called for its refusal; few need the territory it gives",
}


@dataclass
class Part:
    """What one part saw."""

    name: str
    findings: list[str] = field(default_factory=list)
    blind: str = ""

    def line(self) -> str:
        if self.findings:
            return f"{self.name:<10} FOUND {len(self.findings)}"
        return f"{self.name:<10} " + (f"COULD NOT LOOK: {self.blind}" if self.blind else "clean")


def run(
    *command: str | Path, timeout: int = 600, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    return subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False, env=env
    )
