"""Rule 60: events over any number of resumed connections equal the log, as far as the viewer may see it."""

import asyncio
from collections.abc import Collection
from random import Random

import httpx
import pytest

from models.audiences import Audience
from models.database.database import Database
from server.app import open_database
from server.prepare import prepare
from server.settings import Settings
from subscriptions import pages
from tests.support.event_streams import EVENTS, Event, Follower, beginning, eventually, logged, said, say, texts, until
from tests.support.processes import ServerProcess, client_of
from tests.support.services import PostgreSQL
from tests.support.world import ENTER, PATIENCE, POST, Client, World, open_world

MODERATOR = frozenset(Audience)
ATTENDEE = MODERATOR - {Audience.BACKCHANNEL, Audience.SHELF}
AUTHORS = [("student-001", "GROUP"), ("moderator", "BACKCHANNEL"), ("student-002", "GROUP"), ("moderator", "GROUP")]
LAST = "that was all"


class Chatter:
    """Posts messages while others listen, and retries each until it is acknowledged."""

    def __init__(self) -> None:
        self.acknowledged: dict[str, str] = {}

    async def post(self, client: Client, messages: int) -> None:
        """All people post so many messages at the same time; then one posts the last."""
        await asyncio.gather(*(self._posts(client, *author, messages) for author in AUTHORS))
        await self._post(client, "moderator", "GROUP", LAST)

    async def _posts(self, client: Client, who: str, channel: str, messages: int) -> None:
        for number in range(messages):
            await self._post(client, who, channel, f"{who} {channel} {number}")

    async def _post(self, client: Client, who: str, channel: str, text: str) -> None:
        while True:
            try:
                data = await client.query(who, POST, room=client.room, text=text, channel=channel, key=text)
            except httpx.TransportError:
                await asyncio.sleep(0.02)  # it may have been posted, so it is retried with its key
                continue
            assert data["postMessage"]["userErrors"] == []
            self.acknowledged[text] = data["postMessage"]["cursor"]
            return


async def assert_all_is_told(
    database: Database, client: Client, told: list[Event], viewer: tuple[str, Collection[Audience]], chatter: Chatter
) -> None:
    """Compares the tables, a stream that was never cut, and the one that was, event by event."""
    who, audiences = viewer
    start = beginning(client)
    expected = await logged(database, client, start, audiences)
    async with client.socket(who) as socket:
        uncut = await until(await socket.subscribe(EVENTS, room=client.room, after=start), LAST)
    assert uncut == expected
    assert told == expected
    assert len(texts(told)) == len(set(texts(told)))
    posted = {text: cursor for text, cursor in chatter.acknowledged.items() if text in texts(told)}
    assert {said(event): event["cursor"] for event in told if said(event)} == posted
    assert (posted == chatter.acknowledged) == (Audience.BACKCHANNEL in audiences)


async def enter_all(client: Client) -> None:
    for who in ("moderator", "student-001", "student-002"):
        assert (await client.query(who, ENTER, room=client.room))["enterRoom"]["userErrors"] == []


@pytest.mark.parametrize("seed", range(2))
async def test_a_stream_that_is_cut_at_random_and_resumed_tells_all_once_and_in_order(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """While messages are posted, for an attendee and a moderator, from ring and tables."""
    monkeypatch.setattr(pages, "PAGE", 7)
    async with open_world(settings.model_copy(update={"stream_ring_entries": 10})) as world:
        await enter_all(world)
        chance, chatter = Random(seed), Chatter()
        viewers = [("student-001", ATTENDEE), ("moderator", MODERATOR), ("student-002", ATTENDEE)]
        followers = [Follower(who, beginning(world), Random(chance.random())) for who, _ in viewers]
        following = [asyncio.create_task(follower.follow(world, LAST)) for follower in followers]
        await chatter.post(world, 20)
        for viewer, follower, task in zip(viewers, followers, following, strict=True):
            await assert_all_is_told(world.database, world, await task, viewer, chatter)
            assert follower.connections > 5


@pytest.mark.second_tier
async def test_a_stream_resumes_across_a_server_that_is_killed(settings: Settings) -> None:
    """SIGKILL while messages are posted: acknowledged messages are stored, and no event is sent twice."""
    database = open_database(settings)
    with ServerProcess(settings) as server:
        async with client_of(server) as client:
            await enter_all(client)
            chatter, chance = Chatter(), Random(1)
            viewers = [("student-001", ATTENDEE), ("moderator", MODERATOR)]
            followers = [Follower(who, beginning(client), Random(chance.random())) for who, _ in viewers]
            following = [asyncio.create_task(follower.follow(client, LAST)) for follower in followers]
            posting = asyncio.create_task(chatter.post(client, 25))
            await eventually(lambda: len(chatter.acknowledged) > 20)
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
            await posting
            for viewer, task in zip(viewers, following, strict=True):
                await assert_all_is_told(database, client, await task, viewer, chatter)
    await database.close()


async def test_a_stream_outlives_its_databases_restart(caplog: pytest.LogCaptureFixture) -> None:
    """The database is killed; the same stream continues without a gap, and its client does not notice."""
    with PostgreSQL() as postgres:
        settings = Settings(dev=True, database_url=postgres.create_database("enfilade"), stream_poll_seconds=0.1)
        await asyncio.to_thread(prepare, settings)
        async with open_world(settings) as world, world.socket("moderator") as socket:
            await enter_all(world)
            stream = await socket.subscribe(EVENTS, room=world.room, after=beginning(world))
            before = await say(world, 1, 3)
            assert texts(await until(stream, "message 3")) == before
            await asyncio.to_thread(postgres.kill)
            for reader in world.process.services.readers._readers.values():
                reader.wake()
            await eventually(lambda: "the database does not answer" in caplog.messages)
            assert not await world.process.ready()
            await asyncio.to_thread(postgres.start)
            async with asyncio.timeout(PATIENCE):
                while not await world.process.ready():
                    pass
            after = await say(world, 4, 6)
            assert texts(await until(stream, "message 6")) == after


async def test_a_client_that_joins_on_the_way_is_told_of_it_once(world: World) -> None:
    """Rules 45 and 60: it is cut before and after admission, and misses nothing from then on."""
    await world.enter("moderator")
    await world.post("moderator", "before")
    follower = Follower("student-003", beginning(world), Random(3))
    following = asyncio.create_task(follower.follow(world, LAST))
    await world.enter("student-003")
    for number in range(20):
        await world.post("moderator", f"message {number}")
    await world.post("moderator", LAST)
    told = texts(await following)
    assert told[-21:] == [*(f"message {number}" for number in range(20)), LAST]
    assert told[:-21] in ([], ["before"])
