"""Named figures with units: medians of several rounds, ratios, and what each should reach."""

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `goal` is the least (or, where `less` is set, the most) that it should be."""

    value: float
    unit: str
    rounds: int = 1
    spread: tuple[float, float] | None = None
    goal: float | None = None
    less: bool = False
    note: str = ""

    @property
    def missed(self) -> bool:
        if self.goal is None:
            return False
        return self.value > self.goal if self.less else self.value < self.goal

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"value": _rounded(self.value), "unit": self.unit, "rounds": self.rounds}
        if self.spread:
            found["spread"] = [_rounded(self.spread[0]), _rounded(self.spread[1])]
        if self.goal is not None:
            found["goal"] = f"{'<=' if self.less else '>='} {self.goal:g}"
            found["reached"] = not self.missed
        if self.note:
            found["note"] = self.note
        return found


class Figures:
    """The figures of a run, in the order in which they were measured."""

    def __init__(self) -> None:
        self._all: dict[str, Figure] = {}

    def add(
        self,
        name: str,
        values: float | Sequence[float],
        unit: str,
        *,
        goal: float | None = None,
        less: bool = False,
        note: str = "",
    ) -> float:
        """Record `name`; of several rounds the median counts, the spread stands beside it. Returns it."""
        rounds = [float(v) for v in values] if isinstance(values, Sequence) else [float(values)]
        spread = (min(rounds), max(rounds)) if len(rounds) > 1 else None
        figure = Figure(statistics.median(rounds), unit, len(rounds), spread, goal, less, note)
        self._all[name] = figure
        mark = " MISSED" if figure.missed else ""
        print(f"   {name}: {_rounded(figure.value):,} {unit}{mark}", file=sys.stderr, flush=True)
        return figure.value

    def best(self, name: str, *names: str) -> float:
        """The highest of figures recorded before, under its own name."""
        top = max(names, key=lambda each: self._all[each].value)
        return self.add(
            name, self._all[top].value, self._all[top].unit, note=f"the better of its forms, {top}"
        )

    def ratio(self, name: str, ours: str, theirs: str, *, goal: float, note: str = "") -> float:
        """How many times `theirs` goes into `ours`, both recorded before."""
        return self.add(name, self._all[ours].value / self._all[theirs].value, "times", goal=goal, note=note)

    def missed(self) -> list[str]:
        return [name for name, figure in self._all.items() if figure.missed]

    def to_json(self) -> dict[str, Any]:
        return {name: figure.to_json() for name, figure in self._all.items()}

    def table(self) -> str:
        lines = []
        for name, figure in self._all.items():
            goal = "" if figure.goal is None else f"{'≤' if figure.less else '≥'} {figure.goal:,g}"
            end = " MISSED" if figure.missed else ""
            lines.append(f"{name:<58} {_rounded(figure.value):>14,} {figure.unit:<22} {goal}{end}".rstrip())
        return "\n".join(lines)


def per_core_second(step: Callable[[], int], seconds: float) -> float:
    """Runs `step`, which says how many things it did, for about `seconds` of processor time; things done in
    each, which is each second of a core of one's own."""
    done = 0
    started = time.process_time()
    while True:
        done += step()
        taken = time.process_time() - started
        if taken >= seconds:
            return done / taken


def _rounded(value: float) -> float:
    return round(value) if abs(value) >= 100 else float(f"{value:.3g}")
