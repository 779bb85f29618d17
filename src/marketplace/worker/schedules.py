"""What the worker does by the clock. Each step does what is due: a missed hour is caught up."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from pgqueuer import PgQueuer
from pgqueuer.models import Schedule
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction
from marketplace.messages.carriers import Sender
from marketplace.messages.notify import NotifySender
from marketplace.services.asks.ask_ends import forget_asks
from marketplace.services.asks.ask_safety import ask_if_still_safe
from marketplace.services.matches.expiries import expire_what_waited
from marketplace.services.matches.waiting import offer_free_places
from marketplace.services.matches.waves import go_on, release_waves
from marketplace.services.needs.forgetting import forget_old_needs
from marketplace.services.offers.reminders import ask_how_it_goes, remind_families
from marketplace.services.plans.follow_ups import request_follow_ups
from marketplace.services.providers.joining import forget_requests
from marketplace.services.rights.retention import forget_by_schedule
from marketplace.services.sending.digests import send_digests
from marketplace.services.staff.history_chain import seal_history
from marketplace.services.staff.limits import forget_uses
from marketplace.services.staff.sessions import forget_sessions
from marketplace.services.upkeep.freshness import ask_who_is_silent
from marketplace.services.volunteers.volunteer_leaving import forget_left
from marketplace.services.volunteers.volunteer_reminders import remind_hosts
from marketplace.services.volunteers.volunteer_weeks import ask_volunteers
from marketplace.services.volunteers.volunteers import refresh_readiness
from marketplace.worker.mailing import ask_for_receipts

Step = Callable[[AsyncSession], Awaitable[Any]]

EACH_MINUTE: Final[tuple[Step, ...]] = (
    expire_what_waited,
    offer_free_places,
    forget_requests,
    forget_asks,
    forget_sessions,
    forget_uses,
    seal_history,
)
EACH_HOUR: Final[tuple[Step, ...]] = (
    refresh_readiness,
    ask_volunteers,
    remind_hosts,
    forget_left,
    forget_by_schedule,
    request_follow_ups,
    send_digests,
)
EACH_MORNING: Final[tuple[Step, ...]] = (
    release_waves,
    go_on,
    remind_families,
    ask_how_it_goes,
    ask_who_is_silent,
    ask_if_still_safe,
)

_CLOCK: Final[Mapping[str, tuple[str, tuple[Step, ...]]]] = {
    "each_minute": ("* * * * *", EACH_MINUTE),
    "each_hour": ("7 * * * *", EACH_HOUR),
    "each_morning": ("0 8 * * *", EACH_MORNING),
}
EVERY_HALF_HOUR = "13,43 * * * *"
LATE_IN_THE_HOUR = "37 * * * *"


async def take_steps(sessions: Sessions, steps: tuple[Step, ...]) -> None:
    """Each in a transaction of its own: one that fails takes nothing back that another did."""
    for step in steps:
        async with transaction(sessions, EXCHANGE) as session:
            await step(session)


async def forget_what_ran_out(sessions: Sessions) -> None:
    """Some at a time, until nothing is left to forget."""
    forgotten = 1
    while forgotten:
        async with transaction(sessions, EXCHANGE) as session:
            forgotten = await forget_old_needs(session)


def set_clock(queue: PgQueuer, sessions: Sessions, sender: Sender) -> None:
    """Register everything with the queue, which sees to it that one worker of many does it."""
    for name, (times, steps) in _CLOCK.items():
        queue.schedule(name, times)(_doing(sessions, steps))

    async def forget(_: Schedule) -> None:
        await forget_what_ran_out(sessions)

    queue.schedule("forget_what_ran_out", LATE_IN_THE_HOUR)(forget)
    if isinstance(sender, NotifySender):
        _ask_carrier(queue, sessions, sender)


def _doing(sessions: Sessions, steps: tuple[Step, ...]) -> Callable[[Schedule], Awaitable[None]]:
    async def do(_: Schedule) -> None:
        await take_steps(sessions, steps)

    return do


def _ask_carrier(queue: PgQueuer, sessions: Sessions, sender: NotifySender) -> None:
    async def ask(_: Schedule) -> None:
        await ask_for_receipts(sessions, sender)

    queue.schedule("ask_for_receipts", EVERY_HALF_HOUR)(ask)
