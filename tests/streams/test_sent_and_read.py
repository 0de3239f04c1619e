"""What a server has sent is not what its client has read (docs/decisions/0018-resume-keys.md)."""

import pytest

from server.outlets import SocketOutlet
from subscriptions.delivery import Item
from tests.support.event_streams import CHAT, eventually, is_live, say, texts, until
from tests.support.world import World

pytestmark = pytest.mark.fast_paths  # The outlets count what is sent.


async def test_only_the_clients_own_cursor_resumes_without_loss(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 60. To the server all 30 messages are sent when the connection ends, and the client has read none of them."""
    sent: list[bytes] = []
    write = SocketOutlet.write

    def noting(outlet: SocketOutlet, item: Item) -> bool:
        done = write(outlet, item)
        sent.extend([item.body] if done and b"MessagePosted" in item.body else [])
        return done

    monkeypatch.setattr(SocketOutlet, "write", noting)
    await world.enter("moderator", "student-001")
    async with world.socket("moderator") as socket:
        stream = await socket.subscribe(CHAT, room=world.room)
        read = await is_live(stream)
        socket.wire.transport.pause_reading()
        said = await say(world, 1, 30)
        await eventually(lambda: len(sent) == len(said))
        assert stream.waiting() == 0
        socket.wire.transport.abort()
    async with world.socket("moderator") as socket:
        stream = await socket.subscribe(CHAT, room=world.room, after=read)
        assert texts(await until(stream, said[-1])) == said
