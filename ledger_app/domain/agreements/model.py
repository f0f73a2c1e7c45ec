"""What a data file of an agreement may say. Every rule names its source, and whether we are certain of it.

A rule that is not `certain` is never held against a certificate: it is shown as not checked. What a file
leaves out is not known or differs case by case, and is passed over.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from ledger_app.domain.deadlines import Period

Basis = Literal[
    "authority",
    "approved-exporter",
    "registered-exporter",
    "self-certified",
    "exporter",
    "producer",
    "importer",
]
Months = Annotated[int, Field(ge=1, le=120)]
Days = Annotated[int, Field(ge=1, le=3660)]
Code = Annotated[str, Field(pattern=r"^\S(.*\S)?$", max_length=70)]
Follower = Literal["percentage", "heading", "name"]
"""What follows the code of a criterion: 40%, an HS heading, a name in words."""
Pointer = Annotated[str, Field(pattern=r"^(/[A-Za-z0-9*]+)+$")]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class Rule(_Data):
    """One rule: where it stands written, and whether we are certain that we read it right."""

    source: Annotated[str, Field(min_length=4)]
    certain: bool = True
    note: str | None = None
    """What the rule says besides, in words: conditions that a certificate does not show."""


class _Lasting(Rule):
    months: Months | None = None
    """Calendar months; the last day is the day of the same number, or the month's last (see `deadlines`)."""
    days: Days | None = None
    """Days, instead of months."""

    @model_validator(mode="after")
    def _one_length(self) -> Any:
        if (self.months is None) == (self.days is None):
            raise ValueError("give months or days, one of them")
        return self

    @property
    def period(self) -> Period:
        """The length of time."""
        return Period(self.months or 0, self.days or 0)


class Issuance(Rule):
    """By which rights certificates are issued."""

    bases: Annotated[tuple[Basis, ...], Field(min_length=1)]
    conditional: tuple[Basis, ...] = ()
    """Rights that hold for some parties or consignments only: shown as not checked."""


class Parties(Rule):
    """Whose goods may claim the preference, and where."""

    members: Annotated[tuple[str, ...], Field(min_length=1)]
    """Territory codes."""


class Criteria(Rule):
    """Codes of the origin criterion."""

    codes: Annotated[dict[Code, str], Field(min_length=1)]
    """Code → meaning. One of them stands for each item."""
    additional: dict[Code, str] = {}
    """Codes that may be added to one of `codes`, and do not stand alone."""
    followed_by: dict[Code, Follower] = {}
    """What stands after a code."""
    may_be_followed_by: dict[Code, Follower] = {}
    """What may stand after a code, or not."""
    least: dict[Code, Annotated[int, Field(ge=1, le=100)]] = {}
    """The least percentage after a code."""
    complete: bool = True
    """False: other codes exist, so that an unlisted one is not checked rather than wrong."""

    @model_validator(mode="after")
    def _of_listed_codes(self) -> Any:
        listed = {*self.codes, *self.additional}
        strangers = {*self.followed_by, *self.may_be_followed_by, *self.least} - listed
        if strangers:
            raise ValueError(f"not among codes and additional: {', '.join(sorted(strangers))}")
        return self


class Validity(_Lasting):
    """How long a certificate may be presented."""

    counted_from: Literal["issue", "shipment"]


class ItemLimit(Rule):
    """How many items one certificate may have."""

    most: Annotated[int, Field(ge=1)]


class Retrospective(_Lasting):
    """Until when after shipment a certificate may still be issued, marked as issued retrospectively."""

    marked_after_days: Annotated[int, Field(ge=0, le=90)] | None = None
    """Issued later than so many days after shipment it must carry the mark; absent: not checked."""
    marked_after_working_days: Annotated[int, Field(ge=0, le=60)] | None = None
    """The same in working days, of which a calendar shows the most and the fewest that there can be."""


class Permission(Rule):
    """Whether something is allowed."""

    allowed: bool


class BackToBack(Permission):
    """Whether a certificate may be issued out of another, and how long it holds."""

    within_original: bool | None = None
    """Whether it ends with its original at the latest; absent: not checked."""


class Transit(Rule):
    """What may happen to the goods on the way. In words: it cannot be read from a certificate."""

    words: str
    storage_months: Months | None = None
    """The longest stay outside the parties, in calendar months."""


class Enquiry(_Lasting):
    """Within which time after a request the issuing side answers an enquiry."""


class Records(Rule):
    """For how long the papers are kept, at least."""

    years: Annotated[int, Field(ge=1, le=30)]
    counted_from: Literal["issue", "end-of-year"] = "issue"
    """From the day of issue, or from the end of its calendar year."""


class Waiver(Rule):
    """Up to which value no certificate is needed."""

    amount: Annotated[str, Field(pattern=r"^[0-9]{1,12}$")]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]


class Blanket(_Lasting):
    """How long a period of repeated shipments may be."""


class Required(Rule):
    """A field that the document needs under this agreement, though not under every other."""

    field: Pointer
    """JSON Pointer; `*` stands for every member of a list."""
    instead: tuple[Pointer, ...] = ()
    """Fields of which any one serves as well; a `*` stands for the same member as in `field`."""
    bases: tuple[Basis, ...] = ()
    """Only when issued on one of these; empty: always."""
    criteria: tuple[Code, ...] = ()
    """Only of items whose origin criterion is one of these; empty: of all."""

    @model_validator(mode="after")
    def _criteria_of_items(self) -> Any:
        if self.criteria and not self.field.startswith("/items/*/"):
            raise ValueError("criteria are of items: give a field under /items/*/")
        return self


class Agreement(_Data):
    """One scheme and its rules."""

    code: Annotated[str, Field(pattern="^[A-Z0-9-]{1,31}$")]
    title: Annotated[str, Field(min_length=1)]
    preferential: bool
    issuance: Issuance
    disclose: Annotated[tuple[Pointer, ...], Field(min_length=1)]
    """JSON Pointers of the fields that a partial disclosure must show. Our own choice."""
    parties: Parties | None = None
    criteria: Criteria | None = None
    validity: Validity | None = None
    items: ItemLimit | None = None
    retrospective: Retrospective | None = None
    third_party_invoice: Permission | None = None
    back_to_back: BackToBack | None = None
    exhibition: Permission | None = None
    true_copy: Permission | None = None
    draw_down: Permission | None = None
    """Whether it may be used up in parts; otherwise one import uses it up."""
    blanket: Blanket | None = None
    transit: Transit | None = None
    enquiry: Enquiry | None = None
    records: Records | None = None
    waiver: Waiver | None = None
    required: tuple[Required, ...] = ()

    @property
    def issuing_authority(self) -> bool:
        """Whether an authority issues; without one every certificate is certified by a trader."""
        return "authority" in (*self.issuance.bases, *self.issuance.conditional)

    def undisclosed(self, shows: Callable[[str], bool]) -> list[str]:
        """The pointers of `disclose` that a disclosure does not show whole."""
        return [pointer for pointer in self.disclose if not shows(pointer)]

    def to_json(self) -> dict[str, Any]:
        """A JSON object with camelCase members; a table that is not kept is null."""
        shown: dict[str, Any] = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {**shown, **dict.fromkeys(self.not_kept), "issuingAuthority": self.issuing_authority}

    @property
    def not_kept(self) -> list[str]:
        """The tables that the file does not have, by their names in JSON."""
        return [
            info.alias or name
            for name, info in type(self).model_fields.items()
            if getattr(self, name) is None
        ]
