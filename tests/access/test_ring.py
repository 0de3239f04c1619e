"""Redaction of the ring (rule 46): after each chat mutation, a replay from the ring equals a replay from the tables."""

from typing import get_args

from graphql import GraphQLField, GraphQLObjectType, get_named_type

from models.cursors import Position
from models.events import log
from models.events.chat import ChatEvent
from models.events.log import Entry
from schema.root import schema
from subscriptions.reader import Reader
from tests.inputs.chat import example_of
from tests.support.chat import OF_MESSAGE, OF_ROOM, Talk, talk
from tests.support.event_streams import gallery_id
from tests.support.world import World

MUTATIONS = schema._schema.mutation_type.fields if schema._schema.mutation_type else {}
# For each mutation: the user, and the message or person. The order matters: a message is posted, answered, pinned and
# reacted to before later acts change it.
FIRST = {"postMessage": ("student-001", "the words"), "announce": ("chatmod", "")}
LAST = {
    "addReaction": ("student-002", "the words"),
    "removeReaction": ("student-002", "the words"),
    "pinMessage": ("chatmod", "the words"),
    "unpinMessage": ("chatmod", "the words"),
    "deleteMessage": ("student-001", "the words"),
    "clearChat": ("chatmod", ""),
    "blockFromChat": ("chatmod", "student-002"),
    "unblockFromChat": ("chatmod", "student-002"),
}
ACTS = FIRST | {verb: ("student-001", "the words") for verb in OF_MESSAGE if verb not in LAST} | LAST


def test_every_chat_mutation_has_an_act() -> None:
    assert set(ACTS) == {name for name, field in MUTATIONS.items() if "Chat" in name or answers_with_message(field)}


def answers_with_message(field: GraphQLField) -> bool:
    payload = get_named_type(field.type)
    assert isinstance(payload, GraphQLObjectType)
    return any(get_named_type(each.type).name == "ChatMessage" for each in payload.fields.values())


async def test_the_ring_tells_what_the_tables_tell_after_every_chat_mutation(world: World) -> None:
    """Rule 46: `redacted_at` grows exactly when an act changes an earlier entry; only then do streams reread a page."""
    told: set[type] = set()
    async with world.process.services.readers.open(gallery_id(world)) as reader:
        start = reader.position
        room = await talk(world, "student-001", "student-002")
        await room.say("student-001", "before")
        for verb, (who, of) in ACTS.items():
            before = await in_tables(world, start)
            redacted_at = await up_to_date(reader, before)
            await act(room, who, verb, of)
            after = await in_tables(world, start)
            changed = after[: len(before)] != before
            assert (await up_to_date(reader, after) > redacted_at) is changed, verb
            assert list(await reader.after(start)) == after, verb
            told |= {type(entry.event) for entry in after[len(before) :]}
        assert reader._ring[0].number == start.number + 1
    assert told >= set(get_args(ChatEvent)), "an event that no act here tells of"


async def act(room: Talk, who: str, verb: str, of: str) -> None:
    """Does the act 2 seconds after the one before, so that reaction counts are sent at once."""
    room.world.clock.advance(seconds=2)
    if verb == "postMessage":
        await room.say(who, of, to="before")
    else:
        await room.does(who, verb, "" if verb in OF_ROOM else of, **example_of(verb))


async def in_tables(world: World, start: Position) -> list[Entry]:
    return await log.after(world.database.reads, gallery_id(world), start, limit=1_000)


async def up_to_date(reader: Reader, entries: list[Entry]) -> int:
    """Waits until the reader knows these entries. Returns the number of the last entry that changed earlier entries."""
    await reader.reaches(entries[-1].position)
    return reader.redacted_at
