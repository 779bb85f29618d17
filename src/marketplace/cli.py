import click


@click.group()
def main() -> None:
    """Join families with the help that is near them."""
