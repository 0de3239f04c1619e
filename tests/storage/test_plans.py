"""Rule 19 at scale: a page of a large gallery is read through indexes, on both databases.

The plans are of the statements that the page runs, with its parameters. On PostgreSQL they are executed, with plans for
these parameters and generic ones: the number of rows read, including filtered ones, is bounded by the page, or by what
a search matches, but not by the gallery.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import Engine, insert, select, update
from sqlalchemy.engine import make_url

from models.access.pages import access_page_of_course
from models.cursors import Position
from models.database.transaction import Transaction
from models.events.log import LogEntry
from models.storage.paging import REACH
from models.tables.galleries import Gallery
from models.tables.media import MediaOrder
from schema.context import Context
from schema.root import schema
from server.accounts import THE_SERVER
from server.tokens import issue_token
from tests.support.large_site import KEEPER, LARGE, MEDIA, MEMBERS, PENDING, STUDENT, USERS, Size, gather
from tests.support.statement_log import OWN_ACCOUNT, heard
from tests.support.world import World

SIZE = Size(media=10_000, members=1_500, galleries=100, users=5_000, groups=50)
GROWING = ("media", "users", "memberships", "log_entries")
FOUND = 700  # at most, if a page has to look further than its neighbours
PAGE = 2 * 26  # the rows of a page, one more for hasNextPage, and as many invisible rows
TOLD = ("Node Type", "Relation Name", "Index Name", "Index Cond", "Filter", "Actual Rows", "Actual Loops")
Statement = tuple[str, Sequence[Any]]

ORDERED: dict[str, tuple[str, dict[str, Any]]] = {
    "a member's page": (MEDIA, {"first": 25}),
    "published": (MEDIA, {"first": 25, "filter": {"statuses": ["PUBLISHED"]}}),
    "members": (MEMBERS, {"first": 25}),
    "members of a role": (MEMBERS, {"first": 25, "role": "MEMBER"}),
    **{f"{order}, {size}": (MEDIA, {size: 25, "order": order}) for order in MediaOrder for size in ("first", "last")},
}
NARROWED: dict[str, tuple[str, dict[str, Any]]] = {
    "a rare word": (MEDIA, {"filter": {"search": "rare"}}),
    "a word of the oldest": (MEDIA, {"filter": {"search": "early"}}),
    "a frequent word": (MEDIA, {"filter": {"search": "frequent"}, "order": "TITLE"}),
    "no word of any": (MEDIA, {"filter": {"search": "nowhere frequent"}}),
    "a rare tag": (MEDIA, {"filter": {"tags": ["seldom used"]}, "order": "LONGEST"}),
    "an owner of few": (MEDIA, {"filter": {"ownerId": STUDENT}, "order": "SHORTEST"}),
    "pending": (MEDIA, {"filter": {"statuses": ["PENDING"]}, "order": "TITLE"}),
    "the first hour": (MEDIA, {"filter": {"createdBefore": "2024-01-01T01:00:00Z"}, "order": "TITLE"}),
    "a rare member": (MEMBERS, {"search": "quentin"}),
    "users, for somebody in many galleries": (USERS, {"first": 25}),
    "a rare user": (USERS, {"search": "quentin"}),
    "a rare user by two letters": (USERS, {"search": "qu"}),
    "how many are pending": (PENDING, {}),
}


@pytest.fixture(scope="module")
async def crowded(lasting_world: World) -> World:
    """A world with one large gallery."""
    await gather(lasting_world.database, lasting_world.settings, SIZE)
    return lasting_world


@pytest.mark.parametrize("name", ORDERED)
async def test_a_page_reads_about_as_many_rows_as_it_has(crowded: World, name: str) -> None:
    """Rule 19: from the start and from the middle of the list, in both directions."""
    document, variables = ORDERED[name]
    statements = await statements_of(crowded, STUDENT, document, variables)
    if document == MEDIA:
        for side, size in (("after", "first"), ("before", "last")):
            there = {key: value for key, value in variables.items() if key not in ("first", "last")}
            middle = {**there, size: 25, side: await middle_of(crowded, variables.get("order", "NEWEST"))}
            statements += await statements_of(crowded, STUDENT, document, middle)
    await check(crowded, statements, PAGE)


@pytest.mark.parametrize("name", NARROWED)
async def test_what_is_searched_for_is_found_nearby_or_by_an_index(crowded: World, name: str) -> None:
    document, variables = NARROWED[name]
    await check(crowded, await statements_of(crowded, KEEPER, document, variables), max(REACH, FOUND))


async def test_a_page_is_proven_by_few_rows_of_a_long_log(crowded: World) -> None:
    """An index finds the last entry that all members may see, among many later ones that they may not."""
    gallery = await crowded.database.reads.first(select(Gallery).where(Gallery.external_id == LARGE))
    assert gallery
    await crowded.database.transact(THE_SERVER, "test", partial(talk, gallery.id))
    viewer = (await crowded.process.accounts.of_token(issue_token(crowded.settings, STUDENT, name="Student"))).viewer
    with heard(Engine, "before_cursor_execute") as calls:
        proven = await access_page_of_course(crowded.database.reads, viewer, LARGE)
    assert proven.position == Position(1, 1)
    ((_, _, text, parameters, *_),) = calls
    await check(crowded, [(text, parameters)], 5)


async def talk(gallery_id: UUID, tx: Transaction) -> None:
    """Records one entry for everyone, and many for people inside a session."""
    common = {"gallery_id": gallery_id, "kind": "X", "payload": "{}", "occurred_at": tx.now}
    some = [{**common, "number": n, "mark": n, "audience": "EVERYONE" if n == 1 else "INSIDE"} for n in range(1, 3_000)]
    await tx.execute(insert(LogEntry), some)
    await tx.execute(update(Gallery).where(Gallery.id == gallery_id).values(log_head=some[-1]["number"]))


async def check(world: World, statements: Sequence[Statement], most: int) -> None:
    """Checks that no statement scans a table, or reads or sorts more than `most` rows."""
    assert statements
    url = world.settings.database_url
    if url.startswith("sqlite"):
        check_on_sqlite(str(make_url(url).database), statements)
        return
    reader = await asyncpg.connect(url, statement_cache_size=0)
    try:
        for text, parameters in statements:
            for mode in ("force_custom_plan", "force_generic_plan"):
                nodes = nodes_of(await plan_of(reader, text, parameters, mode))
                wrong = [
                    told(node) for node in nodes if is_whole(node) or (rows_of(node) > most and not is_small(node))
                ]
                assert wrong == [], (mode, text)
    finally:
        await reader.close()


def check_on_sqlite(path: str, statements: Sequence[Statement]) -> None:
    with closing(sqlite3.connect(path)) as reader:
        for text, parameters in statements:
            steps = [row[3] for row in reader.execute(f"EXPLAIN QUERY PLAN {text}", tuple(parameters))]
            assert scanned(steps) == [], (text, steps)


def scanned(steps: Sequence[str]) -> list[str]:
    """Returns the steps that scan a whole table, or sort rows outside of a bounded subquery."""
    bounded = any(step.startswith("CO-ROUTINE") for step in steps)
    whole = tuple(f"SCAN {table}" for table in GROWING)
    return [
        step
        for step in steps
        if (step.startswith(whole) and "USING" not in step and "VIRTUAL" not in step)
        or ("TEMP B-TREE" in step and "ORDER BY" in step and not bounded)
    ]


async def plan_of(reader: "asyncpg.Connection[Any]", text: str, parameters: Sequence[Any], mode: str) -> dict[str, Any]:
    await reader.execute(f"SET jit = off; SET plan_cache_mode = {mode}; PREPARE asked AS {text}")
    given = f"({', '.join(map(literal, parameters))})" if parameters else ""
    (plan,) = json.loads(await reader.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE asked{given}"))
    await reader.execute("DEALLOCATE asked")
    return dict(plan["Plan"])


def literal(value: Any) -> str:
    if value is None or isinstance(value, int):
        return "NULL" if value is None else str(value)
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return "'" + text.replace("'", "''") + "'"


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes_of(below)


def is_whole(node: dict[str, Any]) -> bool:
    return node["Node Type"] == "Seq Scan" and node["Relation Name"] in GROWING and node["Actual Loops"] > 0


def told(node: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key in TOLD or key.startswith("Rows Removed")}


def is_small(node: dict[str, Any]) -> bool:
    return node.get("Relation Name") in ("galleries", "groups")  # small tables, which are scanned


def rows_of(node: dict[str, Any]) -> float:
    """Returns the number of rows that the node read, over all its loops."""
    thrown_away = sum(node.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Index Recheck", "Join Filter"))
    return float((node["Actual Rows"] + thrown_away) * node["Actual Loops"])


async def statements_of(world: World, who: str, document: str, variables: dict[str, Any]) -> list[Statement]:
    """Returns the operation's statements on the tables that grow."""
    given = {"course": LARGE, **variables}
    if "ownerId" in given.get("filter", {}):
        viewer = await run(world, STUDENT, "{ viewer { id } }", {})
        given["filter"] = {"ownerId": viewer["viewer"]["id"]}
    await run(world, who, document, given)  # first, so that the account is cached
    with heard(Engine, "before_cursor_execute") as calls:
        found = await run(world, who, document, given)
    assert found
    return [(text, parameters) for _, _, text, parameters, *_ in calls if not text.startswith(OWN_ACCOUNT)]


async def run(world: World, who: str, document: str, variables: dict[str, Any]) -> dict[str, Any]:
    account = await world.process.accounts.of_token(issue_token(world.settings, who, name=f"{who} Student"))
    context = Context(world.process.services, account.viewer)
    result = await schema.execute(document, variable_values=variables, context_value=context)
    assert result.errors is None
    return dict(result.data or {})


async def middle_of(world: World, order: str) -> str:
    """Returns a cursor in the middle of the list, from which a page must cost no more."""
    cursor = None
    for _ in range(10):
        variables = {"course": LARGE, "order": order, "first": 100, "after": cursor}
        page = (await run(world, STUDENT, MEDIA, variables))["gallery"]["media"]
        cursor = page["edges"][-1]["cursor"]
    return str(cursor)
