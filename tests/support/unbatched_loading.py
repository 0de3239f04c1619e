"""Loads relations one by one, to compare the results of batched loading with, and generates documents for that."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any
from zlib import crc32

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_arguments

from schema import queries
from schema.root import schema

CORE = schema._schema
QUERIES: dict[str, GraphQLField] = CORE.query_type.fields if CORE.query_type else {}
RANDOM_EACH_TIME = ("EventCursor",)
DEEPEST = 4


@contextmanager
def unbatched() -> Iterator[None]:
    """While entered, queries load each relation separately for each parent, and never ahead."""

    async def not_ahead(_info: object, value: Any, _snapshot: object) -> Any:
        return value

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries, "load_ahead", not_ahead)
        for of in CORE.type_map.values():
            for field in of.fields.values() if isinstance(of, GraphQLObjectType) else ():
                definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
                if definition and "ahead" in definition.metadata:
                    patch.setattr(field, "resolve", _alone(definition))
        yield


def _alone(definition: Any) -> Any:
    def resolve(parent: Any, info: Any, **given: Any) -> Any:
        scalars = schema.schema_converter.scalar_registry
        arguments = convert_arguments(given, definition.arguments, scalars, schema.config)
        relation = definition.metadata["ahead"]
        loading = relation.loader.load([relation.key(parent)], info.context.snapshot, **arguments)
        try:
            loading.send(None)  # SQLite never suspends
        except StopIteration as loaded:
            (value,) = loaded.value
            return value
        raise AssertionError("this takes SQLite")

    return resolve


class Documents:
    """Generates random documents: aliases, arguments, fragments of all kinds, directives, repeated fields."""

    def __init__(self, random: Random, core: GraphQLSchema = CORE) -> None:
        self._random = random
        self._core = core
        self._fragments: list[str] = []

    def of_any_roots(self) -> str:
        """Returns a query for some root fields. Its variables are in VARIABLES."""
        root = self._core.query_type
        assert root
        return self._text([self._selection(root, 0)])

    def query(self, ids: list[str]) -> str:
        """Returns a query for nodes, users and groups. Its variables are in VARIABLES."""
        listed = ", ".join(f'"{each}"' for each in self._random.sample(ids, self._random.randint(1, len(ids))))
        roots = [f"nodes(ids: [{listed}, {listed}]) {{ {self._selection(CORE.type_map['Node'], 0)} }}"]
        if self._random.random() < 0.3:
            roots.append(self._field("Query", "users", QUERIES["users"], 0))
        if self._random.random() < 0.3:
            roots.append(self._field("Query", "galleries", QUERIES["galleries"], 0))
        return self._text(roots)

    def _text(self, roots: list[str]) -> str:
        text = f"{{ {' '.join(roots)} }} {' '.join(self._fragments)}"
        declared = ", ".join(f"{name}: {of}" for name, of in DECLARED.items() if name in text)
        return f"query ({declared}) {text}" if declared else text

    def _selection(self, of: GraphQLNamedType, depth: int) -> str:
        random = self._random
        parts = ["__typename"] if random.random() < 0.3 or depth >= DEEPEST else []
        if isinstance(of, GraphQLObjectType | GraphQLInterfaceType):
            names = [name for name, each in of.fields.items() if self._fits(each, depth)]
            chosen = random.choices(names, k=min(len(names), random.randint(1, 4)))
            parts += [self._wrapped(self._field(of.name, name, of.fields[name], depth), of) for name in chosen]
        if not isinstance(of, GraphQLObjectType):
            kinds = self._core.get_possible_types(of)  # type: ignore[arg-type]  # the type is an interface or a union
            for kind in random.sample(list(kinds), min(len(kinds), random.randint(1, 5))):
                parts.append(self._fragment(self._selection(kind, depth), kind))
        return " ".join(parts) or "__typename"

    def _fits(self, field: GraphQLField, depth: int) -> bool:
        of = get_named_type(field.type)
        return of.name not in RANDOM_EACH_TIME and (depth < DEEPEST or not is_composite_type(of))

    def _field(self, of: str, name: str, field: GraphQLField, depth: int) -> str:
        arguments = [
            text for each in field.args if self._random.random() < 0.5 and (text := self._argument(field, each))
        ]
        given = f"({', '.join(arguments)})" if arguments else ""
        kind = get_named_type(field.type)
        below = f" {{ {self._selection(kind, depth + 1)} }}" if is_composite_type(kind) else ""
        # The alias depends on field and arguments, so that fields with the same alias can be merged.
        key = f"a{crc32((of + name + given).encode())}: " if given or self._random.random() < 0.2 else ""
        return f"{key}{name}{given}{self._directive()}{below}"

    def _argument(self, field: GraphQLField, name: str) -> str:
        of = get_named_type(field.args[name].type)
        values = VALUES.get(of.name) or VALUES.get(name, ())
        if isinstance(of, GraphQLEnumType) and not values:
            values = tuple(of.values)
        return f"{name}: {self._random.choice(values)}" if values else ""

    def _wrapped(self, text: str, of: GraphQLNamedType) -> str:
        return self._fragment(text, of) if self._random.random() < 0.25 else text

    def _fragment(self, text: str, of: GraphQLNamedType) -> str:
        match self._random.randrange(4):
            case 0:
                self._fragments.append(f"fragment F{len(self._fragments)} on {of.name} {{ {text} }}")
                return f"...F{len(self._fragments) - 1}{self._directive()}"
            case 1 if isinstance(of, GraphQLObjectType) and of.interfaces:
                return f"... on {self._random.choice(of.interfaces).name}{self._directive()} {{ ... on {of.name} {{ {text} }} }}"
        return f"... on {of.name}{self._directive()} {{ {text} }}"

    def _directive(self) -> str:
        kinds = ["@skip(if: $yes)", "@include(if: $no)", "@skip(if: $no)", "@include(if: $yes)", "@include(if: true)"]
        return f" {self._random.choice(kinds)}" if self._random.random() < 0.15 else ""


VALUES = {
    "first": ("0", "1", "2", "5", "$two", "$null", "$absent", "101", "-1"),
    "search": ('"student"', '"a"', '""', "$text", '"%"', '"\\u0007"'),
    "filter": (
        "{recordingsOnly: true}",
        "{recordingsOnly: false, kinds: [VIDEO]}",
        '{search: "a", tags: ["design"]}',
        "null",
    ),
    "ParticipantState": ("[]", "null", "ADMITTED", "[LEFT, ADMITTED]"),
    "QuestionState": ("[]", "null", "PENDING", "[CLAIMED, ANSWERED]"),
}
DECLARED = {
    "$two": "Int = 2",
    "$null": "Int",
    "$absent": "Int",
    "$text": "String",
    "$yes": "Boolean!",
    "$no": "Boolean! = false",
}
VARIABLES = {"null": None, "text": "Student 0", "yes": True}


async def fails(*_: object) -> None:
    raise RuntimeError("a loader's fault")
