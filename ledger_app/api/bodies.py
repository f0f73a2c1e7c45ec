"""The JSON bodies that requests carry. Members are camelCase; hashes and signatures 0x… text; days
`YYYY-MM-DD`.
"""

from typing import Any

from pydantic import Field

from ledger_app.api.http import Body, record_id
from ledger_app.errors import BadInput
from ledger_app.services.locating import Reference
from ledger_app.services.members import Acceptance


class ReferenceBody(Body):
    """Names a certificate by exactly one of id, number (with issuer, if several use it), digest, leaf or
    bundle.
    """

    id: str | None = Field(None, max_length=80)
    number: str | None = Field(None, max_length=128)
    issuer: str | None = Field(None, max_length=256)
    digest: str | None = Field(None, max_length=66)
    leaf: str | None = Field(None, max_length=66)
    bundle: dict[str, Any] | None = None

    def reference(self) -> Reference:
        """As the services take it."""
        return Reference(
            id=self.id,
            number=self.number,
            issuer=self.issuer,
            digest=self.digest,
            leaf=self.leaf,
            bundle=self.bundle,
        )


def reference_of(certificate: str, given: ReferenceBody | None) -> Reference:
    """The certificate in the path, or with `by-reference` there the one in the body (bundle, number,
    digest).
    """
    if certificate == "by-reference":
        if given is None:
            raise BadInput("REFERENCE_UNCLEAR")
        return given.reference()
    if given is not None:
        raise BadInput("REFERENCE_UNCLEAR", "The path names a certificate already.")
    return Reference(id=record_id(certificate))


class IssueBody(Body):
    """One batch: documents of one scheme."""

    documents: list[dict[str, Any]]


class ApplicationBody(Body):
    """A new application: the document as far as it is known, and which issuing body is asked (identifier or
    id; default: the document's)."""

    document: dict[str, Any]
    issuer: str | None = Field(None, max_length=256)


class ApplicationEditBody(Body):
    """Another document for the application, of which the caller saw `version`."""

    document: dict[str, Any]
    version: int = Field(ge=1, le=2**53 - 1)


class ApplicationStepBody(Body):
    """A step of the application, of which the caller saw `version`."""

    version: int = Field(ge=1, le=2**53 - 1)


class ApplicationTakeBody(Body):
    """Taking an application up; `fourEyes`: a second person is to issue it."""

    version: int = Field(ge=1, le=2**53 - 1)
    four_eyes: bool = False


class ApplicationReasonsBody(Body):
    """Giving an application back or refusing it, with written reasons."""

    version: int = Field(ge=1, le=2**53 - 1)
    reasons: list[str] = Field(min_length=1, max_length=50)


class ApplicationIssueBody(Body):
    """Issuing: by default under the next number of the issuer's ranges, dated today (UTC)."""

    version: int = Field(ge=1, le=2**53 - 1)
    number: str | None = Field(None, min_length=1, max_length=70)
    issue_date: str | None = Field(None, max_length=10)


class ShareBody(Body):
    """The file of the certificate's application that customs may read."""

    attachment: str = Field(max_length=80)


class RangeBody(Body):
    """A range of certificate numbers: a pattern with one run of # and perhaps {year}; `last` default: as far
    as it goes; without `scheme` for all."""

    pattern: str = Field(min_length=1, max_length=80)
    first: int = Field(1, ge=0, le=10**15 - 1)
    last: int | None = Field(None, ge=0, le=10**15 - 1)
    scheme: str | None = Field(None, max_length=31)


class ReasonBody(Body):
    """Why: a code or its number."""

    reason: str | int
    certificate: ReferenceBody | None = None


class StatementBody(Body):
    """For how many days a checkpoint or trust snapshot is to be good."""

    days: int | None = Field(None, ge=1, le=400)


class StatementSeenBody(Body):
    """The file of a checkpoint or trust snapshot."""

    statement: dict[str, Any]


class EmptyBody(Body):
    """Nothing, or the certificate's bundle."""

    certificate: ReferenceBody | None = None


class SupersedeBody(Body):
    """The documents that replace the certificate."""

    documents: list[dict[str, Any]]
    reason: str | int
    certificate: ReferenceBody | None = None


class ItemBody(Body):
    """Units of one item, by its number in the document."""

    item: int = Field(ge=1, le=2**32 - 1)
    units: int = Field(ge=1, le=2**53 - 1)


class AcquitBody(Body):
    """Units (default: all that is left) against an import declaration; `presented`: the day by which
    validity is judged, default today."""

    declaration: str = Field(max_length=200)
    units: int | None = Field(None, ge=1, le=2**53 - 1)
    items: list[ItemBody] | None = Field(None, max_length=10_000)
    presented: str | None = Field(None, max_length=10)
    certificate: ReferenceBody | None = None

    def uses(self) -> list[dict[str, int]] | None:
        """The items as the services take them."""
        return None if self.items is None else [{"item": i.item, "units": i.units} for i in self.items]


class ClaimBody(Body):
    """Withdraw or refuse: the declaration and why."""

    declaration: str = Field(max_length=200)
    reason: str | int
    certificate: ReferenceBody | None = None


class ConsumeBody(Body):
    """Back-to-back: the documents made out of units of the certificate."""

    documents: list[dict[str, Any]]
    units: int | None = Field(None, ge=1, le=2**53 - 1)
    items: list[ItemBody] | None = Field(None, max_length=10_000)
    certificate: ReferenceBody | None = None

    def uses(self) -> list[dict[str, int]] | None:
        """The items as the services take them."""
        return None if self.items is None else [{"item": i.item, "units": i.units} for i in self.items]


class EnquireBody(Body):
    """A question to an organisation (identifier or id); `replyBy` in Unix seconds, by default the end of the
    time that the certificate's agreement gives, or of 30 days."""

    to: str = Field(max_length=256)
    certificate: ReferenceBody | None = None
    code: str | int
    reply_by: int | None = Field(None, ge=0, le=2**48 - 1)
    text: str = Field("", max_length=4000)


class AnswerBody(Body):
    """The answer to an enquiry."""

    code: str | int
    text: str = Field("", max_length=4000)


class SignatureBody(Body):
    """A signature: the address of the key, and 64 bytes r || vs."""

    key: str = Field(max_length=42)
    signature: str = Field(max_length=130)


class RefusalBody(Body):
    """Why the signer does not sign: a code of upper-case letters, digits and `_`, and words."""

    reason: str = Field(pattern=r"^[A-Z0-9_]{1,64}$")
    detail: str = Field("", max_length=2000)


class AcceptanceBody(Body):
    """A key's or member's own consent."""

    deadline: int = Field(ge=0, le=2**63 - 1)
    signature: str = Field(max_length=130)

    def acceptance(self) -> Acceptance:
        """As the services take it."""
        return Acceptance(self.deadline, self.signature)


class CouncilBody(Body):
    """One council act. `act` says which; the other members are those that it needs."""

    act: str = Field(pattern=r"^(admit|grantKey|endKey|disown|setCouncil|pauseFor|unpause|seal)$")
    organisation: str | None = Field(None, max_length=256)
    name: str | None = Field(None, max_length=400)
    territory: str | None = Field(None, max_length=8)
    roles: list[str] | None = Field(None, max_length=7)
    key: str | None = Field(None, max_length=42)
    acceptance: AcceptanceBody | None = None
    since: int | None = Field(None, ge=0, le=2**53 - 1)
    members: list[str] | None = Field(None, max_length=32)
    threshold: int | None = Field(None, ge=0, le=255)
    acceptances: list[AcceptanceBody] | None = Field(None, max_length=32)
    seconds: int | None = Field(None, ge=0, le=2**53 - 1)
    contract: str | None = Field(None, max_length=42)


class PauseBody(Body):
    """For how long a member pauses the ledger."""

    seconds: int = Field(ge=1, le=72 * 3600)


class EnrolBody(Body):
    """Roles that an authority grants: ISSUER, EXPORTER, AGENT; an empty list takes them."""

    name: str = Field(min_length=1, max_length=400)
    roles: list[str] = Field(max_length=7)


class AccreditBody(Body):
    """A right to issue under a scheme. `kind` as in docs/protocol.md §7; 0 withdraws."""

    scheme: str = Field(max_length=31)
    kind: int = Field(ge=0, le=4)
    from_day: str | None = Field(None, alias="from", max_length=10)
    until_day: str | None = Field(None, alias="until", max_length=10)


class AddKeyBody(Body):
    """A new key of the organisation, with its own consent."""

    key: str = Field(max_length=42)
    acceptance: AcceptanceBody


class NameBody(Body):
    """Who an organisation is."""

    identifier: str = Field(min_length=1, max_length=200)
    name: str = Field(min_length=1, max_length=400)
    territory: str = Field(min_length=2, max_length=8)


class TokenBody(Body):
    """Whom the token stands for: kind organisation (subject: identifier), council (address), trader or
    operator.
    """

    kind: str = Field(pattern=r"^(organisation|council|trader|operator)$")
    subject: str | None = Field(None, max_length=256)
    label: str = Field("", max_length=200)
    person: str = Field("", max_length=200)


class VerifyBody(Body):
    """One of number, digest, bundle or document is verified. `at`: day of presentation; `claim`: my own claim
    on it (the declaration's reference, or a claim id); `secret` belongs to `document`."""

    number: str | None = Field(None, max_length=128)
    issuer: str | None = Field(None, max_length=256)
    digest: str | None = Field(None, max_length=66)
    bundle: dict[str, Any] | None = None
    document: dict[str, Any] | None = None
    secret: str | None = Field(None, max_length=66)
    at: str | None = Field(None, max_length=10)
    claim: str | None = Field(None, max_length=200)


class VerifyManyBody(Body):
    """Several verifications, answered from one state of the ledger. `brief`: without checks and documents."""

    brief: bool = False
    queries: list[VerifyBody] = Field(min_length=1, max_length=1000)
