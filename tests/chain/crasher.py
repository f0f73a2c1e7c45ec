"""A service that dies: `python -m tests.chain.crasher FOLDER DATABASE URL SENDER POINT COUNT`.

Deploys if need be, and submits what is queued; the process ends without a word at the COUNT-th passage of
POINT.
Prints "done" if it got through.
"""

import os
import sys
from pathlib import Path

from tests.chain.kit import World


def main() -> None:
    folder, database, url, sender, point, count = sys.argv[1:]
    left = int(count)

    def crash(passed: str) -> None:
        nonlocal left
        if passed == point:
            left -= 1
            if left == 0:
                os._exit(9)

    world = World(Path(folder), url, bytes.fromhex(sender), store_url=database, crash=crash)
    world.deploy()
    world.submitter.settle()
    print("done")


if __name__ == "__main__":
    main()
