"""Faults of the network, on each link: between clients and servers, servers and their database, and the bus."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

from tests.soak.faults import Break, Kind, looked, seen
from tests.soak.proxy import Link
from tests.soak.servers import Site

PARTS = {"clients": ("postgresql", "sqlite"), "database": ("postgresql",), "bus": ("postgresql",)}
DELAY = {"clients": 0.15, "database": 0.03, "bus": 0.3}
BOTH = "both"


def _trouble(part: str, begin: Callable[[Link], AbstractContextManager[None]], count: str) -> Break:
    """Returns a fault that troubles links until the link has counted its effect."""

    async def work(site: Site, target: str, seconds: float) -> int:
        links = _links(site, part, target)
        with ExitStack() as troubles:
            for link in links:
                troubles.enter_context(begin(link))
            return await seen(lambda: sum(link.counts[count] for link in links), seconds)

    return work


def _cut(part: str) -> Break:
    async def work(site: Site, target: str, seconds: float) -> int:
        links = _links(site, part, target)
        before = sum(link.counts["cut"] for link in links)

        async def again() -> int:
            for link in links:
                link.cut()
            return sum(link.counts["cut"] for link in links) - before

        return await looked(again, seconds)

    return work


def _links(site: Site, part: str, target: str) -> list[Link]:
    links = site.links_to(part)
    return links if target == BOTH else [link for link in links if link.name.startswith(f"{target}-")]


def _of(part: str) -> list[Kind]:
    troubles: list[tuple[str, Break]] = [
        ("cut", _cut(part)),
        ("held", _trouble(part, Link.held, "held")),
        ("delayed", _trouble(part, lambda link: link.delayed(DELAY[part]), "delayed")),
        ("sliced", _trouble(part, Link.sliced, "sliced")),
        ("cut inside a frame", _trouble(part, Link.cutting_frames, "frames cut")),
        ("black hole", _trouble(part, Link.swallowing, "swallowed")),
    ]
    targets = ("a", "b", BOTH)
    return [Kind(f"{part} {name}", part, targets, work, profiles=PARTS[part]) for name, work in troubles]


LOST_ANSWERS = Kind(
    "answers of commits cut",
    "database",
    ("a", "b", BOTH),
    _trouble("database", Link.losing_answers_of_commits, "commit answers"),
    profiles=("postgresql",),
)
KINDS = [*(kind for part in PARTS for kind in _of(part)), LOST_ANSWERS]
