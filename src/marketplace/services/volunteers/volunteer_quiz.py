"""The food hygiene quiz, read aloud by the host: draw, answer once, keep every try."""

import uuid
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from directory.volunteers.asks import asked_of
from directory.volunteers.models import QuizTry
from directory.volunteers.quiz import draw_questions, load_bank, mark
from marketplace.access import Actor
from marketplace.errors import BadFormError, NotFoundError
from marketplace.services.matches.transitions import note_deed
from marketplace.services.volunteers.volunteer_papers import keep_paper
from marketplace.services.volunteers.volunteers import own_provider, own_volunteer, today_of

ASK = "hygiene"


async def begin_try(session: AsyncSession, volunteer_id: uuid.UUID, *, actor: Actor) -> QuizTry:
    volunteer = await own_volunteer(session, volunteer_id, actor=actor)
    if ASK not in asked_of(volunteer.roles):
        raise NotFoundError
    begun = QuizTry(id=uuid.uuid4(), volunteer_id=volunteer_id, questions=draw_questions())
    session.add(begun)
    await session.flush()
    return begun


async def own_try(
    session: AsyncSession, volunteer_id: uuid.UUID, try_id: uuid.UUID, *, actor: Actor
) -> QuizTry:
    await own_provider(session, volunteer_id, actor=actor)
    found = await session.get(QuizTry, try_id, populate_existing=True)
    bank = load_bank().questions
    # A question that was taken out of the bank since can be neither asked nor marked.
    if found is None or found.volunteer_id != volunteer_id or set(found.questions) - set(bank):
        raise NotFoundError
    return found


async def answer_try(
    session: AsyncSession,
    volunteer_id: uuid.UUID,
    try_id: uuid.UUID,
    answers: Sequence[str],
    *,
    actor: Actor,
) -> QuizTry:
    """Mark all answers at once; what was answered before stands."""
    await own_volunteer(session, volunteer_id, actor=actor)
    current = await own_try(session, volunteer_id, try_id, actor=actor)
    if current.answers is not None:
        return current
    questions = load_bank().questions
    faults = {
        f"question-{id_}": f"Question {number}: choose an answer"
        for number, (id_, answer) in enumerate(
            zip(current.questions, answers, strict=True), start=1
        )
        if answer not in {str(n + 1) for n in range(len(questions[id_].choices))}
    }
    if faults:
        raise BadFormError(faults)
    current.answers, current.score = list(answers), mark(current.questions, answers)
    await session.flush()
    if is_passed(current):
        await keep_paper(session, volunteer_id, ASK, done_on=await today_of(session))
    await note_deed(
        session,
        ("volunteer", volunteer_id),
        "quiz_passed" if is_passed(current) else "quiz_failed",
        actor=actor,
        detail={"score": current.score},
    )
    return current


def is_passed(one: QuizTry) -> bool:
    return one.score is not None and one.score >= load_bank().pass_mark
