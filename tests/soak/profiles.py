"""The profiles of a run: which real parts there are, and the settings of the servers."""

from dataclasses import dataclass
from typing import Any

RING = 16
"""How many entries a server holds of each gallery: so few that subscribers who were away fall behind them."""

SETTINGS: dict[str, Any] = {
    "dev": True,
    "stream_ring_entries": RING,
    "stream_checkpoint_seconds": 2,
    "drain_seconds": 1,
    "jwt_leeway_seconds": 0,  # so that a token ends when it says
}


@dataclass(frozen=True)
class Profile:
    name: str
    processes: tuple[str, ...]  # of the server
    is_remote: bool  # PostgreSQL and Valkey, and not a file


PROFILES = {
    "postgresql": Profile("postgresql", ("a", "b"), is_remote=True),
    # A file has one server. Clients reach it by two links, so that they can go elsewhere when one of them breaks.
    "sqlite": Profile("sqlite", ("a",), is_remote=False),
}
LINKS_OF_CLIENTS = ("a", "b")
