"""How often something was done lately: counted here, so that all processes count together."""

import datetime as dt

from sqlalchemy import DateTime, LargeBinary
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from directory.base import Base


class LimitUse(Base):
    """The uses of one limit by one key that still count; the key itself is nowhere kept."""

    __tablename__ = "limit_use"

    key_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    times: Mapped[list[dt.datetime]] = mapped_column(ARRAY(DateTime(timezone=True)))
    until: Mapped[dt.datetime] = mapped_column(index=True)
