"""Clients with very small receive buffers, and which of their connections the server has paused."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.support.event_streams import EVENTS, beginning
from tests.support.world import Socket, World

CLOSED = 7  # the state of a TCP connection that was reset


class Paused(list[asyncio.Transport]):
    """The connections that were paused because their buffer was full, in order."""

    def of(self, client: Socket) -> asyncio.Transport | None:
        """Returns the server's side of this client's connection, if it was paused."""
        own = client.wire.transport.get_extra_info("sockname")
        return next((each for each in self if each.get_extra_info("peername") == own), None)


def narrow_socket(world: World) -> socket.socket:
    """Opens a connection with a very small receive buffer."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", world.port))
    narrow.setblocking(False)
    return narrow


@asynccontextmanager
async def narrow_client(world: World, who: str) -> AsyncIterator[Socket]:
    url, protocol = f"ws://127.0.0.1:{world.port}/graphql", Subprotocol("graphql-transport-ws")
    async with connect(url, subprotocols=[protocol], sock=narrow_socket(world), close_timeout=0.1) as wire:
        await wire.send(json.dumps({"type": "connection_init", "payload": world.credentials(who)}))
        await wire.recv()
        async with Socket(wire) as client:
            yield client


def is_reset(client: Socket) -> bool:
    """Returns whether the connection is over for the client's kernel, which learns nothing else while it reads nothing."""
    own: socket.socket = client.wire.transport.get_extra_info("socket")
    return own.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == CLOSED


def http_request(world: World) -> bytes:
    body = json.dumps({"query": EVENTS, "variables": {"room": world.room, "after": beginning(world)}}).encode()
    head = [
        "POST /graphql HTTP/1.1",
        "Host: localhost",
        f"Authorization: {world.credentials('student-001')['Authorization']}",
        "Accept: text/event-stream",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body
