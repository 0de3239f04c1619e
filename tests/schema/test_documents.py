"""Limits of documents: a document above one is refused with a clear message, before it is validated."""

import pytest
from graphql import DocumentNode, GraphQLError, get_introspection_query, parse
from strawberry.types.execution import PreExecutionError

from schema.execution import documents
from schema.execution.documents import MAX_CHARACTERS, MAX_DEPTH, MAX_FIELDS, MAX_TOKENS, REMEMBERED, document
from schema.root import schema
from tests.support.world import World

TOO_MANY_FIELDS = f"This document selects more than {MAX_FIELDS} fields."
TOO_DEEP = f"This operation is nested deeper than {MAX_DEPTH} fields."
TOO_MANY_TOKENS = f"Syntax Error: Document contains more than {MAX_TOKENS} tokens. Parsing aborted."
TOO_NESTED = "Syntax Error: Document is nested too deeply. Parsing aborted."
TOO_LONG = f"This document is longer than {MAX_CHARACTERS} characters."
CYCLE = "Cannot spread fragment 'A' within itself via 'B'."


def fragments(times: int, body: str) -> str:
    """Returns a chain of fragments: `...` in each body spreads the next one."""
    steps = [f"fragment F{n} on User {{ {body.replace('...', f'...F{n + 1}')} }}" for n in range(times)]
    return f"{{ viewer {{ ...F0 }} }} {' '.join(steps)} fragment F{times} on User {{ id }}"


def nested(times: int, opening: str = "groups { members { edges { node {", closing: str = "} } } }") -> str:
    return "{ viewer { " + opening * times + " id " + closing * times + " } }"


REFUSED = {
    "2^20 fragment spreads": (fragments(20, "... ..."), TOO_MANY_FIELDS),
    "fields doubled by a few hundred bytes": (fragments(10, "... a: groups { id } ..."), TOO_MANY_FIELDS),
    "a fragment of many fields, spread often": (
        "{ viewer { " + "...F " * 30 + "} } fragment F on User { " + "id " * 70 + "}",
        TOO_MANY_FIELDS,
    ),
    "5,000 aliases": ("{ viewer { " + " ".join(f"a{n}: id" for n in range(5_000)) + " } }", TOO_MANY_TOKENS),
    "3,000 tokens": ("{ viewer { " + "id " * 3_000 + "} }", TOO_MANY_TOKENS),
    "a list of 10,000 ids": ("{ nodes(ids: [" + '"x" ' * 10_000 + "]) { id } }", TOO_MANY_TOKENS),
    "60 levels": (nested(15), TOO_DEEP),
    "60 levels by fragments": (fragments(15, "groups { members { edges { node { ... } } } }"), TOO_DEEP),
    "600 inline fragments in each other": (nested(600, "... {", "}"), TOO_NESTED),
    "600 lists in each other": ("{ nodes(ids: " + "[" * 600 + "]" * 600 + ") { id } }", TOO_NESTED),
    "220 fragments in a row": (fragments(220, "..."), "Validation aborted."),
    "operations that spread the same fragment": (
        " ".join(f"query Q{n} {{ viewer {{ ...F }} }}" for n in range(30))
        + " fragment F on User { "
        + "id " * 70
        + "}",
        TOO_MANY_FIELDS,
    ),
    "a fragment cycle": (
        "{ viewer { ...A } } fragment A on User { id ...B } fragment B on User { id ...A }",
        CYCLE,
    ),
    "a cycle in many fields": (
        "{ viewer { ...A } } fragment A on User { " + "id ...B " * 300 + "} fragment B on User { id ...A }",
        CYCLE,
    ),
    "a megabyte of comment": ("{ viewer { id } } #" + "-" * 900_000, TOO_LONG),
    "a long string": (f'{{ gallery(by: {{ externalId: "{"x" * MAX_CHARACTERS}" }}) {{ id }} }}', TOO_LONG),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_costs_too_much_is_refused_in_words(name: str) -> None:
    text, words = REFUSED[name]
    result = await schema.execute(text)
    assert isinstance(result, PreExecutionError)
    assert words in [error.message for error in result.errors or ()]


def test_what_the_limits_allow_is_executed() -> None:
    document("{ viewer { " + "id " * (MAX_TOKENS - 6) + "} }")
    document(nested(5))
    document(fragments(8, "... ..."))
    document("{ viewer { id } } #" + "-" * (MAX_CHARACTERS - 19))


def test_measuring_visits_each_fragment_once(monkeypatch: pytest.MonkeyPatch) -> None:
    visits = 0
    size = documents._Measure._size

    def counted(self: documents._Measure, selection_set: object) -> tuple[int, int]:
        nonlocal visits
        visits += 1
        return size(self, selection_set)  # type: ignore[arg-type]  # passed on unchanged

    monkeypatch.setattr(documents._Measure, "_size", counted)
    with pytest.raises(GraphQLError, match="fields"):
        documents._Measure(parse(fragments(20, "... ..."))).check()
    assert visits < 150


def test_documents_are_parsed_once_and_only_so_many_are_remembered() -> None:
    assert document("{ viewer { name } }") is document("{ viewer { name } }")
    for number in range(REMEMBERED + 10):
        document(f"{{ viewer {{ a{number}: id }} }}")
    assert document.cache_info().currsize == document.cache_info().maxsize == REMEMBERED


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


def test_a_document_is_what_the_specification_says() -> None:
    assert isinstance(document("query One { viewer { id } } query Two { viewer { id } }"), DocumentNode)
    with pytest.raises(GraphQLError, match="Syntax Error"):
        document("{ viewer { id }")
