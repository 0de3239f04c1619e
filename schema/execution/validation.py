"""Validation: each document is validated once, beside the event loop, in its caller's turn, and with limited cost."""

from collections.abc import AsyncIterator, Hashable
from itertools import islice
from typing import Any

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OverlappingFieldsCanBeMergedRule,
    specified_rules,
)
from graphql import validate as core_validate
from graphql.validation.validate import ValidationAbortedError
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from schema.context import Context
from schema.execution.codes import RequestErrorCode
from schema.execution.documents import DOCUMENTS, Document
from schema.execution.merging import conflicts
from schema.execution.reports import MOST_ERRORS
from schema.execution.turns import beside_the_loop, turn_of

MAX_CHARACTERS = 10_000
"""The characters of all errors' messages. Some messages have a whole value of the document, which takes long to print."""


class FewErrors(ASTValidationRule):
    """Ends validation when its errors are long enough.

    Only the first error suggests a name that may have been meant: a search of all names takes up to 20 ms.
    """

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        report, characters = context.on_error, 0

        def report_and_hide(error: GraphQLError) -> None:
            nonlocal characters
            context._hide_suggestions = True
            report(error)
            characters += len(error.message)
            if characters > MAX_CHARACTERS:
                raise ValidationAbortedError("The errors are too long. Validation aborted.")

        context.on_error = report_and_hide


RULES: tuple[type[ASTValidationRule], ...] = (
    FewErrors,
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
        return core_validate(schema, parsed, RULES, MOST_ERRORS) or [*islice(conflicts(schema, parsed), MOST_ERRORS)]
    except GraphQLError as error:
        return [error.with_traceback(None)]  # The traceback would keep everything that validation has made.


async def found_errors(schema: GraphQLSchema, text: str, caller: Hashable = None) -> list[GraphQLError]:
    """Returns the errors of the document with this text, which DOCUMENTS keeps with the document."""
    document = DOCUMENTS.of(text)
    if document.errors is None:
        # DOCUMENTS may drop the document meanwhile. This operation then uses its own reference to it.
        async with turn_of(caller):
            await validate(schema, document)
    return document.errors or []


async def validate(schema: GraphQLSchema, document: Document) -> None:
    """Finds the document's errors beside the loop, unless they are known. It is the caller's turn."""
    if document.errors is None:  # After a restart, many clients send the same document at once.
        document.errors = await beside_the_loop(errors_of, schema, document.parsed)
        DOCUMENTS.recount(document)


class OneValidation(SchemaExtension):
    """Takes the errors that were found in a document before."""

    async def on_validate(self) -> AsyncIterator[None]:
        execution = self.execution_context
        assert execution.query
        caller = execution.context.viewer.id if isinstance(execution.context, Context) else None
        execution.pre_execution_errors = await found_errors(execution.schema._schema, execution.query, caller)
        yield
