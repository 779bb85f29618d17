"""Programs that speak to us: their tokens, and what they sent, so that sent twice is done once."""

import datetime as dt
import uuid

from sqlalchemy import ColumnElement, ForeignKey, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column

from directory.base import Base, Json


class ApiToken(Base):
    """A secret of a program's; only its hash is kept, the words are shown once."""

    __tablename__ = "api_token"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    commissioner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("commissioner.id"))
    provider_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("provider.id"))
    name: Mapped[str]
    scopes: Mapped[list[str]]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    made_by: Mapped[str]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[dt.datetime]
    last_used_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]
    # Calls since this minute began: whoever calls too often is asked to wait.
    calls: Mapped[int] = mapped_column(server_default=text("0"))
    minute_began_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


def token_name() -> ColumnElement[str]:
    """How the history names a program, where it acted."""
    return "token: " + ApiToken.name


class ApiRequest(Base):
    """What was answered to an idempotency key; the same key with other words is refused."""

    __tablename__ = "api_request"

    token_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("api_token.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int]
    answer: Mapped[Json]
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now(), index=True)
