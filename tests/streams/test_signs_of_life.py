"""A stream is not silent for long: it gets Checkpoints while an entry waits for the database, or ends in time (rule 61)."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import pytest

from models.cursors import Cursors
from models.database.transaction import Transaction
from models.errors import Unavailable
from models.events.log import Entry
from models.events.rooms import AccessChanged
from models.permissions import Viewer
from schema import subscriptions
from schema.execution.deliveries import EventDelivery
from schema.types.ids import local_id
from server.accounts import THE_SERVER
from server.settings import Settings
from subscriptions.crowds import Member
from subscriptions.delivery import Checkpoint, Item
from subscriptions.reader import Pace
from subscriptions.sights import Sight
from subscriptions.signs import InCrowd, _in_time
from subscriptions.streams import follow
from tests.support.event_streams import EVENTS, eventually, gallery_id, is_live, said, say
from tests.support.stalled_operations import no_reading, until_waiting
from tests.support.world import PATIENCE, World, open_world

HOUR = 3600

pytestmark = pytest.mark.fast_paths
# On PostgreSQL `no_reading` also stops the reader of the log. Then there is nothing that a Checkpoint could tell.
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"])


def in_crowds(world: World) -> int:
    return sum(len(crowd.members) for crowd in world.process.services.readers.crowds._crowds.values())


async def change_access(world: World) -> None:
    """Records an event after which the access of all has to be judged again."""

    async def work(tx: Transaction) -> None:
        await tx.record(gallery_id(world), AccessChanged(room_id=local_id(world.room, "Room"), assignments=[]))

    await world.database.transact(THE_SERVER, "assign", work)


@on_sqlite
async def test_checkpoints_go_on_while_an_entry_waits_for_the_database(world: World) -> None:
    """A connection that was lost without a word takes 6 seconds to give up, and the last Checkpoint may be 10 old."""
    await world.enter("moderator", "student-001")
    async with world.socket("student-001") as socket:
        stream = await socket.subscribe(EVENTS, room=world.room)
        await is_live(stream)
        await eventually(lambda: in_crowds(world) == 1)
        async with no_reading(world):
            await change_access(world)
            await until_waiting(world)
            for _ in range(stream.waiting() + 2):
                await is_live(stream)
        while (event := await stream.next())["__typename"] == "Checkpoint":
            pass
        assert event["__typename"] == "AccessChanged"


async def test_a_checkpoint_that_took_long_does_not_lead_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was told while it was made is after it."""
    await world.enter("moderator", "student-001")
    cursors = Cursors(world.settings.cursor_secret.get_secret_value())
    begun, go_on = asyncio.Event(), asyncio.Event()
    item_of = EventDelivery.item_of

    async def slowly(delivery: EventDelivery, told: Entry | Checkpoint) -> Item | None:
        if isinstance(told, Checkpoint):
            begun.set()
            await go_on.wait()
        return await item_of(delivery, told)

    async with world.socket("student-001") as socket:
        stream = await socket.subscribe(EVENTS, room=world.room)
        await is_live(stream)
        monkeypatch.setattr(EventDelivery, "item_of", slowly)
        async with asyncio.timeout(PATIENCE):
            await begun.wait()
        await say(world, 1, 1)
        told = [await stream.next()]
        while said(told[-1]) != "message 1":
            told.append(await stream.next())
        go_on.set()
        told += [await stream.next() for _ in range(2)]
    numbers = [cursors.read(gallery_id(world), event["cursor"]).number for event in told]
    assert numbers == sorted(numbers)


@on_sqlite
async def test_a_stream_that_takes_long_to_begin_has_its_first_checkpoint_in_time(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a client that resumes in a crowd of others hears nothing for as long as it takes, and 10 seconds more."""
    patient = {"stream_checkpoint_seconds": HOUR, "stream_silence_seconds": 2 * HOUR}
    asked: list[float] = []

    def an_hour_ago(*given: Any, asked_at: float, **named: Any) -> AsyncGenerator[Entry | Checkpoint, None]:
        asked.append(asked_at)
        return follow(*given, asked_at=asked_at - HOUR, **named)

    monkeypatch.setattr(subscriptions, "follow", an_hour_ago)
    async with open_world(settings.model_copy(update=patient)) as world, world.socket("student-001") as socket:
        async with no_reading(world):
            stream = await socket.subscribe(EVENTS, room=world.room)
            await until_waiting(world)
            waited_at = asyncio.get_running_loop().time()
        await is_live(stream)
        assert asked[0] < waited_at


async def test_the_time_in_which_a_crowd_hung_counts() -> None:
    """Otherwise a stream is silent for half its time in the crowd, and then for all of its time alone."""
    loop, pace = asyncio.get_running_loop(), Pace()
    member = Member(Sight(Viewer(UUID(int=1), "somebody")))
    member.left.set_result(None)
    member.alive_at = loop.time() - pace.silence_seconds

    async def signs() -> AsyncGenerator[InCrowd, None]:
        yield InCrowd(member)
        await asyncio.Event().wait()

    async with asyncio.timeout(pace.silence_seconds / 2):
        with pytest.raises(Unavailable):
            await anext(_in_time(pace, signs()))
