"""Which practitioner has which family on the screen."""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from directory.base import Base


class FamilyLook(Base):
    """A short claim, so that two practitioners are not shown the same family at once."""

    __tablename__ = "family_look"

    family_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("family.id"), primary_key=True)
    held_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff_user.id"), index=True)
    # When its page was served to who holds it: from here the time of the look is measured.
    served_at: Mapped[dt.datetime | None]
    # "Skip for now": it comes back after all the others.
    skipped_at: Mapped[dt.datetime | None]

    __table_args__ = (CheckConstraint("(held_by IS NULL) = (served_at IS NULL)", "held_since"),)
