"""Directories of others into ours: read whole first, then told what would change, then taken."""

import datetime as dt
from collections.abc import Collection
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from directory.open_referral.faults import BrokenFeedError
from directory.open_referral.feed import open_feed
from directory.open_referral.files import read_answers
from directory.open_referral.outcome import Outcome
from directory.open_referral.spool import Spool
from directory.open_referral.tabular import is_package, read_package
from directory.open_referral.taking import Taking, take_spool
from marketplace.defaults import defaults


def is_address(source: str) -> bool:
    return "://" in source


def name_source(source: str) -> str:
    """The same source has the same name, however it was typed."""
    return source.rstrip("/") if is_address(source) else str(Path(source).resolve())


async def read_source(
    source: str,
    spool: Spool,
    *,
    allowed: Collection[str] = (),
    modified_after: dt.datetime | None = None,
) -> None:
    """Read a feed's address, a saved feed or a data package to its end, or raise an ImportFault."""
    try:
        await _read(source, spool, allowed=allowed, modified_after=modified_after)
    except BrokenFeedError:
        # A value that is not allowed says more than the numbers around it.
        spool.raise_faults()
        raise
    spool.finish(may_be_empty=modified_after is not None)


async def _read(
    source: str, spool: Spool, *, allowed: Collection[str], modified_after: dt.datetime | None
) -> None:
    if is_address(source):
        async with open_feed(source, allowed=allowed) as feed:
            spool.add_details(await feed.api_details())
            async for service in feed.services(modified_after):
                spool.add("service", service)
    else:
        _read_path(Path(source), spool)


def _read_path(path: Path, spool: Spool) -> None:
    if not path.exists():
        raise BrokenFeedError(f"There is nothing at “{path}”.")
    for kind, thing in read_package(path) if is_package(path) else read_answers(path):
        spool.add(kind, thing)


async def take_source(
    session: AsyncSession,
    source: str,
    spool: Spool,
    *,
    write: bool,
    approve: bool = False,
    is_whole: bool = True,
) -> Outcome:
    taking = Taking(
        address=name_source(source),
        write=write,
        approve=approve,
        is_whole=is_whole,
        reach_km=defaults()["reach_km"],
    )
    return await take_spool(session, spool, taking)
