"""`python -m tests.bench [--json] [NAME…]`: runs the benchmarks and prints their figures.

Progress goes to stderr, the figures to stdout: a table, or with `--json` one object
`{name: {value, unit, rounds, note}}` with the machine beside it.
"""

import argparse
import importlib
import json
import os
import platform
import sys
import time

from tests.bench.figures import Figures

#: Name → module with `run(figures)`. Each is bounded in time, and all together stay below ten minutes.
BENCHMARKS = {
    "documents": "tests.bench.documents",
    "verify": "tests.bench.verifying",
    "register": "tests.bench.registering",
    "gas": "tests.bench.gas",
    "imports": "tests.bench.importing",
    "search": "tests.bench.searching",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; default: all")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    asked = parser.parse_args()
    if unknown := [name for name in asked.names if name not in BENCHMARKS]:
        parser.error(f"no benchmark called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    figures = Figures()
    left = list(asked.names or BENCHMARKS)
    try:
        while left:
            started = time.monotonic()
            print(f"── {left[0]}", file=sys.stderr, flush=True)
            importlib.import_module(BENCHMARKS[left[0]]).run(figures)
            print(f"   {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
            del left[0]
    except KeyboardInterrupt:
        print(f"time is up; not measured to the end: {', '.join(left)}", file=sys.stderr, flush=True)
    if asked.json:
        machine = {
            "python": platform.python_version(),
            "system": platform.system(),
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "load": os.getloadavg()[0],
        }
        print(json.dumps({"figures": figures.to_json(), "machine": machine, "unfinished": left}, indent=2))
    else:
        print(figures.table())
    return 1 if figures.missed() or left else 0


if __name__ == "__main__":
    sys.exit(main())
