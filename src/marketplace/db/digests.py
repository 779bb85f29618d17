"""The one mail a day that tells a provider who waits, and the link in it."""

import datetime as dt
import uuid

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from directory.base import Base


class Digest(Base):
    """Its link answers for those who waited when it was made, and for nobody else."""

    __tablename__ = "digest"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("provider.id"))
    day: Mapped[dt.date]
    key_id: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    made_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]

    __table_args__ = (UniqueConstraint("provider_id", "day"),)
