"""The server of each attack."""

from collections.abc import Iterator

import pytest

from tests.support.attacked import Attacked, attacked
from tests.support.world import World


@pytest.fixture
def backend() -> str:
    """Attacks are on the server and not on the database."""
    return "sqlite"


@pytest.fixture
def server(world: World) -> Iterator[Attacked]:
    with attacked(world) as server:
        yield server
