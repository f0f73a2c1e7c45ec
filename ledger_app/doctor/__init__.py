"""`origin doctor`: finds what is wrong with an installation, says why, and what to do.

It looks from outside, at settings, data folder, database, node and service, so it works when the service does
not start. It changes nothing: it makes no file, takes no lease and sends no transaction.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from ledger_app.doctor import machine, work
from ledger_app.doctor.finding import COULD_NOT_LOOK, PROBLEM, Finding, could_not_look, of_error
from ledger_app.doctor.patient import Patient
from ledger_app.errors import LedgerError

__all__ = ["CHECKS", "Finding", "diagnose", "exit_code"]

CHECKS: Final[dict[str, Callable[[Patient], Finding]]] = {
    "settings": machine.settings,
    "variables": machine.variables,
    "files": machine.files,
    "disk": machine.disk,
    "tools": machine.tools,
    "port": machine.port,
    "service": machine.service,
    "database": work.database,
    "schema": work.schema,
    "master-key": work.master_key,
    "pin": work.pin,
    "ledger": work.ledger,
    "head": work.head,
    "clock": work.clock,
    "index": work.index,
    "submitter": work.submitter,
    "sender": work.sender,
    "nonces": work.nonces,
    "outbox": work.outbox,
    "signatures": work.signatures,
    "signers": work.signers,
    "webhooks": work.webhooks,
}
"""Every check by name, in the order in which one thing builds on another."""


def diagnose(data: Path) -> list[Finding]:
    """A finding for every check of the installation whose data folder is `data`. Raises nothing."""
    told: list[LedgerError] = []
    with Patient(data) as patient:
        return [_look(check, patient, told).named(name) for name, check in CHECKS.items()]


def exit_code(findings: list[Finding]) -> int:
    """1 when something is wrong; else 3 when something could not be looked at; else 0, warnings or not."""
    outcomes = {finding.outcome for finding in findings}
    return 1 if PROBLEM in outcomes else 3 if COULD_NOT_LOOK in outcomes else 0


def _look(check: Callable[[Patient], Finding], patient: Patient, told: list[LedgerError]) -> Finding:
    try:
        return check(patient)
    except LedgerError as failed:
        # A part fails with one and the same error for all that build on it: one broken thing is one problem.
        if any(failed is earlier for earlier in told):
            return could_not_look("NOT_LOOKED", f"because of {failed.reason}")
        told.append(failed)
        return of_error(failed)
    except Exception as failed:  # noqa: BLE001  (a doctor that falls over helps nobody)
        return could_not_look("INTERNAL", type(failed).__name__)
