"""Following a room as clients should: keep the cursor of what was processed last, and go on after it."""

import asyncio
from collections.abc import Callable, Collection
from random import Random
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import delete, select
from websockets.exceptions import WebSocketException

from models.audiences import Audience
from models.cursors import BEGINNING, Cursors, Position
from models.database.database import Database
from models.database.transaction import Transaction
from models.events.galleries import GalleryChanged
from models.events.log import LogEntry
from models.events.media import MediaEvent
from models.events.rooms import AccessChanged
from models.tables.chat import ChatMessage
from models.tables.galleries import Membership
from models.tables.people import User
from models.tables.rooms import ModeratorAssignment
from schema.types.ids import local_id
from server.accounts import THE_SERVER
from tests.support.world import PATIENCE, POST, Client, Socket, Subscribed, World

EVENTS = """subscription ($room: ID!, $after: EventCursor) { roomEvents(roomId: $room, after: $after) {
  __typename ... on Event { cursor } ... on MessagePosted { message { text channel } } } }"""
CHAT = """subscription ($room: ID!, $channel: ChatChannel = GROUP, $after: EventCursor) {
  chat(roomId: $room, channel: $channel, after: $after) {
    __typename ... on Event { cursor } ... on MessagePosted { message { text channel } } } }"""
STATUS = "subscription ($room: ID!) { roomStatus(roomId: $room) { state mode participantCount } }"

Event = dict[str, Any]


async def next_event(stream: Subscribed) -> Event:
    """The next event that is no checkpoint. Checkpoints alone are not waited for longer than for anything else."""
    async with asyncio.timeout(PATIENCE):
        while (event := await stream.next())["__typename"] == "Checkpoint":
            pass
    return event


async def is_live(stream: Subscribed) -> str:
    """Wait until a new stream is at the log's head: it says so by a checkpoint. Gives its cursor."""
    event = await stream.next()
    assert event["__typename"] == "Checkpoint"
    return str(event["cursor"])


GALLERY = "subscription ($gallery: ID!) { galleryEvents(galleryId: $gallery) { __typename ... on Event { cursor } } }"


async def every_stream(world: World, socket: Socket) -> list[Subscribed]:
    """All that a member listens to in the demo gallery: its events, its room's and the chat, each at the log's head."""
    streams = [
        await socket.subscribe(GALLERY, gallery=world.gallery),
        await socket.subscribe(EVENTS, room=world.room),
        await socket.subscribe(CHAT, room=world.room),
    ]
    for stream in streams:
        await is_live(stream)
    return streams


async def until(stream: Subscribed, text: str) -> list[Event]:
    """All events up to and with the message of this text, without checkpoints."""
    told = [await next_event(stream)]
    while said(told[-1]) != text:
        told.append(await next_event(stream))
    return told


async def ending(stream: Subscribed) -> tuple[list[Event], str]:
    """The events that still come, and the code that the stream ends with. Nothing comes after it."""
    told: list[Event] = []
    async with asyncio.timeout(PATIENCE):
        while "errors" not in (payload := await _payload(stream)):
            (event,) = payload["data"].values()
            if event.get("__typename") != "Checkpoint":
                told.append(event)
    return told, code(payload["errors"])


async def _payload(stream: Subscribed) -> dict[str, Any]:
    message = await stream.message()
    if message["type"] == "error":
        return {"errors": message["payload"]}
    assert message["type"] == "next", message
    payload: dict[str, Any] = message["payload"]
    if "errors" in payload:
        assert await stream.message() == {"type": "complete", "id": stream.name}
    return payload


def code(errors: list[dict[str, Any]]) -> str:
    """The code of the one error."""
    (error,) = errors
    return str(error["extensions"]["code"])


def said(event: Event) -> str | None:
    """The text of a message that was posted."""
    return event["message"]["text"] if event["__typename"] == "MessagePosted" else None


def texts(told: list[Event]) -> list[str]:
    """What was said."""
    return [text for event in told if (text := said(event))]


async def say(client: Client, first: int, last: int, who: str = "student-001") -> list[str]:
    """Post numbered messages in the group chat, without the checks that `World.post` makes. Gives their texts."""
    written = [f"message {number}" for number in range(first, last + 1)]
    for text in written:
        answer = await client.query(who, POST, room=client.room, text=text)
        assert answer["postMessage"]["userErrors"] == []
    return written


def gallery_id(client: Client) -> UUID:
    """The demo gallery's id inside."""
    return local_id(client.gallery, "Gallery")


def beginning(client: Client) -> str:
    """A cursor before the first event of the demo gallery."""
    cursors = Cursors(client.settings.cursor_secret.get_secret_value())
    return cursors.of_rest(gallery_id(client), BEGINNING)


class Follower:
    """A client on a bad line: cut again and again, it goes on after the last event that it processed."""

    def __init__(self, who: str, after: str, chance: Random) -> None:
        self.who = who
        self.after = after
        self.told: list[Event] = []
        self.connections = 0
        self._chance = chance

    async def follow(self, client: Client, last: str) -> list[Event]:
        """All events up to and with the message of this text."""
        async with asyncio.timeout(3 * PATIENCE):
            while not (self.told and said(self.told[-1]) == last):
                try:
                    await self._connect(client, last)
                except (OSError, WebSocketException):
                    await asyncio.sleep(0.02)  # the server is away; what is read once it is back is not lost
        return self.told

    async def _connect(self, client: Client, last: str) -> None:
        async with client.socket(self.who) as socket:
            self.connections += 1
            await self._process(await socket.subscribe(EVENTS, room=client.room, after=self.after), last)
            if self._chance.random() < 0.5:
                socket.wire.transport.abort()

    async def _process(self, stream: Subscribed, last: str) -> None:
        for _ in range(self._chance.randrange(1, 15)):
            message = await stream.message()
            if message["type"] == "closed":
                return
            event = message["payload"]["data"]["roomEvents"]
            self.after = event["cursor"]
            if event["__typename"] != "Checkpoint":
                self.told.append(event)
            if said(event) == last:
                return


OF_THE_GALLERY = [GalleryChanged.__name__, *(kind.__name__ for kind in get_args(MediaEvent))]
"""What `roomEvents` does not tell, of what happens here."""
TOLD_AS = {"MembershipsChanged": "AccessChanged"}
"""What clients know under another name."""


async def logged(database: Database, client: Client, after: str, audiences: Collection[Audience]) -> list[Event]:
    """What EVENTS tells after a cursor to whoever sees these audiences, straight from the tables."""
    cursors = Cursors(client.settings.cursor_secret.get_secret_value())
    here = gallery_id(client)
    entries = (
        select(LogEntry.number, LogEntry.mark, LogEntry.kind, ChatMessage.text, ChatMessage.channel)
        .outerjoin(ChatMessage, ChatMessage.id == LogEntry.subject_id)
        .where(LogEntry.gallery_id == here, LogEntry.number > cursors.read(here, after).number)
        .where(LogEntry.kind.not_in(OF_THE_GALLERY), LogEntry.audience.in_(audiences))
        .order_by(LogEntry.number)
    )
    return [
        {"__typename": TOLD_AS.get(kind, kind), "cursor": cursors.of_entry(here, Position(number, mark))}
        | ({"message": {"text": text, "channel": channel}} if text else {})
        for number, mark, kind, text, channel in await database.reads.rows(entries)
    ]


async def take_away(world: World, who: str) -> None:
    """Remove somebody from gallery and room, as its manager will be able to; other events follow at once."""
    user = select(User.id).where(User.subject == who).scalar_subquery()

    async def work(tx: Transaction) -> None:
        await tx.execute(delete(Membership).where(Membership.user_id == user))
        await tx.execute(delete(ModeratorAssignment).where(ModeratorAssignment.user_id == user))
        await tx.record(gallery_id(world), AccessChanged(room_id=local_id(world.room, "Room"), assignments=[]))
        await tx.record(gallery_id(world), GalleryChanged(title="Hidden", description="", moderate_media=False))

    await world.database.transact(THE_SERVER, "removeGalleryMember", work)


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait for what the server does by and by."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110  what is waited for is not ours, and tells nobody
            await asyncio.sleep(0.005)
