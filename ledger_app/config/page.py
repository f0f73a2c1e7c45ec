"""docs/settings.md out of the settings: `python -m ledger_app.config.page > docs/settings.md`."""

import sys
from collections.abc import Iterator
from typing import Any, Final, get_args

from annotated_types import Ge, Le, MinLen
from pydantic.fields import FieldInfo

from ledger_app.config.loading import NOT_FOR_DEMO, variable
from ledger_app.config.settings import MIB, SECRETS, Settings
from ledger_app.config.variables import COMMAND_LINE, MACHINE, SIGNER

_BEGINNINGS: Final = {
    "demo": "The service",
    "database_url": "Database and master key",
    "node_url": "Chain",
    "chain_id": "The pinned ledger",
    "council": "A new ledger's council",
    "log_level": "Watching",
    "max_data_age_seconds": "Work",
    "webhook_networks": "Webhooks",
    "max_body_bytes": "Sizes",
}
"""The first setting of each section."""
_IN_DEMO: Final = {"database_url": "of this machine", "host": "the loopback"}
_PATTERNS: Final = {64: "`0x` and 64 hexadecimal digits", 40: "`0x` and 40 hexadecimal digits"}

_HEAD: Final = """# Settings

Written by `python -m ledger_app.config.page`; the words stand beside the settings in `ledger_app/config`.

The service, and every command that works on its data, read these variables. They refuse what is missing, out
of bounds or unsafe before anything starts. A variable that begins with `ORIGIN_` and is not listed here is
told in the log at each start, and by `origin doctor` (`SETTING_UNKNOWN`). A setting marked *file* is also
taken from the file that the variable with `_FILE` behind its name holds
([docker.md](docker.md#secrets-as-files)). Lists have commas or line ends between their parts. The last column
says whether a demonstration takes it.
"""
_TAIL: Final = "\nThe signer's own settings are in its `signer.toml` ([signer.md](signer.md)).\n"


def page() -> str:
    """The whole page."""
    return _HEAD + "".join((*_settings(), *_others())) + _TAIL


def _others() -> Iterator[str]:
    named = {"The command line": COMMAND_LINE, "The signer": SIGNER, "Tools and tests": MACHINE}
    for title, rows in named.items():
        yield f"\n## {title}\n\n| variable | |\n|---|---|\n"
        yield from (f"| `{name}` | {words} |\n" for name, words in rows.items())


def _settings() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        if name in _BEGINNINGS:
            yield f"\n## {_BEGINNINGS[name]}\n\n| variable | default | bounds | | demo |\n"
            yield "|---|---|---|---|---|\n"
        words = " ".join((field.description or "").split())
        file = " *file*" if name in SECRETS else ""
        demo = _IN_DEMO.get(name, "no" if name in NOT_FOR_DEMO else "yes")
        yield f"| `{variable((name,))}`{file} | {_default(field)} | {_bounds(field)} | {words} | {demo} |\n"


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None or value == ():
        return ""
    if isinstance(value, tuple):
        return ",".join(str(each) for each in value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value % MIB == 0 and value:
        return f"{value} ({value // MIB} MiB)"
    return str(value)


def _bounds(field: FieldInfo) -> str:
    chosen = [each for part in get_args(field.annotation) for each in (get_args(part) or [part])]
    chosen = [each for each in chosen if each is not type(None)]
    if chosen and all(isinstance(each, str) for each in chosen):
        return ", ".join(f"`{each}`" for each in chosen)
    if field.annotation is bool:
        return "`true`, `false`"
    return _range(field.metadata) or _range(_of_each(field.annotation))


def _range(metadata: list[Any]) -> str:
    least: Any = None
    most: Any = None
    for each in metadata:
        if isinstance(each, Ge):
            least = each.ge
        elif isinstance(each, Le):
            most = each.le
        elif isinstance(each, MinLen):
            return f"at least {each.min_length} characters"
        elif pattern := getattr(each, "pattern", None):
            return next(words for digits, words in _PATTERNS.items() if f"{{{digits}}}" in pattern)
    if least is None:
        return ""
    return f"{least} to {most}" if most is not None else f"{least} or more"


def _of_each(annotation: Any) -> list[Any]:
    """What is asked of each part of a list."""
    for part in get_args(annotation):
        for info in getattr(part, "__metadata__", ()):
            return list(getattr(info, "metadata", ()))
    return []


if __name__ == "__main__":
    sys.stdout.write(page())
