"""What an event is about, by the names that people search for: consignment, container, certificate, object.

Found in the event itself, so that the link is as proven as the event. What a reporter says besides (a
consignment named at capture) is kept apart by the caller.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ledger_app.domain.cargo.identifiers import canonical_identifier
from ledger_app.domain.cargo.vocabulary import TRANSACTION_TYPE
from ledger_app.errors import BadInput

MAX_SUBJECT: Final = 200
"""Most characters of a name that can be searched for."""

_CONTAINER = re.compile(r"[A-Z]{3}[UJZ][0-9]{7}", re.ASCII)
_CERTIFICATE = TRANSACTION_TYPE.expand("cert")


class SubjectKind(StrEnum):
    """What a name stands for."""

    CONSIGNMENT = "consignment"
    CONTAINER = "container"
    CERTIFICATE = "certificate"
    OBJECT = "object"


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """One thing that an event is about; `name` in its canonical spelling."""

    kind: SubjectKind
    name: str


def container_number(text: str) -> str | None:
    """`text` as a container number of the form of ISO 6346 (blanks and hyphens dropped), or None.

    A wrong check digit does not matter here: what was reported under it must still be found.
    """
    code = re.sub(r"[\s-]", "", text.upper()) if len(text) <= 32 else ""
    return code if _CONTAINER.fullmatch(code) else None


def consignment_name(text: str) -> str:
    """A consignment's identifier as it is kept: any text, blanks around it dropped.

    Raises BadInput CARGO_CONSIGNMENT for an empty, unprintable or overlong one.
    """
    name = text.strip()
    if not 0 < len(name) <= MAX_SUBJECT or not name.isprintable():
        raise BadInput(
            "CARGO_CONSIGNMENT", f"a consignment is named by 1 to {MAX_SUBJECT} printable characters"
        )
    return name


def search_names(text: str) -> list[Subject]:
    """All subjects that a person may mean by `text`."""
    name = consignment_name(text)
    container = container_number(name)
    found = [Subject(SubjectKind.CONSIGNMENT, name), Subject(SubjectKind.CERTIFICATE, name)]
    if container is not None:
        found.append(Subject(SubjectKind.CONTAINER, container))
    found.append(Subject(SubjectKind.OBJECT, canonical_identifier(name) or name))
    return found


def subjects_of(event: Mapping[str, Any]) -> list[Subject]:
    """The subjects of a kept event, sorted, each once. Names longer than `MAX_SUBJECT` are left out."""
    found: set[Subject] = set()
    for uri in _identifiers(event):
        found.update(_of_identifier(uri))
    for entry in event.get("bizTransactionList", ()):
        uri = entry["bizTransaction"]
        found.update(_of_identifier(uri))
        if TRANSACTION_TYPE.expand(entry.get("type", "")) == _CERTIFICATE:
            found.add(Subject(SubjectKind.CERTIFICATE, re.split(r"[:/]", uri.rstrip("/"))[-1]))
    return sorted(subject for subject in found if 0 < len(subject.name) <= MAX_SUBJECT)


def _of_identifier(uri: str) -> Iterator[Subject]:
    link = canonical_identifier(uri)
    yield Subject(SubjectKind.OBJECT, link or uri)
    if link is not None and link.startswith(("https://id.gs1.org/401/", "https://id.gs1.org/402/")):
        # GINC and GSIN are the GS1 keys for a consignment and a shipment.
        yield Subject(SubjectKind.CONSIGNMENT, link.rsplit("/", 1)[1])
    container = container_number(re.split(r"[:/]", uri)[-1])
    if container is not None:
        yield Subject(SubjectKind.CONTAINER, container)


def _identifiers(event: Mapping[str, Any]) -> Iterator[str]:
    for name in ("epcList", "childEPCs", "inputEPCList", "outputEPCList"):
        yield from event.get(name, ())
    if "parentID" in event:
        yield event["parentID"]
    for name in ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"):
        yield from (entry["epcClass"] for entry in event.get(name, ()))
