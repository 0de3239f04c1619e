"""Helpers for event subscriptions: read events, keep the cursor, resume after it."""

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
    """Returns the next event that is not a checkpoint. Waits `PATIENCE` seconds at most, checkpoints included."""
    async with asyncio.timeout(PATIENCE):
        while (event := await stream.next())["__typename"] == "Checkpoint":
            pass
    return event


async def is_live(stream: Subscribed) -> str:
    """Waits for the checkpoint that says that a new stream has reached the log's head. Returns its cursor."""
    event = await stream.next()
    assert event["__typename"] == "Checkpoint"
    return str(event["cursor"])


GALLERY = "subscription ($gallery: ID!) { galleryEvents(galleryId: $gallery) { __typename ... on Event { cursor } } }"


async def every_stream(world: World, socket: Socket) -> list[Subscribed]:
    """Subscribes to gallery events, room events and the chat, and waits until each reaches the log's head."""
    streams = [
        await socket.subscribe(GALLERY, gallery=world.gallery),
        await socket.subscribe(EVENTS, room=world.room),
        await socket.subscribe(CHAT, room=world.room),
    ]
    for stream in streams:
        await is_live(stream)
    return streams


async def until(stream: Subscribed, text: str) -> list[Event]:
    """Reads events until a message with this text arrives. Returns all of them, without checkpoints."""
    told = [await next_event(stream)]
    while said(told[-1]) != text:
        told.append(await next_event(stream))
    return told


async def ending(stream: Subscribed) -> tuple[list[Event], str]:
    """Reads until the stream ends with an error. Returns the remaining events and the error's code."""
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
    """Returns the code of the only error."""
    (error,) = errors
    return str(error["extensions"]["code"])


def said(event: Event) -> str | None:
    """Returns the text of a posted message; None for other events."""
    return event["message"]["text"] if event["__typename"] == "MessagePosted" else None


def texts(told: list[Event]) -> list[str]:
    """Returns the texts of the posted messages."""
    return [text for event in told if (text := said(event))]


async def say(client: Client, first: int, last: int, who: str = "student-001") -> list[str]:
    """Posts numbered messages in the group chat, without the checks of `World.post`. Returns their texts."""
    written = [f"message {number}" for number in range(first, last + 1)]
    for text in written:
        answer = await client.query(who, POST, room=client.room, text=text)
        assert answer["postMessage"]["userErrors"] == []
    return written


def gallery_id(client: Client) -> UUID:
    """Returns the UUID of the demo gallery."""
    return local_id(client.gallery, "Gallery")


def beginning(client: Client) -> str:
    """Returns a cursor before the first event of the demo gallery."""
    cursors = Cursors(client.settings.cursor_secret.get_secret_value())
    return cursors.of_rest(gallery_id(client), BEGINNING)


class Follower:
    """A client on a bad connection. It is cut again and again, and resumes after the last event it processed."""

    def __init__(self, who: str, after: str, chance: Random) -> None:
        self.who = who
        self.after = after
        self.told: list[Event] = []
        self.connections = 0
        self._chance = chance

    async def follow(self, client: Client, last: str) -> list[Event]:
        """Returns all events until a message with this text arrives."""
        async with asyncio.timeout(3 * PATIENCE):
            while not (self.told and said(self.told[-1]) == last):
                try:
                    await self._connect(client, last)
                except (OSError, WebSocketException):
                    await asyncio.sleep(0.02)  # the server is down; the client resumes once it is back
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
"""Kinds of events that `roomEvents` does not send."""
TOLD_AS = {"MembershipsChanged": "AccessChanged"}
"""Kinds of events that have another name in GraphQL."""


async def logged(database: Database, client: Client, after: str, audiences: Collection[Audience]) -> list[Event]:
    """Returns what the subscription EVENTS sends after a cursor to a viewer of these audiences, from the tables."""
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


async def remove_from_gallery(world: World, who: str) -> None:
    """Removes a member's gallery membership and room roles. Logs further events in the same transaction."""
    user = select(User.id).where(User.subject == who).scalar_subquery()

    async def work(tx: Transaction) -> None:
        await tx.execute(delete(Membership).where(Membership.user_id == user))
        await tx.execute(delete(ModeratorAssignment).where(ModeratorAssignment.user_id == user))
        await tx.record(gallery_id(world), AccessChanged(room_id=local_id(world.room, "Room"), assignments=[]))
        await tx.record(gallery_id(world), GalleryChanged(title="Hidden", description="", moderate_media=False))

    await world.database.transact(THE_SERVER, "removeGalleryMember", work)


async def eventually(condition: Callable[[], bool]) -> None:
    """Polls until the condition holds, for what the server does in the background."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110  there is no event to wait for
            await asyncio.sleep(0.005)
