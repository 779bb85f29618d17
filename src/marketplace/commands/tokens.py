"""Tokens by command: `marketplace token create`, for a program of a council's or a provider's."""

import click
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider
from marketplace.access import Actor
from marketplace.commands.running import in_transaction
from marketplace.db.people import Commissioner
from marketplace.errors import BadFormError
from marketplace.services.staff.api_tokens import MOST_DAYS, SCOPES, make_token

ALL = [scope for scopes in SCOPES.values() for scope in scopes]
YEAR = 365


@click.command("create")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(ALL))
@click.option("--name", required=True, help="Which program it is for.")
@click.option("--commissioner", default="", help="The council, by its name.")
@click.option("--provider", default="", help="The provider, by its reference.")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=YEAR, show_default=True)
def create(
    *, scopes: tuple[str, ...], name: str, commissioner: str, provider: str, days: int
) -> None:
    """Make a token and print it. It is shown once: only its hash is kept."""
    if bool(commissioner) == bool(provider):
        raise click.UsageError("Name either a --commissioner or a --provider.")

    async def make(session: AsyncSession) -> str:
        actor = await _actor(session, commissioner=commissioner, provider=provider)
        return await make_token(session, name=name, scopes=scopes, days=days, actor=actor)

    try:
        click.echo(in_transaction(make))
    except BadFormError as error:
        raise click.ClickException(str(error)) from error


async def _actor(session: AsyncSession, *, commissioner: str, provider: str) -> Actor:
    if provider:
        found = await session.scalar(select(Provider).where(Provider.ref == provider))
        if found is None or found.kind == "volunteer":
            raise click.ClickException(f"There is no provider with the reference “{provider}”.")
        return Actor(
            kind="provider", name="A command", provider_id=found.id, provider_role="editor"
        )
    council = await session.scalar(select(Commissioner).where(Commissioner.name == commissioner))
    if council is None:
        raise click.ClickException(f"There is no council called “{commissioner}”.")
    return Actor(kind="commissioner", name="A command", commissioner_id=council.id)
