"""The costs of lists in a large gallery, as multiples of the costs of the same lists in a small gallery.

`make bench` runs this. The large site has 50,000 users and 1,000 galleries. One of these galleries has 100,000 media
and 10,000 members, and another one has 100 of each. Queries of the whole site are compared with the same queries on a
site of 100 users. Every round runs both queries of each pair, so that other load on the machine slows both alike. Both
return the same number of items. The figures are those of the fastest round. A pair that seems to be over LIMIT gets
more rounds. The exit code is 1 if a multiple is over LIMIT.
"""

import argparse
import asyncio
import json
import platform
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from models.database import migrate
from models.storage.paging import cursor_of
from models.tables.galleries import Gallery
from models.tables.media import Media, MediaOrder
from models.tables.people import Group, User
from resolvers.media import ORDERS
from schema.context import Context
from schema.root import schema
from schema.types.ids import global_id
from server.app import Process, open_database, open_process
from server.settings import Settings
from server.tokens import issue_token
from tests.support.large_site import (
    BEGIN,
    GALLERIES,
    GROUP,
    GROUPS,
    KEEPER,
    LARGE,
    MEDIA,
    MEMBERS,
    PAGE,
    PENDING,
    SMALL,
    STUDENT,
    USERS,
    Size,
    gather,
)
from tests.support.services import PostgreSQL

ROUNDS = 15
AGAIN = 60  # further rounds for pairs that seem to be over the limit, as other load on the machine can cause that
WARM_UP = 6  # PostgreSQL may use a generic plan from the sixth execution on
LIMIT = 3
FEW = 4
# Only old media contain the word, and there are thousands of them, so the database sorts all that contain it
# (docs/decisions/0008-large-galleries.md).
HIGHER = {"search: the oldest 3 %, NEWEST": 6}
FULL = Size(media=100_000, members=10_000, galleries=1_000, users=50_000, groups=500)
NARROW = Size(media=100, members=100, galleries=10, users=100, groups=10)


@dataclass
class Case:
    """One query, which runs on the large and the small gallery, or on both sites."""

    name: str
    document: str
    variables: dict[str, Any] = field(default_factory=dict)
    who: str = KEEPER
    deep: tuple[MediaOrder, str] | None = None  # the order, and `after` or `before`: a page at the middle of the list
    of_site: bool = False


def _media_cases() -> Iterator[Case]:
    for order in MediaOrder:
        yield Case(f"first page, {order}", MEDIA, {"first": 25, "order": order})
        yield Case(f"page in the middle, {order}", MEDIA, {"first": 25, "order": order}, deep=(order, "after"))
        back = {"last": 25, "order": order}
        yield Case(f"page in the middle, backwards, {order}", MEDIA, back, deep=(order, "before"))
    yield Case("last page", MEDIA, {"last": 25})
    yield Case("first page, of a member", MEDIA, {"first": 25}, who=STUDENT)
    for name, chosen in {
        "search: 20 % hold it": {"search": "frequent"},
        "search: 20 %, part of the word": {"search": "fre"},
        "search: 3 % hold it": {"search": "sometimes"},
        "search: the oldest 3 %": {"search": "early"},
        "search: ten hold it": {"search": "rare"},
        "search: 20 % and 3 %": {"search": "frequent sometimes"},
        "search: 20 % and ten that it does not share": {"search": "frequent rare"},
        "search: none": {"search": "nowhere"},
        "search: 20 %, of a kind": {"search": "frequent", "kinds": ["VIDEO"]},
        "search: 3 %, of a tag": {"search": "sometimes", "tags": ["often used"]},
        "search: 20 %, in a time": {"search": "frequent", "createdAfter": BEGIN.isoformat()},
        "two kinds": {"kinds": ["VIDEO", "AUDIO"]},
        "one kind, 10 %": {"kinds": ["IMAGE"]},
        "published": {"statuses": ["PUBLISHED"]},
        "pending": {"statuses": ["PENDING"]},
        "pending and rejected": {"statuses": ["PENDING", "REJECTED"]},
        "a tag of a third": {"tags": ["often used"]},
        "a tag of ten": {"tags": ["seldom used"]},
        "pending, of a kind": {"statuses": ["PENDING"], "kinds": ["VIDEO", "AUDIO"]},
        "createdAfter": {"createdAfter": BEGIN.isoformat()},
        "createdBefore": {"createdBefore": "2024-01-01T01:00:00Z"},
        "a tag, a kind, a time": {
            "tags": ["often used"],
            "kinds": ["VIDEO", "AUDIO"],
            "createdAfter": BEGIN.isoformat(),
        },
    }.items():
        for order in (MediaOrder.NEWEST, MediaOrder.TITLE):
            yield Case(f"{name}, {order}", MEDIA, {"first": FEW, "filter": chosen, "order": order})
    yield Case("search: 20 %, of a member", MEDIA, {"first": PAGE, "filter": {"search": "frequent"}}, who=STUDENT)
    for order in (MediaOrder.LONGEST, MediaOrder.SHORTEST):
        for word in ("frequent", "sometimes", "rare"):
            variables = {"first": FEW, "filter": {"search": word}, "order": order}
            yield Case(f"search: {word}, {order}", MEDIA, variables)
    yield Case("`pendingCount`", PENDING)


def _owner_cases(student: str, keeper: str) -> Iterator[Case]:
    for name, owner in (("ten", student), ("1 %", keeper)):
        for order in (MediaOrder.NEWEST, MediaOrder.TITLE):
            variables = {"first": FEW, "filter": {"ownerId": owner}, "order": order}
            yield Case(f"an owner of {name}, {order}", MEDIA, variables)


def _people_cases() -> Iterator[Case]:
    yield Case("members: first page", MEMBERS, {"first": 25})
    yield Case("members: of a role", MEMBERS, {"first": FEW, "role": "MODERATOR"})
    yield Case("members: search, ten", MEMBERS, {"first": FEW, "search": "quentin"})
    yield Case("members: search, nearly all", MEMBERS, {"first": 25, "search": "student"})
    yield Case("members: search, two letters", MEMBERS, {"first": FEW, "search": "qu"})
    yield Case("users: first page", USERS, {"first": 25}, of_site=True)
    yield Case("users: search, ten", USERS, {"first": FEW, "search": "quentin"}, of_site=True)
    yield Case("users: search, two letters", USERS, {"first": FEW, "search": "qu"}, of_site=True)
    yield Case("users: search, all", USERS, {"first": 25, "search": "student"}, of_site=True)
    yield Case("users: search, none", USERS, {"first": 25, "search": "nobody"}, of_site=True)
    yield Case("groups: first page", GROUPS, {"first": PAGE}, of_site=True)
    yield Case("groups: search", GROUPS, {"first": 1, "search": "p 005"}, of_site=True)
    yield Case("galleries: first page", GALLERIES, {"first": PAGE}, of_site=True)
    yield Case("galleries: newest", GALLERIES, {"first": PAGE, "order": "NEWEST"}, of_site=True)
    yield Case("galleries: search, all", GALLERIES, {"first": PAGE, "search": "course"}, of_site=True)
    yield Case("galleries: of two", GALLERIES, {"first": PAGE}, who=STUDENT, of_site=True)
    yield Case("galleries: search, one", GALLERIES, {"first": PAGE, "search": "small"}, of_site=True)


Step = Callable[[], Awaitable[int]]


async def measure(large_url: str, small_url: str, only: str) -> dict[str, tuple[float, float]]:
    """Returns the shortest time of each case in seconds, for the large and the small gallery or site."""
    async with AsyncExitStack() as stack:
        large = await stack.enter_async_context(open_process(await _filled(large_url, FULL)))
        small = await stack.enter_async_context(open_process(await _filled(small_url, NARROW)))
        pairs = await _pairs(large, small, only)
        seconds: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in pairs}
        for turn in range(WARM_UP + ROUNDS + AGAIN):
            for name, pair in pairs.items():
                if turn >= WARM_UP + ROUNDS and not _is_over(name, min(seconds[name][0]), min(seconds[name][1])):
                    continue
                took, given = zip(*[await _timed(step) for step in pair], strict=True)
                assert given[0] == given[1], f"{name}: {given} items"
                if turn >= WARM_UP:
                    for place, each in enumerate(took):
                        seconds[name][place].append(each)
    return {name: (min(one), min(other)) for name, (one, other) in seconds.items()}


def _is_over(name: str, large: float, small: float) -> bool:
    return large > HIGHER.get(name, LIMIT) * small


async def _filled(url: str, size: Size) -> Settings:
    settings = Settings(dev=True, database_url=url)
    await migrate.upgrade(url)
    database = open_database(settings)
    start = time.monotonic()
    await gather(database, settings, size)
    await database.close()
    print(f"{size.media:,} media stored in {time.monotonic() - start:.0f} s", file=sys.stderr)
    return settings


async def _timed(step: Step) -> tuple[float, int]:
    start = time.perf_counter()
    given = await step()
    return time.perf_counter() - start, given


async def _pairs(large: Process, small: Process, only: str) -> dict[str, tuple[Step, Step]]:
    ids = {}
    for subject in (KEEPER, STUDENT):
        ids[subject] = global_id(
            "User", await large.database.reads.value(select(User.id).where(User.subject == subject))
        )
    pairs = {}
    for case in [*_media_cases(), *_owner_cases(ids[STUDENT], ids[KEEPER]), *_people_cases()]:
        if only not in case.name:
            continue
        if case.of_site:
            pairs[case.name] = (_step(large, case, case.variables), _step(small, case, case.variables))
        else:
            one, other = [_step(large, case, await _variables(large, case, course)) for course in (LARGE, SMALL)]
            pairs[case.name] = (one, other)
    for search in (None, "student"):
        steps = []
        for process in (large, small):
            group = await process.database.reads.value(select(Group.id).order_by(Group.id).limit(1))
            case = Case("", GROUP)
            steps.append(_step(process, case, {"id": global_id("Group", group), "first": PAGE, "search": search}))
        pairs[f"members of a group, search {search}"] = (steps[0], steps[1])
    return pairs


async def _variables(process: Process, case: Case, course: str) -> dict[str, Any]:
    variables = case.variables | {"course": course}
    if case.deep:
        order, side = case.deep
        variables[side] = await _middle(process, order, course)
    return variables


async def _middle(process: Process, order: MediaOrder, course: str) -> str:
    reads = process.database.reads
    gallery = await reads.value(select(Gallery.id).where(Gallery.external_id == course))
    keys = ORDERS[order]
    places = [key.column.desc() if key.descending else key.column.asc() for key in keys]
    amount = FULL.media if course == LARGE else 100
    row = await reads.first(
        select(Media).where(Media.gallery_id == gallery).order_by(*places).offset(amount // 2).limit(1)
    )
    return cursor_of(keys, row)


def _step(process: Process, case: Case, variables: dict[str, Any]) -> Step:
    token = issue_token(process.settings, case.who, name=f"{case.who} Student")

    async def run() -> int:
        account = await process.accounts.of_token(token)
        context = Context(process.services, account.viewer)
        result = await schema.execute(case.document, variable_values=variables, context_value=context)
        assert not result.errors, result.errors
        return _items(result.data)

    return run


def _items(data: Any) -> int:
    match data:
        case {"edges": edges}:
            return len(edges)
        case dict():
            return sum(map(_items, data.values()))
        case _:
            return 0


def table(figures: dict[str, dict[str, tuple[float, float]]]) -> str:
    """Returns the figures as a Markdown table. Figures over the limit are marked."""
    lines = [
        "| | " + " | ".join(f"{name}: small | large" for name in figures) + " |",
        "| --- |" + " ---: | ---: |" * len(figures),
    ]
    for name in next(iter(figures.values())):
        cells = []
        for of in figures.values():
            large, small = of[name]
            over = " **over**" if _is_over(name, large, small) else ""
            cells += [f"{small * 1e3:.1f} ms", f"{large / small:.1f} x{over}"]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", help="those whose names hold this")
    parser.add_argument("--json", type=Path, help="a file for the seconds of each list, large and small")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, PostgreSQL() as postgres:
        files = [f"sqlite:///{Path(folder) / name}.db" for name in ("large", "small")]
        figures = {"SQLite": asyncio.run(measure(*files, given.only))}
        databases = [postgres.create_database(name) for name in ("large", "small")]
        figures["PostgreSQL"] = asyncio.run(measure(*databases, given.only))
    print(f"\nPython {platform.python_version()}, the fastest of {ROUNDS} rounds.\n\n{table(figures)}")
    if given.json:
        given.json.write_text(json.dumps(figures))
    return int(any(_is_over(name, *seconds) for of in figures.values() for name, seconds in of.items()))


if __name__ == "__main__":
    sys.exit(main())
