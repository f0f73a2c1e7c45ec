"""Files sent as `multipart/form-data`: one file, a few short fields, nothing parsed before its bound is
checked.
"""

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from ledger_app.errors import BadInput
from ledger_app.proof.canonical import check_string


@dataclass(frozen=True, slots=True)
class Upload:
    """The file named `file` and the text fields beside it."""

    content: bytes
    filename: str
    fields: dict[str, str]


def media_type(request: Request) -> str:
    """The media type of the body, lower-case, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def file_schema(*fields: str) -> dict[str, Any]:
    """The OpenAPI description of a form with a file and text fields."""
    properties: dict[str, Any] = {"file": {"type": "string", "format": "binary"}}
    properties |= {name: {"type": "string"} for name in fields}
    schema = {"type": "object", "required": ["file"], "properties": properties}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


async def read_upload(request: Request, *, in_memory: int | None = None) -> Upload:
    """Read the form. Raises BadInput `REQUEST_INVALID` when it cannot be read or has no file named `file`.

    `in_memory`: a file of up to so many bytes touches no disk on its way; by default a large one does.
    """
    parser = MultiPartParser(request.headers, request.stream(), max_files=1, max_fields=8, max_part_size=4096)
    if in_memory is not None:
        parser.spool_max_size = in_memory
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError, LookupError) as bad:
        raise BadInput("REQUEST_INVALID", f"The form cannot be read: {str(bad)[:200]}") from None
    check_texts(form)
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise BadInput("REQUEST_INVALID", "The form has no file named `file`.")
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    upload = Upload(await file.read(), file.filename or "", fields)
    await form.close()
    return upload


def check_texts(form: FormData) -> None:
    """Raises BadInput for U+0000 or a lone surrogate in a field, its name, or a file's name: the form chooses
    the character set that it is decoded from, and some can spell what UTF-8 cannot."""
    for name, value in form.multi_items():
        check_string(name)
        check_string((value.filename or "") if isinstance(value, UploadFile) else value)
