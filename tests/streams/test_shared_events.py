"""Events that subscribers share are what each of them would get alone (rules 45 to 54, 63)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type, is_composite_type

from models.cursors import Position
from schema.context import Context
from schema.execution.impersonal import IMPERSONAL
from schema.root import schema
from server.answers import formatted
from server.outlets import SocketOutlet
from server.settings import Settings
from subscriptions.delivery import Item
from subscriptions.reader import Reader
from tests.support.event_streams import eventually
from tests.support.hidden_activity import ASKER, CHATMOD, EVERYTHING, OWNER, SECOND, HiddenActivity
from tests.support.people import configure, id_of, log_head
from tests.support.visible_activity import ONLOOKER, TALKER, Scene
from tests.support.world import Subscribed, World, open_world

pytestmark = [pytest.mark.fast_paths, pytest.mark.second_tier]  # It takes long.

PEOPLE = (OWNER, CHATMOD, ONLOOKER, TALKER, ASKER, "manager")
EVENTS = sorted(of for of, fields in IMPERSONAL.items() if "cursor" in fields)


def shared_fields(of: GraphQLObjectType, depth: int = 4) -> str:
    """Returns a selection of all shared fields of a type."""
    chosen = []
    for name in sorted(IMPERSONAL[of.name]):
        type_ = get_named_type(of.fields[name].type)
        if not is_composite_type(type_):
            chosen.append(name)
        elif isinstance(type_, GraphQLObjectType) and depth:
            chosen.append(f"{name} {{ {shared_fields(type_, depth - 1)} }}")
    return " ".join(["__typename", *chosen])


def every_event(stream: str, argument: str, kind: str) -> str:
    """Returns a subscription that selects all shared fields of all of its events."""
    interface = schema._schema.type_map[kind]
    kinds = [each for each in schema._schema.get_possible_types(interface) if each.name in EVENTS]  # type: ignore[arg-type]  # it is an interface
    # Fields of one name have different types in different events, so each event has its fields under its own names.
    parts = [f"... on {of.name} {{ {_renamed(of)} }}" for of in kinds]
    return f"subscription ($id: ID!) {{ {stream}({argument}: $id) {{ __typename {' '.join(parts)} }} }}"


def _renamed(of: GraphQLObjectType) -> str:
    own = []
    for name in sorted(IMPERSONAL[of.name]):
        type_ = get_named_type(of.fields[name].type)
        inner = f" {{ {shared_fields(type_)} }}" if isinstance(type_, GraphQLObjectType) else ""
        own.append(f"{of.name}_{name}: {name}{inner}")
    return " ".join(own)


ROOM = every_event("roomEvents", "roomId", "RoomEvent")
GALLERY = every_event("galleryEvents", "galleryId", "GalleryEvent")


class Alone:
    """A subscription that is executed for one viewer alone, in this process."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    async def listen(self, world: World, who: str, document: str, of: str) -> None:
        services = replace(world.process.services, fast_paths=False)
        viewer = (await world.process.accounts.of_token(world.token(who))).viewer
        context = Context(services, viewer)
        results: Any = await schema.subscribe(document, variable_values={"id": of}, context_value=context)
        async with aclosing(results):
            async for result in results:
                (event,) = formatted(result)["data"].values()
                if event["__typename"] != "Checkpoint":
                    self.told.append(event)


class Shared:
    """The same subscription over a WebSocket."""

    def __init__(self, stream: Subscribed) -> None:
        self.stream = stream
        self.told: list[dict[str, Any]] = []

    async def listen(self) -> None:
        while True:
            if (event := await self.stream.next())["__typename"] != "Checkpoint":
                self.told.append(event)


@asynccontextmanager
async def both_ways(world: World) -> AsyncIterator[list[tuple[str, Shared, Alone]]]:
    """Subscribes everyone to both streams, each in both ways."""
    pairs: list[tuple[str, Shared, Alone]] = []
    async with AsyncExitStack() as stack:
        group = await stack.enter_async_context(_tasks())
        for who in PEOPLE:
            socket = await stack.enter_async_context(world.socket(who))
            for document, of in ((ROOM, world.room), (GALLERY, world.gallery)):
                shared, alone = Shared(await socket.subscribe(document, id=of)), Alone()
                group.append(asyncio.create_task(shared.listen()))
                group.append(asyncio.create_task(alone.listen(world, who, document, of)))
                pairs.append((who, shared, alone))
        yield pairs


@asynccontextmanager
async def _tasks() -> AsyncIterator[list[asyncio.Task[None]]]:
    tasks: list[asyncio.Task[None]] = []
    yield tasks
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(each, asyncio.CancelledError) for each in ended), ended


async def test_everyone_is_told_the_same_as_alone(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Throughout a session with everything that can happen in it, moderators' business included."""
    written, write = Counter[str](), SocketOutlet.write

    def counting(outlet: SocketOutlet, item: Item) -> bool:
        sent = write(outlet, item)
        written[item.body.split(b'"__typename":"', 1)[1].split(b'"', 1)[0].decode()] += sent
        return sent

    monkeypatch.setattr(SocketOutlet, "write", counting)
    async with open_world(settings) as world:
        await configure(world, qna="ENABLED", chatModeratorIds=[await id_of(world, each) for each in (CHATMOD, SECOND)])
        hidden = HiddenActivity(world, EVERYTHING)
        scene = Scene(world, hidden)
        query, at_rest = world.query, AtRest(world, monkeypatch)
        async with both_ways(world) as pairs:
            await at_rest.wait()  # A stream begins at the head, so all have begun before the first act.

            async def query_and_wait(*asked: Any, **variables: Any) -> dict[str, Any]:
                # Events show the text of the moment of delivery, so everyone gets them before the next change.
                answer = await query(*asked, **variables)
                await at_rest.wait()
                return answer

            monkeypatch.setattr(world, "query", query_and_wait)
            async for act in scene.play():
                await hidden.perform()
                await eventually(lambda: all(len(shared.told) == len(alone.told) for _, shared, alone in pairs))
                for who, shared, alone in pairs:
                    assert shared.told == alone.told, (act, who)
    assert sum(written.values()) > 400
    assert {"MessagePosted", "MessageDeleted", "ParticipantJoined", "InteractionChanged", "StageChanged"} <= set(
        written
    )


class AtRest:
    """Knows when all streams wait at the head of the log, so that nothing is on its way to anybody."""

    def __init__(self, world: World, patch: pytest.MonkeyPatch) -> None:
        self._waiting = 0
        self._world = world
        news = Reader.news

        async def counted(reader: Reader, position: Position, seconds: float | None = None) -> None:
            at_head = position == reader.position and reader in self._readers()
            self._waiting += at_head
            try:
                await news(reader, position, seconds)
            finally:
                self._waiting -= at_head

        patch.setattr(Reader, "news", counted)

    async def wait(self) -> None:
        head = await log_head(self._world)
        await eventually(lambda: all(each.position == head for each in self._readers()) and self._all_wait())

    def _readers(self) -> list[Reader]:
        return list(self._world.process.services.readers._readers.values())

    def _all_wait(self) -> bool:
        crowds = self._world.process.services.readers.crowds._crowds.values()
        streams = 2 * len(PEOPLE)
        return sum(len(crowd.members) for crowd in crowds) == streams and self._waiting == streams + len(crowds)
