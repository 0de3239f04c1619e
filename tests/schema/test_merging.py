"""Merging of fields: refuses the same documents as graphql-core's own rule, at a cost linear in the document's size."""

from collections.abc import Sequence

import pytest
from graphql import (
    GraphQLError,
    OverlappingFieldsCanBeMergedRule,
    build_schema,
    parse,
    specified_rules,
    validate,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.execution import merging
from schema.execution.merging import MAX_STEPS, conflicts

SCHEMA = build_schema("""
interface Pet { name: String friend: Pet owner: Human! tags(first: Int, of: In): [String!] }
type Dog implements Pet {
  name: String friend: Dog owner: Human! tags(first: Int, of: In): [String!]
  size: Int toy: Human toys: [Human] next: Any
}
type Cat implements Pet {
  name: String friend: Pet owner: Human! tags(first: Int, of: In): [String!]
  size: Int! toy: Human toys: [Human!] next: Any
}
type Human { name: String! nick: String! pet: Pet any: Any dogs: [Dog] size: Size toy: String }
union Any = Dog | Cat | Human
enum Size { S M }
input In { a: Int b: String c: [Int] }
type Query { pet: Pet any: Any human: Human tags(first: Int, of: In): [String!] }
""")
OTHER_RULES = [rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule]
OBJECTS = {
    "Query": ["pet", "any", "human"], "Human": ["pet", "any", "dogs"], "Dog": ["friend", "owner", "toy", "toys", "next"],
    "Cat": ["friend", "owner", "toy", "toys", "next"], "Pet": ["friend", "owner"], "Any": [],
}  # fmt: skip
LEAVES = {
    "Query": ["tags", "__typename"], "Human": ["name", "nick", "size", "toy", "__typename"], "Dog": ["name", "size", "tags", "__typename"],
    "Cat": ["name", "size", "tags", "__typename"], "Pet": ["name", "tags", "__typename"], "Any": ["__typename"],
}  # fmt: skip
CONDITIONS = {"Pet": ["Dog", "Cat", "Pet", "Any"], "Any": ["Dog", "Cat", "Human", "Pet", "Any"]}
ARGUMENTS = [
    "", "(first: 1)", "(first: $n)", "(first: 2)", '(of: {a: 1, b: "x"})', '(of: {b: "x", a: 1})', '(of: {b: """x"""})',
    "(of: {c: [1, 2]})", "(of: {c: [2, 1]})", "(first: null)", "(of: {c: [$n, 2]})", "(of: {c: 1})",
]  # fmt: skip


def type_of(name: str, field: str) -> str:
    return str(SCHEMA.type_map[name].fields[field].type).strip("[]!")  # type: ignore[attr-defined]  # it has fields


@st.composite
def selections(draw: st.DrawFn, of: str, depth: int, fragments: Sequence[tuple[str, str]]) -> str:
    """Returns a selection set of the type, which may spread some of these fragments, each a name and its type."""
    parts = [draw(one_selection(of, depth, fragments)) for _ in range(draw(st.integers(1, 3)))]
    return "{ " + " ".join(parts) + " }"


@st.composite
def one_selection(draw: st.DrawFn, of: str, depth: int, fragments: Sequence[tuple[str, str]]) -> str:
    fitting = [name for name, condition in fragments if condition in CONDITIONS.get(of, []) or condition == of]
    kinds = (
        ["leaf"]
        + ["object"] * 2 * bool(depth and OBJECTS[of])
        + ["inline"] * bool(depth)
        + ["spread"] * 2 * bool(fitting)
    )
    kinds += ["either"] * 3 * bool(depth and of in CONDITIONS)
    match draw(st.sampled_from(kinds)):
        case "leaf":
            field = draw(st.sampled_from(LEAVES[of]))
            arguments = draw(st.sampled_from(ARGUMENTS)) if field == "tags" else ""
            return f"{draw(ALIAS)}{field}{arguments}"
        case "object":
            field = draw(st.sampled_from(OBJECTS[of]))
            if of == "Human" and field == "toy":
                return "name"
            return f"{draw(ALIAS)}{field} {draw(selections(type_of(of, field), depth - 1, fragments))}"
        case "inline":
            condition = draw(st.sampled_from([*CONDITIONS.get(of, [of]), ""]))
            inner = draw(selections(condition or of, depth - 1, fragments))
            return f"... on {condition} {inner}" if condition else f"... {inner}"
        case "either":
            key = draw(st.sampled_from(["a", "name", "owner"]))
            parts = []
            for kind in ("Dog", draw(st.sampled_from(["Cat", "Dog", "Pet"]))):
                field = draw(st.sampled_from(OBJECTS[kind]))
                below = type_of(kind, field)
                selected = draw(st.one_of(selections(below, depth - 1, fragments), same_key(below)))
                parts.append(f"... on {kind} {{ {key}: {field} {selected} }}")
            return " ".join(parts)
        case _:
            return f"...{draw(st.sampled_from(fitting))}"


def same_key(of: str) -> st.SearchStrategy[str]:
    fields = st.sampled_from([f"{{ a: {field} }}" for field in LEAVES[of]])
    return fields | st.sampled_from(ARGUMENTS).map("{{ a: tags{} }}".format) if "tags" in LEAVES[of] else fields


ALIAS = st.sampled_from(["", "", "", "", "a: ", "name: "])


@st.composite
def documents(draw: st.DrawFn) -> str:
    known: list[tuple[str, str]] = []
    definitions = {}
    for number in range(draw(st.integers(0, 4))):
        condition = draw(st.sampled_from(["Pet", "Dog", "Cat", "Human", "Any"]))
        definitions[f"F{number}"] = f"fragment F{number} on {condition} {draw(selections(condition, 2, known))}"
        known.append((f"F{number}", condition))
    text = f"query ($n: Int) {draw(selections('Query', 3, known))}"
    for name in reversed(definitions):  # a fragment is spread only by those after it
        if f"...{name} " in text:
            text += " " + definitions[name]
    return text if "$n" in text.partition(")")[2] else text.replace("query ($n: Int)", "query", 1)


@settings(max_examples=150, deadline=None)
@given(documents())
def test_the_same_documents_are_refused_as_by_the_rule_of_graphql_core(text: str) -> None:
    parsed = parse(text)
    assert validate(SCHEMA, parsed, OTHER_RULES) == []
    expected = validate(SCHEMA, parsed, [OverlappingFieldsCanBeMergedRule])
    assert bool([*conflicts(SCHEMA, parsed)]) == bool(expected)


def test_a_schema_in_which_interfaces_lead_to_interfaces_is_bounded_as_well() -> None:
    """Only in such documents does the number of steps double with each level, because each is merged in two ways."""
    text = "name"
    for level in range(18):
        text = f"friend {{ {text} }} ... on Dog {{ friend {{ d{level}: name }} }} ... on Cat {{ friend {{ c{level}: name }} }}"
    with pytest.raises(GraphQLError, match="too many fields"):
        [*conflicts(SCHEMA, parse(f"{{ pet {{ {text} }} }}"))]


@pytest.mark.parametrize(
    ("of_fragment", "fields", "fragments"),
    [
        ("a{}: owner {{ name }}", 2, 40),
        ("a{0}: owner {{ b: pet {{ name }} }} c{0}: tags(first: 1)", 4, 20),
    ],
)
def test_fragments_of_the_same_fields_are_compared_in_as_many_steps_as_there_are_fields(
    monkeypatch: pytest.MonkeyPatch, of_fragment: str, fields: int, fragments: int
) -> None:
    steps = 0
    step = merging._Merging._step

    def counted(self: merging._Merging) -> None:
        nonlocal steps
        steps += 1
        step(self)

    monkeypatch.setattr(merging._Merging, "_step", counted)
    body = " ".join(of_fragment.format(number) for number in range(10))
    spread = " ".join(f"...F{number}" for number in range(fragments))
    defined = " ".join(f"fragment F{number} on Pet {{ {body} }}" for number in range(fragments))
    assert [*conflicts(SCHEMA, parse(f"{{ pet {{ {spread} }} }} {defined}"))] == []
    assert steps == 1 + fragments + fragments * fields * 10
    assert steps < MAX_STEPS
