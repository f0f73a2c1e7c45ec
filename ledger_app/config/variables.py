"""Every `ORIGIN_…` variable there is, and those that are set though nobody reads them."""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from ledger_app.config.settings import SECRETS, Settings

_PREFIX = "ORIGIN_"
_CLOSE = 0.75

COMMAND_LINE: Final = {
    "ORIGIN_URL": "The service that the command line asks; by default the demo of the data folder, else "
    "`http://127.0.0.1:8000`. `origin doctor` looks there for the service.",
    "ORIGIN_TOKEN": "The caller's access token.",
    "ORIGIN_TOKEN_FILE": "A file that holds it, in the place of `ORIGIN_TOKEN`.",
    "ORIGIN_AS": "In the demo: whose token to use (`chamber`, `customs`, `authority`, …).",
    "ORIGIN_DATA": "The data folder, for commands that work on this machine's installation, and where a "
    "demo's address and tokens are found.",
    "ORIGIN_AGREEMENTS": "The folder with agreements of your own, for `origin agreement` and "
    "`origin certificate check`.",
    "ORIGIN_WORKERS": "How many processes `origin serve` answers with (1 to 64, default 1).",
    "PORT": "The port of `origin serve` and `scripts/run`; goes before `ORIGIN_PORT`.",
    "NO_COLOR": "Set to anything: no colours.",
}
SIGNER: Final = {
    "ORIGIN_URL": "The service that `origin signer init` and `pin` ask for the ledger, and that the signer "
    "works for.",
    "ORIGIN_SIGNER_PASSWORD": "The password of the key, where no file of it is named. A file of mode 0600 "
    "(`--password-file`) is better: processes inherit an environment.",
}
MACHINE: Final = {
    "ORIGIN_TOOLS": "Where the embedded chain's programs are installed; by default `.tools` of the "
    "checkout, else `tools` of the data folder.",
    "ORIGIN_NODE": "The Node.js that `contracts/solc` starts.",
    "ORIGIN_OUTSIDE_DATA": "Where the conformance tests find data from outside the project.",
}


def known() -> frozenset[str]:
    """Every variable of ours that something reads."""
    settings = {_PREFIX + name.upper() for name in Settings.model_fields}
    files = {f"{_PREFIX}{name.upper()}_FILE" for name in SECRETS}
    return frozenset(settings | files | COMMAND_LINE.keys() | SIGNER.keys() | MACHINE.keys())


def unknown(environment: Mapping[str, str] | None = None) -> dict[str, str | None]:
    """The `ORIGIN_…` variables that are set and that nothing reads, each with the known name that is nearest;
    None where none is near. Never a value.
    """
    names, there = known(), os.environ if environment is None else environment
    strange = sorted(name for name in there if name.startswith(_PREFIX) and name not in names)
    return {name: next(iter(get_close_matches(name, names, 1, _CLOSE)), None) for name in strange}
