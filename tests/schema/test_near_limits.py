"""Documents near every limit: whatever is generated is answered without a fault, in work that is bounded by its size.

The work is counted in steps and not in time.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from graphql import ASTValidationRule, GraphQLError, GraphQLObjectType, get_named_type, is_composite_type
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from schema.context import Context
from schema.execution import cost, measure, merging, validation
from schema.execution.codes import RequestErrorCode
from schema.execution.documents import DOCUMENTS
from schema.execution.measure import DocumentLimits
from schema.root import is_fault, schema
from server.requests import Asked, admitted
from tests.support.world import World

CORE = schema._schema
LIMITS = DocumentLimits()
TYPES = {
    name: of
    for name, of in CORE.type_map.items()
    if isinstance(of, GraphQLObjectType) and not name.startswith("__") and name not in ("Mutation", "Subscription")
}
REFUSALS = {
    RequestErrorCode.DOCUMENT_TOO_LARGE, RequestErrorCode.TOO_EXPENSIVE, RequestErrorCode.GRAPHQL_PARSE_FAILED,
    RequestErrorCode.OPERATION_RESOLUTION_FAILURE,
}  # fmt: skip
ARGUMENTS = {"first": ["(first: 1)", "(first: 100)", "(first: $n)", "(first: -1)"], "by": ['(by: {id: "x"})', "(by: {})"],
    "ids": ["(ids: $ids)", '(ids: ["x", "y"])', "(ids: [[[[]]]])"], "id": ['(id: "x")', '(id: """x""")', "(id: {a: [1]})"],
    "roomId": ['(roomId: "x")'], "input": ["(input: {})"], "sessionId": ["(sessionId: $ids)"]}  # fmt: skip
DIRECTIVES = ["", "", "", "", " @include(if: $yes)", " @skip(if: false)", " @include(if: true) @skip(if: $yes)", " @a"]
TIMES = st.sampled_from([1, 1, 1, 2, 3, 10, 40])
"""How often a part is repeated. So many documents come near a limit or exceed it."""


@st.composite
def selections(draw: st.DrawFn, of: str, depth: int, spread: list[str]) -> str:
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        part = draw(parts_of(of, depth, spread))
        times = draw(TIMES)
        parts += [part.replace("ALIAS", f"a{number}" if draw(st.booleans()) else "a") for number in range(times)]
    return "{ " + " ".join(parts) + " }"


@st.composite
def parts_of(draw: st.DrawFn, of: str, depth: int, spread: list[str]) -> str:
    directive = draw(st.sampled_from(DIRECTIVES))
    match draw(st.sampled_from(["field", "field", "field", "field", "spread", "inline", "unknown"])):
        case "spread":
            return f"...{draw(st.sampled_from(spread))}{directive}"
        case "inline":
            condition = draw(st.sampled_from([of, of, "", "Node", "User", "Nothing"]))
            below = draw(selections(condition if condition in TYPES else of, max(depth - 1, 0), spread))
            return f"...{f' on {condition}' if condition else ''}{directive} {below}"
        case "unknown":
            return draw(st.sampled_from(["ALIAS: nothing", "__typename", "ALIAS: id", "id(x: 1)", "edges { cursor }"]))
    name, field = draw(st.sampled_from([*TYPES[of].fields.items()]))
    arguments = [text for argument in field.args for text in ARGUMENTS.get(argument, ())]
    given_to = draw(st.sampled_from(["", *arguments]))
    alias = draw(st.sampled_from(["", "", "ALIAS: "]))
    target = get_named_type(field.type)
    if not is_composite_type(target):
        return f"{alias}{name}{given_to}{directive}"
    inner = target.name if target.name in TYPES and depth else draw(st.sampled_from(["User", "Gallery"]))
    below = draw(selections(inner, depth - 1, spread)) if depth else "{ __typename }"
    return f"{alias}{name}{given_to}{directive} {below}"


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Returns a document whose fragments spread each other, in cycles too."""
    names = [f"F{number}" for number in range(draw(st.integers(1, 6)))]
    variables = draw(st.sampled_from(["", "($n: Int, $ids: [ID!]!, $yes: Boolean = true)"]))
    operations = [
        f"query Q{number}{variables} {draw(selections('Query', 3, names))}"
        for number in range(draw(st.sampled_from([1, 1, 1, 2, 60])) % 4 or 1)
    ]
    fragments = []
    for name in names:
        of = draw(st.sampled_from(["Query", "User", "Gallery", "Room", "Node", "Nothing"]))
        below = draw(selections(of if of in TYPES else "User", 2, names))
        fragments.append(f"fragment {name} on {of} {below}")
    return " ".join(operations + fragments)


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
    variables = {"n": 3, "ids": ["x"], "yes": True}
    try:
        operation = await admitted(Asked(text, variables, "Q0"), context.services.limits, uuid4())
    except GraphQLError as refused:
        return {str((refused.extensions or {})["code"])}
    name = operation.name.value if operation.name else None
    result = await schema.execute(text, variable_values=variables, context_value=context, operation_name=name)
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
