"""The fields of a certificate of origin. JSON members are camelCase; what is absent is left out, never null.

Brackets at the end of a description name the data element where we are sure of it: UNTDED (ISO 7372) element
numbers, WCO Data Model identifiers, and boxes of printed forms: Form A of the GSP, EUR.1, the form of the
China–Australia agreement (ChAFTA), Form D of ATIGA, and the elements of USMCA Annex 5-A. `[not given]` says
that there is none, or that we could not confirm its number.
"""

from typing import Annotated, Final, Literal

from pydantic import Field

from ledger_app.domain.fields import (
    AsTuple,
    ContainerNumber,
    Day,
    HsCode,
    IdentifierText,
    JsonObject,
    Line70,
    Number,
    Prose,
    SchemeCode,
    TerritoryCode,
    Unique,
    Units,
)
from ledger_app.domain.model_parts import (
    Address,
    Agent,
    Allowance,
    Authorisation,
    BlanketPeriod,
    Declarations,
    Evidence,
    Flag,
    Invoice,
    Issuer,
    Money,
    Node,
    Original,
    Packages,
    Party,
    Quantity,
    RegionalValueContent,
    Transport,
)

__all__ = [
    "DOCUMENT_TYPE",
    "DOCUMENT_VERSION",
    "MAX_ITEMS",
    "Address",
    "Certificate",
    "Item",
    "Node",
    "Party",
    "Quantity",
]

DOCUMENT_TYPE: Final = "certificate-of-origin"
DOCUMENT_VERSION: Final = 1
MAX_ITEMS: Final = 999


class Item(Node):
    """One line of goods."""

    number: Annotated[int, Field(ge=1, le=MAX_ITEMS)]
    """Position, from 1 without gaps [UNTDED 1496; Form A box 5, ChAFTA box 6, Form D box 5]."""
    marks: Prose | None = None
    """Marks and numbers on the packages [UNTDED 7102, WCO 142; Form A box 6, ChAFTA box 7, Form D box 6]."""
    packages: Packages | None = None
    """Number and kind of packages [Form A box 7, EUR.1 box 8, ChAFTA box 8, Form D box 7]."""
    description: Prose
    """Description of the goods, enough to recognise them [UNTDED 7002; Form A box 7, EUR.1 box 8,
    ChAFTA box 8, USMCA Annex 5-A element 6]."""
    hs_code: HsCode
    """HS code in digits, 6 to 10 [UNTDED 7357, WCO 145; ChAFTA box 9, USMCA Annex 5-A element 6]."""
    hs_edition: Literal["1988", "1992", "1996", "2002", "2007", "2012", "2017", "2022"] | None = None
    """Edition of the Harmonized System that the code is from [not given]."""
    origin_criterion: Line70 | None = None
    """Origin-conferring criterion in the scheme's codes [Form A box 8, ChAFTA box 10, Form D box 8,
    USMCA Annex 5-A element 7]."""
    origin_country: TerritoryCode | None = None
    """Origin of this item, where it differs from the certificate's [UNTDED 3239, WCO 063]."""
    regional_value_content: RegionalValueContent | None = None
    """Regional value content, where the criterion rests on it [not given]."""
    quantity: Quantity | None = None
    """Quantity in a commercial unit [Form A box 9, ChAFTA box 11]."""
    gross_mass: Quantity | None = None
    """Gross mass [UNTDED 6292; Form A box 9, EUR.1 box 9, Form D box 9]."""
    net_mass: Quantity | None = None
    """Net mass [not given]."""
    producer: Party | None = None
    """Producer of this item, where items have different ones [ChAFTA box 2]."""
    value: Money | None = None
    """Value of the item, FOB where the scheme asks for it and `fobValue` is absent [not given]."""
    fob_value: Money | None = None
    """Value free on board, with its currency [Form D box 9]."""
    invoices: Annotated[tuple[Line70, ...], AsTuple, Field(min_length=1, max_length=50), Unique] | None = None
    """Numbers of the invoices that cover it [UNTDED 1334; Form A box 10, ChAFTA box 12]."""
    allowance: Units | None = None
    """Units of the allowance that this item may draw down; stated for every item or for none [not given]."""
    original_item: Annotated[int, Field(ge=1, le=MAX_ITEMS)] | None = None
    """Number of the item of the original that this one replaces a part of; absent: the same [not given]."""


class Certificate(Node):
    """A certificate of origin."""

    type: Literal["certificate-of-origin"]
    """What this document is [UNTDED 1001]."""
    version: Annotated[int, Field(ge=DOCUMENT_VERSION, le=DOCUMENT_VERSION)]
    """Version of this format [not given]."""
    number: Number
    """Reference number, unique per issuer [UNTDED 1004]."""
    scheme: SchemeCode
    """What it is issued under, for example RCEP or NON-PREFERENTIAL [not given]."""
    issuance_basis: Literal[
        "authority",
        "approved-exporter",
        "registered-exporter",
        "self-certified",
        "exporter",
        "producer",
        "importer",
    ]
    """By which right it is issued: by an authority, by an approved or a registered (REX) exporter, or
    self-certified, for which exporter, producer and importer say by whom [USMCA Annex 5-A element 1]."""
    certifier_authorisation: Authorisation | None = None
    """Authorisation of an approved or registered exporter [not given]."""
    issuer: Issuer
    """Who issues [USMCA Annex 5-A element 2]."""
    exporter: Party
    """Exporter [Form A box 1, EUR.1 box 1, ChAFTA box 1, Form D box 1, USMCA Annex 5-A element 3]."""
    agent: Agent | None = None
    """Who applies for the exporter by mandate [not given]."""
    producer: Party | None = None
    """Producer, where it is another and known [ChAFTA box 2, USMCA Annex 5-A element 4]."""
    producer_status: Literal["same-as-exporter", "unknown", "available-on-request"] | None = None
    """What is said instead of naming the producer [ChAFTA box 2, USMCA Annex 5-A element 4]."""
    consignee: Party | None = None
    """Consignee, where the scheme asks for it or it is known
    [UNTDED 3132; Form A box 2, EUR.1 box 3, ChAFTA box 3, Form D box 2]."""
    importer: Party | None = None
    """Importer, where it is another than the consignee [ChAFTA box 3, USMCA Annex 5-A element 5]."""
    export_country: TerritoryCode
    """Country of export [not given]."""
    import_country: TerritoryCode
    """Country of import [EUR.1 box 5]."""
    origin_country: TerritoryCode
    """Country of origin, of all items that name no other [UNTDED 3239, WCO 063; EUR.1 box 4]."""
    destination: TerritoryCode | None = None
    """Customs territory whose customs may use it up; absent: any [not given]."""
    issue_date: Day
    """Day of issue [not given]."""
    valid_from: Day | None = None
    """First day of validity; absent: the day of issue [not given]."""
    valid_until: Day | None = None
    """Last day of validity, inclusive; absent: not stated [not given]."""
    blanket_period: BlanketPeriod | None = None
    """Days within which shipments of the same goods are covered [USMCA Annex 5-A element 8]."""
    transport: Transport | None = None
    """Means of transport and route [Form A box 3, EUR.1 box 6, ChAFTA box 4, Form D box 3]."""
    consignment: IdentifierText | None = None
    """Identifier of the consignment that cargo events refer to [not given]."""
    containers: (
        Annotated[tuple[ContainerNumber, ...], AsTuple, Field(min_length=1, max_length=500), Unique] | None
    ) = None
    """ISO 6346 container numbers [UNTDED 8260, WCO 159]."""
    allowance: Allowance | None = None
    """How much customs may use up; absent: once, as a whole [not given]."""
    items: Annotated[tuple[Item, ...], AsTuple, Field(min_length=1, max_length=MAX_ITEMS)]
    """The goods [Form A boxes 5 to 10, EUR.1 boxes 8 to 10, ChAFTA boxes 6 to 12, Form D boxes 5 to 10]."""
    invoices: Annotated[tuple[Invoice, ...], AsTuple, Field(min_length=1, max_length=200)] | None = None
    """The invoices [Form A box 10, EUR.1 box 10, ChAFTA box 12, Form D box 10]."""
    original: Original | None = None
    """The certificate that this one replaces, copies or rests on [not given]."""
    declarations: Declarations | None = None
    """Declarations of exporter and issuer [Form A boxes 11 and 12, ChAFTA boxes 13 and 14]."""
    flags: Annotated[tuple[Flag, ...], AsTuple, Field(min_length=1, max_length=8), Unique] | None = None
    """What is special about it [Form D box 13]."""
    evidence: Annotated[tuple[Evidence, ...], AsTuple, Field(min_length=1, max_length=100)] | None = None
    """Supporting files, which travel encrypted and apart [not given]."""
    remarks: Prose | None = None
    """Remarks [EUR.1 box 7, ChAFTA box 5]."""
    extensions: JsonObject | None = None
    """What a foreign format carries besides, committed as one value: any JSON without floats [not given]."""
