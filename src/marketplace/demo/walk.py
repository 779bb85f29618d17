"""The journey, step after step; every step goes on from wherever an earlier run was stopped."""

import asyncio
import datetime as dt

from sqlalchemy import func, select, text

from marketplace.db.acting import EXCHANGE
from marketplace.db.offers import Message
from marketplace.db.session import transaction
from marketplace.demo import journey as steps
from marketplace.demo.journey import Journey
from marketplace.demo.loading import emails_of_waited_for
from marketplace.demo.outcome import compare_and_print
from marketplace.demo.stages import Stages
from marketplace.services.sending.digests import make_digests

MOST_ROUNDS = 12
FIRST_PAGES = 2
JOBS_SECONDS = 300


async def walk_all(journey: Journey, stages: Stages) -> bool:
    """From the needs to the last yes; True where what people saw is what the database holds."""
    plan_path = await plan_county(journey, stages)
    await look_and_approve(journey, stages, plan_path, most_pages=10_000)
    for _ in range(MOST_ROUNDS):
        moved = await bring_claim_and_answer(journey, stages)
        if moved == 0:
            break
    return await compare_and_print(journey, stages)


async def walk_first_families(journey: Journey, stages: Stages) -> None:
    """Far enough that each of the five people finds something that waits for them.

    Only once: later the visitor's own decisions stand, and nobody takes more for them.
    """
    if steps.offers_in_mail(journey.settings):
        return
    plan_path = await plan_county(journey, stages)
    await look_and_approve(journey, stages, plan_path, most_pages=FIRST_PAGES)
    async with journey.person("amina@example.org") as amina:
        await steps.bring_contacts(amina, journey.county)
    emails = await emails_of_waited_for(journey.sessions)
    # Half of the providers answer; the others still find their families waiting.
    await _claim(journey, stages, emails[: len(emails) // 2])
    # A visitor comes at any hour, and finds the mail that leaves in the morning.
    async with transaction(journey.sessions, EXCHANGE) as session:
        await make_digests(session, now=dt.datetime.now(dt.UTC))
    await wait_for_jobs(journey, stages)


async def plan_county(journey: Journey, stages: Stages) -> str:
    async with journey.person("amina@example.org") as amina:
        with stages.time("publish the needs"):
            await steps.publish_needs(amina, journey.county)
        with stages.time("plan"):
            return (await steps.make_plan(amina)).path.partition("?")[0]


async def look_and_approve(
    journey: Journey, stages: Stages, plan_path: str, *, most_pages: int
) -> None:
    async with journey.person("priya@example.org") as priya:
        with stages.count("look at each family, 25 a page") as step:
            await steps.agree_to_all(priya, plan_path, most_pages=most_pages, on_page=step)
    async with journey.person("amina@example.org") as amina:
        with stages.time("approve"):
            await steps.approve(amina, plan_path)


async def bring_claim_and_answer(journey: Journey, stages: Stages) -> int:
    """One round; how much moved in it."""
    async with journey.person("amina@example.org") as amina:
        with stages.time("bring the contacts"):
            moved = await steps.bring_contacts(amina, journey.county)
    emails = await emails_of_waited_for(journey.sessions)
    moved += await _claim(journey, stages, emails)
    await wait_for_jobs(journey, stages)
    moved += await _answer(journey, stages)
    await wait_for_jobs(journey, stages)
    return moved


async def _claim(journey: Journey, stages: Stages, emails: list[str]) -> int:
    async def claim(email: str) -> int:
        async with journey.person(email) as tom:
            return await steps.claim_all(tom)

    with stages.count("claim, as each provider", len(emails)) as step:
        return await steps.for_each(emails, claim, on_done=step)


async def _answer(journey: Journey, stages: Stages) -> int:
    offers = steps.offers_in_mail(journey.settings)
    born = steps.births_by_email(journey.county)
    # Invented numbers are too few to tell families apart: texts and letters wait unanswered.
    fresh = [link for link, to in offers.items() if to in born and link not in journey.answered]

    with stages.count("open the e-mails and say yes", len(fresh)) as step:
        # No page of a family's sets a cookie, so one browser can be all of them.
        async with journey.person() as kelly:

            async def answer(link: str) -> int:
                await steps.say_yes(kelly, link, born[offers[link]])
                journey.answered.add(link)
                return 1

            return await steps.for_each(fresh, answer, on_done=step)


async def wait_for_jobs(journey: Journey, stages: Stages) -> None:
    """Until nothing is left in the queue and every message has left or was held back."""
    with stages.time("send the messages"):
        async with asyncio.timeout(JOBS_SECONDS):
            while await _jobs_left(journey):  # noqa: ASYNC110 - another process does them
                await asyncio.sleep(0.3)


async def _jobs_left(journey: Journey) -> int:
    async with transaction(journey.sessions, EXCHANGE) as session:
        waiting = "SELECT count(*) FROM jobs.pgqueuer WHERE status IN ('queued', 'picked')"
        jobs = await session.scalar(text(waiting))
        queued = select(func.count()).select_from(Message).where(Message.state == "queued")
        return (jobs or 0) + (await session.scalar(queued) or 0)
