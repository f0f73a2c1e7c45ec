"""A process of `readers`: does what it is asked on stdin, answers on stdout, ends with the service."""

import gc
import os
import signal
import sys
from typing import Any

from ledger_app.domain.agreements import use_folder
from ledger_app.errors import LedgerError
from ledger_app.services.readers import receive, send


def answer(task: Any) -> tuple[bool, Any]:
    """Whether it succeeded, and what the function of a task gives, or the error that it raises."""
    function, arguments, named = task
    try:
        return True, function(*arguments, **named)
    except LedgerError as refused:
        return False, refused


def main() -> None:
    """Answer until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service, which then closes the pipe
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing else writes among the answers
    try:
        use_folder(receive(sys.stdin.buffer))
        gc.freeze()  # as `app.settle`
        send(answers, None)
        while True:
            send(answers, answer(receive(sys.stdin.buffer)))
    except (EOFError, BrokenPipeError):
        return


if __name__ == "__main__":
    main()
