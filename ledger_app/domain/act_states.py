"""The states of an act, from the request for a signature to its place on the ledger."""

from typing import Final

NEEDS_SIGNATURE: Final = "needs-signature"
QUEUED: Final = "queued"
BROADCAST: Final = "broadcast"
INCLUDED: Final = "included"
FINAL: Final = "final"
REVERTED: Final = "reverted"
REFUSED: Final = "refused"
EXPIRED: Final = "expired"
ORPHANED: Final = "orphaned"

STATES: Final = (NEEDS_SIGNATURE, QUEUED, BROADCAST, INCLUDED, FINAL, REVERTED, REFUSED, EXPIRED, ORPHANED)
DONE: Final = (INCLUDED, FINAL)
DEAD: Final = (REVERTED, REFUSED, EXPIRED)
SETTLED: Final = (*DONE, *DEAD)
