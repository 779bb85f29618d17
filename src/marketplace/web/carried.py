"""A file that stays in the browser between two pages: the server keeps nothing of it."""

import asyncio
import base64
import binascii
import zlib

from litestar.datastructures import FormMultiDict

from marketplace.errors import BadFormError
from marketplace.web import forms

FIELD, NAME = "carried", "file_name"
# What a file of the largest size may come to, on its way through a form.
MOST_BYTES = forms.MOST_UPLOAD_BYTES * 3 // 2


async def pack(data: bytes) -> str:
    """The file as a form field: its owner sends it again with the next press."""
    return await asyncio.to_thread(lambda: base64.urlsafe_b64encode(zlib.compress(data)).decode())


async def unpack(form: FormMultiDict) -> tuple[str, bytes]:
    """The file's name and bytes; to be read as if just chosen, for it may be anything."""
    value = form.get(FIELD)
    if not isinstance(value, str) or not value:
        raise BadFormError({"file": "Choose the file again"})
    return forms.text(form, NAME, longest=100), await asyncio.to_thread(_unpack, value)


def _unpack(value: str) -> bytes:
    try:
        reader = zlib.decompressobj()
        data = reader.decompress(base64.urlsafe_b64decode(value), forms.MOST_UPLOAD_BYTES)
    except (zlib.error, binascii.Error, ValueError):
        raise BadFormError({"file": "Choose the file again"}) from None
    if reader.unconsumed_tail or not reader.eof:
        raise BadFormError({"file": "Choose the file again"})
    return data
