"""`origin …`: the command line. `main` is its entry point; nothing is imported before it is needed."""

from ledger_app.cli.main import main

__all__ = ["main"]
