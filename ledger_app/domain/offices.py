"""An issuer as the ledger has it, and what a document that it is to issue says otherwise.

The ledger does not read documents: it registers one that says so, and every verifier calls it not genuine.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger_app.domain.findings import Finding, error
from ledger_app.domain.standing import ISSUANCE_BASES, AccreditationKind

NOT_ACCREDITED: Final = "NOT_ACCREDITED"
RULES: Final = frozenset({"ISSUER_TERRITORY_DIFFERS", NOT_ACCREDITED, "BASIS_DIFFERS"})


@dataclass(frozen=True, slots=True)
class Office:
    """`kinds`: of its accreditations that hold today, by scheme. What is None is not known, and nothing is
    held against it."""

    territory: str | None = None
    kinds: Mapping[str, AccreditationKind] | None = None

    def findings(self, document: Mapping[str, Any]) -> list[Finding]:
        """What verifiers or the ledger would refuse of a document of right form that it is to issue."""
        return [*self._territory(document), *self._right(document)]

    def _territory(self, document: Mapping[str, Any]) -> Iterator[Finding]:
        said = document["issuer"].get("territory")
        if self.territory is not None and said != self.territory:
            yield error(
                "/issuer/territory",
                "ISSUER_TERRITORY_DIFFERS",
                f"On the ledger the issuer is of {self.territory}: no verifier would call this genuine.",
                f"Give {self.territory}.",
                source="docs/verification.md",
                value=said,
            )

    def _right(self, document: Mapping[str, Any]) -> Iterator[Finding]:
        if self.kinds is None:
            return
        scheme, basis = document["scheme"], document.get("issuanceBasis")
        kind = self.kinds.get(scheme, AccreditationKind.NONE)
        if kind is AccreditationKind.NONE:
            yield error(
                "/scheme",
                NOT_ACCREDITED,
                f"The issuer has no accreditation for {scheme} today: the ledger would refuse it.",
                "Have its authority accredit it (`origin member accredit …`), or correct the scheme.",
                source="docs/protocol.md",
                value=scheme,
            )
        elif ISSUANCE_BASES.get(str(basis)) is not kind:
            fitting = " or ".join(each for each, other in ISSUANCE_BASES.items() if other is kind)
            yield error(
                "/issuanceBasis",
                "BASIS_DIFFERS",
                f"Under {scheme} the issuer's are {kind.words}: no verifier would call this genuine.",
                f"Give {fitting}.",
                source="docs/verification.md",
                value=basis,
            )
