"""Settings of one installation, read from the environment (`ORIGIN_…`) and checked before anything starts.

Two modes: a real installation, and the demonstration, which makes its own throw-away keys and refuses what
belongs to production. docs/settings.md lists them all, out of `settings` and `variables`.
"""

from ledger_app.config.loading import load_settings
from ledger_app.config.pin import LedgerPin
from ledger_app.config.settings import MIB, Settings

__all__ = ["MIB", "LedgerPin", "Settings", "load_settings"]
