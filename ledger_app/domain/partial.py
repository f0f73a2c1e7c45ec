"""What can be read of a document with errors, so that the rules between its good fields are judged at once.

The certificate that `readable` gives does not have the fields that are wrong or lacking, not even as absent:
to ask for one raises AttributeError, so that no rule takes what could not be read for what is not there.
"""

from collections.abc import Iterable
from typing import Any, Final

from pydantic import ValidationError

from ledger_app.domain.model import DOCUMENT_TYPE, DOCUMENT_VERSION, Certificate
from ledger_app.domain.model_parts import Node

Path = tuple[str | int, ...]

_GONE: Final = None
_LEVELS: Final = 8
"""No field of a certificate lies deeper: after so many rounds nothing is left to take out."""
_ITEM: Final = {"number": 1, "description": "x", "hsCode": "010121"}
# What stands in the place of a field that must be there while the others are read. It is taken out again.
_STAND_IN: Final[dict[str, Any]] = {
    "type": DOCUMENT_TYPE,
    "version": DOCUMENT_VERSION,
    "number": "0",
    "scheme": "X",
    "issuanceBasis": "authority",
    "issuer": {"identifier": "x", "name": "x", "territory": "AQ"},
    "exporter": {"name": "x"},
    "exportCountry": "AQ",
    "importCountry": "AQ",
    "originCountry": "AQ",
    "issueDate": "2000-01-01",
    "items": [_ITEM],
}


def readable(raw: Any, wrong: Iterable[Path]) -> Certificate | None:
    """The certificate without the fields at `wrong`; None where nothing of it can be read."""
    if not isinstance(raw, dict):
        return None
    cut: set[Path] = set()
    for _ in range(_LEVELS):
        for path in wrong:
            cut.add(_beyond(cut, path))
        if () in cut:
            return None
        try:
            certificate = Certificate.model_validate(_without(raw, cut))
        except ValidationError as refused:
            wrong = [detail["loc"] for detail in refused.errors(include_url=False, include_input=False)]
            continue
        for path in sorted(cut, key=len):
            _take_out(certificate, path)
        return certificate
    return None


def _beyond(cut: set[Path], path: Path) -> Path:
    """`path`, or what it lies in where it is gone already and was missed: a member, as to take one out of a
    list would move the others."""
    while path and (path in cut or isinstance(path[-1], int)):
        path = path[:-1]
    return path


def _without(raw: dict[str, Any], cut: set[Path]) -> dict[str, Any]:
    """A copy, as deep as the cuts go, without what stands there and with the stand-ins."""
    tree: dict[Any, Any] = {}
    for path in sorted(cut, key=len):
        node: Any = tree
        for part in path[:-1]:
            node = node.setdefault(part, {})
            if node is _GONE:
                break
        else:
            node[path[-1]] = _GONE
    kept: dict[str, Any] = _pruned(raw, tree)
    kept |= {name: value for name, value in _STAND_IN.items() if (name,) in cut}
    items = kept.get("items")
    for place, item in enumerate(items if isinstance(items, list) else ()):
        for name, value in _ITEM.items():
            if ("items", place, name) in cut and isinstance(item, dict):
                item[name] = value
    return kept


def _pruned(node: Any, tree: dict[Any, Any]) -> Any:
    if isinstance(node, dict):
        return {
            name: _pruned(member, tree[name]) if name in tree else member
            for name, member in node.items()
            if tree.get(name, tree) is not _GONE
        }
    if isinstance(node, list):
        return [_pruned(member, tree[n]) if n in tree else member for n, member in enumerate(node)]
    return node


def _take_out(certificate: Certificate, path: Path) -> None:
    node: Any = certificate
    for part in path[:-1]:
        node = node[part] if isinstance(part, int) else getattr(node, _attribute(node, part), None)
        if node is None:
            return
    vars(node).pop(_attribute(node, path[-1]), None)


def _attribute(node: Node, member: str | int) -> str:
    fields = type(node).model_fields.items()
    return next((name for name, info in fields if info.alias == member), str(member))
