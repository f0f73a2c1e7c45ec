"""What is said of the rows of a file before anything is issued: what they lack, or what an import does."""

from collections.abc import Callable
from typing import Any, Final

from ledger_app.client import Client
from ledger_app.domain.imports.splitting import CSV, Page
from ledger_app.services.bulk.reading import column_of, number_twice

MEDIA: Final = {"csv": "text/csv", "json": "application/json"}
Ask = Callable[[Page], list[dict[str, Any]]]
"""Gives the rows of a page: {row, document, known, ready, findings}."""


def lacks(client: Client, kind: str) -> Ask:
    """What the documents lack, whoever is to issue them, and whatever numbers are taken."""

    def ask(page: Page) -> list[dict[str, Any]]:
        read: list[dict[str, Any]] = client.upload("/v1/imports", f"page.{kind}", page.body)["documents"]
        for one in read:
            row = one["row"] = one["row"] + page.first_row - (2 if kind == CSV else 1)
            one["known"] = False
            one["findings"] = [
                {"row": row, "column": column_of(each["pointer"]), **each} for each in one["findings"]
            ]
        return read

    return ask


def judged_as_import(client: Client, kind: str) -> Ask:
    """What an import would say, the pages asked for in order. Of each row so far its number and its content
    are kept, to know them again."""
    seen: dict[str, tuple[str, int]] = {}

    def ask(page: Page) -> list[dict[str, Any]]:
        answer = client.request(
            "POST",
            "/v1/imports/judgement",
            query={"firstRow": page.first_row},
            body=page.body,
            headers={"Content-Type": MEDIA[kind]},
        )
        rows: list[dict[str, Any]] = answer.json()["rows"]
        for one in rows:
            if one["ready"] and not one["known"]:
                content, first = seen.setdefault(
                    one["number"] or one["content"], (one["content"], one["row"])
                )
                if content != one["content"]:
                    _refuse_twice(one, first)
                elif first != one["row"]:
                    one["known"], one["findings"] = True, []
        return rows

    return ask


def _refuse_twice(one: dict[str, Any], first: int) -> None:
    why = number_twice(one["number"], first)
    one["ready"] = False
    one["findings"].append({"row": one["row"], "column": column_of(why.pointer), **why.to_json()})
