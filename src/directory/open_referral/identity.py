"""Ids for what has none of its own here: the same thing has the same id in every answer."""

import hashlib
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, Uuid, cast, func

NAMESPACE = UUID("6f0c0f0e-2f6d-5d0c-9d5c-3a1f5e2b7c44")

VERSION_OF_DERIVED = 8


def derive(parent: UUID, what: str) -> UUID:
    """A part of something, such as the schedule of a service."""
    return uuid5(parent, what)


def derive_in_database(*parts: ColumnElement[Any]) -> ColumnElement[UUID]:
    """As `derive`, where rows are paged by it: 122 bits of a digest, marked as a UUID of version 8.

    PostgreSQL has no uuid5 of its own (RFC 9562, section 5.8, leaves version 8 to us).
    """
    digest = func.md5(func.concat_ws("/", *parts))
    marked = func.overlay(func.overlay(digest, "8", 13), "a", 17)
    return cast(marked, Uuid)


def derive_as_database(*parts: object) -> UUID:
    digest = hashlib.md5("/".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()
    return UUID(f"{digest[:12]}8{digest[13:16]}a{digest[17:]}")
