"""`origin agreement …`: the schemes with rules, each rule with its source. Needs no service."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger_app.cli import common, output
from ledger_app.domain.agreements import Agreement, agreement, agreements, use_folder
from ledger_app.domain.agreements.model import Rule

app = common.group("Show the agreements that certificates are issued under, and their rules.")


def use_own_folder() -> None:
    """Add the files of the folder that ORIGIN_AGREEMENTS names. Raises Broken AGREEMENT_DATA."""
    folder = os.environ.get("ORIGIN_AGREEMENTS")
    if folder:
        use_folder(Path(folder))


@app.command(name="list")
def list_(as_json: common.Json = False) -> None:
    """List the agreements that rules are kept for."""
    use_own_folder()
    known = agreements().values()
    if as_json:
        output.result({"agreements": [_short(one) for one in known]})
        return
    for one in known:
        output.line(f"{one.code:<18}{one.title}")


@app.command()
def show(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The scheme's code, such as RCEP.")],
    as_json: common.Json = False,
) -> None:
    """Show an agreement's rules, where each stands written, and which of them are not certain."""
    use_own_folder()
    found = agreement(code)
    if as_json:
        output.result(found.to_json())
        return
    output.line(f"{found.code}  {found.title}")
    output.line(f"  {'preferential' if found.preferential else 'non-preferential'}, " + _who(found))
    for name, info in type(found).model_fields.items():
        value = getattr(found, name)
        for rule in value if isinstance(value, tuple) else (value,):
            if isinstance(rule, Rule):
                output.line(f"  {info.alias or name}: {_words(rule)}")
                output.line(
                    f"      {rule.source}" + ("" if rule.certain else "  [not certain: not enforced]")
                )
    if found.not_kept:
        output.line(f"  not kept: {', '.join(found.not_kept)}  [not known: not checked]")
    output.line(f"  disclose: {', '.join(found.disclose)}  [our own choice]")


def _short(one: Agreement) -> dict[str, Any]:
    return {
        "code": one.code,
        "title": one.title,
        "preferential": one.preferential,
        "issuingAuthority": one.issuing_authority,
        "parties": list(one.parties.members) if one.parties else None,
    }


def _who(one: Agreement) -> str:
    return "issued by an authority" if one.issuing_authority else "no authority issues: self-certified"


def _words(rule: Rule) -> str:
    told = rule.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    parts = [
        f"{name} {_plain(value)}" for name, value in told.items() if name not in ("source", "certain", "note")
    ]
    return "; ".join(parts) + (f" ({rule.note})" if rule.note else "")


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} = {meaning}" for name, meaning in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
