"""A map to import onto; the generator of directories lies with the benchmarks."""

import sys
from pathlib import Path

import pytest
from listings_of_others import add_postcodes

from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))


@pytest.fixture
async def ground(sessions: Sessions) -> Sessions:
    """A directory with a map and nobody in it."""
    async with transaction(sessions, EXCHANGE) as session:
        await add_postcodes(session)
    return sessions
