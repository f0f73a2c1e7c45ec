"""Coverage-guided fuzzing of one parser: `python -m tests.fuzz TARGET [--seconds N | --runs N] [--seed N]`.

Starts from the seeds and from what earlier searches in the same folder (`--work`) found to reach other code.
Ends with 0 when every input kept the target's promises; one that did not is written to the folder, and named.
"""

import argparse
import sys
from pathlib import Path

TARGET_NAMES = ("canonical", "bundle", "certificate", "csv", "imported", "scanned", "events")
_KEPT = Path(__file__).resolve().parents[2] / ".tools" / "fuzz"
MAX_MEGABYTES = 1024
MAX_INPUT_SECONDS = 20


def main() -> None:
    """Never returns: the fuzzer ends the process."""
    import atheris  # here, because the names above are wanted where it cannot be installed

    options = _options()
    with atheris.instrument_imports(include=["ledger_app"]):
        from tests.fuzz import seeds, targets
    work = Path(options.work or _KEPT / options.target)
    corpus, start, words = work / "corpus", work / "seeds", work / "words"
    for folder in (corpus, start):
        folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds.seeds(options.target)):
        (start / f"{number:04}").write_bytes(seed)
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in seeds.WORDS))
    limit = f"-runs={options.runs}" if options.runs else f"-max_total_time={options.seconds}"
    arguments = [
        *(sys.argv[0], limit, f"-seed={options.seed}", f"-dict={words}", f"-artifact_prefix={work}/"),
        *(f"-max_len={targets.MAX_INPUT}", f"-rss_limit_mb={MAX_MEGABYTES}", f"-timeout={MAX_INPUT_SECONDS}"),
        *("-print_final_stats=1", "-verbosity=1", str(corpus), str(start)),
    ]
    atheris.Setup(arguments, targets.TARGETS[options.target])
    atheris.Fuzz()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=TARGET_NAMES)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--runs", type=int, default=0)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--work", default="")
    return parser.parse_args()


def _escaped(word: str) -> str:
    return "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}" for byte in word.encode()
    )


if __name__ == "__main__":
    main()
