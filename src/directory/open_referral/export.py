"""Writes the whole feed as one file, or as a folder of its answers, without holding it."""

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider
from directory.open_referral.answers import api_details, page_of
from directory.open_referral.listings import every_listed_service
from directory.open_referral.loading import load_listed, organization_of
from directory.open_referral.question import MOST_PER_PAGE, Question
from directory.open_referral.vocabulary import describe_taxonomy, describe_terms
from directory.open_referral.writer import write_organization, write_service
from directory.visibility import is_listed_organisation

Json = dict[str, Any]
Batch = Sequence[Json]


class OccupiedError(ValueError):
    def __init__(self, target: Path) -> None:
        super().__init__(f"There is something at “{target}” already. Choose a name that is free.")


async def export_feed(session: AsyncSession, target: Path, *, openapi_url: str) -> int:
    """Write a .json file, or else a folder, and give how many services; all of it or nothing."""
    if target.exists():  # noqa: ASYNC240 - a command of its own; nobody else waits
        raise OccupiedError(target)
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        if target.suffix == ".json":
            count = await _write_file(session, unfinished, openapi_url)
        else:
            count = await _write_folder(session, unfinished, openapi_url)
        unfinished.rename(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
        with suppress(FileNotFoundError, IsADirectoryError):
            unfinished.unlink()
    return count


async def _write_file(session: AsyncSession, path: Path, openapi_url: str) -> int:
    """Give every row a line of its own: the reader need not hold the file either."""
    head = api_details(openapi_url) | {
        "taxonomies": [describe_taxonomy()],
        "taxonomy_terms": list(describe_terms().values()),
    }
    with path.open("wb") as file:
        file.write(_encode(head).removesuffix(b"}") + b',\n"organizations":[')
        await _write_rows(file, _organizations(session))
        file.write(b'\n],\n"services":[')
        count = await _write_rows(file, _services(session))
        file.write(b"\n]}\n")
    return count


async def _write_rows(file: IO[bytes], batches: AsyncIterator[Batch]) -> int:
    count = 0
    async for batch in batches:
        rows = b",\n".join(map(_encode, batch))
        file.write((b",\n" if count else b"\n") + rows)
        count += len(batch)
    return count


async def _write_folder(session: AsyncSession, folder: Path, openapi_url: str) -> int:
    folder.mkdir(parents=True)  # noqa: ASYNC240 - as above
    (folder / "api_details.json").write_bytes(_encode(api_details(openapi_url)))
    await _write_pages(folder / "taxonomies", _listed([describe_taxonomy()]), total=1)
    terms = list(describe_terms().values())
    await _write_pages(folder / "taxonomy_terms", _listed(terms), total=len(terms))
    providers = select(Provider.id).where(is_listed_organisation()).subquery()
    total = await session.scalar(select(func.count()).select_from(providers)) or 0
    await _write_pages(folder / "organizations", _organizations(session), total=total)
    services = every_listed_service().order_by(None).subquery()
    total = await session.scalar(select(func.count()).select_from(services)) or 0
    await _write_pages(folder / "services", _services(session), total=total)
    return total


async def _write_pages(folder: Path, batches: AsyncIterator[Batch], *, total: int) -> None:
    folder.mkdir()  # noqa: ASYNC240 - as above
    number = 0
    async for batch in batches:
        number += 1
        question = Question(page=number, per_page=MOST_PER_PAGE)
        page = page_of(batch, question, total=total)
        (folder / f"{number:06}.json").write_bytes(_encode(page))


async def _listed(rows: Batch) -> AsyncIterator[Batch]:
    for batch in _in_batches(rows):
        yield batch


def _in_batches(rows: Batch) -> Sequence[Batch]:
    return [rows[at : at + MOST_PER_PAGE] for at in range(0, len(rows), MOST_PER_PAGE)]


async def _organizations(session: AsyncSession) -> AsyncIterator[Batch]:
    query = select(Provider).where(is_listed_organisation()).order_by(Provider.id)
    found = await session.stream_scalars(query.execution_options(yield_per=MOST_PER_PAGE))
    async for providers in found.partitions():
        yield [write_organization(organization_of(one)) for one in providers]


async def _services(session: AsyncSession) -> AsyncIterator[Batch]:
    query = every_listed_service().execution_options(yield_per=MOST_PER_PAGE)
    async for rows in (await session.stream(query)).partitions():
        organizations = {row[0]: row[1] for row in rows}
        yield [write_service(one) for one in await load_listed(session, organizations)]


def _encode(told: Json) -> bytes:
    return msgspec.json.encode(told, order="deterministic")
