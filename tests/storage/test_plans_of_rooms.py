"""Lists of a room with many sessions, questions and messages are read through indexes, in every order and filter."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import insert, select

from models.database.transaction import Transaction
from models.storage.base import new_id
from models.tables.questions import Question, QuestionState
from models.tables.sessions import RoomSession, SessionEndReason
from server.accounts import THE_SERVER
from tests.support.people import local
from tests.support.query_plans import check, statements_of
from tests.support.world import ENTER, World

pytestmark = pytest.mark.second_tier

PAGE = 2 * 26
BEGIN = "2024-01-01T12:00:00Z"
MANY = 3_000
SESSIONS = """query ($gallery: ID!, $first: Int, $last: Int, $after: DateTime, $before: DateTime) { gallery(by: {id: $gallery}) {
  sessions(first: $first, last: $last, startedAfter: $after, startedBefore: $before) { edges { node { id } } } } }"""
QUESTIONS = """query ($room: ID!, $order: QuestionOrder!, $first: Int, $last: Int) { room(id: $room) {
  questions(orderBy: $order, first: $first, last: $last) { edges { node { id upvotes } } } } }"""
READ: dict[str, tuple[str, dict[str, Any]]] = {
    "the newest sessions": (SESSIONS, {"first": 25}),
    "the oldest sessions": (SESSIONS, {"last": 25}),
    "sessions long ago": (SESSIONS, {"first": 25, "before": BEGIN}),
    "sessions since then, from the oldest": (SESSIONS, {"last": 25, "after": BEGIN}),
    **{
        f"questions by {order}, {size}": (QUESTIONS, {size: 25, "order": order})
        for order in ("OLDEST", "NEWEST", "UPVOTES")
        for size in ("first", "last")
    },
}


@pytest.fixture(scope="module")
async def busy(lasting_world: World) -> World:
    """A world whose room had many sessions, and has many questions in the running one."""
    world = lasting_world
    entered = await world.query("manager", ENTER, room=world.room)
    session = local(entered["enterRoom"]["session"]["id"])
    await world.database.transact(THE_SERVER, "test", partial(_fill, local(world.gallery), local(world.room), session))
    if not world.settings.database_url.startswith("sqlite"):
        connection = await asyncpg.connect(world.settings.database_url)
        await connection.execute("VACUUM ANALYZE")
        await connection.close()
    return world


async def _fill(gallery: UUID, room: UUID, running: UUID, tx: Transaction) -> None:
    one = await tx.first(select(RoomSession).where(RoomSession.id == running))
    assert one
    session = {column.key: getattr(one, column.key) for column in RoomSession.__table__.columns}
    over = {"ended_at": tx.now, "end_reason": SessionEndReason.ENDED_BY_MODERATOR}
    held = [
        session | over | {"id": new_id(), "started_at": tx.now - timedelta(hours=6 * (MANY - number))}
        for number in range(MANY)
    ]
    await tx.execute(insert(RoomSession), held)
    asked = [
        {
            "id": new_id(), "gallery_id": gallery, "session_id": running, "asker_id": None, "anonymous": False,
            "text": "Why?", "state": QuestionState.PENDING, "claimed_by": None, "published_reply_id": None,
            "published_at": tx.now, "reply_count": 0, "upvotes": number * 7 % 101, "asked_at": tx.now,
        }
        for number in range(MANY)
    ]  # fmt: skip
    await tx.execute(insert(Question), asked)


@pytest.mark.parametrize("name", READ)
async def test_a_page_of_a_busy_room_reads_about_as_many_rows_as_it_has(busy: World, name: str) -> None:
    document, variables = READ[name]
    given = {"gallery": busy.gallery, "room": busy.room} | variables
    wanted = {key: value for key, value in given.items() if f"${key}" in document}
    ran = await statements_of(busy, "manager", document, wanted)
    pages = [(text, parameters) for text, parameters in ran if "ORDER BY" in text]  # the others read small tables
    assert len(pages) == 1
    await check(busy, pages, PAGE)
