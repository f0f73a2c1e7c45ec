"""What certificate and items are made of: parties, places, amounts, invoices, declarations, evidence.

The brackets at the end of each description name the data element where we are sure of it (`model` says how).
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from ledger_app.domain.fields import (
    AllowanceUnit,
    AsTuple,
    Currency,
    Day,
    Decimal,
    FileName,
    IdentifierText,
    Line70,
    Line140,
    Line256,
    Locode,
    MediaType,
    Number,
    Percent,
    PositiveDecimal,
    Prose,
    Sha256,
    TerritoryCode,
    UnitCode,
    Units,
)


class Node(BaseModel):
    """A JSON object of the document: types are exact, unknown members refused, nothing changes afterwards."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, alias_generator=to_camel, use_attribute_docstrings=True
    )


class Address(Node):
    """A postal address."""

    lines: Annotated[tuple[Line140, ...], AsTuple, Field(min_length=1, max_length=6)] | None = None
    """Street, building, post box, as written [UNTDED 3042]."""
    city: Line70 | None = None
    """City [UNTDED 3164]."""
    postcode: Annotated[Line70, Field(max_length=17)] | None = None
    """Postal code [UNTDED 3251]."""
    subdivision: Line70 | None = None
    """State or province, as written [UNTDED 3228]."""
    country: TerritoryCode | None = None
    """Country [UNTDED 3207]."""


class Party(Node):
    """A person or company named in the certificate."""

    name: Line256
    """Name as registered [UNTDED 3036]."""
    identifier: IdentifierText | None = None
    """A registered identifier with its scheme, such as `urn:cn:uscc:911100001000012345` [UNTDED 3039]."""
    address: Address | None = None
    """Where it sits [not given]."""
    contact: Line256 | None = None
    """Telephone, mail address or person [UNTDED 3412]."""


class Mandate(Node):
    """What an agent may act upon."""

    reference: Line140
    """Number or name of the power of attorney [not given]."""
    date: Day | None = None
    """When it was given [not given]."""
    valid_until: Day | None = None
    """Its last day [not given]."""


class Agent(Party):
    """Who applies for the exporter."""

    mandate: Mandate | None = None
    """By which mandate [not given]."""


class Authorisation(Node):
    """The right of whoever certifies without an issuing authority."""

    number: IdentifierText
    """Number of the approved or registered exporter: its authorisation, its REX number [not given]."""
    authority: Line256 | None = None
    """Who granted it [not given]."""
    date: Day | None = None
    """When it was granted [not given]."""


class Issuer(Node):
    """Who issues: an issuing body, or the exporter itself where the scheme allows that."""

    identifier: IdentifierText
    """The registered identifier. Its hash is the organisation on the ledger [docs/protocol.md §1]."""
    name: Line256
    """Name as registered [UNTDED 3036]."""
    territory: TerritoryCode
    """The customs territory that accredits it [not given]."""
    address: Address | None = None
    """Where it sits [not given]."""


class Place(Node):
    """A place by UN/LOCODE, by name, or both."""

    code: Locode | None = None
    """UN/LOCODE (UN/ECE Recommendation 16) [UNTDED 3225]."""
    name: Line140 | None = None
    """Name of the place [UNTDED 3224]."""


class Transport(Node):
    """Means of transport and route, as far as known."""

    mode: (
        Literal["sea", "rail", "road", "air", "mail", "multimodal", "fixed-installation", "inland-water"]
        | None
    ) = None
    """Mode of the main carriage, in the words of UN/ECE Recommendation 19 [UNTDED 8067]."""
    means: Line140 | None = None
    """Name of the vessel, aircraft or vehicle [UNTDED 8212; Form A box 3, EUR.1 box 6, ChAFTA box 4]."""
    means_identifier: Line140 | None = None
    """Its registration, IMO number or the like [UNTDED 8213]."""
    journey: Line70 | None = None
    """Voyage or flight number [UNTDED 8028; ChAFTA box 4]."""
    departure_date: Day | None = None
    """Day of departure or shipment [ChAFTA box 4, Form D box 3]."""
    loading_place: Place | None = None
    """Port or place of loading [UNTDED 3334; ChAFTA box 4]."""
    discharge_place: Place | None = None
    """Port or place of discharge [UNTDED 3392; ChAFTA box 4, Form D box 3]."""
    route: Prose | None = None
    """The route in words, with places of transit [Form A box 3, EUR.1 box 6, ChAFTA box 4]."""


class Quantity(Node):
    """An amount with its unit."""

    value: PositiveDecimal
    """The amount, above zero [UNTDED 6060]."""
    unit: UnitCode
    """UN/ECE Recommendation 20 code [UNTDED 6411]."""


class Money(Node):
    """An amount of money. Zero is allowed: samples have no commercial value."""

    amount: Decimal
    """The amount [UNTDED 5004]."""
    currency: Currency
    """ISO 4217 code [UNTDED 6345]."""


class Packages(Node):
    """Number and kind of packages."""

    count: Annotated[int, Field(ge=0, le=99_999_999)]
    """Number of packages; zero for goods in bulk [UNTDED 7224; Form A box 7, EUR.1 box 8, ChAFTA box 8]."""
    kind: Line70
    """UN/ECE Recommendation 21 code (`CT`) or words (`cartons`) [UNTDED 7065; the same boxes]."""


class RegionalValueContent(Node):
    """How much of the value is of the region."""

    percent: Percent
    """Per cent of the value, 0 to 100 [not given]."""
    method: (
        Literal["build-down", "build-up", "net-cost", "transaction-value", "focused-value", "value-added"]
        | None
    ) = None
    """How it was calculated, in the words of the agreements [not given]."""


class Invoice(Node):
    """A commercial invoice."""

    number: Line70
    """Invoice number [UNTDED 1334; Form A box 10, EUR.1 box 10, ChAFTA box 12, Form D box 10]."""
    date: Day | None = None
    """Invoice date [Form A box 10, ChAFTA box 12, Form D box 10]."""
    amount: Money | None = None
    """Invoice total [not given]."""
    issued_by: Party | None = None
    """Who invoices, when it is not the exporter (third-party invoice) [not given]."""


class Declaration(Node):
    """A statement with its place, date and signatory. The words are kept; a picture of ink proves nothing."""

    statement: Prose | None = None
    """The words declared [not given]."""
    place: Line140 | None = None
    """Where it was signed [not given]."""
    date: Day | None = None
    """When it was signed [not given]."""
    signatory: Line140 | None = None
    """Who signed [not given]."""
    capacity: Line140 | None = None
    """In what capacity [not given]."""


class Declarations(Node):
    """Who declared what."""

    exporter: Declaration | None = None
    """By exporter or producer [Form A box 12, EUR.1 box 12, ChAFTA box 13, USMCA Annex 5-A element 9]."""
    issuer: Declaration | None = None
    """Certification by the issuing body [Form A box 11, EUR.1 box 11, ChAFTA box 14]."""


class Allowance(Node):
    """How much customs may use up, in whole units."""

    units: Units
    """Number of units; one use of the whole certificate is 1 `certificate` [not given]."""
    unit: AllowanceUnit = "certificate"
    """`certificate`, or a UN/ECE Recommendation 20 code [not given]."""


class Original(Node):
    """The certificate that this one replaces, copies or rests on."""

    number: Number
    """Its number [not given]."""
    issue_date: Day | None = None
    """Its date of issue [not given]."""
    valid_until: Day | None = None
    """Its last day of validity, which a certified true copy keeps [not given]."""
    issuer: Line256 | None = None
    """Identifier or name of who issued it, where that is another [not given]."""
    digest: Sha256 | None = None
    """Its digest, where it is on the ledger [not given]."""


class BlanketPeriod(Node):
    """The days within which shipments of the same goods are covered."""

    starts: Day
    """First day [USMCA Annex 5-A element 8]."""
    ends: Day
    """Last day, inclusive [USMCA Annex 5-A element 8]."""


class Evidence(Node):
    """A supporting file. The file travels encrypted and apart; the document binds which one it is."""

    digest: Sha256
    """SHA-256 of the file as it is before it is encrypted [not given]."""
    name: FileName
    """Name of the file, without folders [not given]."""
    media_type: MediaType
    """What it is, as in `application/pdf` (RFC 6838) [not given]."""
    size: Annotated[int, Field(ge=1, le=1 << 40)]
    """Bytes of the file before it is encrypted [not given]."""
    kind: Line70 | None = None
    """What it shows: invoice, bill of lading, cost statement [not given]."""


Flag = Literal[
    "issued-retrospectively",
    "certified-true-copy",
    "third-party-invoice",
    "cumulation",
    "de-minimis",
    "back-to-back",
    "replacement",
    "exhibition",
]
