"""What families ask for by themselves, or with somebody who works with them, until it is a need."""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.base import Base, Json
from directory.models import Service
from directory.sealed import Sealed, SealedRow
from marketplace.db.families import Need
from marketplace.db.people import Commissioner
from marketplace.spreadsheets.needs import ASKED_REF

__all__ = ["ASKED_REF", "Ask"]


class Ask(SealedRow, Base):
    """`given`: the form as it was filled in, there only until it is a need or is forgotten."""

    __tablename__ = "ask"
    owned_by = "commissioner_id"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    commissioner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commissioner.id"), index=True)
    source: Mapped[str]
    code: Mapped[str]
    service_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("service.id"))
    given = Sealed[Json | None]()
    worker_name = Sealed[str | None]()
    worker_email = Sealed[str | None]()
    given_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    worker_name_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    worker_email_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_id: Mapped[str]
    # Two links: whoever proves an address is not always the family.
    proof_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    status_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[dt.datetime]
    proved_at: Mapped[dt.datetime | None]
    need_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("need.id"), index=True)
    # Why a person rings: to `prove` who it is, `sensitive`, `again` after help that ended, or
    # to hear if it is `still_safe`.
    ring_reason: Mapped[str | None]
    rung_at: Mapped[dt.datetime | None]
    withdrawn_at: Mapped[dt.datetime | None]

    commissioner: Mapped[Commissioner] = relationship(lazy="raise")
    service: Mapped[Service | None] = relationship(lazy="raise")
    need: Mapped[Need | None] = relationship(lazy="raise")

    __table_args__ = (
        CheckConstraint("source IN ('self', 'professional')", "source_known"),
        CheckConstraint(
            "ring_reason IN ('prove', 'sensitive', 'again', 'still_safe')", "ring_reason_known"
        ),
        CheckConstraint(
            "(source = 'professional') = (worker_email_sealed IS NOT NULL)",
            "worker_where_professional",
        ),
        CheckConstraint("need_id IS NULL OR proved_at IS NOT NULL", "nothing_before_proof"),
        CheckConstraint("need_id IS NULL OR given_sealed IS NULL", "not_kept_twice"),
    )
