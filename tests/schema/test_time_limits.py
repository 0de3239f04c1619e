"""Time limits: an operation that takes too long, or that no client waits for, is stopped and releases its resources."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Engine, event, func, select

from models.database.postgres import PostgresDatabase
from models.database.sqlite import SQLiteDatabase
from models.tables.chat import ChatMessage
from schema.execution import renderings
from schema.execution.ahead import load_ahead
from tests.support.event_streams import EVENTS, STATUS, eventually, is_live, next_event, said
from tests.support.stalled_operations import connections_taken, no_reading, no_writing, until_waiting
from tests.support.world import PATIENCE, POST, World

SOON, COMMITTING = 0.3, 1.2
PAGE = """{ gallery(by: { externalId: "course-101" }) { id media { edges { node { id owner { name } } } } room { id } }
  galleries { edges { node { memberships { edges { cursor } } } } } viewer { id groups { id } } }"""
STOPPED = {"code": "TIMEOUT", "retryAfterSeconds": 2}
JSON, GRAPHQL, SSE = "application/json", "application/graphql-response+json", "text/event-stream"


@pytest.fixture
async def lived_in(world: World) -> World:
    """A server with a time limit of an hour, on which each kind of operation has run once. Two people are inside."""
    await world.enter("moderator", "student-001")
    await world.query("student-001", PAGE)
    await world.post("student-001", "first")
    limit(world, 3600)
    return world


def limit(world: World, seconds: float) -> None:
    object.__setattr__(world.process.services.limits, "seconds", seconds)  # the dataclass is frozen


@contextmanager
def in_a_hurry(world: World, seconds: float = SOON) -> Iterator[None]:
    """Sets a short time limit."""
    limit(world, seconds)
    yield
    limit(world, 3600)


@asynccontextmanager
async def stalled(world: World, no_use: Callable[[World], AbstractAsyncContextManager[None]]) -> AsyncIterator[None]:
    """Sets a short time limit, and makes operations wait for the database."""
    with in_a_hurry(world):
        async with no_use(world):
            yield


async def messages(world: World) -> int:
    return int(await world.database.reads.value(select(func.count()).select_from(ChatMessage)))


@contextmanager
def all_statements() -> Iterator[list[str]]:
    """Yields a list to which all statements on any connection are added."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("accept", [GRAPHQL, SSE])
async def test_a_query_that_takes_too_long_is_stopped_and_nothing_of_it_goes_on(lived_in: World, accept: str) -> None:
    tasks = len(asyncio.all_tasks())
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(stalled(lived_in, no_reading))
        held = connections_taken(lived_in)
        headers = lived_in.credentials("student-001") | {"accept": accept}
        answer = await lived_in.http.post("/graphql", json={"query": PAGE}, headers=headers)
        said = json.loads(answer.text.partition("data: ")[2].partition("\n")[0]) if accept == SSE else answer.json()
        (error,) = said["errors"]
        assert error == {"message": "This took too long, and was stopped.", "extensions": STOPPED}
        assert (answer.status_code, answer.headers.get("retry-after")) == ((200, None) if accept == SSE else (503, "2"))
        await eventually(lambda: connections_taken(lived_in) == held)
        await until_waiting(lived_in, waiting=False)
        with all_statements() as seen:
            await stack.aclose()
            await lived_in.query("moderator", "{ viewer { id } }")
        assert not any("galleries" in statement for statement in seen)
    assert connections_taken(lived_in) == 0
    await eventually(lambda: len(asyncio.all_tasks()) <= tasks)
    assert await lived_in.query("student-001", PAGE)


async def test_a_mutation_that_takes_too_long_has_changed_nothing(lived_in: World) -> None:
    before = await messages(lived_in)
    async with stalled(lived_in, no_writing):
        (error,) = (await lived_in.ask("student-001", POST, room=lived_in.room, text="too late"))["errors"]
        assert (error["path"], error["extensions"]) == (["postMessage"], STOPPED)
        assert connections_taken(lived_in) == 0
    await lived_in.post("student-001", "in time")
    assert await messages(lived_in) == before + 1


async def test_all_of_a_mutations_fields_have_one_deadline_together(lived_in: World) -> None:
    before = await messages(lived_in)
    text = """mutation ($room: ID!) { one: postMessage(input: { roomId: $room, text: "1" }) { cursor }
      two: postMessage(input: { roomId: $room, text: "2" }) { cursor } }"""
    async with stalled(lived_in, no_writing):
        (error,) = (await lived_in.ask("student-001", text, room=lived_in.room))["errors"]
        assert error["path"] == ["one"]
    await lived_in.post("student-001", "in time")
    assert await messages(lived_in) == before + 1


SLOW_COMMIT = f"""CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep({COMMITTING}); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON chat_messages DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()"""


@asynccontextmanager
async def slow_commits(world: World) -> AsyncIterator[None]:
    """Makes a message's commit take COMMITTING seconds. Undoes this at the end: other tests use the database."""
    database = world.database
    if isinstance(database, PostgresDatabase):
        outside = await asyncpg.connect(world.settings.database_url)
        await outside.execute(SLOW_COMMIT)
        try:
            yield
        finally:
            await outside.execute("DROP FUNCTION slow CASCADE")
            await outside.close()
        return
    assert isinstance(database, SQLiteDatabase)

    posted: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT INTO chat_messages"):
            posted.append(statement)

    def wait(_connection: object) -> None:
        if posted:
            time.sleep(COMMITTING)
            posted.clear()

    listeners = (("before_cursor_execute", note), ("commit", wait))
    for name, listener in listeners:
        event.listen(database._write_engine, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners:
            event.remove(database._write_engine, name, listener)


async def test_a_mutation_that_is_being_committed_at_the_deadline_is_answered_as_done(lived_in: World) -> None:
    async with slow_commits(lived_in), lived_in.socket("moderator") as socket:
        stream = await socket.subscribe(EVENTS, room=lived_in.room)
        await is_live(stream)
        with in_a_hurry(lived_in, COMMITTING / 2):
            await lived_in.query("student-001", POST, room=lived_in.room, text="just in time")
        assert said(await next_event(stream)) == "just in time"
        await eventually(lambda: connections_taken(lived_in) == 0)


async def test_a_stream_whose_event_takes_too_long_to_tell_ends_and_can_be_resumed(
    lived_in: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_info: object, _value: object, snapshot: Any) -> None:
        await snapshot.value(select(1))
        await asyncio.Event().wait()

    async with lived_in.socket("moderator") as socket:
        stream = await socket.subscribe(EVENTS, room=lived_in.room)
        cursor = await is_live(stream)
        with monkeypatch.context() as patch:
            patch.setattr(renderings, "load_ahead", never)
            limit(lived_in, SOON)
            assert await stream.error() == "TIMEOUT"
        limit(lived_in, 3600)
        assert (await stream.message())["type"] == "complete"
        await eventually(lambda: connections_taken(lived_in) == 0)
        await lived_in.post("student-001", "meanwhile")
        again = await socket.subscribe(EVENTS, room=lived_in.room, after=cursor)
        assert said(await next_event(again)) == "meanwhile"


@pytest.mark.parametrize("document", [EVENTS, STATUS])
async def test_a_stream_that_cannot_start_in_time_says_so(lived_in: World, document: str) -> None:
    async with lived_in.socket("student-001") as socket, stalled(lived_in, no_reading):
        stream = await socket.subscribe(document, room=lived_in.room)
        assert await stream.error() == "TIMEOUT"
    assert connections_taken(lived_in) == 0


async def sent(world: World, document: str, accept: str = JSON, **variables: Any) -> asyncio.StreamWriter:
    """Sends an HTTP request on a connection of its own."""
    body = json.dumps({"query": document, "variables": variables}).encode()
    headers = {"host": "127.0.0.1", "content-type": JSON, "accept": accept, "content-length": str(len(body))}
    lines = [f"{name}: {value}" for name, value in (headers | world.credentials("student-001")).items()]
    _reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
    writer.write("\r\n".join(["POST /graphql HTTP/1.1", *lines, "", ""]).encode() + body)
    await writer.drain()
    return writer


@pytest.mark.parametrize(("document", "accept"), [(PAGE, JSON), (PAGE, SSE), (STATUS, SSE), (EVENTS, SSE)])
async def test_an_operation_whose_client_leaves_is_stopped(lived_in: World, document: str, accept: str) -> None:
    tasks = len(asyncio.all_tasks())
    async with no_reading(lived_in):
        held = connections_taken(lived_in)
        variables = {} if document is PAGE else {"room": lived_in.room}
        writer = await sent(lived_in, document, accept, **variables)
        await until_waiting(lived_in)
        writer.close()
        await until_waiting(lived_in, waiting=False)
        await eventually(lambda: connections_taken(lived_in) == held)
        await eventually(lambda: len(asyncio.all_tasks()) <= tasks)
    assert connections_taken(lived_in) == 0


@pytest.mark.parametrize("by", ["complete", "close"])
async def test_a_query_whose_socket_has_lost_interest_is_stopped(lived_in: World, by: str) -> None:
    async with no_reading(lived_in):
        held = connections_taken(lived_in)
        async with lived_in.socket("student-001") as socket:
            tasks = len(asyncio.all_tasks())
            stream = await socket.subscribe(PAGE)
            await until_waiting(lived_in)
            if by == "complete":
                await socket.unsubscribe(stream)
            else:
                await socket.wire.close()
            await until_waiting(lived_in, waiting=False)
            await eventually(lambda: connections_taken(lived_in) == held)
            await eventually(lambda: len(asyncio.all_tasks()) <= tasks)


@pytest.mark.parametrize("by", ["leaving", "complete", "close"])
async def test_who_leaves_while_an_event_is_told_is_let_go_and_the_others_are_told(
    lived_in: World, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many subscribers share one rendering. It goes on when the one leaves who was the first to want it."""
    telling, go = asyncio.Event(), asyncio.Event()

    async def once_allowed(*given: Any) -> Any:
        telling.set()
        await go.wait()
        return await load_ahead(*given)

    held = lived_in.process.shares.subscriptions._held
    async with lived_in.socket("student-001") as leaving, lived_in.socket("moderator") as staying:
        if by == "leaving":
            one = await sent(lived_in, EVENTS, SSE, room=lived_in.room)
            await eventually(lambda: bool(held))
        else:
            stream = await leaving.subscribe(EVENTS, room=lived_in.room)
            await is_live(stream)
        other = await staying.subscribe(EVENTS, room=lived_in.room)
        await is_live(other)
        monkeypatch.setattr(renderings, "load_ahead", once_allowed)
        await lived_in.post("student-001", "heard")
        await telling.wait()
        if by == "leaving":
            one.transport.abort()
        else:
            await (leaving.unsubscribe(stream) if by == "complete" else leaving.wire.close())
        await eventually(lambda: held.get("127.0.0.1") == 1)
        go.set()
        assert said(await next_event(other)) == "heard"
    await eventually(lambda: not held and not connections_taken(lived_in))


@pytest.mark.parametrize("by", ["leaving", "complete", "close"])
async def test_a_mutation_is_done_whether_or_not_anybody_waits_for_it(lived_in: World, by: str) -> None:
    before = await messages(lived_in)
    async with lived_in.socket("student-001") as socket:
        async with no_writing(lived_in):
            if by == "leaving":
                (await sent(lived_in, POST, room=lived_in.room, text="farewell")).close()
            else:
                stream = await socket.subscribe(POST, room=lived_in.room, text="farewell")
                await (socket.unsubscribe(stream) if by == "complete" else socket.wire.close())
            await eventually(is_changing)
        async with asyncio.timeout(PATIENCE):
            while await messages(lived_in) == before:  # noqa: ASYNC110  only the database knows
                await asyncio.sleep(0.01)
    assert await messages(lived_in) == before + 1


def is_changing() -> bool:
    return any(task.get_coro().__name__ == "_stopped_at" for task in asyncio.all_tasks())  # type: ignore[union-attr]  # a coroutine
