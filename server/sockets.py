"""WebSocket /graphql: graphql-transport-ws, on Strawberry's handler with fixes for its security holes.

Close codes are chosen by the behaviour of graphql-ws clients. 4403 makes a client refresh its token and retry. 4400
ends the whole socket for good, so it is used only for a broken protocol. An error in one operation ends only that
operation.
"""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing, suppress
from datetime import timedelta
from typing import Any, Self, cast

import orjson
from graphql import GraphQLError
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.async_base_view import AsyncWebSocketAdapter
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived, WebSocketDisconnected
from strawberry.schema.schema import StreamResult
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ErrorMessage,
    Message,
    NextMessage,
    SubscribeMessage,
)
from strawberry.types.execution import ExecutionResult, PreExecutionError

from models.errors import Unavailable
from schema.context import Context, Services
from schema.execution.codes import RequestErrorCode, request_error
from schema.execution.documents import DOCUMENTS
from schema.root import schema
from server import logs
from server.accounts import Account, Accounts, Lease
from server.auth import connection_token
from server.claims import Unauthenticated
from server.endpoint import formatted
from server.outlets import socket_outlet
from server.persisted import PersistedDocuments
from server.protocols import CONNECTION
from server.requests import PARAMETERS, WITHOUT_DOCUMENT, Asked, admitted

FORBIDDEN = 4403
TRY_AGAIN_LATER = 1013
OPERATIONS_AT_ONCE = 100


class Sockets:
    """Accepts sockets, and runs each socket to its end."""

    def __init__(
        self,
        services: Services,
        accounts: Accounts,
        persisted: PersistedDocuments,
        origins: frozenset[str],
        init_seconds: float,
    ) -> None:
        self.services = services
        self.accounts = accounts
        self.persisted = persisted
        self._origins = origins
        self._init_timeout = timedelta(seconds=init_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wire = Wire(receive, send)
        if not self._origin_allowed(Headers(scope=scope)):
            await wire.close(1008, "")  # The socket is not accepted yet, so the handshake is answered with 403.
        elif GRAPHQL_TRANSPORT_WS_PROTOCOL not in scope["subprotocols"]:
            await wire.accept(None)
            await wire.close(4406, "Subprotocol not acceptable")
        else:
            await wire.accept(GRAPHQL_TRANSPORT_WS_PROTOCOL)
            await Handler(self, wire, scope.get(CONNECTION), self._init_timeout).handle()

    def _origin_allowed(self, headers: Headers) -> bool:
        # Programs send no Origin, but a browser always does. In a browser, only our own page may use the page's token.
        origin = headers.get("origin")
        own = origin is not None and origin.partition("://")[2] == headers.get("host")
        return origin is None or own or "*" in self._origins or origin.lower() in self._origins


class Wire(AsyncWebSocketAdapter):
    """JSON messages over one socket. It is an async iterator of what the client sends, and ends when the socket does.

    It speaks ASGI itself. Starlette's WebSocket would put two more frames under each socket that waits.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._open = True

    async def accept(self, subprotocol: str | None) -> None:
        await self._receive()  # the message websocket.connect
        await self._send({"type": "websocket.accept", "subprotocol": subprotocol})

    def iter_json(self, *, ignore_parsing_errors: bool = False) -> Self:  # type: ignore[override]  # Strawberry only iterates
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> object:
        message = await self._receive() if self._open else {"type": "websocket.disconnect"}
        if message["type"] == "websocket.disconnect":
            self._open = False
            raise StopAsyncIteration
        if "text" not in message:
            raise NonTextMessageReceived
        try:
            return orjson.loads(message["text"])
        except orjson.JSONDecodeError:
            raise NonJsonMessageReceived from None

    async def send_json(self, message: Mapping[str, object]) -> None:
        if not self._open:
            raise WebSocketDisconnected
        try:
            await self._send({"type": "websocket.send", "text": orjson.dumps(message).decode()})
        except OSError:  # The server raises it after the client has gone.
            self._open = False
            raise WebSocketDisconnected from None

    async def close(self, code: int, reason: str) -> None:
        if self._open:
            self._open = False
            with suppress(OSError):  # The client has gone.
                await self._send({"type": "websocket.close", "code": code, "reason": reason})


class Handler(BaseGraphQLTransportWSHandler[Any, None]):
    """Handles one socket: Strawberry's protocol, with our accounts, contexts and errors."""

    def __init__(self, sockets: Sockets, wire: Wire, connection: Any, init_timeout: timedelta) -> None:
        super().__init__(
            view=self,  # type: ignore[arg-type]  # only its on_ws_connect is used, which is defined below
            websocket=wire,
            context={},
            root_value=None,
            schema=schema,
            connection_init_wait_timeout=init_timeout,
        )
        self._sockets = sockets
        self._connection = connection
        self._account: Account | None = None
        self._lease: Lease | None = None
        self._closing: asyncio.Task[None] | None = None

    async def handle_message(self, message: Any) -> None:
        if isinstance(message, dict) and message.get("payload", ...) is None:
            del message["payload"]
        if fault := malformed(message):
            await self.handle_invalid_message(fault)
        else:
            await super().handle_message(cast("Message", message))
            message.clear()  # The loop of the socket refers to it until the next one comes.
            # Messages that arrive together start one after the other, and other tasks run in between.
            await asyncio.sleep(0)

    async def on_ws_connect(self, context: dict[str, Any]) -> dict[str, object]:
        """Strawberry calls this with the payload of connection_init."""
        # The timeout is cancelled by now. A reference to its task would keep its frames.
        self.connection_init_timeout_task = None
        try:
            token = connection_token(context.pop("connection_params"))
            self._account = await self._sockets.accounts.of_token(token)
        except Unauthenticated as refused:
            raise ConnectionRejectionError({"message": str(refused)}) from None
        except Unavailable as away:
            # Strawberry's own close then finds the socket closed.
            await self.websocket.close(TRY_AGAIN_LATER, away.message)
            raise ConnectionRejectionError({"message": away.message}) from None
        self._lease = self._sockets.accounts.begin(self._account)
        self._lease.ended.add_done_callback(self._end)
        return {}

    def _end(self, ended: asyncio.Future[str]) -> None:
        self._closing = asyncio.create_task(self.websocket.close(FORBIDDEN, ended.result()))

    async def shutdown(self) -> None:
        await super().shutdown()
        if self._lease:
            self._lease.ended.remove_done_callback(self._end)
            self._sockets.accounts.release(self._lease)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        new = self.connection_acknowledged and message["id"] not in self.operations
        if new and len(self.operations) >= OPERATIONS_AT_ONCE:
            await self.send_message({"id": message["id"], "type": "error", "payload": [_TOO_MANY]})
            return
        # Strawberry gives an operation only the `query` of what can name a document. So `query` holds all of it.
        message["payload"]["query"] = Asked.of(message["payload"])  # type: ignore[arg-type, typeddict-item]  # see above
        await super().handle_subscribe(message)

    async def run_operation(self, operation: Operation[Any, None]) -> None:
        """Runs one operation in a task. An error in it ends only this operation."""
        with suppress(WebSocketDisconnected):
            try:
                results = await self._results(operation)
            except GraphQLError as error:
                await operation.send_initial_errors([error])
                return
            async with aclosing(results):
                async for result in results:
                    if await self._send(operation, cast("ExecutionResult", result)):
                        return
            await operation.send_operation_message({"id": operation.id, "type": "complete"})

    async def _results(self, operation: Operation[Any, None]) -> StreamResult:
        assert self._account
        services = self._sockets.services
        asked = self._sockets.persisted.resolved(cast("Asked", operation.query))
        node = await admitted(asked, services.limits, self._account.viewer.id)
        logs.operation.set(node.name.value if node.name else None)
        # From here on, all who sent the same document hold one text.
        operation.query = document = DOCUMENTS.of(asked.query).text
        outlet = socket_outlet(self._connection, operation) if services.fast_paths else None
        context = Context(services, self._account.viewer, outlet)
        return await self.schema.stream(
            document, variable_values=asked.variables, context_value=context, operation_name=asked.operation_name
        )

    async def _send(self, operation: Operation[Any, None], result: ExecutionResult) -> bool:
        """Sends one result. Returns whether it was the operation's last."""
        payload: Any = formatted(result)
        if isinstance(result, PreExecutionError):
            message = ErrorMessage(id=operation.id, type="error", payload=payload["errors"])
            await operation.send_operation_message(message)
            return True
        await operation.send_operation_message(NextMessage(id=operation.id, type="next", payload=payload))
        return False


_TOO_MANY = request_error(
    RequestErrorCode.TOO_MANY_OPERATIONS, f"This socket already runs {OPERATIONS_AT_ONCE} operations."
).formatted


def malformed(message: Any) -> str | None:
    """Returns the fault in a message's form, or None. Strawberry does not check the form."""
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return "A message must be an object with a type"
    if message["type"] in ("subscribe", "complete") and not (isinstance(message.get("id"), str) and message["id"]):
        return "The message needs an id"
    if message["type"] == "subscribe":
        payload = message.get("payload")
        if not isinstance(payload, dict):
            return "The payload of subscribe must be an object"
        for name, kind in PARAMETERS.items():
            if not isinstance(payload.get(name), kind | None):
                return f"`{name}` has the wrong type"
        if payload.get("query") is None and not Asked.of(payload).names_a_document:
            return WITHOUT_DOCUMENT
    elif not isinstance(message.get("payload", {}), dict):
        return "The payload must be an object"
    return None
