"""A need taken back by the council: one, a family's, or all that a file brought. And the undo."""

import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor, readable_needs
from marketplace.db.families import Family, Need, NeedFile
from marketplace.db.plans import Match
from marketplace.db.queue import RELEASE_FAMILY, enqueue
from marketplace.errors import NotFoundError
from marketplace.services.matches.endings import end_not_begun, has_begun, may_end
from marketplace.services.matches.holds import KNOWS_THE_PROVIDER, ask_to_call
from marketplace.services.matches.transitions import move_needs, note_deed
from marketplace.services.needs.legal_basis import require_law
from marketplace.states import NeedState

OPEN = (NeedState.DRAFT, NeedState.PUBLISHED, NeedState.PLANNED)


@dataclass(frozen=True)
class Choice:
    """Whose needs: `what` is need, family or file."""

    what: str
    id: uuid.UUID

    @property
    def condition(self) -> ColumnElement[bool]:
        column = {"need": Need.id, "family": Need.family_id, "file": Need.file_id}[self.what]
        return column == self.id


@dataclass(frozen=True)
class Outlook:
    """`ending`: matches that would end; `begun`: needs where help has begun, which stay."""

    open: int
    ending: int
    begun: int
    withdrawn: int


async def look_ahead(session: AsyncSession, choice: Choice, *, actor: Actor) -> Outlook:
    """What taking it back would do; not found where there is nothing of one's own."""
    everything = _chosen(choice, actor).subquery()
    if not await session.scalar(select(func.count()).select_from(everything)):
        raise NotFoundError
    counts = {
        "open": _withdrawable(choice, actor),
        "begun": _chosen(choice, actor).where(_help_has_begun()),
        "withdrawn": _brought_back(choice, actor),
    }
    found = {
        name: await session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
        for name, wanted in counts.items()
    }
    ending = select(func.count()).select_from(Match).where(_ending(choice, actor), may_end())
    return Outlook(**found, ending=await session.scalar(ending) or 0)


async def withdraw_needs(session: AsyncSession, choice: Choice, *, actor: Actor) -> int:
    """Take back what has not begun, and end its matches; how many needs it was."""
    ended = await end_not_begun(session, _ending(choice, actor), code="need_withdrawn", actor=actor)
    # Who said yes waits for somebody to ring: now it is us, to say that nobody will.
    told = [match for match, before in ended.values() if before in KNOWS_THE_PROVIDER]
    await ask_to_call(session, told, reason="need_withdrawn")
    needs = (await session.scalars(_ids(_withdrawable(choice, actor)))).all()
    await move_needs(session, needs, to=NeedState.WITHDRAWN, actor=actor, code="need_withdrawn")
    await enqueue(session, RELEASE_FAMILY, list({match.family_id for match, _ in ended.values()}))
    await _note(session, choice, "needs_withdrawn", len(needs), actor=actor)
    return len(needs)


async def publish_again(session: AsyncSession, choice: Choice, *, actor: Actor) -> int:
    """The undo: what was taken back is published again, and waits for the next plan."""
    await require_law(session, actor=actor)
    needs = (await session.scalars(_ids(_brought_back(choice, actor)))).all()
    await move_needs(session, needs, to=NeedState.PUBLISHED, actor=actor, code="published_again")
    await _note(session, choice, "needs_published_again", len(needs), actor=actor)
    return len(needs)


def readable_files(actor: Actor) -> Select[NeedFile]:
    return select(NeedFile).where(NeedFile.commissioner_id == actor.commissioner_id)


def _chosen(choice: Choice, actor: Actor) -> Select[Need]:
    return readable_needs(actor).where(choice.condition)


def _ids(chosen: Select[Need]) -> Select[uuid.UUID]:
    return chosen.with_only_columns(Need.id)


def _withdrawable(choice: Choice, actor: Actor) -> Select[Need]:
    return _chosen(choice, actor).where(Need.state.in_(OPEN), ~_help_has_begun())


def _brought_back(choice: Choice, actor: Actor) -> Select[Need]:
    """Never a family that told us to stop: only it can take that back."""
    return _chosen(choice, actor).where(
        Need.state == NeedState.WITHDRAWN,
        Need.valid_until >= func.current_date(),
        Family.stopped_at.is_(None),
    )


def _help_has_begun() -> ColumnElement[bool]:
    return exists().where(Match.need_id == Need.id, has_begun())


def _ending(choice: Choice, actor: Actor) -> ColumnElement[bool]:
    return Match.need_id.in_(_ids(_withdrawable(choice, actor)))


async def _note(
    session: AsyncSession, choice: Choice, deed: str, count: int, *, actor: Actor
) -> None:
    if actor.commissioner_id:
        await note_deed(
            session,
            ("commissioner", actor.commissioner_id),
            deed,
            actor=actor,
            detail={"what": choice.what, "id": str(choice.id), "needs": count},
        )
