"""Does what was reported about the goods agree with what their certificate says?

A first, careful reading: nothing here decides whether a certificate is genuine, so a contradiction is stated
only where goods that the events themselves tie to the consignment were elsewhere than the certificate says,
and "agrees" only where something could be compared. All else stays unjudged, with the reason.

Compared are: the country where the goods were loaded around the day of departure, with the countries of
export, origin and loading; the country where they arrived, with those of import and discharge; the container
that they travelled in. A container by itself carries other goods on other days: what is told of it may
confirm a loading near the day of departure, and contradicts nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, Final, Literal

from ledger_app.domain.cargo.identifiers import canonical_identifier
from ledger_app.domain.cargo.places import country_of
from ledger_app.domain.cargo.subjects import Subject, SubjectKind, container_number, subjects_of
from ledger_app.domain.cargo.vocabulary import BIZ_STEP
from ledger_app.domain.codelists import contains_territory, territory_name

_LOADING: Final = frozenset(map(BIZ_STEP.expand, ("loading", "departing", "shipping")))
_ARRIVING: Final = frozenset(map(BIZ_STEP.expand, ("arriving", "unloading", "receiving", "accepting")))
_ENDING: Final = frozenset(map(BIZ_STEP.expand, ("unpacking", "retail_selling")))
# A relay port's loading comes days after the first departure, and says nothing about the export.
_BEFORE: Final = timedelta(days=30)
_AFTER: Final = timedelta(days=1)
_CONTAINER_BEFORE: Final = timedelta(days=10)


@dataclass(frozen=True, slots=True)
class _Event:
    step: str
    country: str | None
    day: date
    containers: frozenset[str]
    named: frozenset[Subject]


@dataclass(frozen=True)
class Told:
    """One event that is proven to be as reported: its kept form, its event hash, its time in milliseconds."""

    event: Mapping[str, Any]
    event_hash: str
    time: int

    @cached_property
    def read(self) -> _Event:
        """What of it is compared; worked out once, however many certificates it is about."""
        named = subjects_of(self.event)
        place = _id(self.event.get("readPoint")) or _id(self.event.get("bizLocation"))
        return _Event(
            step=BIZ_STEP.expand(str(self.event.get("bizStep", ""))),
            country=country_of(place),
            day=datetime.fromtimestamp(self.time / 1000, UTC).date(),
            containers=frozenset(each.name for each in named if each.kind is SubjectKind.CONTAINER),
            named=frozenset(named),
        )


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the history says of the certificate. `reason` is a code of `ledger_app.reasons`, or "" where the
    history agrees."""

    outcome: Literal["passed", "warning", "not-checked"]
    reason: str
    detail: str


def linked_subjects(document: Mapping[str, Any]) -> list[Subject]:
    """The consignment and the containers that a certificate names, as events name them; none of what a
    partial or odd document hides."""
    found: list[Subject] = []
    consignment = document.get("consignment")
    if isinstance(consignment, str) and consignment.strip():
        name = consignment.strip()
        found.append(Subject(SubjectKind.CONSIGNMENT, name))
        found.append(Subject(SubjectKind.OBJECT, canonical_identifier(name) or name))
    found += [Subject(SubjectKind.CONTAINER, number) for number in sorted(_containers(document))]
    return found


def judge_history(document: Mapping[str, Any], told: Sequence[Told]) -> Opinion:
    """The opinion on a certificate from the events that name its consignment or its containers, in any
    order. Raises nothing for odd documents: what cannot be compared is left out."""
    events = _usable(told)
    goods = {each for each in linked_subjects(document) if each.kind is not SubjectKind.CONTAINER}
    own = [event for event in events if not goods.isdisjoint(event.named)]
    wrong = _contradictions(document, own)
    if wrong:
        return Opinion("warning", wrong[0][0], "; ".join(words for _, words in wrong))
    agreed = list(_agreements(document, events, own))
    if agreed:
        return Opinion("passed", "", "; ".join(agreed))
    return Opinion("not-checked", "CARGO_NOT_COMPARABLE", "")


def _usable(told: Sequence[Told]) -> list[_Event]:
    """Those that the reporter has not declared wrong, in the order of time."""
    # The event hash leaves the declaration out, so that it names the event that is declared wrong as well.
    wrong = {one.event_hash for one in told if "errorDeclaration" in one.event}
    return [one.read for one in sorted(told, key=lambda one: one.time) if one.event_hash not in wrong]


def _contradictions(document: Mapping[str, Any], own: list[_Event]) -> list[tuple[str, str]]:
    """`own`: the events that name the consignment itself."""
    found = []
    loaded = next((event for event in _loadings(document, own, _BEFORE) if event.country), None)
    exported = _exported(document)
    if loaded is not None and exported and not _within(loaded.country, exported):
        words = f"loaded in {_name(loaded)} on {loaded.day}; the certificate says {_list(exported)}"
        found.append(("CARGO_LOADED_ELSEWHERE", words))
    last = next((event for event in reversed(own) if event.country), None)
    imported = _imported(document)
    known = imported | exported
    if last is not None and imported and last.step in _ENDING and not _within(last.country, known):
        words = f"unpacked in {_name(last)} on {last.day}; the certificate says {_list(imported)}"
        found.append(("CARGO_ENDED_ELSEWHERE", words))
    mine = _containers(document)
    carried = frozenset[str]().union(*(event.containers for event in _loadings(document, own, _BEFORE)))
    if mine and carried and not any(mine & event.containers for event in own):
        words = f"loaded in container {', '.join(sorted(carried)[:3])}; the certificate names others"
        found.append(("CARGO_CONTAINER_DIFFERS", words))
    return found


def _agreements(document: Mapping[str, Any], events: list[_Event], own: list[_Event]) -> Iterator[str]:
    exported, imported, mine = _exported(document), _imported(document), _containers(document)
    near = [*_loadings(document, own, _BEFORE), *_loadings(document, events, _CONTAINER_BEFORE)]
    for event in near:
        if _within(event.country, exported):
            yield f"loaded in {_name(event)} on {event.day}"
            break
    for event in own:
        if event.step in _ARRIVING and _within(event.country, imported):
            yield f"arrived in {_name(event)} on {event.day}"
            break
    carried = sorted({number for event in own for number in event.containers & mine})
    if carried:
        yield f"carried in container {', '.join(carried[:3])}, as the certificate says"


def _loadings(document: Mapping[str, Any], events: list[_Event], before: timedelta) -> list[_Event]:
    """Loadings that can be the one of the certificate's departure; none where it states no day."""
    transport = document.get("transport")
    departure = _day(transport.get("departureDate")) if isinstance(transport, Mapping) else None
    if departure is None:
        return []
    return [
        event for event in events if event.step in _LOADING and -before <= event.day - departure <= _AFTER
    ]


def _exported(document: Mapping[str, Any]) -> frozenset[str]:
    items = document.get("items")
    lines = items if isinstance(items, Sequence) and not isinstance(items, str) else ()
    found = [document.get("exportCountry"), document.get("originCountry"), _port(document, "loadingPlace")]
    found += [item.get("originCountry") for item in lines if isinstance(item, Mapping)]
    return _codes(found)


def _imported(document: Mapping[str, Any]) -> frozenset[str]:
    named = (document.get("importCountry"), document.get("destination"), _port(document, "dischargePlace"))
    return _codes(named)


def _codes(found: Iterable[Any]) -> frozenset[str]:
    return frozenset(code for code in found if isinstance(code, str) and code)


def _port(document: Mapping[str, Any], name: str) -> str | None:
    transport = document.get("transport")
    place = transport.get(name) if isinstance(transport, Mapping) else None
    code = place.get("code") if isinstance(place, Mapping) else None
    return code[:2] if isinstance(code, str) else None


def _containers(document: Mapping[str, Any]) -> frozenset[str]:
    named = document.get("containers")
    if not isinstance(named, Sequence) or isinstance(named, str):
        return frozenset()
    numbers = (container_number(text) for text in named if isinstance(text, str))
    return frozenset(number for number in numbers if number is not None)


def _within(country: str | None, territories: Iterable[str]) -> bool:
    return country is not None and any(contains_territory(whole, country) for whole in territories)


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _id(place: Any) -> str | None:
    found = place.get("id") if isinstance(place, Mapping) else None
    return found if isinstance(found, str) else None


def _name(event: _Event) -> str:
    return territory_name(event.country or "")


def _list(codes: Iterable[str]) -> str:
    return ", ".join(sorted(map(territory_name, codes)))
