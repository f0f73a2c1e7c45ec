"""The reference: a search that opens everything and looks at it one by one, without any of the search
tables.
"""

from datetime import date, timedelta

from sqlalchemy import select

from ledger_app.access.principals import Principal
from ledger_app.domain.standing import Role
from ledger_app.domain.terms import organisation_id
from ledger_app.proof.hexes import to_hex
from ledger_app.services.context import Services
from ledger_app.services.search.filters import Filters
from ledger_app.store.acts import DEAD, DONE
from ledger_app.store.tables import index_standings
from ledger_app.store.tables_records import acts
from tests.support.certificates import TODAY, Made


class Naive:
    """What the database says now of the certificates in `made`, which are in the order of recording."""

    def __init__(self, ctx: Services, made: list[Made]) -> None:
        self.made = made
        with ctx.store.read() as conn:
            self.states = {row.id: row.state for row in conn.execute(select(acts.c.id, acts.c.state))}
            self.standings = {
                row.leaf: (row.status, row.used) for row in conn.execute(select(index_standings))
            }

    def find(self, principal: Principal, filters: Filters) -> list[str]:
        """Ids in the order that the filters ask for."""
        fitting = [one for one in self.made if self._fits(one, filters)]
        found = [one for one in fitting if readable(principal, one)]
        if filters.sort == "number":
            return [one.row.id for one in sorted(found, key=lambda one: one.row.number.encode())]
        return [one.row.id for one in reversed(found)]

    def _fits(self, one: Made, f: Filters) -> bool:
        said = one.document
        names = [said[role]["name"] for role in ("exporter", "consignee")]
        codes = [item["hsCode"] for item in said["items"]]
        origins = [said["originCountry"], *(item.get("originCountry") for item in said["items"])]
        first, last = one.row.leaf_fields["validFrom"], one.row.leaf_fields["validUntil"]
        tests = (
            f.number in (None, one.row.number),
            one.row.number.startswith(f.number_prefix or ""),
            f.digest in (None, one.row.digest),
            f.issuer is None or _id(f.issuer) == one.row.issuer,
            f.organisation is None or _id(f.organisation) in one.organisations,
            f.exporter is None or _same(f.exporter, said["exporter"]["name"]),
            f.party is None or any(_same(f.party, name) for name in names),
            f.hs is None or any(code.startswith(f.hs) for code in codes),
            f.export_country in (None, said["exportCountry"]),
            f.import_country in (None, said["importCountry"]),
            f.origin_country is None or f.origin_country in origins,
            f.scheme in (None, one.row.scheme),
            f.issued_from is None or said["issueDate"] >= f.issued_from,
            f.issued_to is None or said["issueDate"] <= f.issued_to,
            f.valid_on is None or _valid(first, last, f.valid_on),
            not f.standing or bool(self._standings(one) & set(f.standing)),
        )
        return all(tests)

    def _standings(self, one: Made) -> set[str]:
        state = self.states[one.row.act_id]
        status, used = self.standings.get(one.row.leaf, (0, 0))
        found = {
            name for number, name in ((1, "suspended"), (2, "revoked"), (3, "superseded")) if status == number
        }
        if used:
            found.add("used-up" if used >= one.row.leaf_fields["allowance"] else "partly-used")
        if state in DEAD:
            return found | {"refused"}
        if state not in DONE:
            return found | {"pending"}
        first, last = one.row.leaf_fields["validFrom"], one.row.leaf_fields["validUntil"]
        if _day(TODAY.isoformat()) < first:
            found.add("not-yet-valid")
        if last and _day(TODAY.isoformat()) > last:
            found.add("expired")
        return found | ({"good"} if found <= {"partly-used"} else set())


def readable(principal: Principal, one: Made) -> bool:
    """The rule of `services.visibility`, in other words."""
    row, where = one.row, principal.territory
    ends_there = Role.CUSTOMS in principal.roles and row.destination in (None, where)
    begins_there = bool(principal.roles & (Role.CUSTOMS | Role.AUTHORITY)) and row.territory == where
    return principal.organisation in (row.issuer, *one.organisations) or ends_there or begins_there


def _id(given: str) -> str:
    return given if given.startswith("0x") else to_hex(organisation_id(given))


def _same(one: str, other: str) -> bool:
    return one.lower().split() == other.lower().split()


def _valid(first: int, last: int, day: str) -> bool:
    return first <= _day(day) and (last == 0 or _day(day) <= last)


def _day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)) // timedelta(days=1)
