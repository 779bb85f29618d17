"""The command that looks whether the history is whole."""

import click

from marketplace.commands.running import in_transaction
from marketplace.services.staff.history_chain import check_history


@click.command("check-history")
def check() -> None:
    """Look whether any event was changed or taken out after it was chained."""
    checked = in_transaction(check_history)
    for fault in checked.faults:
        click.echo(fault)
    if checked.of_lost_keys:
        click.echo(f"{checked.of_lost_keys:,} events: their key is gone from the settings.")
    click.echo(f"{checked.unchained:,} events wait for the worker.")
    click.echo(f"Link {checked.links:,} is the last. Keep this elsewhere: {checked.last.hex()}")
    if checked.faults:
        raise SystemExit(1)
