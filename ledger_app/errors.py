"""Every error that Origin Ledger raises on purpose.

```
LedgerError                  carries a stable reason code, words, and what to do next
├── BadInput            400  the input cannot be read or breaks a rule
│   ├── TooLarge        413  beyond a stated bound
│   └── Unprocessable   422  readable, but not acceptable as it stands (findings attached)
├── NotAuthenticated    401  nobody, or an unknown token
├── NotPermitted        403  known, but not entitled
├── NotFound            404
├── Conflict            409  contradicts what is already recorded
│   └── ActRefused      409  a contract refused the act (its error's arguments attached)
├── Unavailable         503  cannot be done now; nothing was recorded as done
│   ├── NodeUnavailable 503  the node does not answer
│   ├── NodeBehind      503  the node answers with old data
│   └── WrongLedger     503  the node serves another ledger than the pinned one
├── CheckFailed         422  a numbered verification step failed
├── ConfigError         500  settings are missing, contradictory or unsafe
└── Broken              500  an invariant of ours does not hold; a bug or a damaged store
```
"""

from typing import Any, ClassVar

from ledger_app.reasons import describe


class LedgerError(Exception):
    """Base of the tree. `reason` is a key of `ledger_app.reasons.REASONS`; `context` is JSON-serialisable."""

    status: ClassVar[int] = 500

    def __init__(self, reason: str, detail: str = "", **context: Any) -> None:
        self.reason = reason
        self.detail = detail or describe(reason).meaning
        self.context = context
        super().__init__(f"{reason}: {self.detail}")

    @property
    def next_step(self) -> str:
        """What the reader should do now, in a sentence."""
        return describe(self.reason).next_step

    def __reduce__(self) -> tuple[Any, ...]:
        # One process raises it to another with everything that it tells, whatever its class is made from.
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[LedgerError], words: tuple[Any, ...], members: dict[str, Any]) -> LedgerError:
    error = kind.__new__(kind, *words)
    error.__dict__.update(members)
    return error


class BadInput(LedgerError):
    status = 400


class TooLarge(BadInput):
    status = 413


class Unprocessable(BadInput):
    status = 422


class NotAuthenticated(LedgerError):
    status = 401


class NotPermitted(LedgerError):
    status = 403


class NotFound(LedgerError):
    status = 404


class Conflict(LedgerError):
    status = 409


class ActRefused(Conflict):
    pass


class Unavailable(LedgerError):
    status = 503


class NodeUnavailable(Unavailable):
    pass


class NodeBehind(Unavailable):
    pass


class WrongLedger(Unavailable):
    pass


class CheckFailed(LedgerError):
    """A verification step (1–11) did not hold. `step` is its number."""

    status = 422

    def __init__(self, step: int, reason: str, detail: str = "", **context: Any) -> None:
        super().__init__(reason, detail, **context)
        self.step = step


class ConfigError(LedgerError):
    pass


class Broken(LedgerError):
    pass


def as_ledger_error(failed: Exception) -> LedgerError:
    """The error itself, or Broken `INTERNAL` that tells the kind and place of any other, and none of its
    words: they may hold anybody's data.
    """
    if isinstance(failed, LedgerError):
        return failed
    trace = failed.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = "" if trace is None else f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
    return Broken("INTERNAL", f"{type(failed).__name__}{place}")
