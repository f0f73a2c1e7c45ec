"""Verifications each second against one Ganache, tt-verify's beside ours on the same node in the same run.

Ours are whole: read the file, hash every field, leaf against document, inclusion, what the pinned ledger says
(its head is asked for each), issuer, standing, validity. tt-verify checks the hash and asks its store; the
issuer's name, which it would look up in the DNS, is left out. Every certificate of ours is different.
"""

import secrets
import time
from datetime import date
from typing import Any

from eth_account import Account

from ledger_app.chain.gateway import Gateway, Query
from ledger_app.domain.samples import sample_document
from ledger_app.domain.standing import Standing, Verdict
from ledger_app.proof.bundle import Bundle, Registered
from ledger_app.proof.check import Judgement, judge, lookup_of, read
from ledger_app.proof.facts import Facts, Question
from ledger_app.proof.hexes import from_hex
from ledger_app.proof.leaf import leaf_for
from ledger_app.proof.typed_data import Revoke
from ledger_app.services.facts import facts_of, proof_pin
from tests.bench.figures import Figures
from tests.bench.ledger import ISSUER, SCHEME, BenchLedger, deadline
from tests.bench.peer import Peer

ROUNDS = 3
CERTIFICATES = 1_000
IN_A_BATCH = 100
TODAY = Question(date(2026, 12, 1))


def run(figures: Figures) -> None:
    """About 40 seconds."""
    sample = sample_document(issuer=ISSUER)
    with BenchLedger() as ledger, Peer() as peer:
        files = _issue(ledger)
        account = Account.create()
        ledger.fund(account.address)
        peer.ask("deploy", rpc=ledger.node.url, key="0x" + account.key.hex(), document=sample, count=100)
        gateway = Gateway(ledger.node.url, ledger.pin)
        verifier = Verifier(gateway)
        started = time.perf_counter()
        while not gateway.warm():
            pass
        verifier.one(files[0])
        figures.add(
            "verify_first", time.perf_counter() - started, "s", note="a new verifier reads the ledger"
        )
        _sanity(ledger, verifier, files)
        rounds: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            for name, count, seconds in _round(verifier, files, peer):
                rounds.setdefault(name, []).append(count / seconds)
    for name, values in rounds.items():
        figures.add(name, values, "verifications/s", note=_NOTES.get(name, ""))
    figures.best("ttverify_many", "ttverify_parallel", "ttverify_batched")
    figures.ratio("verify_one_by_one_vs_ttverify", "verify_one_by_one", "ttverify_one_by_one", goal=4)
    figures.ratio("verify_many_vs_ttverify", "verify_many", "ttverify_many", goal=20)


_NOTES = {
    "verify_one_by_one": "the node is asked for each",
    "verify_many": f"{CERTIFICATES} at once, one question to the node",
    "verify_without_node": "facts in memory",
    "ttverify_one_by_one": "hash and store; DNS left out",
    "ttverify_parallel": "all awaited together",
    "ttverify_batched": "all awaited together over a batching provider",
}


class Verifier:
    """The steps of a verification, as the service takes them, without service and store."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._pin = proof_pin(gateway.pin)

    def one(self, file: bytes) -> Judgement:
        return self.many([file])[0]

    def many(self, files: list[bytes]) -> list[Judgement]:
        bundles = [read(file) for file in files]
        facts = self.facts(bundles)
        return [judge(b, self._pin, f, TODAY) for b, f in zip(bundles, facts, strict=True)]

    def facts(self, bundles: list[Bundle]) -> list[Facts]:
        wanted = [lookup_of(bundle) for bundle in bundles]
        seen = self._gateway.lookup([Query(w.leaf, w.batch_id, w.issuer, w.scheme) for w in wanted])
        return [
            facts_of(w.leaf, w.batch_id, seen, record, claimed=False)
            for w, record in zip(wanted, seen.records, strict=True)
        ]

    def without_node(self, files: list[bytes], facts: list[Facts]) -> list[Judgement]:
        return [judge(read(file), self._pin, f, TODAY) for file, f in zip(files, facts, strict=True)]


def _issue(ledger: BenchLedger) -> list[bytes]:
    where = Registered(ledger.pin.chain_id, from_hex(ledger.pin.genesis, 32), ledger.pin.registry)
    files = []
    for start in range(0, CERTIFICATES, IN_A_BATCH):
        made: list[Any] = []
        for number in range(start, start + IN_A_BATCH):
            document = sample_document(f"BENCH-{number:06}", SCHEME, issuer=ISSUER)
            secret = secrets.token_bytes(32)
            made.append((document, secret, leaf_for(document, secret)))
        tree, _ = ledger.issue([leaf for _, _, leaf in made])
        for document, secret, leaf in made:
            proof = tree.proof(leaf.hash())
            files.append(Bundle(leaf, proof, where, document=document, secret=secret).serialise())
    return files


def _sanity(ledger: BenchLedger, verifier: Verifier, files: list[bytes]) -> None:
    """A benchmark of a verifier that says yes to everything would be worth nothing."""
    found = verifier.one(files[0])
    if (found.verdict, found.standing) != (Verdict.GENUINE, Standing.GOOD):
        raise RuntimeError(f"a good certificate is judged {found}")
    forged = files[0].replace(b"Ningbo Harbour", b"Ningbo Harbor!")
    if verifier.one(forged).verdict is not Verdict.NOT_GENUINE:
        raise RuntimeError("a forged certificate passes")
    bundle = read(files[-1])
    shown: dict[str, Any] = {"leaf": bundle.leaf.to_json(), "proof": ["0x" + p.hex() for p in bundle.proof]}
    ledger.act(ISSUER, Revoke(bundle.leaf.hash(), 1, deadline()), **shown)
    if verifier.one(files.pop()).standing is not Standing.REVOKED:
        raise RuntimeError("a revocation is not seen at once")


def _round(verifier: Verifier, files: list[bytes], peer: Peer) -> list[tuple[str, int, float]]:
    found = []

    def timed(name: str, run: Any, count: int) -> None:
        started = time.perf_counter()
        judged = run()
        found.append((name, count, time.perf_counter() - started))
        if not all(each.verdict is Verdict.GENUINE for each in judged):
            raise RuntimeError(f"{name}: a good certificate is not genuine")

    few = files[:300]
    facts = verifier.facts([read(file) for file in files])
    timed("verify_one_by_one", lambda: [verifier.one(file) for file in few], len(few))
    timed("verify_many", lambda: verifier.many(files), len(files))
    timed("verify_without_node", lambda: verifier.without_node(files, facts), len(files))
    for name, mode, count in (
        ("ttverify_one_by_one", "one", 100),
        ("ttverify_parallel", "many", 200),
        ("ttverify_batched", "many-batched", 200),
    ):
        theirs = peer.ask("verify", mode=mode, count=count)
        found.append((name, theirs["count"], theirs["seconds"]))
    return found
