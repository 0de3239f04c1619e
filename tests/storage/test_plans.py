"""Rule 19 at scale: a page of a large gallery is read through indexes, on both databases.

The plans are of the statements that the page runs, with its parameters. On PostgreSQL they are executed, with plans for
these parameters and generic ones: the number of rows read, including filtered ones, is bounded by the page, or by what
a search matches, but not by the gallery.
"""

from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, insert, select, update

from models.access.pages import access_page_of_course
from models.cursors import Position
from models.database.transaction import Transaction
from models.events.log import LogEntry
from models.storage.paging import REACH
from models.tables.galleries import Gallery
from models.tables.media import MediaOrder
from server.accounts import THE_SERVER
from server.tokens import issue_token
from tests.support.large_site import KEEPER, LARGE, MEDIA, MEMBERS, PENDING, STUDENT, USERS, Size, gather
from tests.support.query_plans import check, run, statements_of
from tests.support.statement_log import heard
from tests.support.world import World

SIZE = Size(media=10_000, members=1_500, galleries=100, users=5_000, groups=50)
FOUND = 700  # at most, if a page has to look further than its neighbours
PAGE = 2 * 26  # the rows of a page, one more for hasNextPage, and as many invisible rows

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


async def middle_of(world: World, order: str) -> str:
    """Returns a cursor in the middle of the list, from which a page must cost no more."""
    cursor = None
    for _ in range(10):
        variables = {"course": LARGE, "order": order, "first": 100, "after": cursor}
        page = (await run(world, STUDENT, MEDIA, variables))["gallery"]["media"]
        cursor = page["edges"][-1]["cursor"]
    return str(cursor)
