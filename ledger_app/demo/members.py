"""Who takes part in the demonstration."""

from dataclasses import dataclass
from typing import Final

from ledger_app.domain.samples import DEMO_EXPORTER, DEMO_ISSUER

COUNCIL: Final = ("council-1", "council-2", "council-3")
THRESHOLD: Final = 2
SCHEMES: Final = ("RCEP", "CHAFTA", "NON-PREFERENTIAL")


@dataclass(frozen=True, slots=True)
class Member:
    """One organisation. `slug` names its folder and its token; `by_council`: admitted by votes, else
    enrolled."""

    slug: str
    identifier: str
    name: str
    territory: str
    roles: tuple[str, ...]
    by_council: bool


AUTHORITY: Final = Member(
    "authority", "urn:origin:demo:authority-cn", "Demo Trade Authority", "CN", ("AUTHORITY",), by_council=True
)
CUSTOMS: Final = Member(
    "customs", "urn:origin:demo:customs-au", "Demo Customs of Australia", "AU", ("CUSTOMS",), by_council=True
)
CARRIER: Final = Member(
    "carrier", "urn:origin:demo:carrier", "Demo Ocean Carrier", "SG", ("REPORTER",), by_council=True
)
CHAMBER: Final = Member(
    "chamber", DEMO_ISSUER, "Demo Chamber of International Commerce", "CN", ("ISSUER",), by_council=False
)
EXPORTER: Final = Member(
    "exporter", DEMO_EXPORTER, "Ningbo Harbour Housewares Co., Ltd.", "CN", ("EXPORTER",), by_council=False
)
MEMBERS: Final = (AUTHORITY, CUSTOMS, CARRIER, CHAMBER, EXPORTER)
