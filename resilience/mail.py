"""A mail server of our own, and what becomes of messages when workers die or it misbehaves."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP, Envelope, Session
from families import make_links
from load import ask
from stage import Stage, free_port, stage
from verdict import Verdict

LINK = re.compile(r"https?://\S+/o/(\w+)")
TAKEN_OVER_SECONDS = 60.0
STOPPED_WITHIN_SECONDS = 60.0
MOST_TWICE = 0.001


@dataclass
class Post:
    """Takes everything, and remembers the link of each letter by whom it is for.

    `mood`: how it treats who comes: kindly, or by an answer of its own.
    """

    port: int = field(default_factory=free_port)
    mood: str = "kind"
    links: dict[str, Counter[str]] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)

    async def open(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: SMTP(self), "127.0.0.1", self.port)

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        if self.mood in ("450", "550"):
            return f"{self.mood} not this one"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the library's name
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        mail = message_from_bytes(envelope.content, policy=policy.default)
        body = mail.get_body(("plain",))
        found = LINK.search(body.get_content()) if body else None
        self.links.setdefault(envelope.rcpt_tos[0], Counter())[found[1] if found else ""] += 1
        self.times.append(time.monotonic())
        if self.mood == "drop":
            server.transport.abort()
        if self.mood == "slow":
            await asyncio.sleep(2)
        return "250 OK"

    @property
    def copies(self) -> int:
        return sum(sum(one.values()) for one in self.links.values())


async def send_all(world: Stage, post: Post, *, messages: int, kills: int, seed: int) -> float:
    """All leave, with so many workers killed on the way; the longest silence after a kill."""
    server = await post.open()
    dice, longest = random.Random(seed), 0.0  # noqa: S311 - a run that can be had again
    world.start_worker()
    for number in range(kills):
        while len(post.links) < messages * (number + 1) / (kills + 1):
            await asyncio.sleep(0.05)
        await asyncio.sleep(dice.random())
        world.kill("worker")
        killed = time.monotonic()
        world.start_worker()
        while post.times[-1] < killed:
            await asyncio.sleep(0.05)
        longest = max(longest, post.times[-1] - killed)
    while await asyncio.to_thread(ask, world, LEFT_TO_SEND):
        await asyncio.sleep(0.5)
    server.close()
    return longest


LEFT_TO_SEND = "SELECT count(*) FROM message WHERE state = 'queued'"


async def stop_in_the_middle(world: Stage, post: Post) -> float:
    """Seconds from the press until the last letter came."""
    server = await post.open()
    world.start_worker()
    while post.copies < 50:
        await asyncio.sleep(0.02)
    stop = "UPDATE commissioner SET messages_stopped_at = now() RETURNING 1"
    await asyncio.to_thread(ask, world, stop)
    pressed = time.monotonic()
    while await asyncio.to_thread(ask, world, LEFT_TO_SEND):
        await asyncio.sleep(0.2)
    server.close()
    return max(0.0, post.times[-1] - pressed)


async def in_a_mood(world: Stage, post: Post, mood: str, *, seconds: float) -> dict[str, int]:
    """What the messages' states are after a while with a server in this mood."""
    server = await post.open()
    post.mood = mood
    world.start_worker()
    await asyncio.sleep(seconds)
    counts = "SELECT json_object_agg(state, n)::text FROM (SELECT state, count(*) AS n FROM message"
    told = await asyncio.to_thread(ask, world, f"{counts} GROUP BY state) AS counted")
    calls = await asyncio.to_thread(ask, world, "SELECT count(*) FROM call")
    post.mood = "kind"
    server.close()
    world.end("worker")
    return {"told": told, "calls": calls}


def tell(verdict: Verdict, *, messages: int, kills: int, seed: int) -> None:
    post = Post()
    with stage(mail_url=f"smtp://127.0.0.1:{post.port}?from=hub@example.org") as world:
        links = asyncio.run(make_links(world.settings, messages, seed=seed))
        longest = asyncio.run(send_all(world, post, messages=messages, kills=kills, seed=seed))
    lost = messages - len(post.links)
    twice = post.copies - len(post.links)
    two_links = sum(len(one) > 1 for one in post.links.values())
    known = {one.token for one in links}
    foreign = sum(not one.keys() <= known for one in post.links.values())
    asked = f"0 of {messages:,}"
    verdict.fact(
        f"letters lost over {kills} killed workers", is_so=not lost, seen=f"{lost}", asked=asked
    )
    verdict.fact(
        "letters that came twice",
        is_so=twice <= MOST_TWICE * messages,
        seen=f"{twice} of {messages:,}",
        asked="≤ 0.1 %",
    )
    is_same = two_links == foreign == 0
    verdict.fact(
        "copies with another link", is_so=is_same, seen=f"{two_links + foreign}", asked="0"
    )
    is_quick = longest <= TAKEN_OVER_SECONDS
    verdict.fact("taken over after a kill", is_so=is_quick, seen=f"{longest:.0f} s", asked="≤ 60 s")


def tell_moods(verdict: Verdict, *, messages: int, seed: int) -> None:
    for mood, wanted in (
        ("550", "failed"),
        ("450", "queued"),
        ("drop", "queued"),
        ("slow", "sent"),
    ):
        post = Post()
        with stage(mail_url=f"smtp://127.0.0.1:{post.port}?from=hub@example.org") as world:
            asyncio.run(make_links(world.settings, messages, seed=seed))
            seen = asyncio.run(in_a_mood(world, post, mood, seconds=20))
        verdict.fact(
            f"a mail server that is {mood}",
            is_so=f'"{wanted}"' in str(seen["told"]) and bool(seen["calls"]) == (mood == "550"),
            seen=f"{seen['told']}, {seen['calls']} calls",
            asked=wanted,
        )
    post = Post()
    with stage(mail_url=f"smtp://127.0.0.1:{post.port}?from=hub@example.org") as world:
        asyncio.run(make_links(world.settings, 10 * messages, seed=seed))
        last = asyncio.run(stop_in_the_middle(world, post))
    holds = last <= STOPPED_WITHIN_SECONDS and post.copies < 10 * messages
    verdict.fact("“stop all messages”, mid-send", is_so=holds, seen=f"{last:.1f} s", asked="≤ 60 s")
