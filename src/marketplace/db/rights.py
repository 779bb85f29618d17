"""What families ask of us, what they forbade us, and what a law forbids us to delete."""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.base import Base, Json
from directory.sealed import Sealed, SealedRow
from marketplace.db.families import Family
from marketplace.db.people import Commissioner


class Objection(Base):
    """A pseudonym or a way of contact that must not be stored again; only a keyed hash of it."""

    __tablename__ = "objection"

    commissioner_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("commissioner.id"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(primary_key=True)
    # Begins with the name of the key that it was hashed by.
    value_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    made_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())

    __table_args__ = (CheckConstraint("kind IN ('ref', 'email', 'phone')", "kind_known"),)


class LegalHold(Base):
    """While it stands, nothing about this family is deleted: a court or an inquiry may ask."""

    __tablename__ = "legal_hold"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    family_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("family.id"))
    reason: Mapped[str]
    set_by: Mapped[str]
    set_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    lifted_at: Mapped[dt.datetime | None]

    __table_args__ = (
        Index(
            "uq_legal_hold_open",
            "family_id",
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )


class RightsRequest(SealedRow, Base):
    """“What do you hold about me?”, answered by a person within a month.

    `given`: what they told us, until it is forgotten. `answer`: what was released, until it was
    read or its link has run out.
    """

    __tablename__ = "rights_request"
    owned_by = "commissioner_id"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    commissioner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commissioner.id"), index=True)
    came_by: Mapped[str]
    given = Sealed[Json | None]()
    given_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_id: Mapped[str]
    proof_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    answer_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[dt.datetime]
    proved_at: Mapped[dt.datetime | None]
    identity_checked_at: Mapped[dt.datetime | None]
    identity_checked_how: Mapped[str | None]
    # Chosen without a family: a person looked, and nothing is held.
    family_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("family.id", ondelete="SET NULL"), index=True
    )
    chosen_at: Mapped[dt.datetime | None]
    answer = Sealed[Json | None]()
    answer_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    released_at: Mapped[dt.datetime | None]
    answer_expires_at: Mapped[dt.datetime | None]
    opened_at: Mapped[dt.datetime | None]
    outcome: Mapped[str | None]
    closed_at: Mapped[dt.datetime | None]

    commissioner: Mapped[Commissioner] = relationship(lazy="raise")
    family: Mapped[Family | None] = relationship(lazy="raise")

    __table_args__ = (
        CheckConstraint("came_by IN ('page', 'telephone')", "came_by_known"),
        CheckConstraint(
            "identity_checked_how IN ('rang_back', 'saw_papers', 'met_them')",
            "identity_checked_known",
        ),
        CheckConstraint(
            "(identity_checked_at IS NULL) = (identity_checked_how IS NULL)",
            "identity_checked_once",
        ),
        CheckConstraint(
            "released_at IS NULL OR (identity_checked_at IS NOT NULL AND chosen_at IS NOT NULL)",
            "released_after_the_check",
        ),
        CheckConstraint(
            "outcome IN ('told', 'nothing_held', 'corrected', 'objected', 'erased',"
            " 'not_identified', 'withdrawn')",
            "outcome_known",
        ),
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", "closed_with_an_outcome"),
    )
