"""Documents: each text is parsed once, and its size is checked before any other code traverses it."""

from collections.abc import Iterator
from functools import lru_cache

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)
from strawberry.extensions import SchemaExtension

MAX_CHARACTERS = 100_000  # Comments are not tokens, and the cache keeps the text of each document.
MAX_TOKENS = 2_000
MAX_FIELDS = 2_000
MAX_DEPTH = 25
REMEMBERED = 512


@lru_cache(REMEMBERED)
def document(text: str) -> DocumentNode:
    """Returns the parsed document. Raises GraphQLError for a syntax error, and for a document over the limits."""
    if len(text) > MAX_CHARACTERS:
        raise GraphQLError(f"This document is longer than {MAX_CHARACTERS} characters.")
    try:
        parsed = parse(text, max_tokens=MAX_TOKENS)
    except RecursionError:
        raise GraphQLError("This document is nested too deeply.") from None
    _Measure(parsed).check()
    return parsed


class OneParse(SchemaExtension):
    """Takes parsed documents from the cache of `document`."""

    def on_parse(self) -> Iterator[None]:
        if self.execution_context.query:
            self.execution_context.graphql_document = document(self.execution_context.query)
        yield


class _Measure:
    """Counts fields with fragments expanded.

    Each fragment is measured once, so the time is linear in the document's size. All operations count together, because
    a document is validated as a whole, even if only one operation runs.
    """

    def __init__(self, parsed: DocumentNode) -> None:
        definitions = parsed.definitions
        self._operations = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
        self._fragments = {each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)}
        self._sizes: dict[str, tuple[int, int]] = {}

    def check(self) -> None:
        selected = 0
        for operation in self._operations:
            fields, depth = self._size(operation.selection_set)
            selected += fields
            if selected > MAX_FIELDS:
                raise GraphQLError(f"This document selects more than {MAX_FIELDS} fields.", operation)
            if depth > MAX_DEPTH:
                raise GraphQLError(f"This operation is nested deeper than {MAX_DEPTH} fields.", operation)

    def _size(self, selection_set: SelectionSetNode | None) -> tuple[int, int]:
        fields = depth = 0
        for node in selection_set.selections if selection_set else ():
            if isinstance(node, FragmentSpreadNode):
                more, deeper = self._size_of_fragment(node.name.value)
            else:
                own = int(isinstance(node, FieldNode))
                more, deeper = (size + own for size in self._size(node.selection_set))  # type: ignore[attr-defined]  # a field and an inline fragment have this attribute
            fields, depth = fields + more, max(depth, deeper)
        return fields, depth

    def _size_of_fragment(self, name: str) -> tuple[int, int]:
        if name not in self._sizes:
            self._sizes[name] = (0, 0)  # A cycle ends here; validation refuses it.
            fragment = self._fragments.get(name)
            self._sizes[name] = self._size(fragment.selection_set) if fragment else (0, 0)
        return self._sizes[name]
