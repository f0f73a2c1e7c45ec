"""The fields of a certificate of origin. JSON members are camelCase; what is absent is left out, never null.

Sources in brackets name the data element where it is settled: UNTDED (ISO 7372) element numbers, and box
numbers of printed forms: Form A of the GSP, EUR.1, and the form of the China–Australia agreement (ChAFTA).
"""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from ledger_app.domain.fields import (
    AllowanceUnit,
    AsTuple,
    ContainerNumber,
    Currency,
    Day,
    Decimal,
    HsCode,
    IdentifierText,
    JsonObject,
    Line70,
    Line140,
    Line256,
    Locode,
    Number,
    PositiveDecimal,
    Prose,
    SchemeCode,
    TerritoryCode,
    Unique,
    UnitCode,
    Units,
)

DOCUMENT_TYPE: Final = "certificate-of-origin"
DOCUMENT_VERSION: Final = 1
MAX_ITEMS: Final = 999


class Node(BaseModel):
    """A JSON object of the document: types are exact, unknown members refused, nothing changes afterwards."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, alias_generator=to_camel, use_attribute_docstrings=True
    )


class Address(Node):
    """A postal address."""

    lines: Annotated[tuple[Line140, ...], AsTuple, Field(min_length=1, max_length=6)] | None = None
    """Street, building, post box, as written."""
    city: Line70 | None = None
    """City [UNTDED 3164]."""
    postcode: Annotated[Line70, Field(max_length=17)] | None = None
    """Postal code [UNTDED 3251]."""
    subdivision: Line70 | None = None
    """State or province, as written."""
    country: TerritoryCode | None = None
    """Country [UNTDED 3207]."""


class Party(Node):
    """A person or company named in the certificate."""

    name: Line256
    """Name as registered."""
    identifier: IdentifierText | None = None
    """A registered identifier with its scheme, for example `urn:cn:uscc:911100001000012345`."""
    address: Address | None = None
    """Where it sits."""
    contact: Line256 | None = None
    """Telephone, mail address or person."""


class Issuer(Node):
    """Who issues: an issuing body, or the exporter itself where the scheme allows that."""

    identifier: IdentifierText
    """The registered identifier. Its hash is the organisation on the ledger (docs/protocol.md §1)."""
    name: Line256
    """Name as registered."""
    territory: TerritoryCode
    """The customs territory that accredits it."""
    address: Address | None = None
    """Where it sits."""


class Place(Node):
    """A place by UN/LOCODE, by name, or both."""

    code: Locode | None = None
    """UN/LOCODE (UN/ECE Recommendation 16) [UNTDED 3225]."""
    name: Line140 | None = None
    """Name of the place."""


class Transport(Node):
    """Means of transport and route, as far as known [Form A box 3, EUR.1 box 6, ChAFTA box 4]."""

    mode: (
        Literal["sea", "rail", "road", "air", "mail", "multimodal", "fixed-installation", "inland-water"]
        | None
    ) = None
    """Mode of the main carriage, in the words of UN/ECE Recommendation 19 [UNTDED 8067]."""
    means: Line140 | None = None
    """Name of the vessel, aircraft or vehicle [UNTDED 8212]."""
    means_identifier: Line140 | None = None
    """Its registration, IMO number or the like."""
    journey: Line70 | None = None
    """Voyage or flight number [UNTDED 8028]."""
    departure_date: Day | None = None
    """Day of departure or shipment."""
    loading_place: Place | None = None
    """Port or place of loading [UNTDED 3334]."""
    discharge_place: Place | None = None
    """Port or place of discharge [UNTDED 3392]."""
    route: Prose | None = None
    """The route in words, with places of transit."""


class Quantity(Node):
    """An amount with its unit."""

    value: PositiveDecimal
    """The amount, above zero [UNTDED 6060]."""
    unit: UnitCode
    """UN/ECE Recommendation 20 code [UNTDED 6411]."""


class Money(Node):
    """An amount of money. Zero is allowed: samples have no commercial value."""

    amount: Decimal
    """The amount."""
    currency: Currency
    """ISO 4217 code [UNTDED 6345]."""


class Packages(Node):
    """Number and kind of packages [Form A box 7, EUR.1 box 8, ChAFTA box 8]."""

    count: Annotated[int, Field(ge=0, le=99_999_999)]
    """Number of packages [UNTDED 7224]; zero for goods in bulk."""
    kind: Line70
    """UN/ECE Recommendation 21 code (`CT`) or words (`cartons`) [UNTDED 7065]."""


class Item(Node):
    """One line of goods."""

    number: Annotated[int, Field(ge=1, le=MAX_ITEMS)]
    """Position, from 1 without gaps [UNTDED 1496; Form A box 5, ChAFTA box 6]."""
    marks: Prose | None = None
    """Marks and numbers on the packages [UNTDED 7102; Form A box 6, ChAFTA box 7]."""
    packages: Packages | None = None
    """Number and kind of packages."""
    description: Prose
    """Description of the goods, enough to recognise them [UNTDED 7002; Form A box 7, ChAFTA box 8]."""
    hs_code: HsCode
    """HS code in digits, 6 to 10 [UNTDED 7357; ChAFTA box 9]."""
    hs_edition: Literal["1988", "1992", "1996", "2002", "2007", "2012", "2017", "2022"] | None = None
    """Edition of the Harmonized System that the code is from."""
    origin_criterion: Line70 | None = None
    """Origin-conferring criterion in the scheme's codes [Form A box 8, ChAFTA box 10]."""
    origin_country: TerritoryCode | None = None
    """Origin of this item, where it differs from the certificate's [UNTDED 3239]."""
    quantity: Quantity | None = None
    """Quantity in a commercial unit [Form A box 9, ChAFTA box 11]."""
    gross_mass: Quantity | None = None
    """Gross mass [Form A box 9, EUR.1 box 9]."""
    net_mass: Quantity | None = None
    """Net mass."""
    producer: Party | None = None
    """Producer of this item, where items have different ones."""
    value: Money | None = None
    """Value of the item, FOB where the scheme asks for it."""
    invoices: Annotated[tuple[Line70, ...], AsTuple, Field(min_length=1, max_length=50), Unique] | None = None
    """Numbers of the invoices that cover it."""
    allowance: Units | None = None
    """Units of the allowance that this item may draw down; stated for every item or for none."""


class Invoice(Node):
    """A commercial invoice [Form A box 10, EUR.1 box 10, ChAFTA box 12]."""

    number: Line70
    """Invoice number [UNTDED 1334]."""
    date: Day | None = None
    """Invoice date."""
    amount: Money | None = None
    """Invoice total."""
    issued_by: Party | None = None
    """Who invoices, when it is not the exporter (third-party invoice)."""


class Declaration(Node):
    """A statement with its place, date and signatory. The words are kept; a picture of ink proves nothing."""

    statement: Prose | None = None
    """The words declared."""
    place: Line140 | None = None
    """Where it was signed."""
    date: Day | None = None
    """When it was signed."""
    signatory: Line140 | None = None
    """Who signed."""
    capacity: Line140 | None = None
    """In what capacity."""


class Declarations(Node):
    """Who declared what."""

    exporter: Declaration | None = None
    """Declaration by the exporter or producer [Form A box 12, EUR.1 box 12, ChAFTA box 13]."""
    issuer: Declaration | None = None
    """Certification by the issuing body [Form A box 11, ChAFTA box 14]."""


class Allowance(Node):
    """How much customs may use up, in whole units."""

    units: Units
    """Number of units; one use of the whole certificate is 1 `certificate`."""
    unit: AllowanceUnit = "certificate"
    """`certificate`, or a UN/ECE Recommendation 20 code."""


class Original(Node):
    """The certificate that this one replaces, copies or rests on."""

    number: Number
    """Its number."""
    issue_date: Day | None = None
    """Its date of issue."""
    issuer: Line256 | None = None
    """Identifier or name of who issued it, where that is another."""


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


class Certificate(Node):
    """A certificate of origin."""

    type: Literal["certificate-of-origin"]
    """What this document is."""
    version: Annotated[int, Field(ge=DOCUMENT_VERSION, le=DOCUMENT_VERSION)]
    """Version of this format."""
    number: Number
    """Reference number, unique per issuer [UNTDED 1004]."""
    scheme: SchemeCode
    """What it is issued under, for example RCEP or NON-PREFERENTIAL."""
    issuance_basis: Literal["authority", "approved-exporter", "registered-exporter", "self-certified"]
    """By which right the issuer issues."""
    issuer: Issuer
    """Who issues."""
    exporter: Party
    """Exporter [Form A box 1, EUR.1 box 1, ChAFTA box 1]."""
    producer: Party | None = None
    """Producer, where it is another and known [ChAFTA box 2]."""
    consignee: Party
    """Consignee or importer [UNTDED 3132; Form A box 2, EUR.1 box 3, ChAFTA box 3]."""
    agent: Party | None = None
    """Who applies for the exporter by mandate."""
    export_country: TerritoryCode
    """Country of export."""
    import_country: TerritoryCode
    """Country of import [EUR.1 box 5]."""
    origin_country: TerritoryCode
    """Country of origin, of all items that name no other [UNTDED 3239; EUR.1 box 4]."""
    destination: TerritoryCode | None = None
    """Customs territory whose customs may use it up; absent: any."""
    issue_date: Day
    """Day of issue."""
    valid_from: Day | None = None
    """First day of validity; absent: the day of issue."""
    valid_until: Day | None = None
    """Last day of validity, inclusive; absent: not stated."""
    transport: Transport | None = None
    """Means of transport and route."""
    consignment: IdentifierText | None = None
    """Identifier of the consignment that cargo events refer to."""
    containers: (
        Annotated[tuple[ContainerNumber, ...], AsTuple, Field(min_length=1, max_length=500), Unique] | None
    ) = None
    """ISO 6346 container numbers [UNTDED 8260]."""
    allowance: Allowance | None = None
    """How much customs may use up; absent: once, as a whole."""
    items: Annotated[tuple[Item, ...], AsTuple, Field(min_length=1, max_length=MAX_ITEMS)]
    """The goods."""
    invoices: Annotated[tuple[Invoice, ...], AsTuple, Field(min_length=1, max_length=200)] | None = None
    """The invoices."""
    original: Original | None = None
    """The certificate that this one replaces, copies or rests on."""
    declarations: Declarations | None = None
    """Declarations of exporter and issuer."""
    flags: Annotated[tuple[Flag, ...], AsTuple, Field(min_length=1, max_length=8), Unique] | None = None
    """What is special about it."""
    remarks: Prose | None = None
    """Remarks [EUR.1 box 7, ChAFTA box 5]."""
    extensions: JsonObject | None = None
    """What a foreign format carries besides, committed as one value: any JSON without floats."""
