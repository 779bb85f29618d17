"""Thousands of letters, and workers that are killed on the way: none lost, few twice."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field

from families import make_links
from load import ask
from post import Post
from stage import Stage, stage
from verdict import Verdict

WORKERS = ("worker", "another worker")
TAKEN_OVER_SECONDS = 60.0
# What a killed worker had sent and not yet noted: of 50,000 letters over 10 kills, 0.1 %.
MOST_TWICE_A_KILL = 5
LEFT_TO_SEND = "SELECT count(*) FROM message WHERE state = 'queued'"
# Our own addresses, made of the family's id: what is stored may be sealed.
SENT_TO = """
SELECT coalesce(array_agg(left(replace(offer.family_id::text, '-', ''), 12) || '@example.org'),
  '{}') FROM message JOIN offer ON offer.id = message.subject_id
WHERE message.event = 'offer' AND message.state = 'sent'
"""
IN_HANDS = """
SELECT coalesce(array_agg(id), '{}') FROM jobs.pgqueuer
WHERE status = 'picked' AND entrypoint = 'send_message'
"""
STILL_THERE = "SELECT coalesce(array_agg(id), '{}') FROM jobs.pgqueuer WHERE id IN ({})"


@dataclass
class Sending:
    """`held`: jobs that workers had in their hands when one was killed, and when that was."""

    kills: int = 0
    seconds: float = 0.0
    left: int = 0
    held: dict[int, float] = field(default_factory=dict)
    were_held: int = 0
    longest: float = 0.0
    noted_as_sent: set[str] = field(default_factory=set)

    def look(self, jobs: set[int]) -> None:
        now = time.monotonic()
        for job in self.held.keys() - jobs:
            self.longest = max(self.longest, now - self.held.pop(job))


async def send_all(
    world: Stage, post: Post, *, messages: int, kills: int, seconds: float, seed: int
) -> Sending:
    """Until all have left or the time is up, with the kills spread over whichever is sooner."""
    server, sending = await post.open(), Sending()
    dice = random.Random(seed)  # noqa: S311 - a run that can be had again
    for name in WORKERS:
        world.start_worker(name)
    begin = time.monotonic()

    def share() -> float:
        passed = (time.monotonic() - begin) / seconds
        return max(len(post.links) / messages, passed)

    while share() < 1 or (sending.held and time.monotonic() < begin + seconds + 90):
        if sending.kills < kills and share() > (sending.kills + dice.random()) / kills:
            await _kill(world, sending)
        if sending.held:
            jobs = ", ".join(map(str, sending.held))
            there = await asyncio.to_thread(ask, world, STILL_THERE.format("{}", jobs))
            sending.look(set(there))
        await asyncio.sleep(0.5)
    while await asyncio.to_thread(ask, world, LEFT_TO_SEND) and time.monotonic() < begin + seconds:
        await asyncio.sleep(0.5)
    sending.seconds = time.monotonic() - begin
    # Asked to stop, so that what has come is noted before it is counted.
    await asyncio.to_thread(world.close)
    sending.left = await asyncio.to_thread(ask, world, LEFT_TO_SEND)
    sending.noted_as_sent = set(await asyncio.to_thread(ask, world, SENT_TO))
    server.close()
    return sending


async def _kill(world: Stage, sending: Sending) -> None:
    """Either in turn. What the other holds is counted too: only the time tells them apart."""
    name = WORKERS[sending.kills % len(WORKERS)]
    world.kill(name)
    killed_at = time.monotonic()
    in_hands = await asyncio.to_thread(ask, world, IN_HANDS)
    sending.held |= dict.fromkeys(in_hands, killed_at)
    sending.were_held += len(in_hands)
    world.start_worker(name)
    sending.kills += 1


def tell(verdict: Verdict, *, messages: int, kills: int, seconds: float, seed: int) -> None:
    post = Post()
    with stage(mail_url=post.url) as world:
        links = asyncio.run(make_links(world.settings, messages, seed=seed))
        sending = asyncio.run(
            send_all(world, post, messages=messages, kills=kills, seconds=seconds, seed=seed)
        )
    came = len(post.links)
    verdict.say("letters a second, with all the kills", f"{came / sending.seconds:,.0f}")
    verdict.fact(
        f"letters that came over {sending.kills} killed workers",
        is_so=came >= messages and sending.kills >= kills,
        seen=f"{came:,} in {sending.seconds:.0f} s, {sending.left:,} still waited",
        asked=f"{messages:,} over {kills}",
    )
    lost = sending.noted_as_sent - post.links.keys()
    gone = messages - len(sending.noted_as_sent) - sending.left
    verdict.fact(
        "letters lost: noted as sent and never came; neither sent nor waiting",
        is_so=not lost and not gone,
        seen=f"{len(lost)}; {gone}",
        asked="0; 0",
    )
    twice = post.copies - came
    most = MOST_TWICE_A_KILL * sending.kills
    verdict.fact("letters that came twice", is_so=twice <= most, seen=f"{twice}", asked=f"≤ {most}")
    known = {one.token for one in links}
    other = sum(len(one) > 1 or not one.keys() <= known for one in post.links.values())
    verdict.fact("copies with another link", is_so=other == 0, seen=f"{other}", asked="0")
    verdict.fact(
        f"{sending.were_held} letters in workers' hands at a kill were done",
        is_so=sending.longest <= TAKEN_OVER_SECONDS and not sending.held,
        seen=f"in {sending.longest:.0f} s, {len(sending.held)} never",
        asked=f"≤ {TAKEN_OVER_SECONDS:.0f} s",
    )
