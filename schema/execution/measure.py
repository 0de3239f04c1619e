"""The size of a document: what it selects, counted once when it is parsed, before any other code traverses it.

Aliases, directives and operations count as they are written. Fields and depth count with fragments spread out: each
fragment is measured once, so the time is linear in the document's size. All operations count together, because a
document is validated as a whole, even if only one operation runs.
"""

from dataclasses import dataclass
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from schema.execution.codes import RequestErrorCode

MAX_LEVELS = 100
"""The selection sets within each other, with fragments spread out. All that traverses a document recurses so deep."""
INTROSPECTION = ("__schema", "__type")
UNCOUNTED = 10**9
"""A document that selects more fields says this number."""


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """How large a document may be. The settings have these names after `document_`, and say what each counts."""

    characters: int = 100_000
    tokens: int = 2_000
    fields: int = 2_000
    depth: int = 25
    root_fields: int = 20
    aliases: int = 200
    directives: int = 200
    operations: int = 50


class DocumentTooLarge(GraphQLError):
    """The error for a document above one of the limits. It names the limit and what was found."""

    def __init__(self, fault: str, found: int | None, limit: int) -> None:
        number = {} if found is None else {"found": found}
        extensions = {"code": RequestErrorCode.DOCUMENT_TOO_LARGE.value, "limit": limit, **number}
        super().__init__(f"{fault}; the limit is {limit:,}.", extensions=extensions)


class Selected(NamedTuple):
    """What an operation selects, with fragments spread out: how many fields, and whether they read the schema."""

    fields: int
    introspects: bool


def selected_in(parsed: DocumentNode, limits: DocumentLimits) -> list[Selected]:
    """Returns what each operation of the document selects. Raises DocumentTooLarge."""
    return _Measure(parsed, limits).selected()


class _Size(NamedTuple):
    """The size of a selection set: the fields in it, those with all below, and how deep fields and sets go.

    `introspects` says whether any of the fields reads the schema.
    """

    roots: int = 0
    fields: int = 0
    depth: int = 0
    levels: int = 0
    introspects: bool = False

    def beside(self, other: "_Size") -> "_Size":
        roots, fields = self.roots + other.roots, min(self.fields + other.fields, UNCOUNTED)
        depth, levels = max(self.depth, other.depth), max(self.levels, other.levels)
        return _Size(roots, fields, depth, levels, self.introspects or other.introspects)


class _Measure:
    def __init__(self, parsed: DocumentNode, limits: DocumentLimits) -> None:
        definitions = parsed.definitions
        self._limits = limits
        self._operations = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
        self._fragments = {each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)}
        self._sizes: dict[str, _Size] = {}
        self._aliases = 0
        self._directives = sum(len(each.directives or ()) for each in self._operations)

    def selected(self) -> list[Selected]:
        sizes = [self._selected(each.selection_set, 1) for each in self._operations]
        for name in self._fragments:
            self._spread(name, 0)
        limits, fields = self._limits, sum(each.fields for each in sizes)
        self._check("This document has {} operations", len(sizes), limits.operations)
        self._check("This document has {} aliases", self._aliases, limits.aliases)
        self._check("This document has {} directives", self._directives, limits.directives)
        for each in sizes:
            self._check("This operation selects {} root fields", each.roots, limits.root_fields)
            self._check("This operation is nested {} fields deep", each.depth, limits.depth)
        self._check("This document selects {} fields", fields, limits.fields)
        return [Selected(each.fields, each.introspects) for each in sizes]

    def _check(self, fault: str, found: int, limit: int) -> None:
        if found > limit:
            raise DocumentTooLarge(fault.format(f"{found:,}"), found, limit)

    def _selected(self, selection_set: SelectionSetNode | None, level: int) -> _Size:
        self._check_level(level)
        size = _Size()
        for node in selection_set.selections if selection_set else ():
            size = size.beside(self._node(node, level))
        return size._replace(levels=size.levels + 1)

    def _node(self, node: SelectionNode, level: int) -> _Size:
        self._directives += len(node.directives or ())
        match node:
            case FragmentSpreadNode():
                return self._spread(node.name.value, level)
            case InlineFragmentNode():
                return self._selected(node.selection_set, level + 1)
            case FieldNode():
                self._aliases += node.alias is not None
                below = self._selected(node.selection_set, level + 1) if node.selection_set else _Size()
                introspects = below.introspects or node.name.value in INTROSPECTION
                return _Size(1, below.fields + 1, below.depth + 1, below.levels, introspects)
        return _Size()

    def _spread(self, name: str, level: int) -> _Size:
        if name not in self._sizes:
            self._sizes[name] = _Size()  # A cycle ends here; validation refuses it.
            fragment = self._fragments.get(name)
            self._directives += len((fragment and fragment.directives) or ())
            self._sizes[name] = self._selected(fragment.selection_set, level + 1) if fragment else _Size()
        self._check_level(level + self._sizes[name].levels)
        return self._sizes[name]

    def _check_level(self, level: int) -> None:
        if level > MAX_LEVELS:
            raise DocumentTooLarge("This document has more selection sets within each other", None, MAX_LEVELS)
