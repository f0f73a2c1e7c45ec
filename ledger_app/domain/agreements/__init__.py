"""The agreements (schemes) that certificates are issued under, as data: one TOML file each in this folder.

What a file leaves out is not known or differs case by case: it is then not checked, and never guessed. Adding
an agreement needs no code. Loading validates every file, so that a wrong one fails a test and not a border.
"""

import tomllib
from functools import cache
from importlib import resources
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ledger_app.domain.codelists import is_territory
from ledger_app.errors import Broken, NotFound

Basis = Literal["authority", "approved-exporter", "registered-exporter", "self-certified"]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Sourced(_Data):
    source: Annotated[str, Field(min_length=4)]
    """Where the rule stands written."""


class Parties(_Sourced):
    """Whose goods may claim the preference, and where."""

    members: Annotated[tuple[str, ...], Field(min_length=1)]
    """Territory codes."""


class Criteria(_Sourced):
    """Codes of the origin criterion."""

    codes: Annotated[dict[str, str], Field(min_length=1)]
    """Code → meaning. One of them stands for each item."""
    additional: dict[str, str] = {}
    """Codes that may be added to one of `codes`."""
    complete: bool = True
    """False: other codes exist, so that an unlisted one is not checked rather than wrong."""


class Validity(_Sourced):
    """How long a certificate may be presented."""

    months: Annotated[int, Field(ge=1, le=120)]
    """Calendar months; the last day is the day of the same number, or the month's last (see `deadlines`)."""
    counted_from: Literal["issue", "shipment"]


class ItemLimit(_Sourced):
    """How many items one certificate may have."""

    most: Annotated[int, Field(ge=1)]


class Retrospective(_Sourced):
    """Until when after shipment a certificate may still be issued, marked as issued retrospectively."""

    most_months: Annotated[int, Field(ge=1, le=60)]


class Transit(_Sourced):
    """What may happen to the goods on the way. In words: it cannot be read from a certificate."""

    words: str


class Agreement(_Data):
    """One scheme and its rules, each with its source."""

    code: Annotated[str, Field(pattern="^[A-Z0-9-]{1,31}$")]
    title: str
    preferential: bool
    issuance: Annotated[tuple[Basis, ...], Field(min_length=1)]
    """By which rights certificates are issued under it."""
    issuance_conditional: tuple[Basis, ...] = ()
    """Rights that hold for some parties or consignments only: shown as not checked."""
    issuance_source: str
    disclose: Annotated[tuple[str, ...], Field(min_length=1)]
    """JSON Pointers of the fields that a partial disclosure must show. Our own choice."""
    parties: Parties | None = None
    criteria: Criteria | None = None
    validity: Validity | None = None
    items: ItemLimit | None = None
    retrospective: Retrospective | None = None
    transit: Transit | None = None

    def undisclosed(self, shown: set[str]) -> list[str]:
        """The pointers of `disclose` that are neither in `shown` nor beneath one that is."""
        return [
            pointer
            for pointer in self.disclose
            if not any(pointer == other or pointer.startswith(other + "/") for other in shown)
        ]


@cache
def agreements() -> dict[str, Agreement]:
    """Every agreement by code, in order of code. Raises Broken AGREEMENT_DATA when a file does not hold."""
    found: dict[str, Agreement] = {}
    for file in resources.files(__package__).iterdir():
        if file.name.endswith(".toml"):
            agreement = read_agreement(file.read_text("utf-8"), file.name)
            found[agreement.code] = agreement
    return dict(sorted(found.items()))


def read_agreement(text: str, name: str) -> Agreement:
    """One agreement from its TOML text. Raises Broken AGREEMENT_DATA, naming the file."""
    try:
        agreement = Agreement.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as wrong:
        raise Broken("AGREEMENT_DATA", f"{name}: {wrong}") from wrong
    strangers = [
        code for code in (agreement.parties.members if agreement.parties else ()) if not is_territory(code)
    ]
    if strangers or name.removesuffix(".toml").upper() != agreement.code:
        raise Broken(
            "AGREEMENT_DATA", f"{name}: unknown parties {strangers}, or the code is not the file's name"
        )
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
