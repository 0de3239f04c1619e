"""Generates documents of the real schema for Hypothesis. Some are valid, and some are wild: invalid, or above a limit."""

import re
from collections.abc import Sequence
from typing import TypeVar

from graphql import GraphQLObjectType, get_named_type, is_composite_type, is_required_argument
from hypothesis import strategies as st

from schema.root import schema

T = TypeVar("T")

TYPES = {
    name: of
    for name, of in schema._schema.type_map.items()
    if isinstance(of, GraphQLObjectType) and not name.startswith("__") and name not in ("Mutation", "Subscription")
}
ARGUMENTS = {
    "first": ["(first: 1)", "(first: 100)", "(first: $n)"], "by": ['(by: {id: "x"})'], "id": ['(id: "x")'],
    "ids": ["(ids: $ids)", '(ids: ["x", "y"])'], "roomId": ['(roomId: "x")'], "sessionId": ['(sessionId: "x")'],
}  # fmt: skip
WRONG_ARGUMENTS = ["(first: -1)", "(by: {})", "(ids: [[[[]]]])", "(id: {a: [1]})", "(sessionId: $ids)", "(input: {})"]
DIRECTIVES = ["", "", "", "", " @include(if: $yes)", " @skip(if: false)", " @include(if: true) @skip(if: $no)"]
WRONG_DIRECTIVES = [" @a", " @skip", " @skip(if: 1) @skip(if: true)"]
WRONG_FIELDS = ["ALIAS: nothing", "id(x: 1)", "edges { cursor }"]
DECLARED = {"$n": "Int", "$ids": "[ID!]!", "$yes": "Boolean = true", "$no": "Boolean! = false"}
LITERALS = {"$no": "false", "$n": "3", "$ids": '["x"]', "$yes": "true"}
VARIABLES = {"n": 3, "ids": ["x"], "yes": True, "no": False}


class _Document:
    """Draws the parts of one document."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self.wild = self.one([False, False, True])
        self._times = [1, 1, 1, 1, 2, 10, 40] if self.wild else [1, 1, 1, 1, 1, 2, 6]
        names = [f"F{number}" for number in range(self.one([1, 2, 5]))]
        self.fragments = {name: self.one(["User", "Gallery", "Room", "Query"]) for name in names}

    def one(self, of: Sequence[T]) -> T:
        return self._draw(st.sampled_from(of))

    def _rarely(self, wrong: Sequence[str], right: Sequence[str]) -> str:
        return self.one(wrong) if self.wild and self.one([False, False, True]) else self.one(right)

    def selection(self, of: str, depth: int, inside: str = "") -> str:
        """Returns a selection set of the type. Unless it is wild, it spreads only fragments after the one it is in."""
        parts = []
        for _ in range(self.one([1, 2, 3])):
            part, numbered = self._part(of, depth, inside), self.one([True, False])
            parts += [part.replace("ALIAS", f"a{n if numbered else ''}") for n in range(self.one(self._times))]
        return "{ " + " ".join(parts) + " }"

    def _part(self, of: str, depth: int, inside: str) -> str:
        directive = self._rarely(WRONG_DIRECTIVES, DIRECTIVES)
        fitting = [name for name, on in self.fragments.items() if self.wild or (on == of and name > inside)]
        match self.one(["field"] * 4 + ["inline"] * bool(depth) + ["spread"] * 2 * bool(fitting)):
            case "spread":
                return f"...{self.one(fitting)}{directive}"
            case "inline":
                condition = self._rarely(["Node", "User", "Nothing"], [of, ""])
                below = self.selection(condition if condition in TYPES else of, depth - 1, inside)
                return f"...{f' on {condition}' if condition else ''}{directive} {below}"
        return self._rarely(WRONG_FIELDS, [self._field(of, depth, inside, directive)])

    def _field(self, of: str, depth: int, inside: str, directive: str) -> str:
        fields = {
            name: each
            for name, each in TYPES[of].fields.items()
            if depth or not is_composite_type(get_named_type(each.type))
        }
        if not fields:
            return "__typename"
        name = self.one([*fields])
        target, given = get_named_type(fields[name].type).name, fields[name].args
        needed = [each for each, argument in given.items() if is_required_argument(argument)] or [*given][:1]
        fitting = [text for each in needed for text in ARGUMENTS.get(each, ())]
        arguments = self._rarely(["", *WRONG_ARGUMENTS], fitting or [""])
        # The alias depends on the arguments, so that fields with the same alias can be merged.
        alias = f"ALIAS_{of}_{name}_{len(arguments)}: " if arguments or self.one([True, False]) else ""
        below = f" {self.selection(target, depth - 1, inside)}" if target in TYPES else ""
        if not below and is_composite_type(schema._schema.type_map[target]):
            below = " { __typename }"
        return f"{alias}{name}{arguments}{directive}{below}"


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Returns a document whose first operation is Q0. A wild one has parts many times, and cycles of fragments."""
    part = _Document(draw)
    selections = [part.selection("Query", 5) for _ in range(part.one([1, 1, 1, 3]))]
    fragments = ""
    for name, of in part.fragments.items():
        if part.wild or any(f"...{name}" in text for text in (*selections, fragments)):
            fragments += f" fragment {name} on {of} {part.selection(of, 3, name)}"
    for name, value in () if part.wild else LITERALS.items():
        # Then a variable is used if and only if the operation's own selection has it.
        fragments = fragments.replace(name, value)
    text = " ".join(_operation(number, each, fragments) for number, each in enumerate(selections))
    if part.wild and part.one([False] * 9 + [True]):
        text += " ".join(f" query P{number} {{ viewer {{ id }} }}" for number in range(60))
    return text + fragments


def _operation(number: int, selection: str, fragments: str) -> str:
    declared = ", ".join(
        f"{name}: {of}" for name, of in DECLARED.items() if re.search(rf"\{name}\b", selection + fragments)
    )
    return f"query Q{number}{f' ({declared})' if declared else ''} {selection}"
