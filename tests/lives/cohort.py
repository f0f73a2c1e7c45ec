"""Lives of certificates, lived on a real ledger by several organisations, and compared with a ledger kept by
hand.

In each round one or two acts are tried on each life, all of them asked for before any is signed. What came of
them must be what some order of them does by hand.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import Any

from ledger_app.errors import ActRefused, LedgerError
from ledger_app.proof.canonical import parse_object
from ledger_app.proof.hexes import from_hex
from ledger_app.reasons import REASONS
from ledger_app.services import certificates, clearing, enquiries, issuing, lifecycle, signing
from ledger_app.services.context import ALWAYS
from ledger_app.services.locating import Reference
from tests.lives.ledger_by_hand import ACTORS, CUSTOMS, Life, Move, Paper, after, same
from tests.support.world import World

_REPLY_SECONDS = 30 * 86_400
_STATUS = {0: "good", 1: "suspended", 2: "revoked", 3: "superseded"}


def settle_in(world: World) -> None:
    """Bring in the customs offices that a world does not have: a second one in AU, and one in NZ."""
    new = [world._actor(name, CUSTOMS[name], ("CUSTOMS",)) for name in CUSTOMS if name not in world.actors]
    if new:
        world.done_all([world.admission(actor) for actor in new])
        world.done_all([world.grant(actor) for actor in new])
        world.catch_up()


@dataclass
class Lived:
    """One life: what it is by hand, and the certificates on the ledger, paper by paper."""

    life: Life
    certificates: list[dict[str, Any]]
    bundles: list[Any]
    asked: dict[int, list[str]] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    said: list[str] = field(default_factory=list)


@dataclass
class Tried:
    """A move under way: the service's answer, or why it was refused at once."""

    move: Move
    answer: dict[str, Any] | None = None
    reason: str = ""
    enquiry: str = ""

    @property
    def done(self) -> bool:
        return self.answer is not None and not self.reason


class Cohort:
    """`allowances`: of the certificates that begin the lives. `moves` counts what was done and refused."""

    def __init__(self, world: World, allowances: list[int]) -> None:
        settle_in(world)
        self.world = world
        self.who = {name: world.principal(name) for name in ACTORS}
        made = world.issue(*(world.document(allowance=units) for units in allowances))
        self.lives = [
            Lived(
                Life((Paper("chamber-cn", "AU", units),)),
                [certificate],
                [self._bundle(certificate, "chamber-cn")],
            )
            for units, certificate in zip(allowances, made, strict=True)
        ]
        self.done = self.refused = 0

    def round(self, tries: list[list[Move]]) -> list[list[Tried]]:
        """Try the moves of each life at the same moment; gives what came of them, life by life.

        Raises AssertionError for what cannot have been.
        """
        under_way = [
            (lived, [self._ask(lived, move) for move in moves])
            for lived, moves in zip(self.lives, tries, strict=True)
        ]
        self._sign(tried for _, tries in under_way for tried in tries)
        for _, tried in under_way:
            for each in tried:
                self._settle(each)
        for lived, tried in under_way:
            self._take_in(lived, tried)
        return [tried for _, tried in under_way]

    def compare(self) -> None:
        """Chain, index and verdict say of every certificate what the ledger by hand says."""
        self.world.catch_up()
        for lived in self.lives:
            for paper, certificate in zip(lived.life.papers, lived.certificates, strict=True):
                standing = self.world.ctx.gateway.standing(from_hex(certificate["leaf"], 32))
                assert (_STATUS[standing.status], standing.used) == (paper.standing, paper.used), lived.said
                assert paper.used <= paper.allowance, lived.said
                shown = certificates.show(self.world.ctx, self.who[paper.issuer], certificate["id"])
                assert (shown["status"], shown["used"]) == (paper.standing, paper.used), lived.said
                report = self.world.verify(None, digest=certificate["digest"])
                assert report["verdict"] == "GENUINE", lived.said
                assert report["standing"] == paper.shown, lived.said

    # --- one move ------------------------------------------------------------------------------------------

    def _ask(self, lived: Lived, move: Move) -> Tried:
        # Which certificate it is about is settled now: another move of the round may bring successors.
        move = replace(move, which=lived.life.of(move))
        tried = Tried(move)
        try:
            tried.answer = self._request(lived, move, lived.life.of(move))
            tried.enquiry = str(tried.answer.get("enquiry") or "")
        except LedgerError as refused:
            tried.reason = refused.reason
        return tried

    def _request(self, lived: Lived, move: Move, place: int) -> dict[str, Any]:
        ctx, who = self.world.ctx, self.who[move.actor]
        paper, certificate = lived.life.papers[place], lived.certificates[place]
        what = Reference(bundle=lived.bundles[place])
        requests: dict[str, Callable[[], dict[str, Any]]] = {
            "suspend": lambda: lifecycle.suspend(ctx, who, what, "UNDER_INVESTIGATION", ALWAYS),
            "reinstate": lambda: lifecycle.reinstate(ctx, who, what, ALWAYS),
            "revoke": lambda: lifecycle.revoke(ctx, who, what, "FALSE_STATEMENT", ALWAYS),
            "supersede": lambda: issuing.supersede(
                ctx, who, what, self._parts(move, paper.destination), "SPLIT", ALWAYS
            ),
            "consume": lambda: issuing.consume(
                ctx, who, what, self._parts(move, "NZ", ["back-to-back"]), move.units, None, ALWAYS
            ),
            "acquit": lambda: clearing.acquit(ctx, who, what, move.claim, move.units, None, ALWAYS),
            "withdraw": lambda: clearing.withdraw(ctx, who, what, move.claim, "ENTERED_IN_ERROR", ALWAYS),
            "refuse": lambda: clearing.refuse(ctx, who, what, move.claim, 1, ALWAYS),
            "enquire": lambda: enquiries.enquire(
                ctx, who, self.world.actors[paper.issuer].identifier, what, "AUTHENTICITY",
                ctx.now() + _REPLY_SECONDS, f"About {certificate['number']}?", ALWAYS,
            ),
            "answer": lambda: enquiries.answer(
                ctx, who, self._open_enquiry(lived, place), "CONFIRMED", "It is ours.", ALWAYS
            ),
        }  # fmt: skip
        return requests[move.act]()

    def _parts(self, move: Move, destination: str, flags: list[str] | None = None) -> list[dict[str, Any]]:
        actor = self.world.actors[move.actor]
        issuer = {"identifier": actor.identifier, "name": actor.name, "territory": actor.territory}
        made = [
            self.world.document(
                allowance=part, destination=destination, importCountry=destination, flags=flags
            )
            for part in move.parts
        ]
        return [{**document, "issuer": issuer} for document in made]

    def _open_enquiry(self, lived: Lived, place: int) -> str:
        for name in lived.asked.get(place, []):
            if name not in lived.answered:
                return name
        return "0x" + "00" * 32

    def _sign(self, tried: Iterator[Tried]) -> None:
        for each in tried:
            if each.answer is not None:
                try:
                    self.world.sign_only(each.answer)
                except ActRefused as refused:
                    each.reason = refused.reason
                    print("AT SIGNING", each.move, refused.reason, refused.context)
                    # It would wait for another key, or for a better moment.
                    signing.refuse(
                        self.world.ctx, self.who[each.move.actor], each.answer["act"]["id"], refused.reason
                    )

    def _settle(self, tried: Tried) -> None:
        if tried.done and tried.answer is not None:
            act = self.world.settle(tried.answer)
            if act["state"] not in ("included", "final"):
                tried.reason = act["reason"]
        assert not tried.reason or tried.reason in REASONS, tried
        self.done += tried.done
        self.refused += not tried.done

    # --- what came of it -----------------------------------------------------------------------------------

    def _take_in(self, lived: Lived, tried: list[Tried]) -> None:
        lived.said += [f"{each.move} {'done' if each.done else each.reason}" for each in tried]
        for order in permutations(tried):
            life = lived.life
            for place, each in enumerate(order):
                following = after(life, each.move)
                if following is None and each.done and any(same(each.move, e.move) for e in order[:place]):
                    continue
                if (following is not None) != each.done:
                    break
                life = following or life
            else:
                for each in order:
                    self._remember(lived, each)
                lived.life = life
                return
        raise AssertionError(f"no order of these acts ends so, from {lived.life}:\n" + "\n".join(lived.said))

    def _remember(self, lived: Lived, tried: Tried) -> None:
        if not tried.done or tried.answer is None:
            return
        place = lived.life.of(tried.move)
        if tried.move.act in ("supersede", "consume"):
            made = tried.answer["certificates"]
            lived.certificates += made
            lived.bundles += [self._bundle(certificate, tried.move.actor) for certificate in made]
        elif tried.move.act == "enquire":
            lived.asked.setdefault(place, []).append(tried.enquiry)
        elif tried.move.act == "answer":
            lived.answered.add(self._open_enquiry(lived, place))

    def _bundle(self, certificate: dict[str, Any], issuer: str) -> Any:
        return parse_object(certificates.bundle(self.world.ctx, self.who[issuer], certificate["id"]))
