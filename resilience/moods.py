"""Letters when the mail server refuses, drops or dawdles, and when all messages are stopped."""

from __future__ import annotations

import asyncio
import time

from families import make_links
from load import ask
from mail import LEFT_TO_SEND
from post import Post
from stage import Stage, stage
from verdict import Verdict

STOPPED_WITHIN_SECONDS = 60.0
MOST_SECONDS = 60.0
COUNTS = """
SELECT json_object_agg(state, n)::text FROM
  (SELECT state, count(*) AS n FROM message GROUP BY state) AS counted
"""
# The mood, the state that letters then have, and whether a person is asked to ring.
MOODS = (
    ("550", "refused", True),
    ("450", "queued", False),
    ("drop", "queued", False),
    ("slow", "sent", False),
)


async def in_a_mood(
    world: Stage, post: Post, *, messages: int, wanted: str, is_rung: bool
) -> tuple[str, int]:
    """The messages' states and the calls, when half have been tried; or as they are by then."""
    server = await post.open()
    world.start_worker()
    begin = time.monotonic()
    told, calls = "", 0
    while time.monotonic() < begin + MOST_SECONDS:
        told = await asyncio.to_thread(ask, world, COUNTS)
        calls = await asyncio.to_thread(ask, world, "SELECT count(*) FROM call")
        is_so = f'"{wanted}"' in told and bool(calls) == is_rung
        if post.tries >= messages / 2 and is_so:
            break
        await asyncio.sleep(0.2)
    await asyncio.to_thread(world.end, "worker")
    server.close()
    return told, calls


async def stop_in_the_middle(world: Stage, post: Post, *, messages: int) -> float:
    """Seconds from the press until the last letter came."""
    server = await post.open()
    world.start_worker()
    begin = time.monotonic()
    while post.copies < messages / 4 and time.monotonic() < begin + MOST_SECONDS:
        await asyncio.sleep(0.02)
    stop = "UPDATE commissioner SET messages_stopped_at = now() RETURNING 1"
    await asyncio.to_thread(ask, world, stop)
    pressed = time.monotonic()
    while time.monotonic() < pressed + MOST_SECONDS:
        if not await asyncio.to_thread(ask, world, LEFT_TO_SEND):
            break
        await asyncio.sleep(0.2)
    server.close()
    return max(0.0, post.last_at - pressed)


def tell(verdict: Verdict, *, messages: int, seed: int) -> None:
    for mood, wanted, is_rung in MOODS:
        post = Post(mood=mood)
        with stage(mail_url=post.url) as world:
            asyncio.run(make_links(world.settings, messages, seed=seed))
            asked = {"messages": messages, "wanted": wanted, "is_rung": is_rung}
            told, calls = asyncio.run(in_a_mood(world, post, **asked))
        verdict.fact(
            f"a mail server that is {mood}",
            is_so=f'"{wanted}"' in told and bool(calls) == is_rung and post.tries > 0,
            seen=f"{told}, {calls} calls",
            asked=f"{wanted}, {'some' if is_rung else 'no'} calls",
        )
    post = Post()
    with stage(mail_url=post.url) as world:
        asyncio.run(make_links(world.settings, 10 * messages, seed=seed))
        last = asyncio.run(stop_in_the_middle(world, post, messages=10 * messages))
    holds = last <= STOPPED_WITHIN_SECONDS and 0 < post.copies < 10 * messages
    verdict.fact(
        "“stop all messages”, mid-send",
        is_so=holds,
        seen=f"{last:.1f} s after the press, {post.copies} of {10 * messages} left",
        asked="≤ 60 s",
    )
