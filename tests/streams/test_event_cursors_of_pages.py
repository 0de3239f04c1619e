"""A page's `eventCursor` is the moment at which the page was read: the stream goes on there, and from there alone."""

from typing import Any

import pytest

from tests.support.world import ENTER, World

PAGE = """query ($room: ID!, $after: String) { room(id: $room) { cursor
  messages(first: 2, after: $after) { eventCursor edges { cursor node { text } } } } }"""
OF_SESSION = """query ($session: ID!) { node(id: $session) { ... on RoomSession {
  participants(first: 1) { eventCursor } feed { eventCursor } } } }"""
STREAM = """subscription ($room: ID!, $after: EventCursor) { chat(roomId: $room, after: $after) {
  __typename ... on MessagePosted { message { text } } } }"""
LAST = "the last one"


async def told(world: World, after: str) -> list[str]:
    """Returns the texts that the stream tells after a cursor, up to the last one."""
    async with world.socket("student-001") as socket:
        stream = await socket.subscribe(STREAM, room=world.room, after=after)
        texts: list[str] = []
        while texts[-1:] != [LAST]:
            event = await stream.next()
            if event["__typename"] == "MessagePosted":
                texts.append(event["message"]["text"])
        return texts


async def page(world: World, after: str | None = None) -> dict[str, Any]:
    return dict((await world.query("student-001", PAGE, room=world.room, after=after))["room"])


async def test_the_first_pages_cursor_loses_nothing_and_a_later_one_would(world: World) -> None:
    """What is kept in a normalised cache under `Room.cursor` is the later one."""
    session = (await world.mutate("moderator", ENTER, room=world.room))["session"]["id"]
    await world.enter("student-001")
    for text in ("one", "two", "three"):
        await world.post("moderator", text)
    first = await page(world)
    await world.post("moderator", "between")
    second = await page(world, first["messages"]["edges"][-1]["cursor"])
    of_session = (await world.query("student-001", OF_SESSION, session=session))["node"]
    await world.post("moderator", LAST)
    assert [edge["node"]["text"] for edge in second["messages"]["edges"]] == ["three", "between"]
    assert await told(world, first["messages"]["eventCursor"]) == ["between", LAST]
    assert await told(world, first["cursor"]) == ["between", LAST]
    later = (
        second["cursor"],
        second["messages"]["eventCursor"],
        *(each["eventCursor"] for each in of_session.values()),
    )
    for cursor in later:
        assert await told(world, cursor) == [LAST]
    assert len(set(later)) == len(later), "two cursors of one moment can be compared"


@pytest.mark.parametrize("lasting_world", ["sqlite"], indirect=True)
async def test_a_page_of_a_mutations_payload_includes_the_mutation(lasting_world: World) -> None:
    """The stream after it does not tell the mutation again."""
    world = lasting_world
    document = """mutation ($room: ID!) { enterRoom(input: {roomId: $room}) {
      session { participants { eventCursor totalCount } } userErrors { code } } }"""
    await world.query("moderator", ENTER, room=world.room)
    entered = (await world.query("student-001", document, room=world.room))["enterRoom"]["session"]["participants"]
    assert entered["totalCount"] == 2
    stream = (
        """subscription ($room: ID!, $after: EventCursor) { roomEvents(roomId: $room, after: $after) { __typename } }"""
    )
    async with world.socket("student-001") as socket:
        events = await socket.subscribe(stream, room=world.room, after=entered["eventCursor"])
        await world.query("student-002", ENTER, room=world.room)
        found = [(await events.next())["__typename"] for _ in range(2)]
    assert "ParticipantJoined" in found
    assert found.count("ParticipantJoined") == 1
