"""Helpers for tests of chat: mutations in a running session, and what a user reads of it."""

from dataclasses import dataclass, field
from typing import Any

from schema.root import schema
from tests.support.access_paths import mutations_on
from tests.support.event_streams import next_event
from tests.support.running_session import Meeting, meet
from tests.support.world import POST, Subscribed, World

ERRORS = "cursor userErrors { code message field }"
MOMENTS = " ".join(name for name in schema._schema.type_map["ChatMessage"].fields if name.endswith("At"))  # type: ignore[attr-defined]  # an object type
MESSAGE = f"id channel text authorName {MOMENTS} replyTo {{ id text }} reactions {{ emoji count viewerReacted }}"
OF_MESSAGE = tuple(mutations_on("messageId"))
OF_ROOM = {"announce": f"message {{ {MESSAGE} }}", "clearChat": "cleared session { id }"}
OF_PARTICIPANT = ("blockFromChat", "unblockFromChat")
BLOCKED = "participant { id chatBlocked }"


def document(verb: str) -> str:
    """Returns the mutation as clients send it."""
    name = f"{verb[0].upper()}{verb[1:]}Input"
    answer = BLOCKED if verb in OF_PARTICIPANT else OF_ROOM.get(verb, f"message {{ {MESSAGE} }}")
    return f"mutation ($input: {name}!) {{ {verb}(input: $input) {{ {answer} {ERRORS} }} }}"


TALK = {verb: document(verb) for verb in (*OF_MESSAGE, *OF_ROOM, *OF_PARTICIPANT)}
SAID = f"""query ($room: ID!, $channel: ChatChannel = GROUP, $first: Int, $after: String, $last: Int, $before: String) {{
  room(id: $room) {{ messages(channel: $channel, first: $first, after: $after, last: $last, before: $before) {{
    edges {{ cursor node {{ {MESSAGE} }} }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }} }}"""
ONE = f"query ($id: ID!) {{ node(id: $id) {{ ... on ChatMessage {{ {MESSAGE} }} }} }}"
_TOLD = f"""__typename cursor ... on MessageEvent {{ message {{ {MESSAGE} }} }}
  ... on ChatCleared {{ channel clearedAt }}"""
CHAT = f"""subscription ($room: ID!, $channel: ChatChannel = GROUP, $after: EventCursor) {{
  chat(roomId: $room, channel: $channel, after: $after) {{ {_TOLD} }} }}"""
EVENTS = f"""subscription ($room: ID!, $after: EventCursor) {{ roomEvents(roomId: $room, after: $after) {{
  {_TOLD} ... on ParticipantChanged {{ participant {{ id chatBlocked permissionsStale }} }} }} }}"""
GONE = "the words that were taken away"
"""Text that only chat moderators may read after its message is deleted or cleared."""


@dataclass
class Talk:
    """The chat of a running session. `ids` holds the id of each message, by its original text."""

    meeting: Meeting
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def world(self) -> World:
        return self.meeting.world

    async def say(self, who: str, text: str, channel: str = "GROUP", to: str | None = None) -> str:
        """Posts a message, or announces it. Returns its id."""
        if channel == "ANNOUNCEMENTS":
            done = await self.does(who, "announce", text=text)
        else:
            given = {"text": text, "channel": channel, "reply": self.ids.get(to or "", to)}
            done = await self.world.mutate(who, POST, room=self.world.room, **given)
        self.ids[text] = str(done["message"]["id"])
        return self.ids[text]

    def given(self, verb: str, of: str = "", **more: Any) -> dict[str, Any]:
        """Returns the input of a mutation; `of` is a message (original text or id) or a participant (name or id)."""
        if verb in OF_ROOM:
            return {"roomId": self.world.room, **more}
        if verb in OF_PARTICIPANT:
            return {"participantId": self.meeting.ids.get(of, of), **more}
        return {"messageId": self.ids.get(of, of), **more}

    async def does(self, who: str, verb: str, of: str = "", **more: Any) -> dict[str, Any]:
        """Sends a mutation, which must succeed and pass the replay check. Returns its payload."""
        return await self.world.mutate(who, TALK[verb], input=self.given(verb, of, **more))

    async def may_not(self, who: str, verb: str, of: str = "", **more: Any) -> str:
        """Sends a mutation, which must be refused, name a given field, and change nothing. Returns the code."""
        refusal = await self.world.refused(who, TALK[verb], input=self.given(verb, of, **more))
        assert refusal["field"][0] == "input"
        assert refusal["field"][1] in self.given(verb, of, **more)
        assert refusal["message"].endswith(".")
        return str(refusal["code"])

    async def may_not_say(self, who: str, text: str, channel: str = "GROUP", to: str | None = None) -> tuple[str, str]:
        """Posts a message, which must be refused. Returns the refusal's code and field."""
        given = {"text": text, "channel": channel, "reply": self.ids.get(to or "", to)}
        refusal = await self.world.refused(who, POST, room=self.world.room, **given)
        assert refusal["message"].endswith(".")
        return refusal["code"], refusal["field"][1]

    async def said(self, who: str, channel: str = "GROUP", **page: Any) -> list[dict[str, Any]]:
        """Returns the messages that `who` reads in a channel."""
        found = (await self.world.query(who, SAID, room=self.world.room, channel=channel, **page))["room"]["messages"]
        return [edge["node"] for edge in found["edges"]]

    async def texts(self, who: str, channel: str = "GROUP") -> list[str | None]:
        return [each["text"] for each in await self.said(who, channel)]

    async def one(self, who: str, text: str) -> dict[str, Any] | None:
        """Returns the message as `who` reads it by its id; None if they do not find it."""
        node: dict[str, Any] | None = (await self.world.query(who, ONE, id=self.ids[text]))["node"]
        return node

    async def cursor(self, who: str) -> str:
        """Returns the room's current cursor."""
        asked = "query ($room: ID!) { room(id: $room) { cursor } }"
        return str((await self.world.query(who, asked, room=self.world.room))["room"]["cursor"])


async def talk(world: World, *people: str, **settings: Any) -> Talk:
    """Launches a session with a moderator, a chat moderator and these people inside."""
    return Talk(await meet(world, "chatmod", *people, **settings))


async def told(stream: Subscribed, count: int) -> list[dict[str, Any]]:
    """Returns the next events, without checkpoints."""
    return [await next_event(stream) for _ in range(count)]


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["__typename"] for event in events]
