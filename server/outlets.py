"""Outlets: how the finished items of a subscription reach its client without a task for each of them.

They need uvicorn with our protocols. Elsewhere there is no outlet, and items take the usual way.
"""

from collections.abc import Callable
from typing import Any

import orjson
from starlette.types import Scope
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import Operation

from models.counts import COUNTS
from server.transports import CONNECTION
from subscriptions.delivery import Item


class SocketOutlet:
    """Sends the items of one operation over its WebSocket, as `next` messages that differ only in the id."""

    __slots__ = ("_connection", "_head", "_operation", "_operations")

    def __init__(self, connection: Any, operation: Operation[Any, None]) -> None:
        self._connection = connection
        self._operation = operation
        self._operations = operation.handler.operations
        self._head = b'{"id":%b,"type":"next","payload":' % orjson.dumps(operation.id)

    def write(self, item: Item) -> bool:
        # An operation that the client has completed is not running any more, though its task may not have ended yet.
        if self._operations.get(self._operation.id) is not self._operation:
            return False
        sent: bool = self._connection.write_text(b"%b%b}" % (self._head, item.body))
        COUNTS.deliveries += sent
        return sent


def socket_outlet(connection: Any, operation: Operation[Any, None]) -> SocketOutlet | None:
    """Returns the outlet of an operation on the WebSocket of this connection."""
    return SocketOutlet(connection, operation) if connection else None


class ChunkOutlet:
    """Sends the items of a streaming answer over HTTP. `encode` puts an item into the form of the transport."""

    def __init__(self, connection: Any, scope: Scope, encode: Callable[[Item], bytes]) -> None:
        self._connection = connection
        self._scope = scope
        self._encode = encode

    def write(self, item: Item) -> bool:
        sent: bool = self._connection.write_chunk(self._scope, self._encode(item))
        COUNTS.deliveries += sent
        return sent


def chunk_outlet(scope: Scope, encode: Callable[[Item], bytes]) -> ChunkOutlet | None:
    """Returns the outlet of the answer to the request with this scope."""
    connection = scope.get(CONNECTION)
    return ChunkOutlet(connection, scope, encode) if connection else None
