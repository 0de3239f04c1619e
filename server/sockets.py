"""WebSocket /graphql: graphql-transport-ws, on Strawberry's handler with fixes for its security holes.

Close codes are chosen by the behaviour of graphql-ws clients. 4403 makes a client refresh its token and retry. 1013 makes
it retry with backoff. 4400 and 4429 end the whole socket for good, so they are used only for a broken protocol. An error in one operation ends only that
operation.
"""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing, suppress
from datetime import timedelta
from functools import partial
from typing import Any, NoReturn, cast
from uuid import UUID

from graphql import GraphQLError
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.schema.schema import StreamResult
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ErrorMessage,
    Message,
    NextMessage,
    PingMessage,
    SubscribeMessage,
)
from strawberry.types.execution import ExecutionResult, PreExecutionError

from models.errors import Unavailable
from models.permissions import Role
from schema.context import Context, Services
from schema.execution.codes import RequestErrorCode, request_error
from schema.execution.documents import DOCUMENTS
from schema.execution.reports import public_errors
from schema.root import schema
from server import logs
from server.accounts import Account, Accounts, Lease
from server.addresses import address_of
from server.answers import formatted, unauthenticated
from server.auth import connection_token
from server.claims import Unauthenticated
from server.messages import malformed
from server.observed import Observation, refused
from server.outlets import socket_outlet
from server.persisted import PersistedDocuments
from server.requests import Asked, admitted, unusable
from server.setting_types import without_default_port
from server.shares import Share, Shares, TooMany
from server.transports import CONNECTION
from server.unavailable import unavailable
from server.wire import Wire

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
        shares: Shares,
        origins: frozenset[str],
        init_seconds: float,
    ) -> None:
        self.services = services
        self.accounts = accounts
        self.persisted = persisted
        self.shares = shares
        self._origins = origins
        self._init_timeout = timedelta(seconds=init_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wire = Wire(receive, send)
        if not self._origin_allowed(Headers(scope=scope), "https" if scope["scheme"] == "wss" else "http"):
            await wire.close(1008, "")  # The socket is not accepted yet, so the handshake is answered with 403.
        elif GRAPHQL_TRANSPORT_WS_PROTOCOL not in scope["subprotocols"]:
            await wire.accept(None)
            await wire.close(4406, "Subprotocol not acceptable")
        else:
            await self._run(wire, scope)

    async def _run(self, wire: Wire, scope: Scope) -> None:
        address = address_of(scope)
        try:
            self.shares.streams.take(None, address)
        except TooMany as refused:
            await wire.refuse(503, {"errors": [refused.formatted]}, refused.headers)
            return
        try:
            # The scope loses its headers when the socket is accepted.
            authorization = Headers(scope=scope).get("authorization")
            handler = Handler(self, wire, address, scope.get(CONNECTION), self._init_timeout, authorization)
            del authorization  # It would stay in memory as long as the socket.
            await wire.accept(GRAPHQL_TRANSPORT_WS_PROTOCOL)
            await handler.handle()
        finally:
            self.shares.streams.give_back(None, address)

    def _origin_allowed(self, headers: Headers, scheme: str) -> bool:
        # Programs send no Origin, but a browser always does. In a browser, only our own page may use the page's token.
        # The scheme counts: whoever can change a page on http:// must not use a token of the page on https://.
        origins = headers.getlist("origin")
        if not origins:
            return True
        origin = origins[0].lower()
        own = origin == without_default_port(f"{scheme}://{headers.get('host', '')}".lower())
        return len(origins) == 1 and (own or "*" in self._origins or origin in self._origins)


class Handler(BaseGraphQLTransportWSHandler[Any, None]):
    """Handles one socket: Strawberry's protocol, with our accounts, contexts and errors."""

    def __init__(
        self,
        sockets: Sockets,
        wire: Wire,
        address: str,
        connection: Any,
        init_timeout: timedelta,
        authorization: str | None,
    ) -> None:
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
        self._address = address
        self._authorization = authorization
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
            handshake, self._authorization = self._authorization, None
            token = connection_token(context.pop("connection_params"), handshake)
            self._account = await self._sockets.accounts.of_token(token)
            logs.user.set(str(self._account.viewer.id))
            self._sockets.shares.streams.take(self._account.viewer.id, None)
        except Unauthenticated as why:
            await self._reject(FORBIDDEN, unauthenticated(str(why)))
        except Unavailable as away:
            await self._reject(TRY_AGAIN_LATER, unavailable(away))
        except TooMany as too_many:
            await self._reject(TRY_AGAIN_LATER, too_many.formatted)
        self._lease = self._sockets.accounts.begin(self._account)
        self._lease.ended.add_done_callback(self._end)
        if self._connection:
            self._connection.admit()
        return {}

    async def _reject(self, code: int, error: Mapping[str, Any]) -> NoReturn:
        reason = error["message"]
        refused([error])
        await self.websocket.close(code, reason)
        # Strawberry now closes with a reason that says nothing, and finds the socket closed.
        raise ConnectionRejectionError({"message": reason}) from None

    def _end(self, ended: asyncio.Future[str]) -> None:
        self._closing = asyncio.create_task(self.websocket.close(FORBIDDEN, ended.result()))

    async def shutdown(self) -> None:
        await super().shutdown()
        if self._lease:
            self._lease.ended.remove_done_callback(self._end)
            self._sockets.accounts.release(self._lease)
            self._sockets.shares.streams.give_back(self._lease.account.viewer.id, None)

    async def handle_ping(self, message: PingMessage) -> None:
        await self.send_message(cast("Message", {**message, "type": "pong"}))

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        payload: Any = message["payload"]
        if self.connection_acknowledged and message["id"] not in self.operations:
            if refused := self._refusal(payload):
                await self.send_message({"id": message["id"], "type": "error", "payload": [refused.formatted]})
                return
            # Strawberry gives an operation only the `query` of what can name a document. So `query` holds all of it.
            payload["query"] = Asked.of(payload)
        await super().handle_subscribe(message)

    def _refusal(self, payload: dict[str, Any]) -> GraphQLError | None:
        if fault := unusable(payload):
            return request_error(RequestErrorCode.BAD_REQUEST, fault)
        return _TOO_MANY if len(self.operations) >= OPERATIONS_AT_ONCE else None

    async def run_operation(self, operation: Operation[Any, None]) -> None:
        """Runs one operation in a task. An error in it ends only this operation."""
        with suppress(WebSocketDisconnected):
            try:
                share, results, seen = await self._begin(operation)
            except GraphQLError as error:
                errors = public_errors([error], suggest=self._suggests())
                refused(errors)
                await self._send_errors(operation, errors)
                return
            try:
                async with aclosing(results):
                    async for result in results:
                        if await self._send(operation, cast("ExecutionResult", result), seen):
                            return
                await operation.send_operation_message({"id": operation.id, "type": "complete"})
            finally:
                share.give_back(*self._holder)
                seen.end()
                seen.log()

    async def _begin(self, operation: Operation[Any, None]) -> tuple[Share, StreamResult, Observation]:
        """Starts an operation. Returns the share that it counts in, its results, and what is noted of it."""
        assert self._account
        services, viewer = self._sockets.services, self._account.viewer
        asked = self._sockets.persisted.resolved(cast("Asked", operation.query))
        node = await admitted(
            asked,
            services.limits,
            viewer.id,
            introspects=services.shows_schema(viewer),
            imports=Role.SITE_ADMIN in viewer.site_roles,
        )
        share = self._sockets.shares.of_kind(node.operation)
        share.take(*self._holder)
        try:
            seen = Observation(node, viewer.id)
            return share, await self._results(operation, asked, share), seen
        except BaseException:
            share.give_back(*self._holder)
            raise

    @property
    def _holder(self) -> tuple[UUID, str]:
        assert self._account
        return self._account.viewer.id, self._address

    async def _results(self, operation: Operation[Any, None], asked: Asked, share: Share) -> StreamResult:
        assert self._account
        services = self._sockets.services
        # From here on, all who sent the same document hold one text.
        operation.query = document = DOCUMENTS.of(asked.query).text
        outlet = socket_outlet(self._connection, operation) if services.fast_paths else None
        context = Context(services, self._account.viewer, outlet, counting=partial(share.held, *self._holder))
        return await self.schema.stream(
            document, variable_values=asked.variables, context_value=context, operation_name=asked.operation_name
        )

    async def _send(self, operation: Operation[Any, None], result: ExecutionResult, seen: Observation) -> bool:
        """Sends one result. Returns whether it was the operation's last."""
        seen.note(result.errors, None if isinstance(result, PreExecutionError) else result.data)
        payload: Any = formatted(result, suggest=self._suggests())
        if isinstance(result, PreExecutionError):
            await self._send_errors(operation, payload["errors"])
            return True
        await operation.send_operation_message(NextMessage(id=operation.id, type="next", payload=payload))
        return False

    async def _send_errors(self, operation: Operation[Any, None], errors: Any) -> None:
        await operation.send_operation_message(ErrorMessage(id=operation.id, type="error", payload=errors))

    def _suggests(self) -> bool:
        return self._account is not None and self._sockets.services.shows_schema(self._account.viewer)


_TOO_MANY = request_error(
    RequestErrorCode.TOO_MANY_OPERATIONS, f"This socket already runs {OPERATIONS_AT_ONCE} operations."
)
