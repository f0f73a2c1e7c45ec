"""The installation's work: database, keys, the ledger and its node, sender, outbox, signers and webhooks."""

from typing import Final

from ledger_app.chain.account import missing_nonces
from ledger_app.chain.pin import kept_pin, saved_pin
from ledger_app.config import LedgerPin
from ledger_app.doctor.finding import Finding, could_not_look, ok, problem, warning
from ledger_app.doctor.patient import Patient
from ledger_app.domain.words import printable
from ledger_app.services import health
from ledger_app.services.health import Look
from ledger_app.store import members
from ledger_app.store import signers as seen
from ledger_app.store import webhooks as hooks
from ledger_app.store.acts import COUNCIL
from ledger_app.store.canary import check_canary
from ledger_app.store.webhooks import Unheard

_TRANSACTION_GAS: Final = 16_000_000
"""What the largest act may cost; the sender must be able to pay for one."""
_LONG_SECONDS: Final = 3600
_DAY_SECONDS: Final = 86_400
_MOST_NAMED: Final = 5


def database(patient: Patient) -> Finding:
    """The database answers."""
    _ = patient.store
    return ok(health.database(patient.look))


def schema(patient: Patient) -> Finding:
    """It is at this version's schema."""
    return ok(health.schema(patient.look))


def master_key(patient: Patient) -> Finding:
    """The configured master key opens what this database holds."""
    health.schema(patient.look)
    with patient.store.read() as conn:
        if check_canary(conn, patient.vault):
            return ok("opens what is sealed")
    return could_not_look("NOTHING_HERE", "nothing is sealed yet")


def pin(patient: Patient) -> Finding:
    """Settings, data folder and database name the same ledger."""
    health.schema(patient.look)
    with patient.store.read() as conn:
        saved = saved_pin(conn)
    named = patient.settings.pinned
    if named is not None:
        if saved is not None and not _same(saved, named):
            return problem("PIN_DIFFERS", "the settings name another ledger than the database")
        return ok("named by the settings")
    kept = kept_pin(patient.data)
    if kept is not None and saved is not None and not _same(kept, saved):
        return problem("PIN_DIFFERS", "the data folder names another ledger than the database")
    if saved is None and kept is None:
        return problem("NO_LEDGER")
    if kept is None:
        return warning("PIN_MISSING")
    if saved is None:
        return warning("STORE_ANEW")
    return ok("data folder and database agree")


def _same(one: LedgerPin, other: LedgerPin) -> bool:
    names = ("Consortium", "CertificateRegistry", "CargoLog")
    return (one.chain_id, one.genesis.lower(), [one.address(name) for name in names]) == (
        other.chain_id,
        other.genesis.lower(),
        [other.address(name) for name in names],
    )


def ledger(patient: Patient) -> Finding:
    """The node answers, serves the pinned chain, and has our contracts' code at the pinned addresses."""
    return ok(health.ledger(patient.look_at_chain) + ", contracts as committed")


def head(patient: Patient) -> Finding:
    """The chain grows."""
    return ok(health.head(patient.look_at_chain))


def clock(patient: Patient) -> Finding:
    """This machine's clock is not behind the chain's."""
    return ok(health.clock(patient.look_at_chain))


def index(patient: Patient) -> Finding:
    """The index has read what the node has."""
    return ok(health.index(patient.look_at_chain))


def submitter(patient: Patient) -> Finding:
    """Some process sends acts to the chain."""
    look = patient.look_at_chain
    health.submitter(look)
    return ok("a process sends acts to the chain")


def sender(patient: Patient) -> Finding:
    """The account that pays can pay, and nobody else uses it."""
    look = patient.look_at_chain
    found = look.sender
    needed = found.gas_price * _TRANSACTION_GAS
    if found.balance < needed:
        return problem("SENDER_WITHOUT_FUNDS", f"it has {found.balance} wei, one act may cost {needed}")
    ours = look.progress.next_nonce
    if found.nonce > ours:
        return warning("SENDER_USED_ELSEWHERE", f"{found.nonce} on the chain, {ours} here")
    return ok("can pay" if found.gas_price else "the chain charges nothing")


def nonces(patient: Patient) -> Finding:
    """No missing transaction holds the others back."""
    look = patient.look_at_chain
    missing = missing_nonces(look.sender.nonce, look.progress.nonces)
    if missing:
        listed = ", ".join(str(nonce) for nonce in missing)
        return problem("NONCE_GAP_OPEN", f"missing: {listed}")
    return ok(f"the chain expects nonce {look.sender.nonce}")


def outbox(patient: Patient) -> Finding:
    """What was signed gets onto the chain."""
    return ok(health.outbox(patient.look))


def signatures(patient: Patient) -> Finding:
    """Nothing waits for a signature for long."""
    look = patient.look
    waiting = look.progress.signatures
    age = look.now - waiting.since
    if waiting.count and age > _LONG_SECONDS:
        return warning("SIGNATURES_WAITING", f"{waiting.count} acts, the first for {age // 60} minutes")
    return ok(f"{waiting.count} acts wait for a signature")


def signers(patient: Patient) -> Finding:
    """Every signer that has work, or had, asks for it."""
    look = patient.look
    _ = look.progress
    with patient.store.read() as conn:
        last = seen.last_seen(conn)
    limit = patient.settings.signer_silent_seconds
    idle = {desk: look.now - when for desk, when in last.items() if look.now - when > limit}
    needed = [
        desk for desk, since in _desks_with_work(look).items() if _silent(desk, since, last, look, limit)
    ]
    if needed:
        return problem("SIGNER_SILENT", "with work waiting: " + _listed(needed))
    if idle:
        return warning("SIGNER_SILENT", f"for more than {limit // 60} minutes: " + _listed(sorted(idle)))
    return ok(f"{len(last)} signers ask for work")


def webhooks(patient: Patient) -> Finding:
    """What is to be delivered gets to its receivers."""
    look = patient.look
    health.schema(look)
    with patient.store.read() as conn:
        found = hooks.unheard(conn, look.now - _DAY_SECONDS)
        names = members.names(conn, sorted({one.organisation for one in found}))
    if not found:
        return ok("no receiver has failed for a day")
    # Never where they are: an address may hold what only its owner should know.
    told = [
        f"{printable(names.get(one.organisation, one.organisation), 80)} ({_unheard(one, look.now)})"
        for one in found
    ]
    return warning("WEBHOOKS_UNHEARD", _listed(told))


def _unheard(one: Unheard, now: int) -> str:
    since = "given up" if one.disabled else f"failing for {(now - one.failing_since) // 3600} hours"
    return f"{since}, {one.missed} not delivered"


def _desks_with_work(look: Look) -> dict[str, int]:
    """Since when each desk has work, Unix seconds."""
    return {desk: waiting.since for desk, waiting in look.progress.unsigned.items()}


def _silent(desk: str, since: int, last: dict[str, int], look: Look, limit: int) -> bool:
    """Whether nobody asked for a desk's work for longer than `limit`, though it has waited as long."""
    # The council's work is asked for by its members, who are noted by address.
    asked = [when for name, when in last.items() if name == desk or (desk == COUNCIL and len(name) == 42)]
    return look.now - max([since, *asked]) > limit


def _listed(desks: list[str]) -> str:
    more = f" and {len(desks) - _MOST_NAMED} more" if len(desks) > _MOST_NAMED else ""
    return ", ".join(desks[:_MOST_NAMED]) + more
