"""The README's walk: configure, enter, post, and see the message arrive."""

from tests.support.world import CONFIGURE, World

WATCH = """subscription ($room: ID!, $after: EventCursor) { roomEvents(roomId: $room, after: $after) {
  __typename ... on Event { cursor } ... on MessagePosted { message { text authorName } } } }"""


async def test_a_message_posted_by_one_arrives_at_the_other(world: World) -> None:
    await world.mutate("manager", CONFIGURE, input={"galleryId": world.gallery, "enabled": True, "mode": "INTERACTIVE"})
    await world.enter("moderator", "student-001")
    async with world.socket("moderator") as socket:
        stream = await socket.subscribe(WATCH, room=world.room)
        while (await stream.next())["__typename"] != "Checkpoint":
            pass
        posted = await world.post("student-001", "Hello from the last row.")
        while (event := await stream.next())["__typename"] == "Checkpoint":
            pass
        assert event == {
            "__typename": "MessagePosted",
            "cursor": posted["cursor"],
            "message": {"text": "Hello from the last row.", "authorName": "Student 001"},
        }
