"""What all chat mutations share: retries, cost of hidden messages, audit record, number of statements."""

from typing import Any

import pytest

from models.database.postgres import PostgresDatabase
from tests.inputs.chat import example_of
from tests.support.access_paths import PATHS
from tests.support.audit_records import audited
from tests.support.chat import OF_MESSAGE, OF_PARTICIPANT, TALK, Talk, talk
from tests.support.people import absent, local
from tests.support.retries import retry
from tests.support.statement_counts import statements, statements_of
from tests.support.stored_state import read_state
from tests.support.world import World

AT_MOST = 10
BY_MODERATORS = {"announce", "pinMessage", "unpinMessage", "deleteMessage", "clearChat", *OF_PARTICIPANT}


async def ready(world: World, verb: str) -> tuple[Talk, str, dict[str, Any]]:
    """Prepares a session in which the mutation changes something. Returns it, with the actor and the input."""
    room = await talk(world, "student-001")
    await room.say("student-001", "Hello")
    if verb == "unpinMessage":
        await room.does("chatmod", "pinMessage", "Hello")
    if verb == "unblockFromChat":
        await room.does("chatmod", "blockFromChat", "student-001")
    if verb == "removeReaction":
        await room.does("student-001", "addReaction", "Hello", emoji="👍")
        world.clock.advance(seconds=2)
    of = "student-001" if verb in OF_PARTICIPANT else "Hello"
    return room, "chatmod" if verb in BY_MODERATORS else "student-001", room.given(verb, of, **example_of(verb))


@pytest.mark.parametrize("verb", TALK)
async def test_a_retry_gives_the_same_and_does_nothing(world: World, verb: str) -> None:
    """Rule 62."""
    _, who, given = await ready(world, verb)
    await retry(world, who, verb, TALK[verb], given)


@pytest.mark.parametrize("verb", TALK)
async def test_it_costs_few_statements(world: World, verb: str) -> None:
    """Including the event, the audit record, and the selection of what has changed."""
    _, who, given = await ready(world, verb)
    name = f"{verb[0].upper()}{verb[1:]}Input"
    what = "participant" if verb in OF_PARTICIPANT else "session" if verb == "clearChat" else "message"
    document = (
        f"mutation ($input: {name}!) {{ {verb}(input: $input) {{ cursor {what} {{ id }} userErrors {{ code }} }} }}"
    )
    ran = await statements_of(world, who, document, given)
    assert len(ran) <= AT_MOST, ran


async def test_posting_a_message_costs_three_statements_on_a_server(world: World) -> None:
    """The lock, the room with the viewer's rights, and everything that is written. SQLite writes four parts."""
    await talk(world, "student-001")
    document = """mutation ($input: PostMessageInput!) { postMessage(input: $input) {
      cursor message { id text sentAt authorName replyTo { id } } userErrors { code } } }"""
    given = {"roomId": world.room, "text": "Hello"}
    expected = 3 if isinstance(world.database, PostgresDatabase) else 4
    for more, of_key in (({}, 0), ({"idempotencyKey": "once"}, 2)):
        ran = await statements_of(world, "student-001", document, given | more)
        assert len(ran) == expected + of_key, ran


@pytest.mark.parametrize("verb", OF_MESSAGE)
async def test_what_is_hidden_within_a_session_answers_and_costs_like_what_is_absent(world: World, verb: str) -> None:
    """Rules 4, 47, 48: a backchannel message, a cleared one, and one of a session that the viewer was not in."""
    room = await talk(world, "student-001")
    hidden = [await room.say("moderator", "among us", "BACKCHANNEL"), await room.say("student-001", "cleared")]
    await room.does("chatmod", "clearChat")
    document = PATHS["ChatMessage"][verb]
    viewer = (await world.process.accounts.of_token(world.token("student-001"))).viewer
    before = await read_state(world.database)
    never = absent("ChatMessage")
    expected = await world.ask("student-001", document, id=never), len(await statements(world, viewer, document, never))
    for each in hidden:
        answer = await world.ask("student-001", document, id=each)
        assert (answer, len(await statements(world, viewer, document, each))) == expected
    assert await read_state(world.database) == before


async def test_moderating_is_audited_and_so_is_trying_to(world: World) -> None:
    """Rule 67: with target and role; taking back one's own message needs no privilege and is not audited."""
    room = await talk(world, "student-001")
    await room.say("student-001", "mine")
    other, hidden = await room.say("student-001", "other"), await room.say("moderator", "among us", "BACKCHANNEL")
    async with audited(world) as audit:
        await room.does("student-001", "deleteMessage", "mine")
        await room.does("student-001", "addReaction", "other", emoji="👍")
        await room.may_not("moderator", "deleteMessage", "other")
        await room.may_not("student-001", "pinMessage", "among us")
        await room.does("chatmod", "deleteMessage", "other")
        await room.does("chatmod", "blockFromChat", "student-001")
        await room.does("moderator", "addReaction", "among us", emoji="👍")
        await room.does("chatmod", "announce", text="Hello")
    chat = "CHAT_MODERATOR"
    assert audit.lines == [
        ("moderator", "deleteMessage", "MODERATE_CHAT", "message", None, "FORBIDDEN"),
        ("student-001", "pinMessage", "MODERATE_CHAT", "message", None, "NOT_FOUND"),
        ("chatmod", "deleteMessage", "MODERATE_CHAT", "message", chat, "DONE"),
        ("chatmod", "blockFromChat", "MODERATE_CHAT", "participant", chat, "DONE"),
        ("moderator", "addReaction", "BACKCHANNEL", "message", "ROOM_MODERATOR", "DONE"),
        ("chatmod", "announce", "ANNOUNCE", "room", chat, "DONE"),
    ]
    person, place = room.meeting.ids["student-001"], world.room
    expected = [local(each) for each in (other, hidden, other, person, hidden, place)]
    assert [each.target_id for each in audit.records] == expected
