"""Directories in and out: `marketplace directory import` and `export`."""

import asyncio
import datetime as dt
from pathlib import Path
from typing import Any

import click

from directory.open_referral.export import OccupiedError, export_feed
from directory.open_referral.faults import ImportFault
from directory.open_referral.outcome import Outcome
from directory.open_referral.spool import Spool
from directory.open_referral.taking import find_newest
from directory.spreadsheets.report import UnreadableSheet
from marketplace.commands.running import in_transaction
from marketplace.services.upkeep import feeds, imports
from marketplace.settings import read_settings

MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])


@click.command("import")
@click.argument("source")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before it is changed.")
@click.option("--allow-host", multiple=True, help="A host of our own network that may be read.")
@click.option(
    "--modified-after", type=MOMENT, help="Only what was changed since; a feed's address."
)
@click.option("--all", "everything", is_flag=True, help="All of a feed that was read before.")
@click.option("--approve", is_flag=True, help="Let its new organisations be found at once.")
def import_source(
    *,
    source: str,
    dry_run: bool,
    yes: bool,
    allow_host: tuple[str, ...],
    modified_after: dt.datetime | None,
    everything: bool,
    approve: bool,
) -> None:
    """Take a services.csv, a feed (its address, or its saved answers) or an HSDS data package.

    All of it is taken, or nothing and every fault is named.
    """
    if Path(source).suffix.lower() in {".csv", ".xlsx"}:
        _import_sheet(Path(source), dry_run=dry_run, yes=yes)
        return
    if not everything and modified_after is None and feeds.is_address(source):
        modified_after = in_transaction(lambda s: find_newest(s, feeds.name_source(source)))
    if modified_after is not None and modified_after.tzinfo is None:
        modified_after = modified_after.replace(tzinfo=dt.UTC)
    try:
        with Spool() as spool:
            reading = feeds.read_source(
                source, spool, allowed=allow_host, modified_after=modified_after
            )
            asyncio.run(reading)
            how = {"approve": approve, "is_whole": modified_after is None}
            if not yes or dry_run:
                _show(_take(source, spool, write=False, **how))
            if not dry_run and (yes or click.confirm("Take it?", abort=True)):
                taken = _take(source, spool, write=True, **how)
                if yes:
                    _show(taken)
                click.echo("Taken.")
    except ImportFault as fault:
        raise click.ClickException(str(fault)) from fault


def _take(source: str, spool: Spool, **how: Any) -> Outcome:
    return in_transaction(lambda session: feeds.take_source(session, source, spool, **how))


def _show(outcome: Outcome) -> None:
    for line in outcome.lines():
        click.echo(line)


def _import_sheet(file: Path, *, dry_run: bool, yes: bool) -> None:
    if not file.is_file():
        raise click.ClickException(f"There is no file “{file}”.")
    data, today = file.read_bytes(), dt.datetime.now(dt.UTC).date()
    taken = _take_sheet(data, today, keep=False)
    for warning in taken.report.warnings:
        click.echo(f"Row {warning.row}: {warning}", err=True)
    if taken.counts is None:
        for fault in taken.report.faults:
            click.echo(f"Row {fault.row}: {fault}", err=True)
        raise click.ClickException("Nothing was stored. Mend these rows and import it again.")
    click.echo(f"Rows: {taken.report.row_count:,}; {taken.counts}")
    if not dry_run and (yes or click.confirm("Take it?", abort=True)):
        _take_sheet(data, today, keep=True)
        click.echo("Taken.")


def _take_sheet(data: bytes, today: dt.date, *, keep: bool) -> imports.ServicesImport:
    try:
        return in_transaction(
            lambda session: imports.take_services(session, data, today=today), keep=keep
        )
    except UnreadableSheet as fault:
        raise click.ClickException(str(fault)) from fault


@click.command("export")
@click.argument("target", type=click.Path(path_type=Path))
def export(target: Path) -> None:
    """Write the public feed: into one file where TARGET ends in .json, else into a folder."""
    openapi_url = f"{read_settings().base_url}/open-referral/v3/openapi.json"
    try:
        count = in_transaction(
            lambda session: export_feed(session, target, openapi_url=openapi_url),
            # One moment for all of it, however long the writing takes.
            isolation_level="REPEATABLE READ",
        )
    except OccupiedError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{count:,} services written to {target}.")
