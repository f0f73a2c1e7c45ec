"""`origin reasons`: every check, outcome and reason code that this version knows. Needs no service."""

import typer

from ledger_app.cli import common, output

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def reasons(as_json: common.Json = False) -> None:
    """List every check, outcome and reason code, with its meaning and what to do next."""
    from ledger_app.services.reasons import published

    found = published()
    if as_json:
        output.result(found)
        return
    for check in found["checks"]:
        output.line(f"check {check['number']:>2}  {check['name']}")
    for outcome in found["outcomes"]:
        output.line(f"outcome {outcome['outcome']}: {outcome['meaning']}")
    for reason in found["reasons"]:
        output.line(f"{reason['code']}\n    {reason['meaning']}\n    {reason['next']}")
