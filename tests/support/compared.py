"""Compares what compiled functions make of a value with what graphql-core makes of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import pytest
from graphql.execution.executor import CollectedErrors
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as Stock

from schema.execution.compiled import CompiledExecutor


@dataclass
class Comparison:
    """What happened to the values of root fields: how many were compiled, why others were not, and what differs."""

    compiled: int = 0
    refused: list[Exception] = field(default_factory=list)
    different: list[tuple[object, object]] = field(default_factory=list)


@contextmanager
def counted() -> Iterator[Comparison]:
    """While entered, counts the values that compiled functions complete."""
    found, completed = Comparison(), CompiledExecutor._completed

    def count(self: CompiledExecutor, *of: Any) -> Any:
        try:
            value = completed(self, *of)
        except Exception as error:
            found.refused.append(error)
            raise
        found.compiled += 1
        return value

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CompiledExecutor, "_completed", count)
        yield found


@contextmanager
def compared() -> Iterator[Comparison]:
    """While entered, compares each value that a compiled function completes. Cursors of rest are not random meanwhile."""
    with counted() as found, pytest.MonkeyPatch.context() as patch:
        complete = CompiledExecutor.complete_value

        def compare(self: CompiledExecutor, of: Any, details: Any, info: Any, path: Any, result: Any, more: Any) -> Any:
            before = found.compiled
            value = complete(self, of, details, info, path, result, more)
            if found.compiled > before:
                expected = as_usual(self, of, details, info, path, result, more)
                if repr(value) != repr(expected):  # It shows the order of keys, which == does not compare.
                    found.different.append((value, expected))
            return value

        patch.setattr(CompiledExecutor, "complete_value", compare)
        patch.setattr("secrets.randbits", lambda _bits: 0)
        yield found


def as_usual(executor: CompiledExecutor, *of: Any) -> Any:
    """Returns what graphql-core makes of a value, or its errors."""
    alone = copy(executor)
    alone.collected_errors, alone._relevant_sub_fields = CollectedErrors(), {}
    try:
        value = Stock.complete_value(alone, *of)
    except Exception as error:  # noqa: BLE001  # it is compared like any other outcome
        return error
    return alone.collected_errors.errors or value
