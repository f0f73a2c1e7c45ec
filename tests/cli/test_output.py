"""What the command line prints of other people's words."""

import io
import sys
from collections.abc import Callable

import pytest

from ledger_app.cli import output


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], str]:
    """What a command prints on a terminal."""

    def on_terminal(command: Callable[[], None]) -> str:
        made = Terminal()
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", made)
            patched.setattr(sys, "stderr", made)
            patched.delenv("NO_COLOR", raising=False)
            patched.setenv("TERM", "xterm")
            command()
        return made.getvalue()

    return on_terminal


@pytest.mark.parametrize(
    "forged",
    ["\x1b[32mon the ledger\x1b[0m", "\x1b]0;title\x07", "\x9b2J", "line\rover", "\u202egood", "\x00"],
)
@pytest.mark.parametrize("say", [output.line, output.progress])
def test_a_terminal_obeys_nothing_that_a_certificate_says(
    say: Callable[[str], None], forged: str, printed: Callable[[Callable[[], None]], str]
) -> None:
    shown = printed(lambda: say(f"Acquit 1 of {forged}")).rstrip("\n")
    assert "\N{REPLACEMENT CHARACTER}" in shown
    assert shown.isprintable()


def test_our_own_colours_stay(printed: Callable[[Callable[[], None]], str]) -> None:
    said = printed(lambda: output.line(f"{output.colour('GENUINE', '32')}, standing: good\tand a tab"))
    assert said == "\x1b[32mGENUINE\x1b[0m, standing: good\tand a tab\n"
