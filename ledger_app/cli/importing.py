"""`origin certificate import FILE`: a file of certificates, however long, judged row by row and issued.

The file is read twice, once for its digest and once to be sent in pages; of neither more than a page is held.
What stops it, here or at the service, the same command goes on from.
"""

import hashlib
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Annotated, Any, Final

import typer

from ledger_app import errors
from ledger_app.cli import common, output
from ledger_app.cli.import_errors import DocumentsFile, ErrorsFile
from ledger_app.cli.import_judging import MEDIA, judged_as_import, lacks
from ledger_app.cli.import_words import MOST, Findings, Progress, leave, summary, too_long
from ledger_app.client import Client
from ledger_app.domain.imports.splitting import Page, kind_of, split

_WORDS: Final = ("approve", "reject", "show")
_PATIENCE: Final = 60.0
_AT_ONCE: Final = 2
_DRY_ROWS, _DRY_SIZE = 200, 2 << 20


def import_(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Our JSON, UN/CEFACT JSON, TradeTrust, or CSV; - is stdin.")
    ],
    job: Annotated[
        str | None, typer.Argument(metavar="[JOB]", help="With approve, reject or show in place of FILE.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write the mapped documents, and issue nothing.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Issue nothing.")] = False,
    all_or_nothing: Annotated[
        bool, typer.Option("--all-or-nothing", help="Issue none when one cannot be issued.")
    ] = False,
    error_file: Annotated[
        Path | None, typer.Option("--errors", help="Write the refused rows, to be corrected and sent again.")
    ] = None,
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: Annotated[float, typer.Option(min=0, help="How many seconds to wait for the ledger.")] = 3600,
) -> None:
    """Issue the certificates in a file that lack nothing, and say row by row what the others lack.

    The same file twice issues nothing twice; the same command goes on where it was stopped. `approve JOB`,
    `reject JOB` and `show JOB` are for an import that is there. Exits 3 when a row was refused, or when it is
    not all on the ledger yet.
    """
    client = common.connect("chamber", who)
    if file in _WORDS:
        _decide(client, file, job, as_json=as_json)
        return
    if job is not None:
        raise typer.BadParameter(f"only {', '.join(_WORDS)} take a JOB", param_hint="JOB")
    with ExitStack() as opened:
        stream, name = _open(file, opened)
        kind = kind_of(name, stream.read(64))
        stream.seek(0)
        run = _Import(client, stream, name, kind, as_json=as_json)
        if error_file is not None:
            others = [Path(file)] if to is None else [Path(file), to]
            run.errors = opened.enter_context(ErrorsFile(error_file, kind, others))
        if dry_run or to is not None:
            documents = None if to is None else opened.enter_context(DocumentsFile(to, [Path(file)]))
            result = run.judge(documents, as_import=dry_run)
        else:
            result = run.send(all_or_nothing=all_or_nothing)
            if not no_wait:
                result = run.wait(result, timeout)
            run.hear_late(result)
    _tell(client, run, result, file, as_json=as_json)


class _Import:
    """One run of the command."""

    def __init__(self, client: Client, stream: IO[bytes], name: str, kind: str, *, as_json: bool) -> None:
        self._client = client
        self._stream = stream
        self._name = name
        self._kind = kind
        self._threads = threading.local()
        self._progress = Progress(as_json)
        self.errors: ErrorsFile | None = None
        self.findings = Findings()
        self._counts = {"rows": 0, "ready": 0, "refused": 0, "repeated": 0}

    def judge(self, documents: DocumentsFile | None, *, as_import: bool) -> dict[str, Any]:
        """Read all, issue nothing. `as_import`: judged as an import of the caller's would, else for what the
        documents lack alone."""
        ask = judged_as_import(self._client, self._kind) if as_import else lacks(self._client, self._kind)
        for page in self._pages(_DRY_ROWS, _DRY_SIZE):
            read = ask(page) if page.rows else []
            refused = {one["row"] for one in read if not one["ready"]}
            known = sum(one["known"] for one in read)
            ready = len(read) - len(refused) - known
            counts = {"rows": len(read), "ready": ready, "refused": len(refused), "repeated": known}
            self._count(counts)
            self._note(page, [finding for one in read for finding in one["findings"]], refused)
            if documents is not None:
                documents.add(one["document"] for one in read)
            self._progress.say({"state": "reading", **self._counts})
        if not self._counts["rows"]:
            raise errors.Unprocessable("IMPORT_UNREADABLE", "the file holds no certificate")
        return {
            "id": None,
            "state": "judged",
            **self._counts,
            "issued": 0,
            "final": 0,
            "failed": 0,
        }

    def send(self, *, all_or_nothing: bool) -> dict[str, Any]:
        """Send every page that the service has not, and end the import."""
        if next(self._pages(1, 1), None) is None:
            raise errors.Unprocessable("IMPORT_UNREADABLE", "the file holds no certificate")
        asked = {
            "file": self._digest(),
            "name": self._name,
            "kind": self._kind,
            "allOrNothing": all_or_nothing,
        }
        job = self._patiently(lambda: self._client.post("/v1/imports/jobs", asked))
        held, pages, unreadable = int(job["pages"]), 0, list[int]()
        path = f"/v1/imports/jobs/{job['id']}"
        if job["pages"]:
            output.progress(f"import {job['id']} goes on: {job['pages']} pages are there")
        for page, answer in self._sent(path, job, held):
            unreadable += page.too_long
            if answer is None:
                self._note(page, [], set())
                continue
            told = answer.result()
            pages += 1
            self._count(told)
            self._note(page, told["findings"], {each["row"] for each in told["findings"]})
            self._progress.say({"state": job["state"], **self._counts})
        end = {"pages": pages, "unreadable": unreadable[:100_000]}
        found: dict[str, Any] = self._patiently(lambda: self._client.post(f"{path}/end", end))
        return found

    def wait(self, job: dict[str, Any], timeout: float) -> dict[str, Any]:
        """The import once it has ended or waits for a person, or as it is after `timeout` seconds."""
        until = time.monotonic() + timeout
        path = f"/v1/imports/jobs/{job['id']}"
        while job["state"] == "issuing" and time.monotonic() < until:
            found: dict[str, Any] = self._patiently(lambda: self._client.get(path, wait=1))
            job = found
            self._progress.say(job)
        self._progress.end()
        return job

    def hear_late(self, job: dict[str, Any]) -> None:
        """Take in what is wrong with rows that were refused after their page was answered."""
        if job["refused"] <= self._counts["refused"]:
            return
        path, late = f"/v1/imports/jobs/{job['id']}/late", dict[int, list[dict[str, Any]]]()
        more: dict[str, Any] = {}
        while True:
            told = self._client.get(path, **more)
            for finding in told["findings"]:
                late.setdefault(finding["row"], []).append(finding)
            if told["next"] is None:
                break
            more = {"cursor": told["next"]}
        self.findings.add([finding for some in late.values() for finding in some])
        for page in self._pages(job["pageRows"], job["pageSize"]) if self.errors is not None else ():
            here = [finding for row in page.rows for finding in late.get(row.number, ())]
            if here and self.errors is not None:
                self.errors.add(page, [], here)

    def _sent(
        self, path: str, job: dict[str, Any], held: int
    ) -> Iterator[tuple[Page, "Future[dict[str, Any]] | None"]]:
        """The pages in order, each with its answer to come; few are on their way at once."""
        waiting: deque[tuple[Page, Future[dict[str, Any]] | None]] = deque()
        number = 0
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for page in self._pages(job["pageRows"], job["pageSize"]):
                answer = None
                if page.rows:
                    maybe = number < held + _AT_ONCE or job["state"] != "receiving"
                    answer = pool.submit(self._page, path, number, page, maybe_there=bool(held) and maybe)
                    number += 1
                waiting.append((page, answer))
                if len(waiting) > _AT_ONCE:
                    yield waiting.popleft()
            yield from waiting

    def _page(self, path: str, number: int, page: Page, *, maybe_there: bool) -> dict[str, Any]:
        client, body = self._own(), page.body
        place = f"{path}/pages/{number}"
        if maybe_there:
            digest = hashlib.sha256(body).hexdigest()
            try:
                known: dict[str, Any] = self._patiently(lambda: client.get(place, sha256=digest))
                return known
            except errors.NotFound:
                pass

        def put() -> dict[str, Any]:
            answer: dict[str, Any] = client.request(
                "PUT",
                place,
                query={"firstRow": page.first_row},
                body=body,
                headers={"Content-Type": MEDIA[self._kind]},
            ).json()
            return answer

        told: dict[str, Any] = self._patiently(put)
        return told

    def _own(self) -> Client:
        """A connection of this thread's own."""
        if not hasattr(self._threads, "client"):
            self._threads.client = self._client.again()
        found: Client = self._threads.client
        return found

    def _patiently(self, ask: Any) -> Any:
        """Asked again while the service is away, for a minute: everything that is asked here may be."""
        until: float | None = None
        pause = 0.25
        while True:
            try:
                return ask()
            except errors.Unavailable as away:
                if until is not None and time.monotonic() > until:
                    raise
                if until is None:
                    until = time.monotonic() + _PATIENCE
                    output.progress(f"{away.detail}; trying again")
            time.sleep(pause)
            pause = min(pause * 2, 5.0)

    def _pages(self, rows: int, size: int) -> Iterator[Page]:
        self._stream.seek(0)
        # The reader of text closes what it reads from, and that is not its own.
        return split(_Lent(self._stream), self._kind, rows=rows, size=size)  # type: ignore[arg-type]

    def _digest(self) -> str:
        self._stream.seek(0)
        return hashlib.file_digest(self._stream, "sha256").hexdigest()  # type: ignore[arg-type]

    def _count(self, told: dict[str, Any]) -> None:
        for name in self._counts:
            self._counts[name] += told[name]

    def _note(self, page: Page, findings: list[dict[str, Any]], refused: set[int]) -> None:
        lost = [too_long(number) for number in page.too_long]
        self._counts["rows"] += len(lost)
        self._counts["refused"] += len(lost)
        self.findings.add(lost + findings)
        if self.errors is not None:
            self.errors.add(page, lost, [each for each in findings if each["row"] in refused])


class _Lent:
    """A stream that somebody else closes."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.closed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def close(self) -> None:
        """Left to whoever opened it."""


def _open(file: str, opened: ExitStack) -> tuple[IO[bytes], str]:
    """The file, or stdin put aside into one, since it is read twice."""
    if file == "-":
        import shutil
        import sys

        kept: IO[bytes] = opened.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        shutil.copyfileobj(sys.stdin.buffer, kept)
        kept.seek(0)
        return kept, "stdin"
    path = Path(file)
    try:
        return opened.enter_context(path.open("rb")), output.printable(path.name)
    except OSError as exc:
        raise errors.BadInput("FILE_UNREADABLE", f"{path}: {exc.strerror or exc}") from None


def _decide(client: Client, word: str, job: str | None, *, as_json: bool) -> None:
    if job is None:
        raise typer.BadParameter(f"{word} which import?", param_hint="JOB")
    path = f"/v1/imports/jobs/{job}"
    if not (job.isascii() and job.isalnum()):
        raise errors.BadInput("ID_INVALID")
    done = {"approve": "approval", "reject": "rejection"}.get(word)
    found = client.post(f"{path}/{done}") if done else client.get(path)
    if as_json:
        output.result(found)
    else:
        output.line(summary(found))
    if word != "reject":
        leave(found)


def _tell(client: Client, run: _Import, job: dict[str, Any], file: str, *, as_json: bool) -> None:
    if as_json:
        acts, certificates = [], []
        if job["id"] is not None:
            path = f"/v1/imports/jobs/{job['id']}"
            rows = client.get(f"{path}/rows", limit=MOST)["rows"]
            certificates = [row for row in rows if row["state"]]  # the others were judged, and not issued
            acts = client.get(f"{path}/acts")["acts"]
        output.result(
            {
                "file": file,
                "read": job["rows"],
                "ready": job["ready"],
                "refused": job["refused"],
                "repeated": job["repeated"],
                "issued": job["issued"],
                "final": job["final"],
                "failed": job["failed"],
                "state": job["state"],
                "import": job["id"],
                "findings": run.findings.first,
                "moreFindings": run.findings.more,
                "certificates": certificates,
                "acts": acts,
            }
        )
    else:
        run.findings.tell()
        output.line(summary(job))
    leave(job)
