"""OK, SKIP and STOP: by text or by a press, done once, at once, and no place promised twice."""

import asyncio
import datetime as dt
import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from email import message_from_bytes, policy
from unittest.mock import patch

import pytest
import small_world as world
import volunteers_at_hand as at_hand
from httpx import AsyncClient
from litestar import Litestar
from reading import words_of
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake, Provider, Service
from directory.visibility import is_listed
from directory.volunteers.models import Absence, Volunteer
from marketplace.access import Actor
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Need
from marketplace.db.offers import Message
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.db.volunteering import ReceivedText, WeeklyQuestion
from marketplace.messages.senders import make_sender
from marketplace.services.figures.figures import recount_places
from marketplace.services.sending.texts import read_meaning
from marketplace.services.volunteers import volunteer_leaving, volunteer_weeks, volunteers
from marketplace.settings import Settings, mail_folder
from marketplace.states import MatchState, NeedState
from marketplace.worker.schedules import EACH_HOUR, take_steps

STAGE = "ground"
TOKEN = "an-invented-token-of-32-letters-or-more"
NUMBER = "447700900311"


@pytest.fixture
async def tom(sessions: Sessions) -> Actor:
    async with transaction(sessions, EXCHANGE) as session:
        return await world.actor_of(session, world.TOM)


@pytest.fixture
async def nell(sessions: Sessions, tom: Actor) -> uuid.UUID:
    async with transaction(sessions, EXCHANGE) as session:
        volunteer_id = await at_hand.id_of(session, at_hand.NELL.name)
        await at_hand.make_ready(session, volunteer_id, tom)
    return volunteer_id


@pytest.fixture
async def link(sessions: Sessions, settings: Settings, nell: uuid.UUID) -> str:
    async with transaction(sessions, EXCHANGE) as session:
        return await at_hand.volunteer_link(session, settings, nell)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, notify_token=TOKEN)


@pytest.fixture
async def notify(open_browser: Callable[[], Awaitable[AsyncClient]]) -> AsyncClient:
    """GOV.UK Notify, with the token that it was given."""
    browser = await open_browser()
    browser.headers["authorization"] = f"Bearer {TOKEN}"
    return browser


def callback(words: str, *, number: str = NUMBER, text_id: str = "") -> str:
    return json.dumps(
        {
            "id": text_id or str(uuid.uuid4()),
            "source_number": number,
            "destination_number": "07700900999",
            "message": words,
            "date_received": "2026-11-22T10:15:30.000000Z",
        }
    )


async def send(notify: AsyncClient, words: str, **given: str) -> None:
    answer = await notify.post("/texts/received", content=callback(words, **given))
    assert (answer.status_code, answer.text) == (200, "Taken.\n")


async def is_listed_now(sessions: Sessions, volunteer_id: uuid.UUID) -> bool:
    async with transaction(sessions, EXCHANGE) as session:
        return volunteer_id in set(await session.scalars(select(Provider.id).where(is_listed())))


async def messages(sessions: Sessions, settings: Settings) -> list[tuple[str, str]]:
    """Everything that leaves, to whom and with which words."""
    await world.do_jobs(sessions)
    found = []
    for file in sorted(mail_folder(settings).glob("*.eml"), key=lambda one: one.stat().st_mtime_ns):
        mail = message_from_bytes(file.read_bytes(), policy=policy.default)
        body = mail.get_body(("plain",))
        found.append((str(mail["To"]), " ".join(str(body.get_content()).split())))
    return found


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("OK", "ok"),
        (" ok. ", "ok"),
        ("Okay thank you xx", "ok"),
        ("Skip please", "skip"),
        ("STOP", "stop"),
        ("Stop texting me", "stop"),
        ("ok but only one", "other"),
        ("OK?", "other"),
        ("ok 1", "other"),
        ("my hip op is on Tuesday", "other"),
        ("", "other"),
        ("👍", "other"),
    ],
)
def test_only_a_plain_keyword_counts(words: str, meaning: str) -> None:
    assert read_meaning(words) == meaning


async def test_a_week_is_skipped_and_taken_back(
    notify: AsyncClient, sessions: Sessions, nell: uuid.UUID
) -> None:
    before = await picture_of_places(sessions, nell)
    await send(notify, "SKIP")
    assert not await is_listed_now(sessions, nell)
    await send(notify, "SKIP")
    await send(notify, "OK")
    assert await is_listed_now(sessions, nell)
    assert await picture_of_places(sessions, nell) == before
    async with transaction(sessions, EXCHANGE) as session:
        kinds = select(Absence.kind).where(Absence.volunteer_id == nell)
        assert list(await session.scalars(kinds)) == ["break"]


async def picture_of_places(sessions: Sessions, nell: uuid.UUID) -> list[tuple[int, int, int]]:
    async with transaction(sessions, EXCHANGE) as session:
        found = await session.execute(
            select(Intake.places, Intake.held, Intake.used)
            .join(Intake.service)
            .where(Service.provider_id == nell)
        )
        return [tuple(row) for row in found]


async def test_a_skipped_week_ends_by_itself(
    notify: AsyncClient, sessions: Sessions, nell: uuid.UUID
) -> None:
    await send(notify, "SKIP")
    async with transaction(sessions, EXCHANGE) as session:
        skip = (await session.scalars(select(Absence).where(Absence.kind == "skip"))).one()
        asked = (await session.scalars(select(WeeklyQuestion))).one()
        assert skip.ends_on == asked.ends_on
        await session.execute(
            update(Absence)
            .where(Absence.kind == "skip")
            .values(starts_on=skip.starts_on - dt.timedelta(9), ends_on=func.current_date() - 1)
        )
    assert await is_listed_now(sessions, nell)


async def test_stop_counts_at_once_until_the_host_says_so(
    notify: AsyncClient, sessions: Sessions, settings: Settings, nell: uuid.UUID, tom: Actor
) -> None:
    await send(notify, "Stop!")
    assert not await is_listed_now(sessions, nell)
    await send(notify, "OK")
    assert not await is_listed_now(sessions, nell), "only the host starts it again"
    told = await messages(sessions, settings)
    assert [to for to, _ in told].count(world.TOM) == 1
    assert any("Nell sent STOP" in words for _, words in told)
    texts = [words for to, words in told if to.startswith("+44")]
    assert len(texts) == 2
    assert all("We send you nothing more" in words for words in texts)
    async with transaction(sessions, EXCHANGE) as session:
        await volunteers.resume(session, nell, actor=tom)
    assert await is_listed_now(sessions, nell)


async def test_stop_gives_waiting_families_to_others(
    notify: AsyncClient, sessions: Sessions, nell: uuid.UUID
) -> None:
    await world.build_draft(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        match = await move_to_nell(session, nell)
    await send(notify, "STOP")
    async with transaction(sessions, EXCHANGE) as session:
        stands = await session.get_one(Match, match.id)
        assert stands.state == MatchState.WITHDRAWN
        assert (await session.get_one(Need, match.need_id)).state == NeedState.PUBLISHED
        assert await recount_places(session) == []


async def move_to_nell(session: AsyncSession, nell: uuid.UUID) -> Match:
    """The draft's match for meals, as if the engine had chosen Nell."""
    match = await world.match_of(session, "MEALS")
    intake = select(Intake.id).join(Intake.service).where(Service.provider_id == nell)
    match.intake_id = (await session.scalars(intake)).one()
    await session.flush()
    return match


async def test_the_same_text_again_does_nothing(
    notify: AsyncClient, sessions: Sessions, nell: uuid.UUID
) -> None:
    text_id = str(uuid.uuid4())
    await send(notify, "SKIP", text_id=text_id)
    await send(notify, "OK")
    before = await world.take_picture(sessions)
    await send(notify, "SKIP", text_id=text_id)
    assert await world.take_picture(sessions) == before
    assert await is_listed_now(sessions, nell)


async def test_the_same_text_twice_at_once_is_taken_once(
    notify: AsyncClient, sessions: Sessions, nell: uuid.UUID
) -> None:
    text_id = str(uuid.uuid4())
    await asyncio.gather(*[send(notify, "SKIP", text_id=text_id) for _ in range(5)])
    async with transaction(sessions, EXCHANGE) as session:
        replies = select(func.count()).where(Message.event == "volunteer_reply")
        assert await session.scalar(replies) == 1


async def test_a_strangers_text_is_taken_and_tells_nothing(
    notify: AsyncClient, sessions: Sessions, settings: Settings, nell: uuid.UUID
) -> None:
    for number in ("447700900999", "Lottery", "447700900123456789", ""):
        await send(notify, "STOP, said Grace", number=number)
    assert await messages(sessions, settings) == []
    async with transaction(sessions, EXCHANGE) as session:
        kept = (await session.scalars(select(ReceivedText))).all()
        assert [(one.volunteer_id, one.words, one.meaning) for one in kept] == [(None,) * 3] * 4


async def test_what_we_cannot_read_goes_to_the_host(
    notify: AsyncClient, sessions: Sessions, settings: Settings, nell: uuid.UUID
) -> None:
    for _ in range(3):
        await send(notify, "my hip op is on Tuesday")
    told = await messages(sessions, settings)
    to_nell = [words for to, words in told if to == f"+{NUMBER}"]
    assert len(to_nell) == 1, "two machines would answer each other for ever"
    assert "will read this and ring you" in to_nell[0]
    [to_host] = [words for to, words in told if to == world.TOM]
    assert "could not read" in to_host
    assert "hip" not in to_host


async def test_nobody_else_may_bring_texts(
    nobody: AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    before = await world.take_picture(sessions)
    wrong = ["", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ключ"]
    for given in [None, *[one.encode() for one in wrong]]:
        for content in (callback("STOP"), "not json"):
            headers = {"authorization": given} if given is not None else {}
            answer = await nobody.post("/texts/received", content=content, headers=headers)
            assert answer.status_code == 401, given
    assert await world.take_picture(sessions) == before


async def test_without_a_token_of_ours_none_is_right(
    nobody: AsyncClient, application: Litestar, settings: Settings
) -> None:
    application.state.settings = replace(settings, notify_token="")
    for given in ("", "Bearer ", "Bearer"):
        headers = {"authorization": given}
        answer = await nobody.post("/texts/received", content=callback("OK"), headers=headers)
        assert answer.status_code == 401


async def test_what_is_no_text_is_refused(notify: AsyncClient) -> None:
    for body in ("", "{}", "[]", '{"id": "x"}', '{"id": 1, "message": "OK"}'):
        assert (await notify.post("/texts/received", content=body)).status_code == 400


async def test_looking_at_the_link_changes_nothing_and_a_press_does(
    nobody: AsyncClient, sessions: Sessions, link: str, nell: uuid.UUID
) -> None:
    before = await world.take_picture(sessions)
    shown = await nobody.get(link)
    assert "Hello Nell, can you cook 2 portions on Tuesday?" in words_of(shown)
    assert (await nobody.head(link)).status_code == 200
    assert (await nobody.post(link, data={"answer": "maybe"})).status_code == 422
    assert await world.take_picture(sessions) == before
    assert "Nobody new comes to you" in words_of(await nobody.post(link, data={"answer": "skip"}))
    assert not await is_listed_now(sessions, nell)
    assert "count on you" in words_of(await nobody.post(link, data={"answer": "ok"}))
    assert await is_listed_now(sessions, nell)
    assert "Everything is stopped" in words_of(await nobody.post(link, data={"answer": "stop"}))
    assert not await is_listed_now(sessions, nell)
    assert "Everything is stopped" in words_of(await nobody.post(link, data={"answer": "ok"}))


async def test_a_week_that_is_over_takes_only_stop(
    nobody: AsyncClient, sessions: Sessions, link: str, nell: uuid.UUID
) -> None:
    past = dt.date(2020, 1, 7)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(WeeklyQuestion).values(day=past, ends_on=past))
    assert "This week is over" in words_of(await nobody.post(link, data={"answer": "skip"}))
    assert await is_listed_now(sessions, nell)
    await nobody.post(link, data={"answer": "stop"})
    assert not await is_listed_now(sessions, nell)


async def test_a_link_of_who_has_left_and_a_wrong_one_look_the_same(
    nobody: AsyncClient, sessions: Sessions, link: str, nell: uuid.UUID, tom: Actor
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await volunteer_leaving.leave(session, nell, actor=tom)
    answers = [await nobody.get(path) for path in (link, "/v/aaaa")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert words_of(answers[0]) == words_of(answers[1])


async def test_she_is_asked_once_the_day_before_at_a_decent_hour(
    sessions: Sessions, settings: Settings, nell: uuid.UUID
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        day = (await session.execute(select(func.now()))).scalar_one()
        tomorrow = (day.astimezone(volunteer_weeks.LONDON).date() + dt.timedelta(1)).strftime("%a")
        await session.execute(
            update(Service)
            .where(Service.provider_id == nell)
            .values(days=[f"{tomorrow.lower()}-eve"])
        )
        await session.execute(WeeklyQuestion.__table__.delete())
    with patch.object(volunteer_weeks, "DECENT_HOURS", ()):
        await take_steps(sessions, EACH_HOUR)
    assert await messages(sessions, settings) == []
    with patch.object(volunteer_weeks, "DECENT_HOURS", range(24)):
        for _ in range(2):
            await take_steps(sessions, EACH_HOUR)
    [(to, words)] = await messages(sessions, settings)
    assert to == f"+{NUMBER}"
    assert words.startswith("Hello Nell, can you cook 2 portions on ")
    assert "Reply OK, SKIP or STOP" in words
    assert f"{settings.base_url}/v/" in words


async def test_nobody_is_texted_who_stopped_meanwhile(
    sessions: Sessions, settings: Settings, notify: AsyncClient, nell: uuid.UUID
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        asked = (await session.scalars(select(WeeklyQuestion))).one()
        await volunteer_weeks.queue_messages(session, "volunteer_question", [asked.id])
        await session.execute(update(Volunteer).values(stopped_at=func.now()))
    assert await messages(sessions, settings) == []


async def test_without_a_way_for_texts_none_is_sent_as_mail(
    sessions: Sessions, nell: uuid.UUID
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        asked = (await session.scalars(select(WeeklyQuestion))).one()
        await volunteer_weeks.queue_messages(session, "volunteer_question", [asked.id])
    await world.do_jobs(sessions, make_sender("smtp://127.0.0.1:9?from=a@example.org"))
    async with transaction(sessions, EXCHANGE) as session:
        refused = (await session.scalars(select(Message))).one()
        assert (refused.state, refused.refusal) == ("refused", "no way to send texts is set up")
