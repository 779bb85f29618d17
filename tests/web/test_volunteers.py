"""A host's pages: sign-up in one visit, the same family again and again, leaving, reminders."""

import datetime as dt
import uuid
from dataclasses import replace
from email import message_from_bytes, policy

import pytest
import small_world as world
import volunteers_at_hand as at_hand
from addresses import listed_routes, real_path
from httpx import AsyncClient
from reading import SignIn, csrf_of, form_of, words_of
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider, Service
from directory.volunteers.models import Paper, QuizTry, Volunteer
from directory.volunteers.quiz import load_bank
from marketplace.access import SYSTEM, Actor
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Need
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.db.volunteering import HostReminder, Introduction
from marketplace.errors import NotReadyError
from marketplace.services.figures.figures import recount_places
from marketplace.services.matches import claims
from marketplace.services.matches.transitions import move_match
from marketplace.services.volunteers import (
    volunteer_leaving,
    volunteer_reminders,
    volunteer_weeks,
    volunteers,
)
from marketplace.services.volunteers.volunteer_leaving import forget_left
from marketplace.services.volunteers.volunteer_reminders import remind_hosts
from marketplace.services.volunteers.volunteers import refresh_readiness
from marketplace.settings import Settings, mail_folder
from marketplace.states import MatchState

STAGE = "claimed"
FORM = {
    "name": "Walter Dusk",
    "roles": ["drive-family", "mend"],
    "places": "3",
    "days": ["mon", "thu"],
    "parts": ["am"],
    "travels": "car",
    "miles": "6.5",
    "phone": "07700 900322",
    "email": "",
    "postcode": "ip1 3aw",
}


@pytest.fixture
async def hana(sessions: Sessions) -> Actor:
    async with transaction(sessions, EXCHANGE) as session:
        return await world.actor_of(session, world.HANA)


@pytest.fixture
async def tom(sessions: Sessions) -> Actor:
    async with transaction(sessions, EXCHANGE) as session:
        return await world.actor_of(session, world.TOM)


@pytest.fixture
async def grace(sessions: Sessions, hana: Actor) -> uuid.UUID:
    """She came in a file; now her host keeps her here."""
    details = replace(at_hand.NELL, name="Grace Example", phone="+447700900344", email=None)
    async with transaction(sessions, EXCHANGE) as session:
        volunteer_id = await at_hand.id_of(session, "Grace Example")
        await volunteers.correct_details(session, volunteer_id, details, actor=hana)
        await at_hand.make_ready(session, volunteer_id, hana)
        await at_hand.ask(session, volunteer_id)
    return volunteer_id


async def accepted_match(sessions: Sessions) -> Match:
    """Mara's family has said yes to Grace's meals."""
    async with transaction(sessions, EXCHANGE) as session:
        match = await world.match_of(session, "MEALS")
        return await move_match(session, match.id, to=MatchState.ACCEPTED, actor=SYSTEM)


async def test_a_volunteer_is_signed_up_in_one_visit(sign_in: SignIn, sessions: Sessions) -> None:
    hana = await sign_in(world.HANA)
    csrf = {"_csrf": await csrf_of(hana)}
    answer = await hana.post("/provider/volunteers/new", data=csrf | FORM, follow_redirects=True)
    told = words_of(answer)
    assert answer.status_code == 200
    assert "Walter Dusk" in told
    assert "Nobody new comes to Walter until these are here" in told
    base = answer.url.path
    await noted(hana, f"{base}/check", csrf | CHECK)
    for ask in ("agreement", "safeguarding"):
        await noted(hana, f"{base}/papers/{ask}", csrf | {f"{ask}-day": str(world.today())})
    assert "Everything is here" in words_of(await hana.get(base))
    async with transaction(sessions, EXCHANGE) as session:
        walter = await at_hand.id_of(session, "Walter Dusk")
        service = (
            await session.scalars(select(Service).where(Service.provider_id == walter))
        ).one()
    assert (service.needs, service.reach_metres) == (["transport", "home-repairs"], 10461)
    assert service.days == ["mon-am", "thu-am"]


CHECK = {
    "kind": "basic",
    "seen_on": str(world.today()),
    "seen_by": "Hana",
    "recheck_by": str(world.today() + dt.timedelta(days=400)),
}


async def noted(browser: AsyncClient, path: str, fields: dict[str, object]) -> None:
    answer = await browser.post(path, data=fields)
    assert answer.status_code == 303, words_of(answer)


async def test_every_fault_of_the_form_is_told_at_once(sign_in: SignIn, sessions: Sessions) -> None:
    hana = await sign_in(world.HANA)
    csrf = {"_csrf": await csrf_of(hana)}
    before = await world.take_picture(sessions)
    for fields, count in (
        ({}, 7),
        (FORM | {"phone": "12", "postcode": "IP99 9ZZ", "miles": "100", "places": "0"}, 3),
        (FORM | {"phone": "07700 900311"}, 1),
        (FORM | {"postcode": "ZZ99 9ZZ"}, 1),
        (FORM | {"name": "x" * 900, "roles": ["<b>"], "days": ["someday"]}, 2),
    ):
        answer = await hana.post("/provider/volunteers/new", data=csrf | fields)
        assert answer.status_code == 422
        assert answer.text.count("govuk-error-message") >= count
    assert await world.take_picture(sessions) == before


async def test_more_than_the_role_is_eligible_for_is_refused_in_plain_words(
    sign_in: SignIn, sessions: Sessions, grace: uuid.UUID
) -> None:
    hana = await sign_in(world.HANA)
    fields = CHECK | {"_csrf": await csrf_of(hana), "kind": "enhanced"}
    answer = await hana.post(f"/provider/volunteers/{grace}/check", data=fields)
    assert answer.status_code == 422
    assert "higher check than you may ask for" in words_of(answer)
    assert "is not teaching, caring for or supervising children" in words_of(answer)


async def test_the_quiz_is_read_aloud_answered_once_and_says_why(
    sign_in: SignIn, sessions: Sessions, grace: uuid.UUID
) -> None:
    hana = await sign_in(world.HANA)
    csrf = {"_csrf": await csrf_of(hana)}
    base = f"/provider/volunteers/{grace}"
    shown = await hana.post(f"{base}/quiz", data=csrf, follow_redirects=True)
    form = form_of(shown, shown.url.path)
    incomplete = await hana.post(form.action, data=csrf)
    assert incomplete.text.count("choose an answer") == 20
    async with transaction(sessions, EXCHANGE) as session:
        begun = await session.get_one(QuizTry, uuid.UUID(shown.url.path.rpartition("/")[2]))
    bank = load_bank().questions
    right = {f"question-{id_}": str(bank[id_].right) for id_ in begun.questions}
    told = await hana.post(form.action, data=csrf | right, follow_redirects=True)
    assert "Passed. 10 of 10 questions right" in words_of(told)
    assert bank[begun.questions[0]].why in words_of(told)
    again = dict.fromkeys(right, "1")
    told = await hana.post(form.action, data=csrf | again, follow_redirects=True)
    assert "Passed. 10 of 10" in words_of(told)


async def test_a_family_is_met_before_it_is_helped_and_kept_week_after_week(
    sign_in: SignIn,
    nobody: AsyncClient,
    sessions: Sessions,
    settings: Settings,
    grace: uuid.UUID,
    hana: Actor,
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        link = await at_hand.volunteer_link(session, settings, grace)
    assert "A family" in words_of(await nobody.get(link)), "day and distance before the yes"
    match = await accepted_match(sessions)
    assert "Mara" not in (await nobody.get(link)).text
    with pytest.raises(NotReadyError, match="Introduce the volunteer"):
        async with transaction(sessions, EXCHANGE) as session:
            await claims.start_help(session, match.id, actor=hana)
    browser = await sign_in(world.HANA)
    csrf = {"_csrf": await csrf_of(browser)}
    pair = f"/provider/volunteers/{grace}/families/{match.id}"
    tomorrow = str(world.today() + dt.timedelta(1))
    early = await browser.post(
        f"{pair}/introduce", data=csrf | {f"introduced-{match.id}": tomorrow}
    )
    assert early.status_code == 422
    met = {f"introduced-{match.id}": str(world.today()), "diet": "no nuts"}
    await noted(browser, f"{pair}/introduce", csrf | met)
    shown = await nobody.get(link)
    assert "Mara, " in words_of(shown)
    assert "no nuts" in words_of(shown)
    assert "Sandstone" not in shown.text
    unasked = await browser.post(f"/provider/matches/{match.id}/started", data=csrf)
    assert (unasked.status_code, "Ask about allergies" in words_of(unasked)) == (422, True)
    await noted(browser, f"/provider/matches/{match.id}/started", csrf | {"diet": "yes"})
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.get_one(Match, match.id)).state == MatchState.UNDER_WAY
    assert "Mara" in (await browser.get(f"/provider/volunteers/{grace}")).text
    assert (await browser.post(f"{pair}/end", data=csrf)).status_code == 422
    await noted(browser, f"{pair}/end", csrf | {f"how-{match.id}": "somebody_else"})
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.get_one(Match, match.id)).state == MatchState.ENDED_EARLY
        assert (await session.get_one(Need, match.need_id)).state == "published"
        assert await session.get(Introduction, match.id) is None
        assert await recount_places(session) == []
    assert "Mara" not in (await nobody.get(link)).text


@pytest.mark.parametrize("answer", ["skip", "stop"])
async def test_families_who_said_yes_stay_with_the_host_to_cover(
    sign_in: SignIn, sessions: Sessions, settings: Settings, grace: uuid.UUID, answer: str
) -> None:
    match = await accepted_match(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        await volunteer_weeks.answer_week(session, grace, answer)
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.get_one(Match, match.id)).state == MatchState.ACCEPTED
    hana = await sign_in(world.HANA)
    assert "To cover:" in words_of(await hana.get(f"/provider/volunteers/{grace}"))
    await world.do_jobs(sessions)
    mails = [file.read_text() for file in mail_folder(settings).glob("*.eml")]
    [told] = [mail for mail in mails if "Families count on Grace" in mail]
    assert f"To: {world.HANA}" in told
    assert "Mara" not in told


async def test_who_leaves_takes_no_offer_along(
    sessions: Sessions, grace: uuid.UUID, hana: Actor
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        match = await world.match_of(session, "MEALS")
        await volunteer_leaving.leave(session, grace, actor=hana)
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.get_one(Match, match.id)).state == MatchState.PROVIDER_DECLINED
        assert (await session.get_one(Need, match.need_id)).state == "published"
        assert await recount_places(session) == []


async def test_leaving_gives_families_back_as_a_task_and_forgets_in_time(
    sign_in: SignIn, sessions: Sessions, grace: uuid.UUID, hana: Actor
) -> None:
    match = await accepted_match(sessions)
    browser = await sign_in(world.HANA)
    csrf = {"_csrf": await csrf_of(browser)}
    base = f"/provider/volunteers/{grace}"
    assert "1 family counts on Grace" in words_of(await browser.get(f"{base}/leave"))
    told = words_of(await browser.post(f"{base}/leave", data=csrf, follow_redirects=True))
    assert "To do: tell each family" in told
    assert "Mara Sandstone" in told
    await let_days_pass(sessions, grace, 91)
    assert await forget(sessions) == 0, "not while a family counts on her"
    how = {f"how-{match.id}": "somebody_else"}
    await noted(browser, f"{base}/families/{match.id}/end", csrf | how)
    async with transaction(sessions, EXCHANGE) as session:
        assert await recount_places(session) == []
    await let_days_pass(sessions, grace, 89)
    assert await forget(sessions) == 0
    await let_days_pass(sessions, grace, 91)
    assert await forget(sessions) == 1
    async with transaction(sessions, EXCHANGE) as session:
        provider = await session.get_one(Provider, grace)
        service = await session.scalar(select(Service).where(Service.provider_id == grace))
        kept = await session.get_one(Volunteer, grace)
        assert (provider.name, kept.phone, service.postcode) == (
            volunteer_leaving.FORGOTTEN,
            None,
            None,
        )
        assert (service.easting, provider.check_seen_by) == (None, None)
        assert await session.get(Paper, (grace, "agreement")) is None
        assert (await session.get_one(Match, match.id)).state == MatchState.PROVIDER_DECLINED
    assert await forget(sessions) == 0


async def let_days_pass(sessions: Sessions, volunteer_id: uuid.UUID, days: int) -> None:
    """As if she had left so long ago."""
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(
            update(Volunteer)
            .where(Volunteer.provider_id == volunteer_id)
            .values(left_at=func.now() - dt.timedelta(days=days))
        )


async def forget(sessions: Sessions) -> int:
    async with transaction(sessions, EXCHANGE) as session:
        return await forget_left(session)


async def test_a_host_is_reminded_once_a_step_in_one_mail(
    sessions: Sessions,
    settings: Settings,
    tom: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(volunteer_reminders, "FROM_HOUR", 0)
    async with transaction(sessions, EXCHANGE) as session:
        nell = await at_hand.id_of(session, at_hand.NELL.name)
        await at_hand.make_ready(session, nell, tom, days_left=31)
    assert await remind(sessions, settings) == []
    await renew(sessions, nell, tom, days_left=30)
    [mail] = await remind(sessions, settings)
    assert "These run out soon" in mail
    assert "Nell: DBS check" in mail
    assert await remind(sessions, settings) == [], "once a step"
    await let_check_lapse(sessions, nell)
    [mail] = await remind(sessions, settings)
    assert "These have run out" in mail
    assert "Vesper" not in mail
    assert await remind(sessions, settings) == []
    await renew(sessions, nell, tom, days_left=300)
    assert await remind(sessions, settings) == []
    async with transaction(sessions, EXCHANGE) as session:
        steps = await session.scalars(select(HostReminder.step).order_by(HostReminder.step))
        assert list(steps) == ["lapsed", "soon"]


async def renew(sessions: Sessions, nell: uuid.UUID, tom: Actor, *, days_left: int) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await at_hand.make_ready(session, nell, tom, days_left=days_left)


async def let_check_lapse(sessions: Sessions, nell: uuid.UUID) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        yesterday = world.today() - dt.timedelta(1)
        await session.execute(
            update(Provider).where(Provider.id == nell).values(recheck_by=yesterday)
        )
        await refresh_readiness(session)


async def remind(sessions: Sessions, settings: Settings) -> list[str]:
    """The mails of one run."""
    for file in mail_folder(settings).glob("*.eml"):
        file.unlink()
    async with transaction(sessions, EXCHANGE) as session:
        await remind_hosts(session)
    await world.do_jobs(sessions)
    mails = [
        message_from_bytes(file.read_bytes(), policy=policy.default)
        for file in mail_folder(settings).glob("*.eml")
    ]
    bodies = [str(mail.get_body(("plain",)).get_content()) for mail in mails]
    return [body for body in bodies if "volunteers" in body]


async def test_nobody_but_the_host_learns_who_or_where_a_volunteer_is(
    sign_in: SignIn,
    nobody: AsyncClient,
    sessions: Sessions,
    settings: Settings,
    session: AsyncSession,
    tom: Actor,
) -> None:
    """Nell is ready, so she is in every list that she may be in at all."""
    async with transaction(sessions, EXCHANGE) as other:
        await at_hand.make_ready(other, await at_hand.id_of(other, at_hand.NELL.name), tom)
    browsers = {
        "commissioner": await sign_in(world.AMINA),
        "practitioner": await sign_in(world.PRIYA),
        "provider": await sign_in(world.WENDY),
    }
    seen = 0
    for route in listed_routes():
        if route.method != "GET" or route.audience in {"volunteer", "demo"}:
            continue
        path = await real_path(session, settings, route)
        answer = await browsers.get(route.audience, nobody).get(path)
        assert canaries_in(answer.text.replace(path, "")) == [], route
        seen += 1
    assert seen > 20
    for query in ("IP30 9HW", "IP30", "IP30 9"):
        found = await nobody.get("/find", params={"where": query, "need": "meals", "miles": "2"})
        assert "Home-cooked meals to the door" in found.text
        assert "Marigold Trust" in found.text
        assert canaries_in(found.text.replace(query, "")) == []


def canaries_in(text: str) -> list[str]:
    return [canary for canary in at_hand.CANARIES if canary in text]


async def test_the_host_itself_sees_all_of_it(sign_in: SignIn, sessions: Sessions) -> None:
    """Or the test above could not fail."""
    tom = await sign_in(world.TOM)
    async with transaction(sessions, EXCHANGE) as session:
        nell = await at_hand.id_of(session, at_hand.NELL.name)
    text = (await tom.get(f"/provider/volunteers/{nell}")).text
    assert set(canaries_in(text)) >= {"Nell", "Vesper", "900311", "nell.vesper", "IP30 9HW"}
