"""A database that is away for a while: every transport says so and when to try again, and open streams survive."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from models.database.away import Away
from models.database.database import Database
from models.database.sqlite import SQLiteDatabase
from server.app import open_database
from server.requests import Form
from server.settings import Settings
from server.sockets import TRY_AGAIN_LATER
from tests.support.bare_database import SOMEBODY, TITLES, all_can_read, rename
from tests.support.captured_logs import talkative
from tests.support.event_streams import CHAT, EVENTS, STATUS, eventually, is_live, next_event, say, texts
from tests.support.partition import Proxy
from tests.support.world import ENTER, POST, World, open_world

QUERY = "{ site { name } }"
AGAIN = {"code": "UNAVAILABLE", "retryAfterSeconds": 2}
AUTHENTICATED = b"R\0\0\0\x08\0\0\0\0"
LINE = '"message":"the database does not answer"'

on_postgres = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


async def asked(world: World, who: str, document: str, accept: str, **variables: Any) -> httpx.Response:
    headers = {**world.credentials(who), "accept": accept}
    return await world.http.post("/graphql", json={"query": document, "variables": variables}, headers=headers)


def says_when(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    body = answer.json()
    assert "data" not in body
    assert [error["extensions"] for error in body["errors"]] == [AGAIN]


@on_postgres
async def test_all_over_http_is_503_and_says_when_to_try_again(distant: World, proxy: Proxy) -> None:
    """Also for callers whose account the process remembers, and so does not look up."""
    session = (await distant.query("moderator", ENTER, room=distant.room))["enterRoom"]["session"]["id"]
    async with proxy.refusing():
        for who in ("moderator", "somebody new"):
            for accept in (Form.JSON, Form.GRAPHQL):
                says_when(await asked(distant, who, QUERY, accept))
                says_when(await asked(distant, who, POST, accept, room=distant.room, text="never", key="key"))
            for path in ("record", "reports/attendance.csv"):
                headers = distant.credentials(who)
                says_when(await distant.http.get(f"/sessions/{session}/{path}", headers=headers))
        assert (await distant.http.get("/readyz")).status_code == 503
    assert await distant.query("moderator", QUERY)
    await distant.post("moderator", "afterwards")


@on_postgres
async def test_sockets_and_streams_that_cannot_start_are_told_to_try_again(distant: World, proxy: Proxy) -> None:
    async with distant.socket("moderator") as socket, proxy.refusing():
        assert await distant.refusal_of_socket(distant.credentials("somebody new")) == TRY_AGAIN_LATER
        operations = [(QUERY, {}), (POST, {"room": distant.room, "text": "never"}), (CHAT, {"room": distant.room})]
        for document, variables in operations:
            message = await (await socket.subscribe(document, **variables)).message()
            errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
            assert [error["extensions"] for error in errors] == [AGAIN]
        for accept in (Form.SSE, Form.MULTIPART):
            says_when(await asked(distant, "somebody new", CHAT, accept, room=distant.room))
            told = await asked(distant, "moderator", CHAT, accept, room=distant.room)
            assert told.status_code == 200
            assert orjson.dumps(AGAIN).decode() in told.text


@on_postgres
async def test_of_two_mutations_the_first_keeps_its_answer(distant: World, proxy: Proxy) -> None:
    """The second is refused in its payload, because a top-level error would take the first one's payload with it."""
    document = """mutation ($room: ID!) {
      one: postMessage(input: {roomId: $room, text: "one"}) { message { text } userErrors { code } }
      two: postMessage(input: {roomId: $room, text: "two"}) { message { text } userErrors { code } } }"""
    with proxy.cutting(b"two", after=b"BEGIN", arrives=False, times=9):
        answer = await distant.query("moderator", document, room=distant.room)
    assert answer["one"] == {"message": {"text": "one"}, "userErrors": []}
    assert answer["two"] == {"message": None, "userErrors": [{"code": "UNAVAILABLE"}]}


@on_postgres
async def test_open_streams_go_on_and_the_log_has_one_line_a_second(distant: World, proxy: Proxy) -> None:
    """No event is lost, and no traceback is written, however many requests fail."""
    async with distant.socket("moderator") as socket, distant.socket("student-001") as other:
        streams = [await each.subscribe(EVENTS, room=distant.room) for each in (socket, other)]
        for stream in streams:
            await is_live(stream)
        status = await socket.subscribe(STATUS, room=distant.room)
        assert (await status.next())["participantCount"] == 2
        with talkative() as lines:
            async with proxy.refusing():
                posts = [asked(distant, f"student-{n:03}", QUERY, Form.JSON) for n in range(2, 102)]
                assert {answer.status_code for answer in await asyncio.gather(*posts)} == {503}
                await eventually(lambda: sum(orjson.loads(each)["count"] for each in lines if LINE in each) >= 100)
        assert len([each for each in lines if LINE in each]) <= 10
        assert not any("traceback" in each for each in lines)
        posted = await say(distant, 1, 3)
        for stream in streams:
            assert texts([await next_event(stream) for _ in posted]) == posted
        await distant.enter("student-002")
        assert (await status.next())["participantCount"] == 3


@on_postgres
async def test_an_event_that_cannot_be_told_is_not_left_out(distant: World, proxy: Proxy) -> None:
    """The stream ends with UNAVAILABLE, or tells the event once the database is back."""
    async with distant.socket("moderator") as socket:
        stream = await socket.subscribe(RICH, room=distant.room)
        cursor = await is_live(stream)
        with proxy.cutting(b"participants", after=b"BEGIN ISOLATION", arrives=False, times=6) as cutting:
            await distant.enter("student-003")
            payload = (await stream.message())["payload"]
        assert cutting.left < 6
        if "errors" in payload:
            assert payload["errors"][0]["extensions"] == AGAIN
            assert (await stream.message())["type"] == "complete"
            stream = await socket.subscribe(RICH, room=distant.room, after=cursor)
            payload = (await stream.message())["payload"]
        assert payload["data"]["roomEvents"]["__typename"] == "ParticipantJoined"


RICH = """subscription ($room: ID!, $after: EventCursor) { roomEvents(roomId: $room, after: $after) {
  __typename ... on Event { cursor }
  ... on ParticipantJoined { participant { id user { name } session { id room { id gallery { title } } } } } } }"""

Run = Callable[[Database], Awaitable[Any]]


async def read_once(database: Database) -> Any:
    return await database.reads.value(TITLES)


async def read_in_a_snapshot(database: Database) -> Any:
    async with database.snapshot(SOMEBODY) as snapshot:
        return await snapshot.value(TITLES)


async def change(database: Database) -> Any:
    return await database.transact(SOMEBODY, "test", lambda tx: rename(tx, "here"))


@on_sqlite
@pytest.mark.parametrize("missing", ["folder", "file"])
async def test_without_its_file_sqlite_is_away_until_it_is_back(
    settings: Settings, tmp_path: Path, missing: str
) -> None:
    """A missing file is not made anew: changes would go into an empty database."""
    folder, away = tmp_path / "data", tmp_path / "away"
    folder.mkdir()
    shutil.copy(settings.database_url.removeprefix("sqlite:///"), folder / "enfilade.db")
    database = open_database(settings.model_copy(update={"database_url": f"sqlite:///{folder / 'enfilade.db'}"}))
    try:
        folder.rename(away)
        if missing == "file":
            folder.mkdir()
        for run in (read_once, read_in_a_snapshot, change):
            with pytest.raises(Away):
                await run(database)
        if missing == "file":
            assert list(folder.iterdir()) == []
            folder.rmdir()
        away.rename(folder)
        await change(database)
        await all_can_read(database)
        assert await read_once(database) == await read_in_a_snapshot(database) == "here"
    finally:
        await database.close()


@contextmanager
def no_room(world: World) -> Iterator[None]:
    """Lets the file grow no more, as on a full disk."""
    assert isinstance(world.database, SQLiteDatabase)
    connection = world.database._writer._connection
    assert connection
    driver: Any = connection.connection.dbapi_connection
    driver.execute("PRAGMA max_page_count = 1")
    try:
        yield
    finally:
        driver.execute("PRAGMA max_page_count = 1000000")


LONG = "📷" * 4000  # 16 kB


@on_sqlite
async def test_a_file_that_cannot_be_written_is_503_and_reads_go_on(settings: Settings) -> None:
    async with open_world(settings) as world:
        await world.enter("moderator")
        await world.database.reads.value(TITLES)
        with no_room(world):
            says_when(await asked(world, "moderator", POST, Form.JSON, room=world.room, text=LONG))
            assert await world.query("moderator", QUERY)
        await world.post("moderator", "afterwards")


@on_postgres
async def test_a_connection_that_breaks_while_it_is_opened_is_no_fault_of_ours(settings: Settings) -> None:
    """A proxy or a server that is starting accepts the connection, and closes it in the middle of the handshake."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):
            await reader.readexactly(8)  # whether there is TLS
            writer.write(b"N")
            await reader.read(1024)
            writer.write(AUTHENTICATED)

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        url = f"postgresql://user:password@127.0.0.1:{port}/enfilade"
        database = open_database(settings.model_copy(update={"database_url": url}))
        try:
            with pytest.raises(Away):
                await database.reads.rows(TITLES)
            with pytest.raises(Away):
                async with database.snapshot(SOMEBODY) as snapshot:
                    await snapshot.rows(TITLES)
            with pytest.raises(Away):
                await database.transact(SOMEBODY, "test", partial(rename, title="never"))
        finally:
            await database.close()
