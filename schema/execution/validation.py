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

from schema.execution.documents import REMEMBERED, document
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
    """Returns the errors of the document. Fields are compared for merging only if the document is valid otherwise."""
    try:
        return validate(schema, parsed, RULES, MAX_ERRORS) or [*islice(conflicts(schema, parsed), MAX_ERRORS)]
    except GraphQLError as error:
        return [error]


class Validations:
    """The errors that were found in the documents of one schema."""

    def __init__(self) -> None:
        self._found: dict[str, list[GraphQLError]] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="validation")

    async def errors(self, schema: GraphQLSchema, text: str) -> list[GraphQLError]:
        """Returns the errors of the document with this text."""
        found = self._found.get(text)
        if found is not None:
            return found
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._validate, schema, text)

    def _validate(self, schema: GraphQLSchema, text: str) -> list[GraphQLError]:
        found = self._found.get(text)  # After a restart, many clients send the same document at once.
        if found is None:
            found = errors_of(schema, document(text))
            if len(self._found) >= REMEMBERED:
                del self._found[next(iter(self._found))]
            self._found[text] = found
        return found


VALIDATIONS = Validations()


class OneValidation(SchemaExtension):
    """Takes the errors of a document from VALIDATIONS."""

    async def on_validate(self) -> AsyncIterator[None]:
        context = self.execution_context
        assert context.query
        context.pre_execution_errors = await VALIDATIONS.errors(context.schema._schema, context.query)
        yield
