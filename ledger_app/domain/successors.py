"""What successors say: flags, and the original that they name, fit the act that issues them, and a true copy
says what its original says.

Reads plain JSON. What is wrong in form passes here, and is refused for that.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ledger_app.domain.words import printable
from ledger_app.errors import Conflict, Unprocessable

BACK_TO_BACK: Final = "back-to-back"
REPLACEMENT: Final = "replacement"
TRUE_COPY: Final = "certified-true-copy"
_OF_THE_COPY: Final = frozenset(
    {"type", "version", "number", "issueDate", "flags", "original", "remarks", "declarations", "validFrom"}
)
"""Members that a certified true copy has of its own; of `validFrom` the day counts, stated or not."""


def require_replacements(
    documents: Sequence[Any],
    original: Mapping[str, Any],
    digest: str,
    *,
    true_copy: bool,
    whole: bool = True,
) -> None:
    """What a supersession issues. `original`: what is known of the document that it ends; `digest`: 0x….
    `whole`: that is all of it, which a true copy is compared with.

    Certified true copies are marked as such, and nothing else is. What corrects a back-to-back certificate
    may stay one, and then name what that one rests on. Raises Conflict TRUE_COPY_DIFFERS, Unprocessable
    FLAGS_DIFFER, ORIGINAL_DIFFERS.
    """
    hidden = {"flags", "original"} - ({"flags", "original"} if whole else original.keys())
    kept = frozenset((BACK_TO_BACK, REPLACEMENT)) if "flags" in hidden else flags_of(original)
    for document in documents:
        flags = flags_of(document)
        if (TRUE_COPY in flags) != true_copy:
            words = "Give the reason TRUE_COPY, and certified-true-copy in /flags: both, or neither."
            raise Conflict("TRUE_COPY_DIFFERS", words)
        _refuse(flags - kept, (BACK_TO_BACK, REPLACEMENT) if true_copy else (BACK_TO_BACK,))
        rests_on = _named(original) if BACK_TO_BACK in flags else {}
        if BACK_TO_BACK in flags and "original" in hidden:
            continue
        if not rests_on or _named(document) != rests_on:
            _require_named(document, original.get("number"), digest)
        if true_copy and isinstance(document, Mapping):
            _require_same(document, original)


def require_back_to_back(documents: Sequence[Any], original: Mapping[str, Any], digest: str) -> None:
    """What is issued out of another issuer's certificate, which is `original` with `digest`, as above.

    Raises Unprocessable FLAGS_DIFFER, ORIGINAL_DIFFERS.
    """
    for document in documents:
        flags = flags_of(document)
        if BACK_TO_BACK not in flags:
            words = "It is issued out of another issuer's certificate: add back-to-back to /flags."
            raise Unprocessable("FLAGS_DIFFER", words, flag=BACK_TO_BACK)
        _refuse(flags, (TRUE_COPY, REPLACEMENT))
        _require_named(document, original.get("number"), digest)


def named_original(document: Any) -> Mapping[str, Any]:
    """The original that a document copies, replaces or rests on by its flags, as it names it; empty where it
    names none."""
    marks = flags_of(document) & {BACK_TO_BACK, REPLACEMENT, TRUE_COPY}
    return _named(document) if marks else {}


def is_own(document: Mapping[str, Any], original: Mapping[str, Any]) -> bool:
    """Whether the `original` that a document names is, by its words, of the document's own issuer."""
    issuer, named = document.get("issuer"), original.get("issuer")
    own = issuer if isinstance(issuer, Mapping) else {}
    return named is None or named in (own.get("identifier"), own.get("name"))


def _require_same(document: Mapping[str, Any], original: Mapping[str, Any]) -> None:
    differ = [
        member
        for member in sorted((document.keys() | original.keys()) - _OF_THE_COPY)
        if _told(document, member) != _told(original, member)
    ]
    if _starts(document) != _starts(original):
        differ.append("validFrom")
    if differ:
        words = "A certified true copy says what its original says, and differs at "
        shown = ", ".join(f"/{printable(member, 40)}" for member in differ[:5])
        raise Conflict("TRUE_COPY_DIFFERS", words + shown + ".", members=differ[:50])


def _told(document: Mapping[str, Any], member: str) -> Any:
    said = document.get(member)
    if member != "items" or not isinstance(said, list):
        return said
    # Each names items of its own original by it, the copy those of the one that it copies.
    return [
        {name: value for name, value in item.items() if name != "originalItem"}
        if isinstance(item, Mapping)
        else item
        for item in said
    ]


def _starts(document: Mapping[str, Any]) -> Any:
    return document.get("validFrom", document.get("issueDate"))


def _refuse(flags: frozenset[str], foreign: Iterable[str]) -> None:
    for flag in foreign:
        if flag in flags:
            words = f"Another act than this one issues what is {flag}: take it out of /flags."
            raise Unprocessable("FLAGS_DIFFER", words, flag=flag)


def _require_named(document: Any, number: Any, digest: str) -> None:
    # A document need not name its original; the number is unknown where only some fields were shown.
    named = _named(document)
    for member, known in (("number", number), ("digest", digest)):
        if known is not None and named.get(member, known) != known:
            told, right = printable(named[member], 80), printable(known, 80)
            words = f"/original/{member} is {told}; of the certificate that the act is about it is {right}."
            raise Unprocessable("ORIGINAL_DIFFERS", words, member=member)


def _named(document: Any) -> Mapping[str, Any]:
    named = document.get("original") if isinstance(document, dict) else None
    return named if isinstance(named, dict) else {}


def flags_of(document: Any) -> frozenset[str]:
    """Its flags; none where they are no list."""
    flags = document.get("flags") if isinstance(document, Mapping) else None
    return frozenset(one for one in flags if isinstance(one, str)) if isinstance(flags, list) else frozenset()
