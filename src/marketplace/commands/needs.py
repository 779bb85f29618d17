"""Needs by command: `marketplace needs publish`, for a council whose file comes by night."""

import datetime as dt
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.spreadsheets.report import UnreadableSheet
from directory.taxonomy import load_taxonomy
from marketplace.access import Actor
from marketplace.commands.running import in_transaction
from marketplace.db.people import Commissioner
from marketplace.services.needs import needs
from marketplace.services.needs.needs import Published
from marketplace.spreadsheets.needs import read_needs


@click.command("publish")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--commissioner", required=True, help="The council, by its name.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
def publish(*, file: Path, commissioner: str, dry_run: bool) -> None:
    """Publish a needs.csv or needs.xlsx: all of it, or nothing and every fault is named."""
    data = file.read_bytes()
    try:
        counts = in_transaction(
            lambda session: _publish(session, data, commissioner, name=file.name),
            keep=not dry_run,
        )
    except UnreadableSheet as fault:
        raise click.ClickException(f"{fault}\nNothing was stored.") from fault
    click.echo(
        f"Added: {counts.added:,}; changed: {counts.changed:,}; as before: {counts.unchanged:,}; "
        f"under way, so left as they are: {counts.kept:,}; "
        f"objected, so not stored: {counts.objected:,}"
    )
    click.echo("Nothing was stored: this was a dry run." if dry_run else "Stored.")


async def _publish(
    session: AsyncSession, data: bytes, commissioner: str, *, name: str
) -> Published:
    council = await session.scalar(select(Commissioner).where(Commissioner.name == commissioner))
    if council is None:
        raise click.ClickException(f"There is no council called “{commissioner}”.")
    actor = Actor(kind="commissioner", name="A command", commissioner_id=council.id)
    today = dt.datetime.now(dt.UTC).date()
    report = read_needs(data, taxonomy=load_taxonomy(), today=today)
    report = await needs.check_areas(session, report)
    report.raise_faults()
    return await needs.publish_needs(session, report.rows, actor=actor, name=name)
