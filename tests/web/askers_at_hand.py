"""Who asks something of the small world: to be let in, to be rung, what is held about her."""

import datetime as dt

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.asks import Ask
from marketplace.db.providers import JoinRequest
from marketplace.services.rights import rights, rights_families


async def ask_to_join(session: AsyncSession) -> None:
    """An organisation that waits to be let in; its address has been proved."""
    now = dt.datetime.now(dt.UTC)
    session.add(
        JoinRequest(
            organisation="Sunrise Families",
            kind="charity",
            charity_number="1123456",
            postcode="IP1 2DE",
            person="Sunny Example",
            email="sunny@sunrise.example.org",
            phone="+441632960771",
            key_id="none",
            token_hash=b"none",
            expires_at=now,
            proved_at=now,
        )
    )
    await session.flush()


async def ask_for_a_call(session: AsyncSession, amina: Actor) -> None:
    """A family that asked the council, and left a number only."""
    session.add(
        Ask(
            commissioner_id=amina.commissioner_id,
            source="self",
            code="meals",
            given={"name": "Vera", "phone": "+441632960104", "email": None}
            | {"safe_channels": ["phone"]},
            key_id="none",
            proof_hash=b"none",
            status_hash=b"none",
            expires_at=dt.datetime.now(dt.UTC) + dt.timedelta(days=7),
            ring_reason="prove",
        )
    )
    await session.flush()


async def ask_what_is_held(session: AsyncSession, priya: Actor) -> None:
    """Somebody rang the council's hub to hear what it holds about her: nothing yet."""
    asking = rights.Asking(
        name="Roberta Tamarisk",
        child_born="2019-05",
        postcode="IP1 2DE",
        email=None,
        phone="+441632960155",
    )
    request_id = await rights.take_by_telephone(session, asking, actor=priya)
    await rights_families.choose_family(session, request_id, None, actor=priya)
