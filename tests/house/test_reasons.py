"""The table of reason codes and the code agree: what is raised is published, contract refusals too."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from ledger_app import errors
from ledger_app.chain.abi import CONTRACTS, interface
from ledger_app.reasons import REASONS
from ledger_app.reasons.readers import for_offline, for_operator

PACKAGE = Path(__file__).resolve().parents[2] / "ledger_app"
ERRORS = {
    name for name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.LedgerError)
}
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")


def raised_codes(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, code) of each error of ours that is made with a literal reason."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in ERRORS:
            continue
        place = 1 if name == "CheckFailed" else 0
        candidates = node.args[place : place + 1] + [k.value for k in node.keywords if k.arg == "reason"]
        for value in candidates:
            for part in ast.walk(value):
                if (
                    isinstance(part, ast.Constant)
                    and isinstance(part.value, str)
                    and CODE.fullmatch(part.value)
                ):
                    yield node.lineno, part.value


def test_every_code_that_is_raised_by_name_is_in_the_table() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{line} {code}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for line, code in raised_codes(ast.parse(path.read_text("utf-8")))
        if code not in REASONS
    ]
    assert found == []


def test_the_scan_sees_codes_wherever_they_stand() -> None:
    source = (
        "raise errors.BadInput('ONE')\n"
        "raise CheckFailed(4, 'TWO' if here else 'THREE')\n"
        "x = NotFound(reason='FOUR')\n"
        "raise ValueError('NOT_OURS')\n"
    )
    assert [code for _, code in raised_codes(ast.parse(source))] == ["ONE", "TWO", "THREE", "FOUR"]


def test_every_refusal_of_the_contracts_is_in_the_table() -> None:
    refusals = {refusal.reason for name in CONTRACTS for refusal in interface(name).refusals}
    refusals -= {
        "INVALID_SHORT_STRING",
        "STRING_TOO_LONG",
    }  # the EIP-712 library's, about names we do not use
    assert refusals - REASONS.keys() == set()
    assert len(refusals) > 20


def test_codes_are_words_in_capitals_and_say_what_to_do_next() -> None:
    for code, entry in REASONS.items():
        assert CODE.fullmatch(code), code
        assert entry.meaning.endswith((".", "?", "…")), code
        assert entry.next_step.endswith((".", "?", "…")), code
        assert entry.meaning != entry.next_step, code


#: What the doctor looks at by itself, or by calling it.
EXAMINED = ("chain", "store", "doctor", "config", "secret_files", "services/health", "services/losses")


def codes_within(parts: tuple[str, ...]) -> set[str]:
    """Every published code that these files and folders of the package name."""
    paths = [PACKAGE / part for part in parts]
    files = [file for path in paths for file in (path.rglob("*.py") if path.is_dir() else [])]
    files += [file for path in paths if (file := path.with_suffix(".py")).is_file()]
    words = {
        node.value
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return words & REASONS.keys()


def test_nothing_that_the_doctor_can_show_sends_the_operator_to_the_operator() -> None:
    shown = codes_within((*EXAMINED, "api/listening")) | {"INTERNAL"}
    assert {"NODE_UNAVAILABLE", "STORE_UNAVAILABLE", "LEDGER_LOST", "SETTING_UNSAFE", "PORT_TAKEN"} <= shown
    sent = {
        code
        for code in shown
        if re.search(r"\boperator", for_operator(code, REASONS[code].next_step), re.IGNORECASE)
    }
    assert sent == set()


def test_words_for_another_reader_belong_to_a_published_code_and_differ_from_the_tables() -> None:
    from ledger_app.reasons import readers

    for table, words in ((readers._OPERATOR, for_operator), (readers._OFFLINE, for_offline)):
        for code in table:
            usual = REASONS[code].next_step
            assert words(code, usual) not in ("", usual)
            assert words(code, usual).endswith("."), code
    assert for_operator("PIN_DIFFERS", "as usual") == for_offline("PIN_DIFFERS", "as usual") == "as usual"
