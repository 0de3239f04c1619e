"""The world that tests act in: a real server on a real database and bus, its demo people, and clients for each of them.

Every mutation that is sent through a World is verified (rule 64): applying the mutation's events to the state before it
must produce the state after it. A refused mutation must have changed nothing and logged nothing.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Self
from weakref import WeakKeyDictionary

import httpx
import orjson
from sqlalchemy import update
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from models.database.database import Database
from models.tables.people import User
from server.accounts import THE_SERVER
from server.app import Process, create_app
from server.demo import example_ids
from server.demo_people import PEOPLE
from server.settings import Settings
from server.tokens import issue_token
from tests.support.kept_databases import KEPT
from tests.support.posting import Posts
from tests.support.serving import serving
from tests.support.stored_state import fold_all, read_state

PATIENCE = 20  # seconds until a test stops waiting and fails; a test that succeeds does not wait this long
SECONDS_TO_END = 5  # rule 66: a socket ends within this time after its token expires or its user is suspended


class Clock:
    """The clock of a world: it shows the real time until a test moves it forward."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def reset(self) -> None:
        """Shows the real time again."""
        self._ahead = timedelta()

    def advance(self, **span: float) -> None:
        self._ahead += timedelta(**span)


@dataclass
class Client:
    """A client of a server, which can act as any of the demo's people."""

    settings: Settings
    clock: Clock
    port: int
    http: httpx.AsyncClient
    ids: dict[str, str]

    def __post_init__(self) -> None:
        self.posts = Posts(self.port, "/graphql", PATIENCE)
        self._issued: dict[tuple[str, tuple[str, ...], timedelta, int], str] = {}

    @property
    def gallery(self) -> str:
        return self.ids["gallery"]

    @property
    def room(self) -> str:
        return self.ids["room"]

    def token(self, who: str, *scopes: str, lifetime: timedelta = timedelta(hours=1)) -> str:
        # Dates in a token are whole seconds, so tokens that are issued in the same second are equal.
        about = (who, scopes, lifetime, int(self.clock().timestamp()))
        if about not in self._issued:
            name = PEOPLE.get(who, who)
            self._issued[about] = issue_token(
                self.settings, who, name=name, scopes=scopes, lifetime=lifetime, now=self.clock
            )
        return self._issued[about]

    async def ask(self, who: str, document: str, *scopes: str, **variables: Any) -> dict[str, Any]:
        """Runs one operation as `who`. Returns the whole response."""
        headers = {"authorization": f"Bearer {self.token(who, *scopes)}"}
        return dict(await self.posts.post({"query": document, "variables": variables}, headers))

    async def query(self, who: str, document: str, *scopes: str, **variables: Any) -> dict[str, Any]:
        """Runs an operation that must succeed. Returns its data."""
        answer = await self.ask(who, document, *scopes, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    @asynccontextmanager
    async def socket(self, who: str, token: str | None = None) -> AsyncIterator["Socket"]:
        """Opens a WebSocket. The server has acknowledged the connection."""
        async with self.raw_socket() as wire:
            await wire.send(json.dumps({"type": "connection_init", "payload": self.credentials(who, token)}))
            assert json.loads(await wire.recv())["type"] == "connection_ack"
            async with Socket(wire) as socket:
                yield socket

    async def refusal_of_socket(self, payload: object) -> int | None:
        """Returns the code that the server closes a socket with after this connection_init.

        The server must send nothing before the close.
        """
        async with self.raw_socket() as wire:
            await wire.send(json.dumps({"type": "connection_init", "payload": payload}))
            with suppress(ConnectionClosed):
                raise AssertionError(await wire.recv())
            return wire.close_code

    def credentials(self, who: str, token: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {token or self.token(who)}"}

    def raw_socket(self) -> connect:
        url = f"ws://127.0.0.1:{self.port}/graphql"
        # A test may close a socket with unread messages. The server's close frame comes after them, so waiting for it
        # would take long.
        return connect(url, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None, close_timeout=0.1)


@dataclass
class World(Client):
    """A server in this process. Tests can read its internal state."""

    process: Process

    @property
    def database(self) -> Database:
        return self.process.database

    async def mutate(self, who: str, document: str, *scopes: str, **variables: Any) -> dict[str, Any]:
        """Runs a mutation that must succeed, and verifies its events. Returns its payload."""
        before = await read_state(self.database)
        (payload,) = (await self.query(who, document, *scopes, **variables)).values()
        after = await read_state(self.database)
        assert await fold_all(self.database, before) == after, "the events do not tell of all that was changed"
        assert payload["userErrors"] == [], payload
        return dict(payload)

    async def refused(self, who: str, document: str, *scopes: str, **variables: Any) -> dict[str, Any]:
        """Runs a mutation that must be refused, and checks that the state is unchanged. Returns its one userError."""
        before = await read_state(self.database)
        (payload,) = (await self.query(who, document, *scopes, **variables)).values()
        assert await read_state(self.database) == before
        (error,) = payload["userErrors"]
        assert {key for key, value in payload.items() if value} <= {"userErrors", "room"}
        return dict(error)

    async def suspend(self, who: str) -> None:
        """Suspends a user in the database."""
        change = update(User).where(User.subject == who).values(suspended_at=self.clock())
        await self.database.transact(THE_SERVER, "suspend", lambda tx: tx.execute(change))

    async def enter(self, *people: str) -> None:
        """Lets people enter the demo room. The first of them launches it if it is closed."""
        for who in people:
            await self.mutate(who, ENTER, room=self.room)

    async def post(self, who: str, text: str, channel: str = "GROUP") -> dict[str, Any]:
        """Posts a message in the demo room. Returns the payload."""
        return await self.mutate(who, POST, room=self.room, text=text, channel=channel)


ENTER = """mutation ($room: ID!, $key: String) { enterRoom(input: {roomId: $room, idempotencyKey: $key}) {
  launched cursor participant { id roles state } session { id } userErrors { code message field } } }"""
LEAVE = """mutation ($room: ID!) { leaveRoom(input: {roomId: $room}) {
  cursor participant { id state } userErrors { code message field } } }"""
END = """mutation ($session: ID!) { endSession(input: {sessionId: $session}) {
  cursor session { id endReason } userErrors { code message field } } }"""
POST = """mutation ($room: ID!, $text: String!, $channel: ChatChannel = GROUP, $reply: ID, $key: String) {
  postMessage(input: {roomId: $room, text: $text, channel: $channel, replyToId: $reply, idempotencyKey: $key}) {
    cursor message { id text authorName authorRoles } userErrors { code message field } } }"""
CONFIGURE = """mutation ($input: ConfigureRoomInput!) { configureRoom(input: $input) {
  cursor room { version enabled mode } userErrors { code message field } } }"""
CREATE = """mutation ($input: CreateGalleryInput!) { createGallery(input: $input) {
  cursor galleryId gallery { id title room { id } } userErrors { code message field } } }"""


class Socket:
    """One graphql-transport-ws connection, with a queue of messages for each operation.

    When the socket closes, each queue receives a message of type `closed`.
    """

    def __init__(self, wire: ClientConnection) -> None:
        self.wire = wire
        self._queues: dict[str, asyncio.Queue[dict[str, Any]]] = {}

    async def __aenter__(self) -> Self:
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def subscribe(self, document: str, **variables: Any) -> "Subscribed":
        """Starts an operation. Returns its messages."""
        return await self.request({"query": document, "variables": variables})

    async def request(self, payload: dict[str, Any]) -> "Subscribed":
        """Starts an operation with this payload of `subscribe`. Returns its messages."""
        name = str(len(self._queues))
        queue = self._queues[name] = asyncio.Queue()
        await self.wire.send(json.dumps({"id": name, "type": "subscribe", "payload": payload}))
        return Subscribed(name, queue)

    async def unsubscribe(self, stream: "Subscribed") -> None:
        """Sends `complete`, as a client does that no longer wants the operation."""
        await self.wire.send(json.dumps({"id": stream.name, "type": "complete"}))

    async def closed(self) -> int | None:
        """Waits until the socket is closed. Returns the close code."""
        async with asyncio.timeout(PATIENCE):
            await self.wire.wait_closed()
        return self.wire.close_code

    async def _read(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                message = orjson.loads(await self.wire.recv())
                self._queues[message["id"]].put_nowait(message)
        for queue in self._queues.values():
            queue.put_nowait({"type": "closed", "code": self.wire.close_code})


class Subscribed:
    """The messages of one operation."""

    def __init__(self, name: str, queue: asyncio.Queue[dict[str, Any]]) -> None:
        self.name = name
        self._queue = queue

    async def message(self) -> dict[str, Any]:
        """Waits for the next message. Returns it unchanged."""
        async with asyncio.timeout(PATIENCE):
            return await self._queue.get()

    async def next(self) -> dict[str, Any]:
        """Waits for the next result. Returns the value of the subscription's one field."""
        message = await self.message()
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        (item,) = message["payload"]["data"].values()
        return dict(item)

    async def error(self) -> str:
        """Waits for the next message, which must contain one error. Returns the error's code."""
        message = await self.message()
        errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
        (error,) = errors
        return str(error["extensions"]["code"])

    def waiting(self) -> int:
        """Returns how many received messages have not been read."""
        return self._queue.qsize()


def open_http(address: str) -> httpx.AsyncClient:
    """Returns an HTTP client for a test's server."""
    # The server closes connections that were idle for 5 seconds, so the client closes them earlier: otherwise a request
    # might use a connection while the server closes it. There is no TLS here, and loading the system's certificates
    # would take most of the time needed to create a client, so verify=False avoids it.
    idle = httpx.Limits(keepalive_expiry=1)
    return httpx.AsyncClient(base_url=address, timeout=PATIENCE, limits=idle, trust_env=False, verify=False)  # noqa: S501  see above


@asynccontextmanager
async def open_world(settings: Settings, clock: Clock | None = None) -> AsyncIterator[World]:
    """Starts a server in this process, on a free port, with real HTTP and WebSockets."""
    clock = clock or Clock()
    open_database = partial(KEPT.open, clock=clock)
    app = create_app(settings, lambda _: {"endpoint": "/graphql", "accounts": {}, "tabs": []}, open_database)
    async with serving(app, settings) as port:
        process: Process = app.state.process
        async with open_http(f"http://127.0.0.1:{port}") as http:
            world = World(settings, clock, port, http, await _ids_in(process.database), process)
            with closing(world.posts):
                yield world


async def _ids_in(database: Database) -> dict[str, str]:
    if database not in _IDS:
        _IDS[database] = await example_ids(database)
    return {**_IDS[database]}


_IDS: WeakKeyDictionary[Database, dict[str, str]] = WeakKeyDictionary()
"""The ids of kept databases are those of the template that they are copies of."""
