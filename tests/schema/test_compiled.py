"""Compiled queries answer what graphql-core answers (docs/decisions/0014-compiled-queries.md)."""

import gc
import weakref
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import lru_cache
from itertools import product
from random import Random
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLObjectType,
    get_named_type,
    is_composite_type,
    parse,
    print_ast,
    validate,
)
from graphql.execution.collect_fields import FieldDetails
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as Stock

from models.errors import Invalid
from resolvers import people
from schema.context import Context
from schema.execution.compiling import Call, NotCompilable, compile_selection
from schema.execution.plans import MAX_COMPILED, MAX_PLANS, Plan
from schema.execution.renderings import StreamExecutor
from schema.root import schema
from tests.support import odd_schema
from tests.support.compared import counted
from tests.support.interactions import meet
from tests.support.odd_schema import OBJECTS, ODD, SCHEMA, VALUES, Holding, Owner, Slow, Stone, Tree
from tests.support.questions import ask
from tests.support.unbatched_loading import CORE, VARIABLES, Documents, fails
from tests.support.world import World

DOCUMENTS = 60


@lru_cache(DOCUMENTS)
def valid(seed: int, core: Any = SCHEMA) -> DocumentNode | None:
    """Returns the document of this number, or None in the rare case that its fields cannot be merged."""
    parsed = parse(Documents(Random(seed), core).of_any_roots())
    return None if validate(core, parsed) else parsed


async def compare(seed: int, odd: float) -> None:
    """Executes one document with other values in each turn, compiled and interpreted."""
    parsed = valid(seed)
    for turn in range(3) if parsed else ():
        assert parsed
        given = VARIABLES | {"yes": turn != 1, "no": turn == 2}
        ours = await odd_schema.run(parsed, given, odd_schema.World(seed + turn, odd))
        theirs = await odd_schema.run(parsed, given, odd_schema.World(seed + turn, odd), Stock)
        assert ours == theirs, f"document {seed}, turn {turn}: {print_ast(parsed)}"


@pytest.mark.parametrize("odd", [0.01, 0.1])
async def test_data_and_errors_are_the_same_whatever_resolvers_return(odd: float) -> None:
    with counted() as found:
        for seed in range(DOCUMENTS):
            await compare(seed, odd)
    assert found.compiled > 50
    assert len(found.refused) > 50


async def test_what_resolvers_should_return_is_completed_by_compiled_functions() -> None:
    with counted() as found:
        for seed in range(DOCUMENTS):
            await compare(seed, 0)
    assert found.compiled > 100
    assert {type(each) for each in found.refused} <= {NotCompilable, AttributeError}, (
        "the only reason is a field of Slow"
    )


def fields_of_objects() -> Iterator[tuple[type, str, DocumentNode]]:
    """Yields each attribute of each type, and a document that selects it."""
    for kind in (Stone, Tree, Owner):
        of = SCHEMA.type_map[kind.__name__]
        for name in {each.name for each in fields(kind)} & {*VALUES, *OBJECTS}:
            below = " { __typename }" if is_composite_type(get_named_type(of.fields[name].type)) else ""  # type: ignore[attr-defined]  # it is an object type
            yield kind, name, parse(f"{{ anything {{ __typename ... on {kind.__name__} {{ {name}{below} }} }} }}")


async def test_each_value_in_each_field_is_completed_or_reported_as_usual() -> None:
    with counted() as found:
        for kind, name, parsed in fields_of_objects():
            for make in [*VALUES.get(name, []), *ODD]:
                ours = await odd_schema.run(parsed, {}, Holding(kind, name, make()))
                theirs = await odd_schema.run(parsed, {}, Holding(kind, name, make()), Stock)
                assert ours == theirs, (name, make())
    assert found.compiled > 100
    assert NotCompilable not in {type(each) for each in found.refused}


@pytest.mark.second_tier
@pytest.mark.filterwarnings("ignore:coroutine 'Executor:RuntimeWarning")  # graphql-core drops some that wait for others
# The collector may find them in the constructor of a named tuple, which has no __import__ for the warning.
@pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <coroutine object Executor:pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize("block", range(4))
async def test_data_and_errors_are_the_same_for_a_thousand_documents(block: int) -> None:
    for seed in range(block * 250, (block + 1) * 250):
        for odd in (0, 0.003, 0.03, 0.3):
            await compare(DOCUMENTS + seed, odd)
    gc.collect()  # what graphql-core has dropped


async def real(world: World, who: str, document: str, fast: bool) -> tuple[str, list[Any]]:
    """Executes a document in this process. Returns its data and errors, with all that tells their order."""
    viewer = (await world.process.accounts.of_token(world.token(who))).viewer
    context = Context(replace(world.process.services, fast_paths=fast), viewer)
    result = await schema.execute(document, variable_values=dict(VARIABLES), context_value=context)
    return repr(result.data), [(each.formatted, repr(each.original_error)) for each in result.errors or ()]


@pytest.fixture(scope="module")
async def lived_in(lasting_world: World) -> World:
    """A world with people and conversations in its room."""
    world = lasting_world
    polls = await meet(world, "moderator", "student-001", "student-002")
    world.ids |= {"session": polls.session, "poll": await polls.opened()}
    world.ids["message"] = (await world.post("moderator", "Hello"))["message"]["id"]
    world.ids["question"] = (await ask(world, "student-001"))["id"]
    return world


@pytest.mark.parametrize("lasting_world", ["sqlite"], indirect=True)
@pytest.mark.parametrize("broken", ["", "people_by_id", "member_counts"])
async def test_the_real_schema_answers_the_same_with_and_without_compiled_functions(
    lived_in: World, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if broken:
        monkeypatch.setattr(people, broken, fails)
    ids = [*lived_in.ids.values(), lived_in.gallery, lived_in.room]
    with counted() as found:
        for seed in range(40):
            document = Documents(Random(seed)).query(ids)
            if not validate(CORE, parse(document)):
                who = Random(seed).choice(["manager", "moderator", "student-001", "outsider"])
                assert await real(lived_in, who, document, True) == await real(lived_in, who, document, False), document
    assert found.compiled > 5
    assert {type(each) for each in found.refused} <= {Invalid, RuntimeError}, (
        "only errors of loaders are left to others"
    )


def test_every_field_below_the_roots_can_be_compiled() -> None:
    """A field that cannot be compiled would make each query that selects it many times slower."""
    roots = {CORE.query_type, CORE.mutation_type, CORE.subscription_type}
    for of in CORE.type_map.values():
        if isinstance(of, GraphQLObjectType) and of not in roots and not of.name.startswith("__"):
            compile_all_of(of)


def compile_all_of(of: GraphQLObjectType) -> None:
    composite = {name for name, field in of.fields.items() if is_composite_type(get_named_type(field.type))}
    selected = " ".join(f"{name} {{ __typename }}" if name in composite else name for name in of.fields)
    parsed = parse(f"{{ all {{ {selected} }} }}")
    executor = StreamExecutor.build(CORE, parsed)
    assert isinstance(executor, StreamExecutor)
    (node,) = executor.operation.selection_set.selections
    assert isinstance(node, FieldNode)
    compile_selection(Call(executor, Plan()), of, [FieldDetails(node, None)])


async def test_without_fast_paths_nothing_is_compiled(lived_in: World) -> None:
    with counted() as found:
        for fast in (False, True, False):
            data, errors = await real(lived_in, "manager", "{ viewer { name } }", fast)
            assert (data, errors) == ("{'viewer': {'name': 'Mara Manager'}}", [])
    assert found.compiled == 1


BRANCHES = [f"v{number}" for number in range(5)]
BRANCHING = f"""query ({", ".join(f"${name}: Boolean!" for name in BRANCHES)}) {{ stone {{
  {" ".join(f"{name}: name @include(if: ${name})" for name in BRANCHES)} ...Rest }} }}
  fragment Rest on Stone {{ weight @skip(if: $v0) }}"""


async def test_an_operation_keeps_few_plans_however_often_its_variables_change() -> None:
    parsed = parse(BRANCHING)
    for turn in range(2):
        with counted() as found:
            for values in product([True, False], repeat=len(BRANCHES)):
                given = dict(zip(BRANCHES, values, strict=True))
                ours = await odd_schema.run(parsed, given, odd_schema.World(turn, 0))
                assert ours == await odd_schema.run(parsed, given, odd_schema.World(turn, 0), Stock)
        assert found.compiled == MAX_PLANS
        assert not found.refused


async def test_a_document_with_very_many_fields_is_not_compiled() -> None:
    with counted() as found:
        for count in (MAX_COMPILED - 1, MAX_COMPILED):
            parsed = parse(f"{{ stone {{ {' '.join(f'a{number}: name' for number in range(count))} }} }}")
            for _ in range(2):
                ours = await odd_schema.run(parsed, {}, odd_schema.World(1, 0))
            assert ours == await odd_schema.run(parsed, {}, odd_schema.World(1, 0), Stock)
    assert found.compiled == 2
    assert [type(each) for each in found.refused] == [NotCompilable], "it is tried once"


async def test_a_document_that_cannot_be_compiled_is_tried_once() -> None:
    parsed = parse("{ anything { ... on Slow { times } } }")
    with counted() as found:
        for _ in range(3):
            shown = await odd_schema.run(parsed, {}, Holding(Slow, "name", "slow"))
            assert shown == "({'anything': {'times': 'slowslow'}}, [])"
    assert [type(each) for each in found.refused] == [NotCompilable]


async def test_plans_go_with_their_document_and_keep_nothing_of_a_request() -> None:
    parsed = parse("{ stone { best { title } next { name } } }")
    world = Holding(Stone, "next", None)  # so what is selected of `next` is not compiled yet
    with counted() as found:
        await odd_schema.run(parsed, {}, world)
    assert found.compiled == 1
    (operation,) = parsed.definitions
    left, kept = weakref.ref(world), weakref.ref(vars(operation)["_plans"])
    del world
    gc.collect()
    assert left() is None
    assert kept() is not None
    del parsed, operation
    gc.collect()
    assert kept() is None
