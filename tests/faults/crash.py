"""`kill -9` at a chosen line of chosen files. Production code has no part in it, and no hook for it.

`Nursery` is a process without threads that has everything imported; it forks a child for each job of
`tests.faults.jobs`. In the child a trace function counts the passages of every line of the watched files.
Where the chosen passage of the chosen line comes, and before that line runs, the victim is killed: the child
itself, or another process (the chain, the database) under it.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
#: The files of one write to the chain, from the record to the receipt.
_STORE = ("store/engine.py", "store/dialects.py")
OUTBOX = (
    *("chain/submitter.py", "chain/receipts.py", "chain/sender.py", "chain/fees.py"),
    *("store/outbox.py", "store/bids.py", "store/lease.py", *_STORE),
)
FOLLOWER = ("chain/follower.py", "chain/logs.py", "chain/projection.py", "store/index.py", *_STORE)
API = (
    *("api/certificates.py", "api/http.py", "services/issuing.py", "services/signing.py"),
    *("services/acts.py", "services/registering.py", "services/context.py", "store/idempotency.py"),
    *("store/certificates.py", "store/acts.py", "store/outbox.py", *_STORE),
)
SIGNER = ("signer/loop.py", "signer/journal.py")


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """The `passage`-th time (from 1) that `line` of `file` (below ledger_app) is about to run."""

    file: str
    line: int
    passage: int = 1


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended. `killed`: by the fault. `passed`: how often each line was passed, if it was not."""

    killed: bool
    error: str
    passed: dict[tuple[str, int], int]


class Nursery:
    """The forking process. One job at a time; `start` gives the child's process id, `wait` its end."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.crash"],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={k: v for k, v in os.environ.items() if not k.startswith("ORIGIN_")},
        )
        self._read()

    def start(
        self, job: str, files: tuple[str, ...] = (), point: Point | None = None, victim: int = 0, **given: Any
    ) -> int:
        """Run `tests.faults.jobs.<job>(**given)`; `victim` 0 is the child itself."""
        place = None if point is None else [point.file, point.line, point.passage]
        order = {"job": job, "given": given, "files": files, "point": place, "victim": victim}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._read()["pid"])

    def wait(self) -> Ended:
        """The end of the job that was started last. Raises RuntimeError when it failed by itself."""
        answer = self._read()
        passed = {(file, line): count for file, line, count in answer["passed"]}
        if answer["error"]:
            raise RuntimeError(answer["error"])
        return Ended(answer["killed"], answer["error"], passed)

    def run(self, job: str, *args: Any, **given: Any) -> Ended:
        """Both at once."""
        self.start(job, *args, **given)
        return self.wait()

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:  # a job is still running; it ends with its parent
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> "Nursery":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the forking process is gone")
        answer: dict[str, Any] = json.loads(line)
        return answer


def watch(files: list[str], point: list[Any] | None, victim: int) -> Counter[tuple[str, int]]:
    """Count the lines of `files` that any thread of this process is about to run, and kill at the point."""
    names = {str(CHECKOUT / "ledger_app" / file): file for file in files}
    passed: Counter[tuple[str, int]] = Counter()
    target, passage = (None, 0) if point is None else ((point[0], point[1]), point[2])
    turn = threading.Lock()

    def line(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            key = (names[frame.f_code.co_filename], frame.f_lineno)
            with turn:
                passed[key] += 1
                if key == target and passed[key] == passage:
                    os.kill(victim or os.getpid(), signal.SIGKILL)
        return line

    def call(frame: FrameType, _event: str, _: Any) -> Any:
        return line if frame.f_code.co_filename in names else None

    if names:
        threading.settrace(call)
        sys.settrace(call)
    return passed


def _child(order: dict[str, Any], report: int) -> None:
    from tests.faults import jobs

    error = ""
    passed = watch(order["files"], order["point"], order["victim"])
    try:
        getattr(jobs, order["job"])(**order["given"])
    except BaseException:  # noqa: BLE001 - whatever it is, the parent is told
        error = traceback.format_exc()
    sys.settrace(None)
    rows = [[file, number, count] for (file, number), count in list(passed.items())]
    with os.fdopen(report, "w") as out:
        json.dump({"error": error, "passed": rows}, out)
    os._exit(0)


def main() -> None:
    """Serve orders from standard input, one a line, until it closes."""
    import tests.faults.jobs  # everything is imported before the first fork

    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a job prints must not pass for an answer
    print("{}", file=out, flush=True)
    for text in sys.stdin:
        order = json.loads(text)
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            os.setsid()
            tests.faults.jobs.end_with_parent()
            _child(order, writing)
        os.close(writing)
        print(json.dumps({"pid": pid}), file=out, flush=True)
        with os.fdopen(reading) as source:
            said = source.read()
        _, status = os.waitpid(pid, 0)
        answer = json.loads(said) if said else {"error": "", "passed": []}
        if os.WIFSIGNALED(status):
            answer = {"error": "", "passed": [], "killed": True}
        elif not said:
            answer = {"error": f"the job ended with {status}", "passed": [], "killed": False}
        print(json.dumps({"killed": False, **answer}), file=out, flush=True)


if __name__ == "__main__":
    main()
