"""Validation: each document is validated once, in a separate thread, one at a time, and with limited cost.

A document within the limits can take 40 ms. The event loop continues meanwhile. Many documents at once wait for each
other and delay no other request.
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OverlappingFieldsCanBeMergedRule,
    specified_rules,
    validate,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from schema.execution.codes import RequestErrorCode
from schema.execution.documents import DOCUMENTS, Document
from schema.execution.merging import conflicts

MAX_ERRORS = 20


class OneSuggestion(ASTValidationRule):
    """Only the first error suggests a name that may have been meant: a search of all names takes up to 20 ms."""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        report = context.on_error

        def report_and_hide(error: GraphQLError) -> None:
            context._hide_suggestions = True
            report(error)

        context.on_error = report_and_hide


RULES: tuple[type[ASTValidationRule], ...] = (
    OneSuggestion,
    *(rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule),
    MaybeNullValidationRule,
    OneOfInputValidationRule,
)


def errors_of(schema: GraphQLSchema, parsed: DocumentNode) -> list[GraphQLError]:
    """Returns the errors of the document, with codes."""
    found = _errors(schema, parsed)
    for error in found:
        error.extensions = {"code": RequestErrorCode.GRAPHQL_VALIDATION_FAILED.value} | (error.extensions or {})
    return found


def _errors(schema: GraphQLSchema, parsed: DocumentNode) -> list[GraphQLError]:
    # Fields are compared for merging only if the document is valid otherwise.
    try:
        return validate(schema, parsed, RULES, MAX_ERRORS) or [*islice(conflicts(schema, parsed), MAX_ERRORS)]
    except GraphQLError as error:
        return [error.with_traceback(None)]  # The traceback would keep everything that validation has made.


_THREAD = ThreadPoolExecutor(1, thread_name_prefix="validation")


async def found_errors(schema: GraphQLSchema, text: str) -> list[GraphQLError]:
    """Returns the errors of the document with this text, which DOCUMENTS keeps with the document."""
    document = DOCUMENTS.of(text)
    if document.errors is None:
        # DOCUMENTS may drop the document meanwhile. This operation then uses its own reference to it.
        await asyncio.get_running_loop().run_in_executor(_THREAD, _validate, schema, document)
        DOCUMENTS.recount(document)
    return document.errors or []


def _validate(schema: GraphQLSchema, document: Document) -> None:
    if document.errors is None:  # After a restart, many clients send the same document at once.
        document.errors = errors_of(schema, document.parsed)


class OneValidation(SchemaExtension):
    """Takes the errors that were found in a document before."""

    async def on_validate(self) -> AsyncIterator[None]:
        context = self.execution_context
        assert context.query
        context.pre_execution_errors = await found_errors(context.schema._schema, context.query)
        yield
