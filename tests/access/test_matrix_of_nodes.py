"""Every type of object by every kind of caller: what each sees, and that all else is as absent, byte by byte (rule 4)."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from schema.types.ids import parse
from server.settings import Settings
from tests.support.access_paths import PATHS, STREAMS
from tests.support.everything import ELSEWHERE, KINDS, things_elsewhere, things_here
from tests.support.full_documents import node_types, of_nodes, roots
from tests.support.people import absent
from tests.support.permission_matrix import CALLERS, Caller, fill, send, token_of
from tests.support.stored_state import read_state
from tests.support.world import World, open_world

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])  # visibility does not depend on the database

NOBODY: set[str] = set()
UNKNOWN = {"suspended", "no-token"}
OUTSIDE = {"outsider", "media-server", "site-admin"}
GUEST = {"room-moderator-guest"}
MANAGERS = {"manager", "manager-by-group"}
MEMBERS = CALLERS.keys() - UNKNOWN - OUTSIDE - GUEST
# The room moderator is one person: inside in both rows.
HOSTS = {"room-moderator", "room-moderator-inside", *GUEST}
INSIDE = {*HOSTS, "chat-moderator", "speaker", "attendee"}
SEES = {
    "gallery": MEMBERS, "room": MEMBERS | GUEST, "membership": MEMBERS, "published": MEMBERS, "playlist": MEMBERS,
    "pending": MANAGERS | {"gallery-moderator"},  # 16
    "session": MEMBERS | GUEST, "recording": MEMBERS | GUEST,
    "inside": MANAGERS | INSIDE, "waiting": MANAGERS | HOSTS,  # 37
    "group chat": INSIDE, "announced": INSIDE, "deleted": INSIDE,  # 45, 46
    "backchannel": HOSTS | {"chat-moderator"},  # 48
    "thread": {"chat-moderator"}, "answered": INSIDE,  # 50, 52
    "item": MANAGERS | HOSTS,  # 73
    "webhook": MANAGERS, "delivery": MANAGERS,  # 91
    "draft": {"chat-moderator"}, "poll": INSIDE,  # 53
    "user": CALLERS.keys() - UNKNOWN, "group": CALLERS.keys() - UNKNOWN,
    **{f"{name} elsewhere": NOBODY for name in ELSEWHERE},
}  # fmt: skip
NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"
COMPARED = {"content-length", "content-type", "cache-control", "vary", "etag", "www-authenticate"}
Answer = tuple[int, bytes, dict[str, str]]


def is_hidden(thing: str, name: str) -> bool:
    """Returns whether this caller must not notice the thing. A guest sees whose the room is (rule 11)."""
    return name not in SEES[thing] and not (thing == "gallery" and name in GUEST)


def kind_of(thing: str) -> str:
    return KINDS[thing.removesuffix(" elsewhere")]


def test_there_is_a_thing_of_every_type(backend: str) -> None:
    assert set(KINDS.values()) == set(node_types())


@pytest.fixture
async def ids(world: World) -> dict[str, str]:
    """Gives the callers their roles and makes all things. Returns the ids of the things by name."""
    elsewhere = await things_elsewhere(world)
    await fill(world)
    here = await things_here(world, *{caller.who: None for caller in CALLERS.values() if caller.inside})
    return here | {f"{name} elsewhere": elsewhere[name] for name in ELSEWHERE}


async def answer(world: World, caller: Caller, document: str, thing: str) -> Answer:
    """Returns the whole answer, without the thing's id and what differs between any two requests."""
    body = {"query": document, "variables": {"id": thing}}
    given = await world.http.post("/graphql", json=body, headers=token_of(world, caller))
    headers = {name: value for name, value in given.headers.items() if name in COMPARED}
    return given.status_code, given.content.replace(thing.encode(), b"ID"), headers


async def test_what_each_caller_sees_by_its_id(world: World, ids: dict[str, str]) -> None:
    """Rules 4, 16, 37, 45, 48, 50, 53. An unseen id gets the answer of an absent one, with the same headers."""
    assert SEES.keys() == ids.keys()
    for name, caller in CALLERS.items():
        nothing = {kind: await answer(world, caller, NODE, absent(kind)) for kind in node_types()}
        for thing, sees in SEES.items():
            found = await answer(world, caller, NODE, ids[thing])
            assert (found != nothing[kind_of(thing)]) is (name in sees), (name, thing, found)


@pytest.mark.second_tier
async def test_every_path_to_what_is_unseen_is_as_to_what_is_absent(world: World, ids: dict[str, str]) -> None:
    """Rule 4: queries, streams and mutations answer alike, and change nothing."""
    before = await read_state(world.database)
    tried = 0
    for name, caller in CALLERS.items():
        for kind in node_types():
            unseen = [ids[thing] for thing in SEES if kind_of(thing) == kind and is_hidden(thing, name)]
            documents = PATHS.get(kind, {}) | (STREAMS if kind == "Room" else {})
            if name == "media-server":  # it reports on all recordings
                documents = {path: document for path, document in documents.items() if path != "reportRecording"}
            for path, document in documents.items() if unseen else ():
                expected = await answer(world, caller, document, absent(kind))
                for thing in unseen:
                    assert await answer(world, caller, document, thing) == expected, (name, kind, path)
                    tried += 1
    assert await read_state(world.database) == before
    assert tried > 1_000


@pytest.fixture
async def generous(settings: Settings) -> AsyncIterator[World]:
    """A world without a limit on costs: no real client selects every field of everything."""
    async with open_world(settings.model_copy(update={"operation_cost": 100_000_000})) as world:
        yield world


@pytest.mark.second_tier
async def test_no_nested_path_tells_of_what_node_hides(generous: World) -> None:
    """Rule 4: follows every field of every visible object, over all its relations, until nothing new appears."""
    world = generous
    elsewhere = await things_elsewhere(world)
    await fill(world)
    here = await things_here(world, *{caller.who: None for caller in CALLERS.values() if caller.inside})
    for name, caller in CALLERS.items():
        told = await told_of(world, caller, here)
        hidden = {here[thing] for thing in here if is_hidden(thing, name)} | set(elsewhere.values())
        assert told & hidden == set(), name
        reached = {thing for thing in here if name in SEES[thing]} - {"user", "group", "backchannel", "announced"}
        assert {thing for thing in reached if here[thing] not in told} == set(), name  # so the walk went far enough


async def told_of(world: World, caller: Caller, here: dict[str, str]) -> set[str]:
    """Returns the ids of all objects that the caller reaches from the queries, and from there through every field."""
    given = {name: here[name] for name in ("room", "gallery", "session")}
    found: set[str] = set()
    # The record and the reports of a session tell more than its room (docs/records.md, docs/reports.md).
    for document in (each for root, each in roots("query").items() if root not in ("sessionRecord", "sessionReport")):
        variables = {name: value for name, value in given.items() if f"${name}:" in document}
        found |= set(ids_in(await send(world, caller, document, variables)))
    asked: set[str] = set()
    while new := found - asked:
        asked |= new
        for kind in node_types():
            of_kind = [each for each in new if (parse(each) or ("",))[0] == kind]
            for start in range(0, len(of_kind), 50):
                some = of_kind[start : start + 50]
                found |= set(ids_in(await send(world, caller, of_nodes(kind), {"ids": some})))
    return found


def ids_in(told: Any) -> Iterator[str]:
    match told:
        case dict():
            for name, value in told.items():
                if name == "id" and isinstance(value, str) and parse(value):
                    yield value
                yield from ids_in(value)
        case list():
            for each in told:
                yield from ids_in(each)
