"""The page about the document names what the document has."""

from pathlib import Path

from ledger_app.domain.certificate import Certificate, Item

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "certificate.md").read_text("utf-8")


def test_every_member_of_certificate_and_item_is_on_the_page() -> None:
    for model in (Certificate, Item):
        for name, info in model.model_fields.items():
            assert f"`{info.alias or name}`" in PAGE, f"{model.__name__}.{name} is not described"
