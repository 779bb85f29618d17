"""Who may sign in: commissioners with their staff, and one user for each provider."""

import uuid

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider
from marketplace.db.people import Commissioner, User
from marketplace.errors import BadFormError


async def add_commissioner(session: AsyncSession, commissioner: Commissioner) -> Commissioner:
    """Add a council, or give back the one that has this name already."""
    standing = await session.scalar(
        select(Commissioner).where(Commissioner.name == commissioner.name)
    )
    if standing is None:
        session.add(commissioner)
        await session.flush()
    return standing or commissioner


async def add_staff(
    session: AsyncSession, *, commissioner_id: uuid.UUID, role: str, name: str, email: str
) -> User:
    """Add a commissioner's or practitioner's user, or give back who has this address already."""
    standing = await session.scalar(select(User).where(func.lower(User.email) == email.lower()))
    if standing is not None and standing.commissioner_id != commissioner_id:
        raise BadFormError({"email": f"{email} belongs to somebody of another organisation."})
    if standing is not None:
        return standing
    user = User(email=email, name=name, role=role, commissioner_id=commissioner_id)
    session.add(user)
    await session.flush()
    return user


async def admit_providers(session: AsyncSession) -> None:
    """Let each provider sign in by its own address; a volunteer is answered for by the host."""
    providers = await session.execute(
        select(Provider.id, Provider.name, Provider.contact_email)
        .outerjoin(User, User.provider_id == Provider.id)
        .where(
            Provider.kind != "volunteer",
            Provider.contact_email.is_not(None),
            Provider.left_at.is_(None),
            User.id.is_(None),
        )
        .order_by(Provider.ref)
    )
    rows = [
        {
            "id": uuid.uuid4(),
            "email": email,
            "name": name,
            "role": "provider",
            "provider_id": id_,
            "provider_role": "editor",
        }
        for id_, name, email in providers
    ]
    if rows:
        # Two providers with one address: the first signs in by it, the second needs its own.
        await session.execute(insert(User).on_conflict_do_nothing(), rows)
