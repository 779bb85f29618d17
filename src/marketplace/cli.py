"""The commands."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any, TypeVar

import click

from marketplace.commands.history import check
from marketplace.commands.keys import rotate_keys
from marketplace.commands.listings import export, import_source
from marketplace.commands.needs import publish
from marketplace.commands.running import in_transaction
from marketplace.commands.tokens import create
from marketplace.db.migrate import migrate as migrate_database
from marketplace.db.people import Commissioner
from marketplace.errors import MarketplaceError
from marketplace.lifetimes import end_with_parent
from marketplace.logs import configure_logs
from marketplace.services.staff import people, second_step_reset, work_accounts
from marketplace.services.upkeep import imports
from marketplace.settings import read_settings

DEMO_PORT = 8000
T = TypeVar("T")


class Commands(click.Group):
    """Says what went wrong in a sentence, without the inner workings."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MarketplaceError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands)
def main() -> None:
    """Join families with the help that is near them."""


@main.command()
@click.option("--once", is_flag=True, help="Walk the whole journey, print a table and stop.")
@click.option("--port", type=int, help=f"Where to serve; {DEMO_PORT} if it is free.")
@click.option("--data-dir", type=click.Path(path_type=Path), default=Path("var"))
@click.option("--remove", is_flag=True, help="Delete all that the demo has stored, and stop.")
def demo(*, once: bool, port: int | None, data_dir: Path, remove: bool) -> None:
    """Serve an example county of invented people, with a database of its own."""
    from marketplace.demo.run import remove_demo, run_demo  # noqa: PLC0415 - only here

    if remove:
        remove_demo(data_dir.absolute())
    elif not run_demo(data_dir.absolute(), port=port, once=once):
        sys.exit(1)


@main.command()
@click.option("--host", default="127.0.0.1")
@click.option("--port", type=int, default=DEMO_PORT)
@click.option("--workers", type=int, default=1, help="Processes that answer requests.")
def serve(*, host: str, port: int, workers: int) -> None:
    """Serve the pages."""
    from granian.constants import Interfaces  # noqa: PLC0415 - no other command needs the server
    from granian.server import Server  # noqa: PLC0415 - as above

    read_settings()
    end_with_parent()
    Server(
        "marketplace.app:app",
        factory=True,
        interface=Interfaces.ASGI,
        address=host,
        port=port,
        workers=workers,
        # A family's link is in the path: it must be in no log.
        log_access=False,
        respawn_failed_workers=True,
    ).serve()


@main.command()
def worker() -> None:
    """Do the jobs: plans and messages."""
    from marketplace.worker.jobs import run_worker  # noqa: PLC0415 - loads the solver

    settings = read_settings()
    configure_logs()
    end_with_parent()

    async def work() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for one in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(one, stop.set)
        await run_worker(settings, stop)

    asyncio.run(work())


@main.command()
def migrate() -> None:
    """Bring the database to the newest form."""
    settings = read_settings()
    asyncio.run(
        migrate_database(
            settings.migration_database_url,
            settings.database_url,
            secret_keys=settings.secret_keys,
        )
    )
    click.echo("The database is up to date.")


main.add_command(rotate_keys)
main.add_command(check)


@main.group()
def directory() -> None:
    """Who helps, and where."""


directory.add_command(import_source)
directory.add_command(export)


@directory.command("evidence")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def take_evidence(file: Path) -> None:
    """Take an evidence.csv: what is known to work."""
    changes = in_transaction(lambda session: imports.take_evidence(session, file.read_bytes()))
    click.echo(f"Taken: {changes}")


@directory.command("postcodes")
@click.option("--letters", default="", help="Only postcodes that begin with these letters.")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A newer ONS Postcode Directory, as CSV or ZIP under the name it was published with.",
)
@click.option(
    "--towns",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV of towns (name, easting, northing, kind) beside those of the example county.",
)
def load_postcodes(letters: str, file: Path | None, towns: Path | None) -> None:
    """Load the map: postcodes with their places, and towns."""
    from directory import postcodes as reader  # noqa: PLC0415 - reads large files
    from directory.towns import load_towns  # noqa: PLC0415 - as above

    async def load(session: Any) -> int:
        await load_towns(session)
        if more_towns:
            await load_towns(session, more_towns)
        if file:
            return (await reader.load_onspd(session, file, letters=letters or None))[0]
        return await reader.load_postcodes(session, letters=letters or None)

    try:
        more_towns = towns.read_text(encoding="utf-8") if towns else None
        count = in_transaction(load)
        source = in_transaction(reader.say_source)
    except (ValueError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{error} Nothing was changed.") from error
    click.echo(f"{count:,} postcodes loaded. {source}")


@main.group()
def needs() -> None:
    """What families may need, without names."""


needs.add_command(publish)


@main.group()
def token() -> None:
    """What programs show at the API."""


token.add_command(create)


@main.group()
def staff() -> None:
    """Who may sign in."""


@staff.command("add")
@click.option("--council", required=True)
@click.option("--hub-name", required=True, help="As families know it.")
@click.option("--hub-person", required=True, help="Who writes to families.")
@click.option("--hub-phone", required=True)
@click.option("--hub-hours", required=True)
@click.option("--website", required=True, help="Where the number can be checked.")
@click.option("--role", type=click.Choice(["commissioner", "practitioner"]), required=True)
@click.option("--name", required=True)
@click.option("--email", required=True)
def add_staff(**given: str) -> None:
    """Add a council's commissioner or practitioner; the council too where it is new."""

    async def add(session: Any) -> None:
        council = await people.add_commissioner(
            session,
            Commissioner(
                name=given["council"],
                hub_name=given["hub_name"],
                hub_person=given["hub_person"],
                hub_phone=given["hub_phone"],
                hub_hours=given["hub_hours"],
                website=given["website"],
            ),
        )
        await people.add_staff(
            session,
            commissioner_id=council.id,
            role=given["role"],
            name=given["name"],
            email=given["email"],
        )

    in_transaction(add)
    click.echo(f"{given['email']} can sign in.")


@staff.command("reset-second-step")
@click.option("--email", required=True)
def reset_second_step(*, email: str) -> None:
    """Take away a second step whose telephone and codes are lost, where no colleague can."""
    in_transaction(lambda session: second_step_reset.reset_by_operator(session, email))
    click.echo(f"{email} sets up a new second step at the next sign-in, and is told by mail.")


@staff.command("forget-work-account")
@click.option("--email", required=True)
def forget_work_account(*, email: str) -> None:
    """Let the next work account that comes in by this address be this person's."""
    in_transaction(lambda session: work_accounts.forget_by_operator(session, email))
    click.echo(f"{email} belongs to the next work account that comes in by it.")
