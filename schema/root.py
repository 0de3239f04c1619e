"""The whole schema: its root types, its settings, and how it reports errors."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime
from typing import Any

import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLError,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
)
from graphql.utilities.print_schema import print_schema_definition
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types.execution import ExecutionContext
from strawberry.types.graphql import OperationType

from schema.context import Context
from schema.events.entries import EVENT_TYPES
from schema.execution.cost import TooExpensive, cost_of
from schema.execution.documents import Document, OneParse
from schema.execution.hooks import Runner
from schema.execution.lists import bound_lists
from schema.execution.page_queries import PageQuery, page_query
from schema.execution.renderings import StreamExecutor
from schema.execution.reports import is_fault
from schema.execution.time_limits import in_time
from schema.execution.validation import OneValidation, errors_of, validate
from schema.introduction import INTRODUCTION
from schema.mutations.root import Mutation
from schema.queries import Query
from schema.subscriptions import Subscription
from schema.types.feed import FEED_TYPES
from schema.types.scalars import DATE_TIME, EVENT_CURSOR, EventCursor

logger = logging.getLogger(__name__)


class OneMoment(SchemaExtension):
    """Opens a query's snapshot with the first statement, and closes it when the query ends or has taken too long.

    A mutation has its own deadline. A stream has none, but each of its events has a deadline.
    """

    async def on_execute(self) -> AsyncIterator[None]:
        context = self.execution_context.context
        assert isinstance(context, Context)
        seconds = context.services.limits.seconds
        context.ends_at = asyncio.get_running_loop().time() + seconds
        async with self._bounded(seconds), context.services.database.snapshot(context.viewer) as snapshot:
            context.operation_snapshot = snapshot
            yield

    def _bounded(self, seconds: float) -> AbstractAsyncContextManager[None]:
        return in_time(seconds) if self.execution_context.operation_type is OperationType.QUERY else nullcontext()


class EnfiladeSchema(strawberry.Schema):
    """Logs faults of the server. Refusals and errors of the client go only to the client.

    `description` is the description of the schema, which Strawberry has no place for.
    """

    def __init__(self, *, description: str, **parts: Any) -> None:
        super().__init__(**parts)
        self._schema.description = description
        for each in _inputs(self._schema):
            # Python's None would show as a default of null, but clients must see no default.
            if each.default_value is None:
                each.default_value = Undefined

    def bound_lists(
        self, operation: OperationDefinitionNode, variables: Mapping[str, Any] | None, *, imports: bool
    ) -> None:
        """Cuts lists in the variables that are longer than any list of the caller may be (schema/execution/lists.py)."""
        bound_lists(self._schema, operation, variables or {}, imports=imports)

    def check_cost(
        self, text: str, operation: OperationDefinitionNode, variables: Mapping[str, Any] | None, limit: int
    ) -> None:
        """Raises TooExpensive for an operation of this text that costs more than the limit."""
        cost = cost_of(self._schema, text, operation, variables or {})
        if cost > limit:
            raise TooExpensive(cost, limit, operation)

    def page_query(
        self, text: str, operation: OperationDefinitionNode, variables: Mapping[str, Any] | None
    ) -> PageQuery | None:
        """Returns how to use an answer of this operation again, or None if it is no query of a gallery's page."""
        return page_query(self._schema, text, operation, variables)

    def errors_in(self, document: Document) -> list[GraphQLError]:
        """Validates the document now, in this thread, and returns its errors."""
        if document.errors is None:
            document.errors = errors_of(self._schema, document.parsed)
        return document.errors

    async def validate(self, document: Document) -> None:
        """Validates the document beside the event loop, unless it is known to be valid or not."""
        await validate(self._schema, document)

    def create_extensions_runner(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension]
    ) -> Runner:
        return Runner(execution_context, extensions)

    def process_errors(self, errors: Sequence[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        # An exception that failed many items is one fault in the log, though the client gets an error for each item.
        faults = {id(error.original_error): error for error in reversed(errors) if is_fault(error)}
        for error in reversed(faults.values()):
            logger.error("a resolver failed at %s", error.path, exc_info=error.original_error)


def _inputs(schema: GraphQLSchema) -> Iterator[GraphQLInputField | GraphQLArgument]:
    for of in schema.type_map.values():
        if isinstance(of, GraphQLInputObjectType):
            yield from of.fields.values()
        elif isinstance(of, GraphQLObjectType | GraphQLInterfaceType):
            yield from (argument for field in of.fields.values() for argument in field.args.values())


schema = EnfiladeSchema(
    description=INTRODUCTION,
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[*EVENT_TYPES, *FEED_TYPES],
    execution_context_class=StreamExecutor,
    extensions=[OneMoment, OneParse, OneValidation],
    config=StrawberryConfig(scalar_map={EventCursor: EVENT_CURSOR, datetime: DATE_TIME}),
)


def sdl() -> str:
    """Returns the schema in SDL. Strawberry leaves out the definition that has the schema's own description."""
    return f"{print_schema_definition(schema._schema)}\n\n{schema.as_str()}\n"
