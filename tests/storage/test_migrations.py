"""Migrations create the tables described in models/, and can be reverted and rerun with data in the tables."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, func, select

from models.database import migrate
from models.database.version import version_of
from models.events.log import LogEntry
from models.permissions import Permission
from models.storage.statements import AnyRow
from models.tables.chat import ChatMessage
from models.tables.deadlines import Deadline, DeadlineKind
from models.tables.media import Media
from models.tables.participants import Participant
from server.app import open_database
from server.revisions import newest_revision
from server.settings import Settings
from tests.support.admission import launch, lock, own, remove, wait
from tests.support.chat import TALK
from tests.support.databases import Databases
from tests.support.due_deadlines import fall_due, session_row
from tests.support.media import CRANE, POSTER, ids_of, review
from tests.support.people import local
from tests.support.stored_state import State, read_state
from tests.support.world import END, ENTER, LEAVE, Clock, open_world

pytestmark = [
    pytest.mark.new_database,
    # An index for PostgreSQL's search, which SQLite does not have.
    pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index"),
]


@pytest.fixture
def empty(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    postgres: Databases = request.getfixturevalue("postgres")
    name = f"enfilade_empty_{id(tmp_path)}"
    yield postgres.create_database(name)
    postgres.drop_database(name)


def nothing_to_add(_connection: Connection, config: Config) -> None:
    command.check(config)


def down_to(revision: str) -> Callable[[Connection, Config], None]:
    return lambda _connection, config: command.downgrade(config, revision)


def to_nothing(_connection: Connection, config: Config) -> None:
    command.downgrade(config, "base")


async def test_they_make_what_the_tables_are_described_as(empty: str) -> None:
    """Alembic's autogenerate finds no difference."""
    await migrate.upgrade(empty)
    assert await version_of(empty) == newest_revision()
    await migrate._run(empty, nothing_to_add)


async def test_all_of_them_can_be_taken_back(empty: str) -> None:
    for _ in range(2):
        await migrate.upgrade(empty)
        await migrate._run(empty, to_nothing)
    await migrate.upgrade(empty)
    await migrate._run(empty, nothing_to_add)


async def test_what_is_there_before_the_second_is_found_after_the_fourth(settings: Settings) -> None:
    """Rule 19: after going down to 0001 and up again, all media have their search words."""
    words = select(Media.id, Media.search_words, Media.search_row).order_by(Media.id)
    async with open_world(settings) as world:
        before = [tuple(row) for row in await world.database.reads.rows(words)]
    await migrate._run(settings.database_url, down_to("0001"))
    await migrate.upgrade(settings.database_url)
    database = open_database(settings)
    try:
        assert [tuple(row) for row in await database.reads.rows(words)] == before != []
    finally:
        await database.close()


async def test_the_third_fills_in_what_those_inside_may_do(settings: Settings) -> None:
    """Rules 32, 36: after going down to 0002 and up again, people inside have their permissions and deadlines."""
    async with open_world(settings) as world:
        await world.enter("moderator", "manager", "chatmod", "student-001")
        await world.post("student-001", "Hello")
        await world.mutate("manager", LEAVE, room=world.room)
        before, here = await read_state(world.database), local(world.gallery)
    await migrate._run(settings.database_url, down_to("0002"))
    await migrate.upgrade(settings.database_url)
    await migrate._run(settings.database_url, nothing_to_add)
    database = open_database(settings)
    try:
        assert in_order(await read_state(database)) == in_order(before)
        inside = [each.id for each in before[here].participants.values() if each.state == "ADMITTED"]
        due = await database.reads.values(select(Deadline.subject_id).where(Deadline.kind == DeadlineKind.ABSENCE))
        assert sorted(due) == sorted(inside)
        moderators = select(func.count()).select_from(Participant).where(Participant.moderates)
        assert await database.reads.value(moderators) == 2
    finally:
        await database.close()


async def test_the_fifth_fills_in_who_moderates_the_chat_and_which_session_an_entry_is_of(settings: Settings) -> None:
    """Rule 50: after going down to 0004 and up again, chat moderators have their role, and records are complete."""
    of_session = select(LogEntry.number, LogEntry.session_id).order_by(LogEntry.gallery_id, LogEntry.number)
    chat_moderators = select(Participant.user_id).where(Participant.chat_moderates)
    async with open_world(settings) as world:
        await world.enter("moderator", "chatmod", "student-001")
        await world.post("student-001", "Hello")
        reads = world.database.reads
        before = await reads.rows(of_session), await reads.values(chat_moderators)
    await migrate._run(settings.database_url, down_to("0004"))
    await migrate.upgrade(settings.database_url)
    database = open_database(settings)
    try:
        assert (await database.reads.rows(of_session), await database.reads.values(chat_moderators)) == before
        assert len(before[1]) == 1
        assert len({session for _number, session in before[0]}) == 2
    finally:
        await database.close()


async def test_the_sixth_knows_who_waits_and_since_when(settings: Settings) -> None:
    """Rule 37: down and up again; only the earlier time inside of people who wait is lost, which was not stored."""
    async with open_world(settings) as world:
        session = await launch(world, "chatmod", "student-001")
        await world.mutate("chatmod", LEAVE, room=world.room)
        await remove(world, (await own(world, "student-001", session))["id"])
        await lock(world, session)
        again, _ = await wait(world, "chatmod", "student-002")
        before, here = await read_state(world.database), local(world.gallery)
    await migrate._run(settings.database_url, down_to("0005"))
    await migrate.upgrade(settings.database_url)
    database = open_database(settings)
    try:
        people = before[here].participants
        since = people[local(again)].waiting_since
        assert since
        known = replace(people[local(again)], roles=[], role_sources=[], joined_at=since, left_at=since)
        after = {**before, here: replace(before[here], participants={**people, known.id: known})}
        assert in_order(await read_state(database)) == in_order(after)
    finally:
        await database.close()


async def test_the_sixth_ends_what_no_moderator_was_in_before_there_were_deadlines(settings: Settings) -> None:
    """Rule 39: down to 0002 and up again, sessions without a moderator have a deadline, others have none."""
    clock = Clock()
    async with open_world(settings, clock) as world:
        await launch(world, "student-001")
    assert await hosts_awaited(settings) == []
    async with open_world(settings, clock) as world:
        session = (await world.mutate("moderator", ENTER, room=world.room))["session"]["id"]
        await world.mutate("moderator", LEAVE, room=world.room)
    begun = clock()
    ((awaited, due_at),) = await hosts_awaited(settings)
    assert awaited == local(session)
    assert timedelta(seconds=900) <= due_at - begun
    clock.advance(seconds=1000)
    async with open_world(settings, clock) as world:
        await fall_due(world)  # unless the server did so when it started
        assert (await session_row(world)).end_reason == "HOST_ABSENT"


async def hosts_awaited(settings: Settings) -> Sequence[AnyRow]:
    """Returns the host-absence deadlines after going down to 0002 and up again."""
    await migrate._run(settings.database_url, down_to("0002"))
    await migrate.upgrade(settings.database_url)
    database = open_database(settings)
    try:
        of_hosts = select(Deadline.subject_id, Deadline.due_at).where(Deadline.kind == DeadlineKind.HOST_ABSENCE)
        return await database.reads.rows(of_hosts)
    finally:
        await database.close()


async def test_the_eleventh_counts_messages_in_their_conversations(settings: Settings) -> None:
    """Rule 48: after going down to 0010 and up again, each chat reads as before."""
    read = select(ChatMessage.channel, ChatMessage.place, ChatMessage.text).order_by(
        ChatMessage.channel, ChatMessage.session_id, ChatMessage.place
    )
    async with open_world(settings) as world:
        for _ in range(2):
            session = await launch(world, "chatmod", "student-001")
            for number in range(3):
                await world.post("student-001", f"said {number}")
                await world.post("chatmod", f"between us {number}", "BACKCHANNEL")
                await world.mutate("chatmod", TALK["announce"], input={"roomId": world.room, "text": f"heard {number}"})
            await world.mutate("moderator", END, session=session)
        before = await world.database.reads.rows(read)
    await migrate._run(settings.database_url, down_to("0010"))
    await migrate.upgrade(settings.database_url)
    await migrate._run(settings.database_url, nothing_to_add)
    database = open_database(settings)
    try:
        assert await database.reads.rows(read) == before
        assert [row.place for row in before] == [1, 2, 3] * 6
    finally:
        await database.close()


async def test_the_twentieth_takes_earlier_reviews_from_the_log(settings: Settings) -> None:
    """Rule 18: after going down to 0019 and up again, each review is as before."""
    async with open_world(settings) as world:
        await review(world, "moderator", "REJECT", *await ids_of(world, POSTER), reason="Too loud.")
        await review(world, "manager", "APPROVE", *await ids_of(world, CRANE))
        before = await read_state(world.database)
    await migrate._run(settings.database_url, down_to("0019"))
    await migrate.upgrade(settings.database_url)
    database = open_database(settings)
    try:
        assert await read_state(database) == before
    finally:
        await database.close()


def in_order(state: State) -> State:
    """Sorts the permissions in each snapshot, whose order has no meaning. Leaves out the shelf, which is lost.

    Leaves out READ_REPORTS as well, which old migrations do not know.
    """
    return {
        gallery_id: replace(
            gallery,
            content={},
            participants={
                key: replace(each, permissions=sorted(set(each.permissions) - {Permission.READ_REPORTS}))
                for key, each in gallery.participants.items()
            },
        )
        for gallery_id, gallery in state.items()
    }
