"""What an idle subscriber holds. `make bench` measures the bytes; these tests hold what made them many."""

import asyncio
import gc
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from graphql import ExecutionResult
from websockets.datastructures import Headers

from models.access.visibility import Visibility
from models.permissions import Viewer
from schema.execution.impersonal import Sharing
from schema.execution.renderings import Rendering
from schema.types.ids import local_id
from server.settings import Settings
from subscriptions.delivery import Item
from tests.support.admin_mutations import ids_of
from tests.support.event_streams import EVENTS, eventually, gallery_id, is_live, remove_from_gallery
from tests.support.people import log_head
from tests.support.world import PATIENCE, World, open_world

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])  # what is tested does not depend on the database

PEOPLE = [f"student-{number:03}" for number in range(1, 4)]
LONG = f"{EVENTS} # {'x' * 95_000}"


@asynccontextmanager
async def idle(world: World, people: list[str], document: str = EVENTS) -> AsyncIterator[None]:
    """Keeps a subscriber with a socket of its own for each of these people."""
    async with AsyncExitStack() as stack:
        for who in people:
            socket = await stack.enter_async_context(world.socket(who))
            await is_live(await socket.subscribe(document, room=world.room))
        yield


def living(kind: type) -> list[object]:
    """Returns all objects of this class in the process."""
    gc.collect()
    return [each for each in gc.get_objects() if type(each) is kind]


def tasks() -> Counter[str]:
    """Returns how many tasks run each coroutine of the server."""
    coroutines = (task.get_coro().__qualname__ for task in asyncio.all_tasks())  # type: ignore[union-attr]  # all have one
    return Counter(name for name in coroutines if name.startswith(("WebSocketsSansIO", "BaseGraphQL", "Handler")))


async def test_an_idle_subscriber_is_two_tasks(world: World) -> None:
    """One is the socket's, and one the operation's."""
    await world.enter("moderator", *PEOPLE)
    async with idle(world, PEOPLE):
        assert tasks() == {"WebSocketsSansIOProtocol.run_asgi": 3, "Handler.run_operation": 3}


async def test_subscribers_of_one_document_share_its_text_and_what_follows_from_it(settings: Settings) -> None:
    async with open_world(settings.model_copy(update={"websocket_message_bytes": 200_000})) as world:
        await _share(world)


async def _share(world: World) -> None:
    await world.enter("moderator", *PEOPLE)
    async with idle(world, PEOPLE[:1], LONG):
        async with idle(world, PEOPLE[1:], LONG):
            pass  # What is kept for everyone, such as compiled statements, is made now.
        tracemalloc.start()
        try:
            async with idle(world, PEOPLE[1:], LONG):
                gc.collect()
                held, _ = tracemalloc.get_traced_memory()
                assert held / len(PEOPLE[1:]) < len(LONG)
                assert len(living(Sharing)) <= 1
        finally:
            tracemalloc.stop()


async def test_a_socket_keeps_nothing_of_its_handshake(world: World) -> None:
    cookie = "c" * 5_000
    connection = world.raw_socket()
    connection.additional_headers = {"Cookie": cookie}
    async with connection:
        await eventually(lambda: tasks()["WebSocketsSansIOProtocol.run_asgi"] == 1)
        kept = [each for each in living(Headers) if isinstance(each, Headers) and each.get("Cookie") == cookie]
        assert len(kept) == 1, "only the client's own"


async def test_people_in_one_room_share_the_sets_of_their_rights(world: World) -> None:
    await world.enter("moderator", *PEOPLE)
    async with idle(world, PEOPLE):
        seen = [each for each in living(Visibility) if isinstance(each, Visibility) and each.inside]
        assert len(seen) >= 3
        assert len({id(each.sessions) for each in seen if each.sessions == seen[0].sessions}) == 1


async def test_a_rendering_takes_little_more_than_its_bytes(world: World) -> None:
    result = ExecutionResult({"a": "b"})
    tracemalloc.start()
    try:
        kept = [Rendering(result).item for _ in range(100)]
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept[0] == Item(b'{"data":{"a":"b"}}')
    assert held / len(kept) < 1_000


async def test_a_viewer_who_goes_while_others_are_judged_holds_nobody_up(world: World) -> None:
    await world.enter("moderator", *PEOPLE[:2])
    leaver, other = [Viewer(local_id(each, "User"), "") for each in await ids_of(world, *PEOPLE[:2])]
    async with world.process.services.readers.open(gallery_id(world)) as reader:
        with reader.sights.of(other) as remaining:
            with reader.sights.of(leaver) as gone:
                await reader.sights.current(gone)
            await remove_from_gallery(world, PEOPLE[0])
            await reader.reaches(await log_head(world))
            async with asyncio.timeout(PATIENCE):
                await reader.sights.settle((gone, remaining))
            assert remaining.visible
