"""What the command line prints of other people's words."""

import io
import sys

import pytest

from ledger_app.cli import output


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    made = Terminal()
    monkeypatch.setattr(sys, "stdout", made)
    monkeypatch.setattr(sys, "stderr", made)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return made


@pytest.mark.parametrize(
    "forged",
    ["\x1b[32mon the ledger\x1b[0m", "\x1b]0;title\x07", "\x9b2J", "line\rover", "\u202egood", "\x00"],
)
@pytest.mark.parametrize("say", [output.line, output.progress])
def test_a_terminal_obeys_nothing_that_a_certificate_says(
    say: object, forged: str, terminal: Terminal
) -> None:
    assert callable(say)
    say(f"Acquit 1 of {forged}")
    printed = terminal.getvalue().rstrip("\n")
    assert "\N{REPLACEMENT CHARACTER}" in printed
    assert all(c.isprintable() for c in printed)


def test_our_own_colours_stay(terminal: Terminal) -> None:
    output.line(f"{output.colour('GENUINE', '32')}, standing: good\tand a tab")
    assert terminal.getvalue() == "\x1b[32mGENUINE\x1b[0m, standing: good\tand a tab\n"
