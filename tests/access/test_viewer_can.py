"""What viewers are told that they can do, and what the mutations then answer."""

from collections.abc import Sequence

from graphql import GraphQLObjectType

from tests.inputs.rows import TYPES
from tests.support.people import configure, id_of
from tests.support.permission_matrix import fill, launch
from tests.support.possible_acts import ACTS, Thing, things
from tests.support.recordings import STOP
from tests.support.statement_counts import counting_query
from tests.support.world import END, World

AUTHOR, CHATMOD, SECOND = "student-005", "chatmod", "student-029"
INSIDE = (AUTHOR, CHATMOD, SECOND, "assistant", "manager", "student-001")
OUTSIDE = ("reviewer", "auditor", "outsider")
ADMIN = "enfilade:admin"


def test_each_such_field_has_its_mutation() -> None:
    told = {
        (of.name, name.removeprefix("viewerCan"))
        for of in TYPES.values()
        if isinstance(of, GraphQLObjectType)
        for name in of.fields
        if name.startswith("viewerCan")
    }
    assert told == {(kind, name) for kind, acts in ACTS.items() for name in acts}


async def begin(world: World) -> str:
    """Launches a session with two chat moderators and people of each kind. Returns its id."""
    await fill(world)
    moderators = [await id_of(world, who) for who in (CHATMOD, SECOND)]
    await configure(world, qna="ENABLED", chatModeratorIds=moderators)
    session = await launch(world)
    await world.enter(*INSIDE)
    return session


async def test_viewers_can_do_what_they_are_told_and_nothing_else(world: World) -> None:
    """Rules 1, 4, 6, 7, 12, 16, 18, 46 to 48, 50 to 52, 56."""
    session = await begin(world)
    could = set[tuple[str, str]]()
    for who in (*INSIDE, *OUTSIDE, "admin"):
        scopes = [ADMIN] * (who == "admin")
        for thing in await things(world, session, AUTHOR, CHATMOD):
            could |= {(thing.kind, name) for name in await agree(world, thing, who, scopes)}
            if thing.kind == "Recording":
                await world.query("host", STOP, input={"recordingId": thing.id})
    assert could == {(kind, name) for kind, acts in ACTS.items() for name in acts}


async def agree(world: World, thing: Thing, who: str, scopes: Sequence[str] = ()) -> list[str]:
    """Tries each act on the thing. Returns those that were done, which must be those that the viewer was told of."""
    done: list[str] = []
    told = await thing.told(world, who, *scopes)
    for name in ACTS[thing.kind]:
        answer = await thing.tried(world, who, name, *scopes)
        assert (answer == "done") == (told is not None and told[name]), (who, thing, name, answer, told)
        assert told is not None or answer in ("NOT_FOUND", "FORBIDDEN")
        if answer == "done":
            done.append(name)
            told = await thing.told(world, who, *scopes)
    return done


async def test_states_count_as_well(world: World) -> None:
    """Rules 40, 45 to 47: a disabled chat, a block, the time to edit, and the session's end."""
    session = await begin(world)
    made = await things(world, session, AUTHOR, CHATMOD)
    said, *_, recording = made
    await configure(world, groupChat="DISABLED")
    assert await told_of(world, said, AUTHOR) == {"Delete"}
    await configure(world, groupChat="ENABLED")
    assert await told_of(world, said, AUTHOR) == {"Edit", "React", "Delete"}
    world.clock.advance(minutes=16)
    assert await told_of(world, said, AUTHOR) == {"React", "Delete"}
    assert await told_of(world, recording, "host") == {"End"}
    await world.query("host", END, session=session)
    for thing in made:
        if thing.kind != "Media":
            for who in (AUTHOR, CHATMOD, "host"):
                assert await told_of(world, thing, who) == set()


async def told_of(world: World, thing: Thing, who: str) -> set[str]:
    return {name for name, can in (await thing.told(world, who) or {}).items() if can}


MESSAGES = """query ($room: ID!) { room(id: $room) { messages { edges { node { id %s } } } } }"""
MEDIA = """query ($room: ID!) { room(id: $room) { gallery { media { edges { node { id %s } } } } } }"""


async def test_all_such_fields_of_a_page_cost_few_statements(world: World) -> None:
    """Two for objects of sessions, one for media."""
    await things(world, await begin(world), AUTHOR, CHATMOD)
    for document, kind, more in ((MESSAGES, "ChatMessage", 2), (MEDIA, "Media", 1)):
        fields = " ".join(f"viewerCan{name}" for name in ACTS[kind])
        _, without = await counting_query(world, "manager", document % "", room=world.room)
        _, ran = await counting_query(world, "manager", document % fields, room=world.room)
        assert len(ran) == len(without) + more
