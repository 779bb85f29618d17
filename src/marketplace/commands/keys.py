"""The command that lets an old key go."""

import asyncio

import click

from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, make_engine, make_sessions, transaction
from marketplace.services.staff.rotating import (
    count_old,
    count_old_links,
    count_old_objections,
    seal_anew,
    sealed_tables,
)
from marketplace.settings import read_settings


@click.command("rotate-keys")
def rotate_keys() -> None:
    """Seal by the first key what an older one sealed, and say what is left."""
    settings = read_settings()

    async def run() -> None:
        engine = make_engine(settings.database_url)
        try:
            await rotate(make_sessions(engine, settings))
        finally:
            await engine.dispose()

    asyncio.run(run())


async def rotate(sessions: Sessions) -> None:
    """Each batch is stored by itself: stopped at any time, it goes on where it was."""
    for model in sealed_tables():
        sealed, more = 0, True
        while more:
            async with transaction(sessions, EXCHANGE) as session:
                more = bool(done := await seal_anew(session, model))
            sealed += done
        if sealed:
            click.echo(f"{model.__tablename__}: {sealed:,} rows sealed anew.")
    async with transaction(sessions, EXCHANGE) as session:
        left, links = await count_old(session), await count_old_links(session)
        objections = await count_old_objections(session)
    for table, count in left.items():
        click.echo(f"{table}: {count:,} rows are left under an old key. Run this again.")
    if not left:
        click.echo("No row is left under an old key.")
    if objections:
        click.echo(
            f"{objections:,} objections of families were hashed by an old key and cannot be hashed "
            "anew: keep it, behind the new one. Without it nothing is published."
        )
    if links:
        click.echo(f"{links:,} links of families still open by an old key: keep it until they end.")
