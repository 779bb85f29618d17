"""How an organisation comes in, and what it has promised about families' data."""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.base import Base
from directory.models import Provider
from directory.sealed import Sealed, SealedRow

# The text stands in templates/agreements under this name; a new text gets a new date, and asks
# everybody again.
AGREEMENT_VERSION = "2026-11-22"


class JoinRequest(SealedRow, Base):
    """Somebody asks to be let in. Until the address is proved it is forgotten within a day."""

    __tablename__ = "join_request"
    owned_by = "id"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organisation: Mapped[str]
    kind: Mapped[str]
    charity_number: Mapped[str | None]
    postcode: Mapped[str]
    person = Sealed[str]()
    email = Sealed[str]()
    phone = Sealed[str]()
    person_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    email_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    phone_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[dt.datetime]
    proved_at: Mapped[dt.datetime | None]
    decided_at: Mapped[dt.datetime | None]
    decision: Mapped[str | None]
    reason: Mapped[str | None]
    provider_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("provider.id"))

    provider: Mapped[Provider | None] = relationship(lazy="raise")

    __table_args__ = (
        CheckConstraint("decision IN ('approved', 'joined', 'turned_away')", "decision_known"),
        CheckConstraint(
            "(decision IS NULL) = (decided_at IS NULL)"
            " AND (decision IS NULL OR proved_at IS NOT NULL)",
            "decided_after_proof",
        ),
    )


class Agreement(Base):
    """A provider's word on how it treats families' data: which text, who, when."""

    __tablename__ = "agreement"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("provider.id"))
    version: Mapped[str]
    accepted_by_id: Mapped[uuid.UUID]
    # As it was then: people leave, and what they signed stays signed.
    accepted_by: Mapped[str]
    accepted_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    withdrawn_at: Mapped[dt.datetime | None]
    withdrawn_by: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", "withdrawn_by_somebody"),
        Index(
            "uq_agreement_standing",
            "provider_id",
            "version",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )
