"""Values out of a form: always text, trimmed, bounded; `checked_input` has seen them before."""

import uuid
from typing import Any

from litestar.datastructures import FormMultiDict, UploadFile

from marketplace.errors import BadFormError, NotFoundError

LONGEST_TEXT = 500
MOST_UPLOAD_BYTES = 20 * 1024 * 1024


def text(form: FormMultiDict, field: str, *, longest: int = LONGEST_TEXT) -> str:
    value = form.get(field)
    if not isinstance(value, str):
        return ""
    return value[:longest].strip()


def whole_number(form: FormMultiDict, field: str, *, low: int, high: int, what: str) -> int:
    value = text(form, field)
    if not (value.isascii() and value.isdigit() and len(value) < 10 and low <= int(value) <= high):  # noqa: PLR2004 - long digits cost time
        raise BadFormError({field: what})
    return int(value)


async def upload(form: FormMultiDict, field: str) -> tuple[str, bytes]:
    """The file's name and bytes."""
    given: Any = form.get(field)
    if not isinstance(given, UploadFile) or not given.filename:
        raise BadFormError({field: "Choose a file"})
    data = await given.read()
    if not data:
        raise BadFormError({field: "The file is empty. Choose another"})
    if len(data) > MOST_UPLOAD_BYTES:
        raise BadFormError({field: "The file is larger than 20 MB. Split it and send the parts"})
    return given.filename[:100], data


def parse_id(value: str) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except ValueError:
        raise NotFoundError from None
