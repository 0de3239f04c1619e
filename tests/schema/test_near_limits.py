"""Documents near every limit: whatever is generated is answered without a fault, in work that is bounded by its size.

The work is counted in steps and not in time.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from graphql import ASTValidationRule, GraphQLError
from hypothesis import HealthCheck, event, given, settings

from schema.context import Context
from schema.execution import cost, measure, merging, validation
from schema.execution.codes import RequestErrorCode
from schema.execution.documents import DOCUMENTS
from schema.execution.measure import DocumentLimits
from schema.execution.reports import is_fault
from schema.root import schema
from server.requests import Asked, admitted
from tests.support.wild_documents import VARIABLES, documents
from tests.support.world import World

LIMITS = DocumentLimits()
REFUSALS = {
    RequestErrorCode.DOCUMENT_TOO_LARGE, RequestErrorCode.TOO_EXPENSIVE, RequestErrorCode.GRAPHQL_PARSE_FAILED,
    RequestErrorCode.OPERATION_RESOLUTION_FAILURE,
}  # fmt: skip


class Work:
    """Counts the steps of each stage that traverses a document."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps: Counter[str] = Counter()
        self._count(monkeypatch, measure._Measure, "_node")
        self._count(monkeypatch, cost._Counting, "_field")
        self._count(monkeypatch, merging._Merging, "_step")
        steps = self.steps

        class Visits(ASTValidationRule):
            def enter(self, *_: object) -> None:
                steps["visits"] += 1

        monkeypatch.setattr(validation, "RULES", (*validation.RULES, Visits))

    def _count(self, monkeypatch: pytest.MonkeyPatch, of: Any, name: str) -> None:
        method = getattr(of, name)

        def counted(*arguments: Any) -> Any:
            self.steps[name] += 1
            return method(*arguments)

        monkeypatch.setattr(of, name, counted)


@pytest.fixture(scope="module")
def work() -> Iterator[Work]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield Work(monkeypatch)


@pytest.fixture(scope="module")
async def context(lasting_world: World) -> Context:
    viewer = (await lasting_world.process.accounts.of_token(lasting_world.token("student-001"))).viewer
    return Context(lasting_world.process.services, viewer)


async def codes(context: Context, text: str) -> set[str]:
    """Executes a document as a transport does, and asserts no fault. Returns the code, if it was refused before.

    Each document has a caller of its own, so that none is refused for its number.
    """
    try:
        operation = await admitted(Asked(text, VARIABLES, "Q0"), context.services.limits, uuid4())
    except GraphQLError as refused:
        return {str((refused.extensions or {})["code"])}
    name = operation.name.value if operation.name else None
    result = await schema.execute(text, variable_values=VARIABLES, context_value=context, operation_name=name)
    assert not [error for error in result.errors or () if is_fault(error)], text
    return set()


def tokens(text: str) -> int:
    known = DOCUMENTS.known(text)
    return known.parsed.token_count if known else LIMITS.tokens


async def answer(context: Context, work: Work, text: str) -> None:
    work.steps.clear()
    refused = await codes(context, text)
    known = DOCUMENTS.known(text)
    event(", ".join(refused) or ("invalid" if known and known.errors else "executed"))
    assert refused <= REFUSALS, text
    size = tokens(text)
    assert work.steps["_node"] <= size, "the size is measured in one pass"
    assert work.steps["_field"] <= 2 * size, "the cost is counted once for each operation that is asked for"
    assert work.steps["visits"] <= 3 * size, "validation visits each node once"
    assert work.steps["_step"] <= merging.MAX_STEPS + 1


UNCHECKED = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=25, deadline=None, suppress_health_check=UNCHECKED)
@given(text=documents())
async def test_whatever_is_sent_is_answered_in_bounded_work_and_without_a_fault(
    context: Context, work: Work, text: str
) -> None:
    await answer(context, work, text)


@pytest.mark.second_tier
@settings(max_examples=500, deadline=None, suppress_health_check=UNCHECKED)
@given(text=documents())
async def test_five_hundred_documents_more(context: Context, work: Work, text: str) -> None:
    await answer(context, work, text)
