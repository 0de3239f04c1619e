"""POST and GET /graphql: one answer, or a stream over SSE or multipart (docs/decisions/0006-transports.md)."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Coroutine, Mapping
from contextlib import ExitStack, aclosing
from functools import partial
from typing import Any, TypeVar, cast
from uuid import UUID

import orjson
from graphql import GraphQLError, OperationDefinitionNode, OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive
from strawberry.types.execution import ExecutionResult

from models.errors import Unavailable
from models.permissions import Role
from schema.context import Context, Services
from schema.execution.codes import RequestErrorCode
from schema.execution.documents import DOCUMENTS
from schema.execution.page_queries import PageQuery
from schema.execution.reports import FAULT, public_errors
from schema.pages import Page, Pages
from schema.root import schema
from server import logs
from server.accounts import Account, Accounts
from server.addresses import address_of
from server.answers import answered, formatted, malformed_request, of_result, refusal, sent, unauthenticated, validated
from server.auth import bearer
from server.claims import Unauthenticated
from server.http_streams import Stream, encoded
from server.leases import stop, while_leased
from server.observed import Observation, observed, refused
from server.outlets import chunk_outlet
from server.persisted import PersistedDocuments
from server.requests import STREAMS, Asked, BadRequest, Form, admitted, form, form_of_refusal, read
from server.shares import Share, Shares, TooMany
from server.stopping import cut_off
from server.stream_forms import STREAM_FORMS, StreamForm
from server.unavailable import retry_after, unavailable

logger = logging.getLogger(__name__)

T = TypeVar("T")

CLIENT_LEFT = 499
"""The status of a request whose client did not wait for the answer. It appears only in the log, as in nginx."""


SINGLE_CONNECTION = "graphql-sse's single connection mode is not offered. Leave out `singleConnection`, or use a WebSocket, which takes many streams."
# A GET must not run a mutation. A HEAD must not run a subscription, which never ends.
WITHOUT_POST = {"GET": (OperationType.QUERY, OperationType.SUBSCRIPTION), "HEAD": (OperationType.QUERY,)}


class Endpoint:
    """The handler of the route."""

    def __init__(
        self,
        services: Services,
        accounts: Accounts,
        persisted: PersistedDocuments,
        shares: Shares,
        max_body_bytes: int,
    ) -> None:
        self._services = services
        self._accounts = accounts
        self._persisted = persisted
        self._shares = shares
        self._max_body_bytes = max_body_bytes
        self._pages = Pages(services)

    async def answer(self, request: Request) -> Response:
        try:
            account = await self._accounts.of_token(bearer(request.headers.get("authorization")))
            logs.user.set(str(account.viewer.id))
            return await self._answer(request, account, await read(request, self._max_body_bytes))
        except Unauthenticated as why:
            return turned_away(unauthenticated(str(why)), 401, {"www-authenticate": "Bearer"})
        except Unavailable as away:
            return turned_away(unavailable(away), 503, retry_after(away.extensions))
        except TooMany as too_many:
            return turned_away(too_many.formatted, 503, too_many.headers)
        except BadRequest as bad:
            return turned_away(malformed_request(bad), bad.status, bad.headers)
        except ClientDisconnect:  # in the middle of the body, or before the document had its turn
            return Response(status_code=CLIENT_LEFT)
        except Exception:
            logger.exception("a request failed")
            return turned_away(FAULT, 500)

    async def _answer(self, request: Request, account: Account, asked: Asked) -> Response:
        try:
            asked = self._persisted.resolved(asked)
            node = await self._admitted(request, account, asked)
        except GraphQLError as error:
            errors = public_errors([error], suggest=self._services.shows_schema(account.viewer))
            refused(errors)
            return refusal(errors, form_of_refusal(request))
        if request.method != "POST" and node.operation not in WITHOUT_POST[request.method]:
            raise BadRequest(405, f"A {node.operation.value} may not be sent by {request.method}.", Allow="POST")
        chosen = form(request, node.operation)
        share = self._shares.of_kind(node.operation)
        holder = account.viewer.id, address_of(request.scope)
        context = Context(self._services, account.viewer, counting=partial(share.held, *holder))
        if chosen in STREAMS:
            if self._services.fast_paths:
                context.outlet = chunk_outlet(request.scope, partial(encoded, chosen))
            if chosen is Form.SSE:
                context.resumes_after = request.headers.get("last-event-id")
            stream = STREAM_FORMS[chosen]
            parts = self._parts(account, context, asked, stream, node, request.headers)
            return Stream(parts, self._held(share, *holder), stream.headers, stream.farewell())
        with observed(node, account.viewer.id, request.headers) as seen, share.held(*holder):
            try:
                return await self._once(request, context, asked, node, chosen, seen)
            except asyncio.CancelledError:
                away = cut_off(mutates=node.operation is OperationType.MUTATION)
                seen.codes.append(away.code)
                return answered({"errors": [unavailable(away)]}, chosen, 503, retry_after(away.extensions))

    async def _admitted(self, request: Request, account: Account, asked: Asked) -> OperationDefinitionNode:
        viewer = account.viewer
        work = admitted(
            asked,
            self._services.limits,
            viewer.id,
            introspects=self._services.shows_schema(viewer),
            imports=Role.SITE_ADMIN in viewer.site_roles,
        )
        if DOCUMENTS.known(asked.query):
            return await work
        # The document waits for its turn, and the client may leave meanwhile.
        found = await _while_connected(request, work)
        if found is None:
            raise ClientDisconnect
        return found

    def _held(self, share: Share, user: UUID, address: str) -> ExitStack:
        """Returns what a stream holds, to be given back at its end. Raises TooMany."""
        with ExitStack() as stack:
            stack.enter_context(self._shares.streams.held(user, address))
            stack.enter_context(share.held(user, address))
            return stack.pop_all()

    async def _once(
        self,
        request: Request,
        context: Context,
        asked: Asked,
        node: OperationDefinitionNode,
        chosen: Form,
        seen: Observation,
    ) -> Response:
        if node.operation is not OperationType.QUERY:
            # A mutation runs to its end, even if the client no longer waits for the answer.
            done = await self._execution(context, asked)
            seen.note(done.errors, done.data)
            return of_result(done, chosen, suggest=context.shows_schema)
        page = schema.page_query(asked.query, node, asked.variables)
        result = await _while_connected(request, self._result(page, context, asked))
        if result is None:
            return Response(status_code=CLIENT_LEFT)
        if isinstance(result, Page):
            answer = sent(result.body, chosen, 200)
        else:
            seen.note(result.errors)
            answer = of_result(result, chosen, suggest=context.shows_schema)
        is_whole = isinstance(result, Page) or not result.errors
        return validated(request, answer) if page and is_whole and request.method != "POST" else answer

    async def _result(self, page: PageQuery | None, context: Context, asked: Asked) -> ExecutionResult | Page:
        if page is None or not self._services.fast_paths:
            return await self._execution(context, asked)
        return await self._pages.answer(page, context, partial(self._execution, context, asked))

    async def _execution(self, context: Context, asked: Asked) -> ExecutionResult:
        return await schema.execute(
            asked.query, variable_values=asked.variables, context_value=context, operation_name=asked.operation_name
        )

    async def _parts(
        self,
        account: Account,
        context: Context,
        asked: Asked,
        stream: StreamForm,
        node: OperationDefinitionNode,
        headers: Mapping[str, str],
    ) -> AsyncGenerator[bytes, None]:
        with observed(node, account.viewer.id, headers) as seen:
            yield stream.opening()
            async with aclosing(self._told(account, context, asked, stream, seen)) as parts:
                async for part in parts:
                    yield part

    async def _told(
        self, account: Account, context: Context, asked: Asked, stream: StreamForm, seen: Observation
    ) -> AsyncGenerator[bytes, None]:
        results = await schema.stream(
            asked.query, variable_values=asked.variables, context_value=context, operation_name=asked.operation_name
        )
        with self._accounts.lease(account) as lease:
            async with aclosing(while_leased(lease, results, stream.heartbeat_seconds)) as leased:
                async for result in leased:
                    if result is None:
                        yield stream.heartbeat
                    else:
                        # An error that follows has no cursor. It must not have that of an earlier item.
                        cursor, context.cursor = context.cursor, None
                        seen.note(cast("ExecutionResult", result).errors)
                        answer = formatted(cast("ExecutionResult", result), suggest=context.shows_schema)
                        yield stream.part(orjson.dumps(answer), cursor)
            if lease.ended.done():
                seen.codes.append(RequestErrorCode.UNAUTHENTICATED)
                yield stream.refusal(unauthenticated(lease.ended.result()))
        yield stream.complete


def turned_away(error: Mapping[str, Any], status: int, headers: dict[str, str] | None = None) -> Response:
    """Returns the answer to a request of which nothing was executed, and counts it."""
    if logs.codes.get() is None:  # otherwise it was counted as the operation that it is
        refused([error])
    return answered({"errors": [error]}, Form.JSON, status, headers)


async def refuse_reservation(_request: Request) -> Response:
    """Answers a PUT, with which graphql-sse's single connection mode begins."""
    return answered({"errors": [malformed_request(BadRequest(501, SINGLE_CONNECTION))]}, Form.JSON, 501)


async def _while_connected(request: Request, execution: Coroutine[Any, Any, T]) -> T | None:
    """Returns the result, or None if the client leaves before the result is there.

    If the client leaves, the execution stops and releases its connection.
    """
    executing = asyncio.create_task(execution)
    gone = asyncio.create_task(_disconnect(request.receive))
    try:
        await asyncio.wait({executing, gone}, return_when=asyncio.FIRST_COMPLETED)
        return executing.result() if executing.done() else None
    finally:
        await stop(executing, gone)


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
