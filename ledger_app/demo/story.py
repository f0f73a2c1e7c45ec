"""The whole story, told once on a fresh chain: every act, and what a verification says before and after it.

Each chapter asks for an act through the API, waits until the act's own signer has signed it and it is on the
ledger,
and verifies again. The result holds what happened; it is good only if every step worked and every verdict is
the one that the story expects.
"""

import json
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

from stdnum import iso6346

from ledger_app import errors
from ledger_app.demo import cargo
from ledger_app.demo.bootstrap import Desk, Progress, bring_up
from ledger_app.demo.members import CARRIER, CHAMBER, CUSTOMS
from ledger_app.demo.running import Demo
from ledger_app.domain.samples import sample_document

_GOOD, _UNKNOWN, _FORGED, _ENDED, _CANNOT_TELL = 0, 10, 11, 12, 20


def tell(progress: Progress) -> dict[str, Any]:
    """Run the story in a temporary folder; gives `{"ok", "steps", "verdicts"}`. Everything is gone
    afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="origin-demo-") as folder,
        Demo(Path(folder), 0, progress) as demo,
    ):
        story = Story(demo.desks, progress, "STORY", demo.stop_node)
        story.run()
        return story.result()


def tell_there(installation: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Tell it to an installation that runs elsewhere with the demonstration's members: brings them onto the
    ledger where they are not yet, and makes certificates of its own. Gives what `tell` gives.

    `installation`: `{"url": …, "tokens": {name: token}, "acceptances": {name: what origin signer accept
    printed}}`. Raises KeyError for one without them, Unavailable for one that does not answer.
    """
    desks = {name: Desk(installation["url"], token) for name, token in installation["tokens"].items()}
    bring_up(desks, _Accepted(installation["acceptances"]), progress)
    story = Story(desks, progress, f"STORY-{secrets.token_hex(4).upper()}")
    story.run()
    return story.result()


@dataclass(frozen=True, slots=True)
class _Accepted:
    acceptances: Mapping[str, dict[str, Any]]

    def acceptance(self, name: str) -> dict[str, Any]:
        return self.acceptances[name]


@dataclass(slots=True)
class Story:
    """One telling. `desks`: the members' by name; `prefix`: begins every name that is made, so that a ledger
    can hear the story twice; `stop_node` stops the chain for the last chapter, which is left out without it.
    """

    desks: Mapping[str, Desk]
    say: Progress
    prefix: str
    stop_node: Callable[[], None] | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)
    verdicts: list[dict[str, Any]] = field(default_factory=list)
    bundles: dict[int, bytes] = field(default_factory=dict)

    @property
    def chamber(self) -> Desk:
        return self.desks[CHAMBER.slug]

    @property
    def customs(self) -> Desk:
        return self.desks[CUSTOMS.slug]

    def result(self) -> dict[str, Any]:
        good = all(s["ok"] for s in self.steps) and all(v["ok"] for v in self.verdicts)
        return {"ok": good, "steps": self.steps, "verdicts": self.verdicts}

    def run(self) -> None:
        """The chapters in order. One that fails is reported; those that need it fail in turn."""
        self._members()
        for chapter in (
            self._issue,
            self._acquit,
            self._suspend,
            self._revoke,
            self._supersede,
            self._forge,
            self._voyage,
            self._enquire,
            self._node_stopped,
        ):
            try:
                chapter()
            except (errors.LedgerError, KeyError) as failed:
                self._step(chapter.__name__.strip("_"), False, None, str(failed))

    # --- chapters ---------------------------------------------------------------------------------

    def _members(self) -> None:
        """What was done to bring everybody on: recorded by the service, told here with its gas. An
        installation elsewhere has had a life of its own, in which acts may have failed: they are not ours.
        """
        fresh = self.stop_node is not None
        acts = self.desks["operator"].client.get("/v1/acts", limit=200)["acts"]
        for act in reversed(acts):
            done = act["state"] == "final"
            if fresh or (done and act["contract"] == "Consortium"):
                self._step(act["summary"], done, act["gasUsed"])

    def _issue(self) -> None:
        self._verify_number(self._number(1), "before issue", _UNKNOWN)
        documents = [self._document(which) for which in (1, 2, 3)]
        self._act("issue", self.chamber, "/v1/certificates", {"documents": documents})
        for which in (1, 2, 3):
            self._keep_bundle(which)
        self._verify(1, "after issue", _GOOD)
        self._verify_number(self._number(1), "after issue", _GOOD)

    def _acquit(self) -> None:
        self._on(1, "acquit", self.customs, declaration="AU-2026-1")
        self._verify(1, "after acquit", _ENDED)
        self._verify(1, "after acquit, for its own claim", _GOOD, claim="AU-2026-1")
        self._on(1, "withdraw", self.customs, declaration="AU-2026-1", reason="ENTERED_IN_ERROR")
        self._verify(1, "after withdraw", _GOOD)

    def _suspend(self) -> None:
        self._on(1, "suspend", self.chamber, reason="UNDER_INVESTIGATION")
        self._verify(1, "after suspend", _ENDED)
        self._on(1, "reinstate", self.chamber)
        self._verify(1, "after reinstate", _GOOD)

    def _revoke(self) -> None:
        self._verify(2, "before revoke", _GOOD)
        self._on(2, "revoke", self.chamber, reason="FALSE_STATEMENT")
        self._verify(2, "after revoke", _ENDED)

    def _supersede(self) -> None:
        self._verify(3, "before supersede", _GOOD)
        corrected = self._document(4)
        self._on(3, "supersede", self.chamber, documents=[corrected], reason="CORRECTION")
        self._keep_bundle(4)
        self._verify(3, "after supersede", _ENDED)
        self._verify(4, "after supersede, as its successor", _GOOD)

    def _forge(self) -> None:
        forged = json.loads(self.bundles[1])
        forged["document"]["items"][0]["quantity"]["value"] = "999999"
        self._report(
            f"a forged copy of {self._number(1)}", "as it came", json.dumps(forged).encode(), _FORGED
        )
        self._verify_number(f"{self.prefix}-UNKNOWN", "never issued", _UNKNOWN)

    def _voyage(self) -> None:
        """The goods' history beside the verdict: one that agrees, and one that does not."""
        self._verify(1, "before its voyage", _GOOD, history="CARGO_NO_HISTORY")
        stream = self._sail(self._consignment, "CNNGB")
        found = self.desks[CARRIER.slug].client.get("/v1/cargo/verify", name=stream)
        self._verdict("the carrier's stream", "after anchor", {**found, "standing": "whole"}, _GOOD)
        self._verify(1, "after its voyage", _GOOD, history="")
        detour = f"{self._consignment}-detour"
        self._act("issue", self.chamber, "/v1/certificates", {"documents": [self._document(5, detour)]})
        self._keep_bundle(5)
        self._sail(detour, "THBKK")
        self._verify(5, "after a voyage from elsewhere", _GOOD, history="CARGO_LOADED_ELSEWHERE")

    def _sail(self, consignment: str, port: str) -> str:
        """The carrier reports a voyage from `port`; gives its stream once that is anchored."""
        carrier = self.desks[CARRIER.slug]
        loaded = datetime.now(UTC).replace(microsecond=0) - timedelta(days=14, hours=3)
        report = carrier.client.post_raw(
            "/v1/epcis/capture",
            json.dumps(cargo.voyage(loaded, consignment, port, self._container)).encode(),
            "application/ld+json",
            consignment=consignment,
            stream=consignment.rpartition(":")[2],
        )
        self._step("cargo captured", len(report["accepted"]) == 5 and not report["refused"], None)
        anchored = carrier.settled({"act": report["anchor"]})
        self._step("cargo anchored", anchored["state"] == "final", anchored["gasUsed"])
        return str(report["stream"]["id"])

    def _enquire(self) -> None:
        body = {
            "to": CHAMBER.identifier,
            "certificate": {"bundle": json.loads(self.bundles[1])},
            "code": "AUTHENTICITY",
            "replyBy": int((datetime.now(UTC) + timedelta(days=30)).timestamp()),
            "text": "Please confirm that this certificate is yours.",
        }
        asked = self._act("enquire", self.customs, "/v1/enquiries", body)
        answer = {"code": "CONFIRMED", "text": "It is ours."}
        self._act("answer", self.chamber, f"/v1/enquiries/{asked['enquiry']}/answer", answer)
        self._verify(1, "after enquiry and answer", _GOOD)

    def _node_stopped(self) -> None:
        if self.stop_node is None:
            return
        self.stop_node()
        self._step("the chain's node is stopped", True, None)
        self._verify(1, "after the node was stopped", _CANNOT_TELL)

    # --- how they are told ------------------------------------------------------------------------

    def _act(self, name: str, desk: Desk, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.say(name)
        asked: dict[str, Any] = desk.client.post(path, body, idempotency_key=secrets.token_hex(16))
        act = desk.settled(asked)
        self._step(name, True, act["gasUsed"])
        return asked

    def _on(self, which: int, act: str, desk: Desk, **body: Any) -> None:
        body["certificate"] = {"bundle": json.loads(self.bundles[which])}
        self._act(f"{act} {self._number(which)}", desk, f"/v1/certificates/by-reference/{act}", body)

    def _number(self, which: int) -> str:
        return f"{self.prefix}-{which}"

    @property
    def _consignment(self) -> str:
        return f"urn:origin:demo:consignment-{self.prefix.lower()}"

    @property
    def _container(self) -> str:
        """A container of this telling only: what others tell of theirs is no history of it."""
        number = f"ORGU{crc32(self.prefix.encode()) % 1_000_000:06d}"
        return number + str(iso6346.calc_check_digit(number))

    def _document(self, which: int, consignment: str = "") -> dict[str, Any]:
        issued = (datetime.now(UTC) - timedelta(days=16)).date()
        return sample_document(
            self._number(which),
            "RCEP",
            issue_date=issued,
            consignment=consignment or self._consignment,
            containers=[self._container],
        )

    def _keep_bundle(self, which: int) -> None:
        client = self.chamber.client
        (found,) = client.get("/v1/certificates", number=self._number(which))["certificates"]
        self.bundles[which] = client.request("GET", f"/v1/certificates/{found['id']}/bundle").body

    def _verify(
        self, which: int, when: str, expected: int, *, history: str | None = None, **fields: str
    ) -> None:
        self._report(self._number(which), when, self.bundles[which], expected, history, **fields)

    def _report(
        self, name: str, when: str, raw: bytes, expected: int, history: str | None = None, **fields: str
    ) -> None:
        report = self.customs.client.upload("/v1/verify", "bundle.json", raw, fields)
        self._verdict(name, when, report, expected, history)

    def _verify_number(self, number: str, when: str, expected: int) -> None:
        report = self.customs.client.post("/v1/verify", {"number": number})
        self._verdict(f"number {number}", when, report, expected)

    def _step(self, name: str, ok: bool, gas_used: int | None, detail: str = "") -> None:
        self.steps.append(
            {"name": name, "ok": ok, "gas_used": gas_used, **({"detail": detail} if detail else {})}
        )

    def _verdict(
        self, name: str, when: str, report: dict[str, Any], expected: int, history: str | None = None
    ) -> None:
        """`history`: the reason that the check of the goods' history must give, "" for one that agrees."""
        verdict, standing = report["verdict"], report["standing"]
        code = report.get("exit_code", _GOOD if verdict == "GENUINE" else _CANNOT_TELL)
        cargo = next((check for check in report["checks"] if check["name"] == "cargo"), None)
        told = None if cargo is None else {key: cargo[key] for key in ("outcome", "reason", "detail")}
        self.say(f"  {name} {when}: {verdict}, {standing}, exit code {code}")
        self.verdicts.append(
            {
                "name": name,
                "when": when,
                "verdict": verdict,
                "standing": standing,
                "exit_code": code,
                "reason": report.get("reason", ""),
                "cargo": told,
                "ok": code == expected and (history is None or (told or {}).get("reason") == history),
            }
        )
