"""Documents: each text is parsed once, and its size is checked before any other code traverses it.

DOCUMENTS keeps the parsed documents, and everything that is derived from them, within a number of bytes. A text alone
decides what its document is, so the whole process shares one DOCUMENTS.
"""

import sys
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    SelectionSetNode,
    Token,
    parse,
)
from strawberry.extensions import SchemaExtension

from schema.execution.codes import RequestErrorCode, request_error

MAX_CHARACTERS = 100_000  # A single token can be very long, and the text stays in memory.
MAX_TOKENS = 2_000
MAX_FIELDS = 2_000
MAX_DEPTH = 25
ABORTED = "Parsing aborted."  # graphql-core ends so the message of an error about too many or too deep tokens.
MEBIBYTE = 1024 * 1024

# Measured with tracemalloc on graphql-core 3.3.2 for documents of 2,000 tokens each: only fields, only aliases, only
# arguments, directives, variables, null values, fragments, operations. A token took 290 to 610 bytes. Names and strings
# are slices of the text, which take its length once more.
BYTES_PER_TOKEN = 700
BYTES_PER_DOCUMENT = 2_000
BYTES_PER_ERROR = 2_000


@dataclass(eq=False)
class Document:
    """A parsed document and what is derived from it. When DOCUMENTS drops the document, all of it is dropped.

    `errors` are those of validation; None means that nobody has asked for them yet. `derived` is for any other code:
    it adds an estimate to `derived_bytes`, and then calls `DOCUMENTS.recount`.
    """

    text: str
    parsed: DocumentNode
    errors: list[GraphQLError] | None = None
    derived: dict[object, Any] = field(default_factory=dict)
    derived_bytes: int = 0
    counted: int = 0

    def bytes(self) -> int:
        """Returns an estimate of the memory that the document and all that is derived from it take."""
        return self._bytes_of_text() + self._bytes_of_errors() + self.derived_bytes

    def _bytes_of_text(self) -> int:
        return BYTES_PER_DOCUMENT + 2 * sys.getsizeof(self.text) + BYTES_PER_TOKEN * self.parsed.token_count

    def _bytes_of_errors(self) -> int:
        return sum(BYTES_PER_ERROR + sys.getsizeof(error.message) for error in self.errors or ())


class Documents:
    """The documents that were used last. Only the event loop's thread calls its methods."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.bytes = 0
        self._held: OrderedDict[str, Document] = OrderedDict()
        self._pinned: WeakValueDictionary[str, Document] = WeakValueDictionary()
        self._by_hash: WeakValueDictionary[str, Document] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._held)

    def of(self, text: str) -> Document:
        """Returns the document of a text. Raises GraphQLError for a syntax error, and for a document over the limits."""
        found = self._held.get(text)
        if found is not None:
            self._held.move_to_end(text)
            return found
        found = self._pinned.get(text)
        if found is None:
            found = self._held[text] = Document(text, _parsed(text))
            self.recount(found)
        return found

    def pin(self, text: str) -> Document:
        """Returns the document of a text. It is kept for as long as the caller keeps it, whatever else is used."""
        pinned = self._pinned[text] = self.of(text)
        if self._held.pop(text, None):
            self.bytes -= pinned.counted
        return pinned

    def remember_hash(self, text: str, sha256: str) -> None:
        """Lets `with_hash` find the document of a text, for as long as the document is kept. Raises as `of` does."""
        self._by_hash[sha256] = self.of(text)

    def with_hash(self, sha256: str) -> Document | None:
        """Returns the document with this hash, if it is known and was found to be valid."""
        found = self._by_hash.get(sha256)
        return found if found and found.errors == [] else None

    def recount(self, document: Document) -> None:
        """Counts the document's bytes again, and drops the documents that were not used for the longest time."""
        if self._held.get(document.text) is not document:
            return
        before, document.counted = document.counted, document.bytes()
        self.bytes += document.counted - before
        while self.bytes > self.max_bytes:
            _, dropped = self._held.popitem(last=False)
            self.bytes -= dropped.counted

    def clear(self) -> None:
        """Drops all documents that are not pinned."""
        self._held.clear()
        self.bytes = 0


DOCUMENTS = Documents(32 * MEBIBYTE)


def document(text: str) -> DocumentNode:
    """Returns the parsed document of a text. Raises GraphQLError as DOCUMENTS.of does."""
    return DOCUMENTS.of(text).parsed


def _parsed(text: str) -> DocumentNode:
    if len(text) > MAX_CHARACTERS:
        raise _too_large(f"This document is longer than {MAX_CHARACTERS} characters.")
    try:
        parsed = parse(text, max_tokens=MAX_TOKENS)
    except GraphQLSyntaxError as error:
        aborted = error.message.endswith(ABORTED)
        code = RequestErrorCode.DOCUMENT_TOO_LARGE if aborted else RequestErrorCode.GRAPHQL_PARSE_FAILED
        error.extensions = {"code": code.value}
        raise
    except RecursionError:
        raise _too_large("This document is nested too deeply.") from None
    _Measure(parsed).check()
    if parsed.loc:
        _unlink(parsed.loc.start_token)
    return parsed


def _too_large(message: str, operation: OperationDefinitionNode | None = None) -> GraphQLError:
    return request_error(RequestErrorCode.DOCUMENT_TOO_LARGE, message, operation)


def _unlink(token: Token | None) -> None:
    # Tokens refer to their neighbours in both directions. So the comments would stay in memory, and a dropped document
    # would stay until the garbage collector finds the cycle.
    while token:
        following = token.next
        token.prev = token.next = None
        token = following


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
                raise _too_large(f"This document selects more than {MAX_FIELDS} fields.", operation)
            if depth > MAX_DEPTH:
                raise _too_large(f"This operation is nested deeper than {MAX_DEPTH} fields.", operation)

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
