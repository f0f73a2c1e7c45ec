"""What a reason asks of a reader whom the table's words do not fit.

The table speaks to whoever uses a service. `origin doctor` and `/readyz` are read by the one who runs it, who
has nobody to ask; what `origin verify --offline` prints, by somebody who has no service at all.
"""

from typing import Final

_OPERATOR: Final = {
    "INTERNAL": "Report this to the developers, with what the service logged.",
    "NODE_UNAVAILABLE": (
        "See that the node runs, and that ORIGIN_NODE_URL is its JSON-RPC address and can be reached from"
        " here. The embedded chain's words are in chain/ganache.log of the data folder."
    ),
    "NODE_BEHIND": "See that the node is connected to its peers, and wait until it has caught up with them.",
    "NODE_ANSWER": "See that ORIGIN_NODE_URL is a node of the pinned ledger; look at which version it is.",
    "CLOCK_BEHIND": "Set this machine's clock right; if it is, the clocks of the chain's validators are not.",
    "WRONG_LEDGER": (
        "Compare the pin with what the council announced, and see that ORIGIN_NODE_URL is the node you "
        "mean. Of an embedded chain, put the copy of chain/ back that belongs to this data folder."
    ),
    "NO_LEDGER": (
        "Set ORIGIN_COUNCIL to found a ledger, or the pin (ORIGIN_CHAIN_ID and those with it) to join "
        "one (docs/consortium.md). If one of them is set, wait for the deployment."
    ),
    "LEDGER_STALE": "See that the node is connected to its peers and has caught up with them.",
    "LEDGER_INCONSISTENT": "Ask another node; if it contradicts itself as well, stop, and tell the council.",
    "REVERTED": "Look the transaction up at the node, and report it to the developers.",
    "STORE_UNAVAILABLE": (
        "See that the database's server runs, can be reached from here, and takes the user and password "
        "of ORIGIN_DATABASE_URL; of SQLite, that its file can be read and written."
    ),
    "STORE_BUSY": (
        "Ask again in a moment; if it persists, find what holds the database up, or raise "
        "ORIGIN_DATABASE_CONNECTIONS and ORIGIN_DATABASE_WAIT_SECONDS."
    ),
    "STORE_FULL": "Make room where the database is; the service then goes on by itself.",
    "SERVICE_UNREACHABLE": "Start it with `origin serve`; if it runs elsewhere, name it in ORIGIN_URL.",
}
_OFFLINE: Final = {
    "LEDGER_STALE": (
        "This says nothing against the certificate: what the file knows of the ledger is older than is "
        "accepted, and it may have been revoked since. Ask the holder for a new bundle, verify it online,"
        " or accept older data with --max-age."
    ),
    "LEDGER_INCONSISTENT": (
        "Nothing can be told: file and trust snapshot contradict each other. Get the newest snapshot from"
        " the council and a new bundle from the holder, or verify it online."
    ),
    "SIGNATURE_INVALID": (
        "Nothing can be told: the file, or the trust snapshot, was changed after it was signed. Do not "
        "rely on it. Ask the holder for the bundle again, and the council for the snapshot, or verify it "
        "online."
    ),
}


def for_operator(code: str, usual: str) -> str:
    """What whoever runs the service does next; `usual`: the table's words."""
    return _OPERATOR.get(code, usual)


def for_offline(code: str, usual: str) -> str:
    """What whoever verifies without a network does next; `usual`: the table's words."""
    return _OFFLINE.get(code, usual)
