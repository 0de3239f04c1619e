"""Limits of documents: a document above one is refused with a clear message, before it is validated."""

import gc
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import pytest
from graphql import DocumentNode, GraphQLError, SelectionSetNode, get_introspection_query, parse
from strawberry.types.execution import PreExecutionError

from schema.execution import measure
from schema.execution.documents import MEBIBYTE, Documents, document
from schema.execution.measure import MAX_LEVELS, DocumentLimits, selected_in
from schema.root import schema
from server.settings import Settings
from tests.support.world import World, open_world

LIMITS = DocumentLimits()
TOO_MANY_FIELDS = "This document selects {} fields; the limit is 2,000."
TOO_DEEP = "This operation is nested 62 fields deep; the limit is 25."
TOO_MANY_TOKENS = "This document has more tokens; the limit is 2,000."
TOO_NESTED = "This document is nested too deeply; the limit is 200."
TOO_MANY_LEVELS = f"This document has more selection sets within each other; the limit is {MAX_LEVELS}."
TOO_LONG = "This document has {} characters; the limit is 100,000."
CYCLE = "Cannot spread fragment 'A' within itself via 'B'."


def fragments(times: int, body: str) -> str:
    """Returns a chain of fragments: `...` in each body spreads the next one."""
    steps = [f"fragment F{n} on User {{ {body.replace('...', f'...F{n + 1}')} }}" for n in range(times)]
    return f"{{ viewer {{ ...F0 }} }} {' '.join(steps)} fragment F{times} on User {{ id }}"


def unused(times: int) -> str:
    return "{ viewer { id } } " + " ".join(
        f"fragment F{n} on User {{ id @a @b @c b: id c: id d: id }}" for n in range(times)
    )


def nested(times: int, opening: str = "groups { members { edges { node {", closing: str = "} } } }") -> str:
    return "{ viewer { " + opening * times + " id " + closing * times + " } }"


REFUSED = {
    "2^20 fragment spreads": (fragments(20, "... ..."), TOO_MANY_FIELDS.format("1,048,577")),
    "fields doubled by a few hundred bytes": (
        fragments(10, "... a: groups { id } ..."),
        TOO_MANY_FIELDS.format("3,071"),
    ),
    "a fragment of many fields, spread often": (
        "{ viewer { " + "...F " * 30 + "} } fragment F on User { " + "id " * 70 + "}",
        TOO_MANY_FIELDS.format("2,101"),
    ),
    "5,000 aliases": ("{ viewer { " + " ".join(f"a{n}: id" for n in range(5_000)) + " } }", TOO_MANY_TOKENS),
    "100,000 aliases": (
        "{ viewer { " + " ".join(f"a{n}: id" for n in range(100_000)) + " } }",
        TOO_LONG.format("1,088,904"),
    ),
    "640 aliases": (
        "{ viewer { " + " ".join(f"a{n}: id" for n in range(640)) + " } }",
        "This document has 640 aliases; the limit is 200.",
    ),
    "aliases in fragments that nothing spreads": (unused(80), "This document has 240 aliases; the limit is 200."),
    "110 root fields": (
        "mutation { " + " ".join(f"a{n}: leaveRoom(input: {{}}) {{ cursor }}" for n in range(110)) + " }",
        "This operation selects 110 root fields; the limit is 20.",
    ),
    "root fields in a fragment": (
        "{ ...A ...A } fragment A on Query { " + "viewer { id } " * 11 + "}",
        "This operation selects 22 root fields; the limit is 20.",
    ),
    "10,000 directives": ("{ viewer { id " + "@a " * 10_000 + "} }", TOO_MANY_TOKENS),
    "directives on everything": (
        "query @a @b { viewer @a { " + "id @a " * 196 + "...F @a ... @a { id } } } fragment F on User @a { id }",
        "This document has 202 directives; the limit is 200.",
    ),
    "240 operations": (
        " ".join(f"query Q{n} {{ viewer {{ id }} }}" for n in range(240)),
        "This document has 240 operations; the limit is 50.",
    ),
    "3,000 tokens": ("{ viewer { " + "id " * 3_000 + "} }", TOO_MANY_TOKENS),
    "a list of 10,000 ids": ("{ nodes(ids: [" + '"x" ' * 10_000 + "]) { id } }", TOO_MANY_TOKENS),
    "60 levels": (nested(15), TOO_DEEP),
    "60 levels by fragments": (
        fragments(15, "groups { members { edges { node { ... } } } }"),
        "This operation is nested 62 fields deep; the limit is 25.",
    ),
    "200 levels": (nested(50), TOO_NESTED),
    "600 inline fragments in each other": (nested(600, "... {", "}"), TOO_NESTED),
    "600 lists in each other": ("{ nodes(ids: " + "[" * 600 + "]" * 600 + ") { id } }", TOO_NESTED),
    "220 fragments in a row": (fragments(220, "..."), TOO_MANY_LEVELS),
    "150 inline fragments in each of 4 fragments": (
        fragments(4, "DEEP { id ... } END").replace("DEEP", "...{ " * 149 + "...").replace("END", "}" * 149),
        TOO_MANY_LEVELS,
    ),
    "operations that spread the same fragment": (
        " ".join(f"query Q{n} {{ viewer {{ ...F }} }}" for n in range(30))
        + " fragment F on User { "
        + "id " * 70
        + "}",
        TOO_MANY_FIELDS.format("2,130"),
    ),
    "a fragment cycle": (
        "{ viewer { ...A } } fragment A on User { id ...B } fragment B on User { id ...A }",
        CYCLE,
    ),
    "a cycle in many fields": (
        "{ viewer { ...A } } fragment A on User { " + "id ...B " * 300 + "} fragment B on User { id ...A }",
        CYCLE,
    ),
    "a megabyte of comment": ("{ viewer { id } } #" + "-" * 900_000, TOO_LONG.format("900,019")),
    "a long string": (
        f'{{ gallery(by: {{ externalId: "{"x" * LIMITS.characters}" }}) {{ id }} }}',
        TOO_LONG.format("100,042"),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_costs_too_much_is_refused_in_words(name: str) -> None:
    text, words = REFUSED[name]
    result = await schema.execute(text)
    assert isinstance(result, PreExecutionError)
    assert words in [error.message for error in result.errors or ()]


def test_what_the_limits_allow_is_executed() -> None:
    document("{ viewer { " + "id " * (LIMITS.tokens - 6) + "} }")
    document(nested(5))
    document(fragments(8, "... ..."))
    document("{ viewer { id } } #" + "-" * (LIMITS.characters - 19))


def test_measuring_visits_each_fragment_once(monkeypatch: pytest.MonkeyPatch) -> None:
    visits = 0
    size = measure._Measure._selected

    def counted(self: measure._Measure, selection_set: SelectionSetNode | None, level: int) -> measure._Size:
        nonlocal visits
        visits += 1
        return size(self, selection_set, level)

    monkeypatch.setattr(measure._Measure, "_selected", counted)
    with pytest.raises(GraphQLError, match="fields"):
        selected_in(parse(fragments(20, "... ...")), LIMITS)
    assert visits == 2 + 21


def test_documents_are_parsed_once() -> None:
    assert document("{ viewer { name } }") is document("{ viewer { name } }")


UNLIMITED = DocumentLimits(aliases=2_000, directives=2_000)
LARGE = {
    "aliases": "{{ viewer {{ " + " ".join(f"a{n}: id" for n in range(640)) + " n{}: id }} }}",
    "fields": "{{ viewer {{ " + "id " * 1_980 + "n{}: id }} }}",
    "long names": "{{ viewer {{ " + f"{'a' * 48} " * 1_980 + "n{}: id }} }}",
    "directives": "{{ viewer {{ " + "id @skip(if: true) " * 240 + "n{}: id }} }}",
    "nulls": "{{ n{}: nodes(ids: [" + "null " * 1_980 + "]) {{ id }} }}",
    "a long string": '{{ n{}: node(id: "' + "\U0001f600" * 99_000 + '") {{ id }} }}',
    "comments": "{{ viewer {{ id n{}: id }} }} #" + "-\n#" * 1_980,
    "many small ones": "{{ n{}: viewer {{ id }} }}",
}


@contextmanager
def traced() -> Iterator[None]:
    gc.collect()
    gc.disable()  # A dropped document must not need the garbage collector.
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()
        gc.enable()


@pytest.mark.parametrize("kind", LARGE)
def test_whatever_is_sent_documents_take_no_more_memory_than_is_allowed(kind: str) -> None:
    documents = Documents(2 * MEBIBYTE, UNLIMITED, 1)
    times = 1_000 if len(LARGE[kind]) < 100 else 4
    with traced():
        for number in range(times):
            documents.of(LARGE[kind].format(number))
        taken, _ = tracemalloc.get_traced_memory()
    assert documents.bytes <= documents.max_bytes
    assert 0 < len(documents) < times
    assert taken <= documents.bytes


def test_the_document_that_was_not_used_for_the_longest_time_is_dropped_first() -> None:
    documents = Documents(MEBIBYTE, UNLIMITED, 1)
    first, second = (documents.of(f"{{ n{number}: viewer {{ id }} }}") for number in range(2))
    documents.max_bytes = documents.bytes
    assert documents.of(first.text) is first
    documents.of("{ n2: viewer { id } }")
    assert documents.of(first.text) is first
    assert documents.of(second.text) is not second


def test_what_is_derived_from_a_document_counts_and_is_dropped_with_it() -> None:
    documents = Documents(MEBIBYTE, UNLIMITED, 1)
    derived = documents.of("{ viewer { id } }")
    derived.derived["anything"] = "x"
    derived.derived_bytes += MEBIBYTE // 2
    documents.recount(derived)
    assert documents.bytes > MEBIBYTE // 2
    assert documents.of(derived.text) is derived
    derived.derived_bytes += MEBIBYTE
    documents.recount(derived)
    assert documents.bytes == len(documents) == 0
    assert documents.of(derived.text).derived == {}


def test_a_pinned_document_stays_until_it_is_let_go() -> None:
    documents = Documents(MEBIBYTE, UNLIMITED, 1)
    pinned = documents.pin("{ viewer { id } }")
    assert documents.bytes == 0
    for number in range(600):
        documents.of(f"{{ n{number}: viewer {{ id }} }}")
    assert documents.of(pinned.text) is pinned
    documents.recount(pinned)
    text = pinned.text
    del pinned
    gc.collect()
    assert documents.of(text).counted


async def test_graphiqls_own_introspection_works(world: World) -> None:
    everything = get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
        one_of=True,
    )
    data = await world.query("student-001", everything)
    assert {of["name"] for of in data["__schema"]["types"]} == set(schema._schema.type_map)


def test_each_limit_is_a_setting_with_the_same_default() -> None:
    of_settings = Settings(dev=True)
    for name, limit in asdict(LIMITS).items():
        assert getattr(of_settings, f"document_{name}") == limit


async def test_a_process_keeps_the_limits_of_its_settings(settings: Settings) -> None:
    async with open_world(settings.model_copy(update={"document_aliases": 1})) as world:
        (error,) = (await world.ask("manager", "{ viewer { a: id b: id } }"))["errors"]
        assert error["message"] == "This document has 2 aliases; the limit is 1."
        assert error["extensions"] == {"code": "DOCUMENT_TOO_LARGE", "limit": 1, "found": 2}
    async with open_world(settings) as world:
        assert await world.query("manager", "{ viewer { a: id b: id } }")


def test_a_document_is_what_the_specification_says() -> None:
    assert isinstance(document("query One { viewer { id } } query Two { viewer { id } }"), DocumentNode)
    with pytest.raises(GraphQLError, match="Syntax Error"):
        document("{ viewer { id }")
