"""Commissioners and their staff, providers' staff, and how they sign in."""

import datetime as dt
import uuid

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    LargeBinary,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.base import Base, Json
from directory.models import Provider


class Commissioner(Base):
    """A council; what stands here is printed on every message, so that a family can check it."""

    __tablename__ = "commissioner"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    name: Mapped[str] = mapped_column(unique=True)
    hub_name: Mapped[str]
    hub_person: Mapped[str]
    hub_phone: Mapped[str]
    hub_hours: Mapped[str]
    website: Mapped[str]
    messages_stopped_at: Mapped[dt.datetime | None]
    # When the stop list was last brought, be it empty: no message leaves on an old one.
    stop_list_at: Mapped[dt.datetime | None]
    # What this council published instead of a default, by the names of `defaults.toml`.
    policy: Mapped[Json] = mapped_column(server_default=text("'{}'"), default=dict)
    # Districts (E07000202) and first halves of postcodes (IP1) in which families may ask.
    covers: Mapped[list[str]] = mapped_column(server_default=text("'{}'"), default=list)

    law: Mapped["LegalBasis | None"] = relationship(lazy="raise", viewonly=True)


class LegalBasis(Base):
    """The law a council acts under; families' pages tell it, so nothing is published without."""

    __tablename__ = "legal_basis"

    commissioner_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("commissioner.id"), primary_key=True
    )
    power: Mapped[str]
    lawful_basis: Mapped[str]
    special_category_basis: Mapped[str]
    impact_assessed_on: Mapped[dt.date]
    privacy_notice_address: Mapped[str]
    complaint_route: Mapped[str]
    written_by: Mapped[str]
    written_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class User(Base):
    """Somebody who signs in: for a commissioner or for a provider, never for both."""

    __tablename__ = "staff_user"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    commissioner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("commissioner.id"))
    provider_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("provider.id"), index=True)
    # An editor does the work of a provider; a viewer sees it, and changes nothing.
    provider_role: Mapped[str | None]
    # Kept after the end, or the history would not say who it was.
    closed_at: Mapped[dt.datetime | None]

    commissioner: Mapped[Commissioner | None] = relationship(lazy="raise")
    provider: Mapped[Provider | None] = relationship(lazy="raise")

    __table_args__ = (
        CheckConstraint(
            "(role IN ('commissioner', 'practitioner') AND commissioner_id IS NOT NULL"
            " AND provider_id IS NULL)"
            " OR (role = 'provider' AND provider_id IS NOT NULL AND commissioner_id IS NULL)",
            "role_has_its_organisation",
        ),
        CheckConstraint(
            "(role = 'provider' AND provider_role IN ('editor', 'viewer')"
            " AND provider_role IS NOT NULL)"
            " OR (role <> 'provider' AND provider_role IS NULL)",
            "provider_role_known",
        ),
    )


class SignInLink(Base):
    """A mailed link, usable once; only its hash is kept."""

    __tablename__ = "sign_in_link"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff_user.id"), index=True)
    key_id: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]


class StaffSession(Base):
    """A signed-in browser; made new at each step of a sign-in, so that no chosen id is adopted."""

    __tablename__ = "staff_session"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff_user.id"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[dt.datetime] = mapped_column(index=True)
    seen_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    # None as long as the second step is still to come: until then no page of theirs opens.
    proved_by: Mapped[str | None]
    # In plain words, so that somebody knows which of their own it is.
    browser: Mapped[str]

    __table_args__ = (
        CheckConstraint(
            "proved_by IN ('link', 'code', 'recovery_code', 'work_account')", "proved_by_known"
        ),
    )


class SecondStep(Base):
    """What a person's authenticator app shares with us; encrypted, since it must be read again."""

    __tablename__ = "second_step"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff_user.id"), primary_key=True)
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    # The half minute whose code was taken last: it is never taken again, nor an earlier one.
    last_step: Mapped[int] = mapped_column(BigInteger)
    set_up_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class RecoveryCode(Base):
    """Stands in once for a lost telephone; only a keyed hash is kept."""

    __tablename__ = "recovery_code"

    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("second_step.user_id", ondelete="CASCADE"), index=True
    )
    used_at: Mapped[dt.datetime | None]


class WorkAccount(Base):
    """By what a council's own sign-in knows a person; their address may pass to somebody else."""

    __tablename__ = "work_account"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff_user.id"), primary_key=True)
    issuer: Mapped[str]
    subject: Mapped[str]

    __table_args__ = (UniqueConstraint("issuer", "subject"),)
