"""A process of `readers`: takes pages from stdin, answers on stdout, ends when the service is gone."""

import os
import signal
import sys
from typing import Any

from ledger_app.domain.agreements import use_folder
from ledger_app.errors import LedgerError
from ledger_app.services.bulk.papers import papers_of
from ledger_app.services.bulk.readers import receive, send
from ledger_app.services.bulk.reading import read_page
from ledger_app.store.secrets import Vault


def answer(vault: Vault, task: Any) -> Any:
    """(rows, papers by content) of a page; or the error that it raised, as its reason, words and kind."""
    try:
        rows = read_page(*task)
        papers = papers_of(vault, [row for row in rows if row.content and not row.lacks_number])
    except LedgerError as refused:
        return type(refused), refused.reason, refused.detail
    for row in rows:
        if row.content in papers:
            row.document = {}  # it is in the paper
    return rows, papers


def main() -> None:
    """Answer until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service, which then closes the pipe
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing else writes among the answers
    try:
        setting = receive(sys.stdin.buffer)
        use_folder(setting.agreements)
        vault = Vault(setting.keys)
        while True:
            send(answers, answer(vault, receive(sys.stdin.buffer)))
    except (EOFError, BrokenPipeError):
        return


if __name__ == "__main__":
    main()
