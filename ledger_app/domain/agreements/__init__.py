"""The agreements (schemes) that certificates are issued under, as data: one file each in this folder.

Adding an agreement needs no code: a TOML or JSON file here, or in the folder that an installation names
(`use_folder`), where a file may also take the place of one of ours. Loading validates every file, so that a
wrong one fails a test or a start, and not a border.
"""

import json
import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from ledger_app.domain.agreements.model import Agreement, Basis
from ledger_app.domain.codelists import is_currency, is_territory
from ledger_app.errors import Broken, NotFound

__all__ = ["Agreement", "Basis", "agreement", "agreement_for", "agreements", "read_agreement", "use_folder"]

_KINDS: Final = (".toml", ".json")
_own_folder: list[Path] = []


def use_folder(folder: Path | None) -> None:
    """From now on, agreements are those of this package and of `folder`; None: of this package alone.

    Raises Broken AGREEMENT_DATA when the folder cannot be read or a file in it does not hold.
    """
    before = list(_own_folder)
    _own_folder[:] = [] if folder is None else [folder]
    agreements.cache_clear()
    try:
        agreements()
    except Broken:
        _own_folder[:] = before
        agreements.cache_clear()
        raise


@cache
def agreements() -> dict[str, Agreement]:
    """Every agreement by code, in order of code. Raises Broken AGREEMENT_DATA when a file does not hold."""
    found = {
        known.code: known
        for file in resources.files(__package__).iterdir()
        if file.name.endswith(_KINDS)
        for known in [read_agreement(file.read_text("utf-8"), file.name)]
    }
    for folder in _own_folder:
        added: set[str] = set()
        for file in _files(folder):
            own = read_agreement(_text(file), file.name)
            if own.code in added:
                raise Broken("AGREEMENT_DATA", f"{file.name}: another file says the same agreement")
            added.add(own.code)
            found[own.code] = own
    return dict(sorted(found.items()))


def read_agreement(text: str, name: str) -> Agreement:
    """One agreement from the text of its file. Raises Broken AGREEMENT_DATA, naming the file."""
    try:
        data = json.loads(text) if name.endswith(".json") else tomllib.loads(text)
        agreement = Agreement.model_validate(data)
    except ValidationError as wrong:
        faults = [
            f"{'.'.join(map(str, fault['loc'])) or 'the file'}: {fault['msg'].lower()}"
            for fault in wrong.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise Broken("AGREEMENT_DATA", f"{name}: {'; '.join(faults[:20])}") from wrong
    except (ValueError, RecursionError) as wrong:
        raise Broken("AGREEMENT_DATA", f"{name}: {wrong}") from wrong
    strangers = [
        code for code in (agreement.parties.members if agreement.parties else ()) if not is_territory(code)
    ]
    if strangers or name.rpartition(".")[0].upper() != agreement.code:
        raise Broken(
            "AGREEMENT_DATA", f"{name}: unknown parties {strangers}, or the code is not the file's name"
        )
    if agreement.waiver and not is_currency(agreement.waiver.currency):
        raise Broken("AGREEMENT_DATA", f"{name}: unknown currency {agreement.waiver.currency}")
    return agreement


def agreement_for(code: str) -> Agreement | None:
    """The agreement with this scheme code, or None when no rules are kept for it."""
    return agreements().get(code)


def agreement(code: str) -> Agreement:
    """The agreement with this scheme code, any letter case. Raises NotFound SCHEME_UNKNOWN."""
    found = agreements().get(code.upper())
    if found is None:
        raise NotFound("SCHEME_UNKNOWN", f"no agreement has the code {code[:31]!r}", known=list(agreements()))
    return found


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(file for file in folder.iterdir() if file.suffix in _KINDS)
    except OSError as wrong:
        raise Broken("AGREEMENT_DATA", f"{folder}: {wrong.strerror or wrong}") from None


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise Broken("AGREEMENT_DATA", f"{file.name}: {wrong}") from None
