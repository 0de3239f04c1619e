"""Documents: each text is parsed once, and its size is checked before any other code traverses it.

DOCUMENTS keeps the parsed documents, and everything that is derived from them, within a number of bytes. A text alone
decides what its document is, so the whole process shares one DOCUMENTS.
"""

import sys
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from weakref import ReferenceType, WeakValueDictionary, ref

from graphql import DocumentNode, GraphQLError, GraphQLSyntaxError, OperationDefinitionNode, Token, parse
from graphql.language.parser import MAX_NESTING_DEPTH
from strawberry.extensions import SchemaExtension

from schema.execution.codes import RequestErrorCode
from schema.execution.measure import DocumentLimits, DocumentTooLarge, selected_in
from schema.execution.turns import Allowance, beside_the_loop

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

    def __init__(self, max_bytes: int, limits: DocumentLimits, characters_per_minute: int) -> None:
        self.max_bytes = max_bytes
        self.limits = limits
        self.allowance = Allowance(characters_per_minute)
        self.bytes = 0
        self._held: OrderedDict[str, Document] = OrderedDict()
        self._pinned: WeakValueDictionary[str, Document] = WeakValueDictionary()
        self._by_hash: WeakValueDictionary[str, Document] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._held)

    def known(self, text: str) -> Document | None:
        """Returns the document of a text, if it is kept."""
        found = self._held.get(text)
        if found is None:
            return self._pinned.get(text)
        self._held.move_to_end(text)
        return found

    def of(self, text: str) -> Document:
        """Returns the document of a text. Raises GraphQLError for a syntax error, and for a document over the limits.

        A new document is parsed at once, while the event loop waits.
        """
        return self.known(text) or self._added(_document(text, self.limits))

    async def parsed(self, text: str, caller: Hashable) -> Document:
        """Returns the document of a text as `of` does. It is the caller's turn. A new document is parsed beside the loop."""
        known = self.known(text)
        if known is not None:
            return known
        if len(text) > self.limits.characters:
            raise _too_long(text, self.limits)
        self.allowance.use(caller, len(text))
        return self._added(await beside_the_loop(_document, text, self.limits))

    def _added(self, document: Document) -> Document:
        self._held[document.text] = document
        self.recount(document)
        return document

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


DOCUMENTS = Documents(32 * MEBIBYTE, DocumentLimits(), 300_000)


def document(text: str) -> DocumentNode:
    """Returns the parsed document of a text. Raises GraphQLError as DOCUMENTS.of does."""
    return DOCUMENTS.of(text).parsed


class Part(NamedTuple):
    """An operation's document, as a weak reference, and what the operation selects."""

    document: ReferenceType[Document]
    fields: int
    introspects: bool


_PART = "_part"


def part_of(operation: OperationDefinitionNode) -> Part | None:
    """Returns what is known about an operation, or None if it was not parsed here."""
    part: Part | None = vars(operation).get(_PART)
    return part


def _document(text: str, limits: DocumentLimits) -> Document:
    parsed = _parsed(text, limits)
    document = Document(text, parsed)
    operations = (each for each in parsed.definitions if isinstance(each, OperationDefinitionNode))
    for operation, selected in zip(operations, selected_in(parsed, limits), strict=True):
        vars(operation)[_PART] = Part(ref(document), *selected)
    return document


def _parsed(text: str, limits: DocumentLimits) -> DocumentNode:
    if len(text) > limits.characters:
        raise _too_long(text, limits)
    try:
        parsed = parse(text, max_tokens=limits.tokens)
    except GraphQLSyntaxError as error:
        raise _syntax_error(error, limits) from None
    if parsed.loc:
        _unlink(parsed.loc.start_token)
    return parsed


def _too_long(text: str, limits: DocumentLimits) -> GraphQLError:
    return DocumentTooLarge(f"This document has {len(text):,} characters", len(text), limits.characters)


def _syntax_error(error: GraphQLSyntaxError, limits: DocumentLimits) -> GraphQLError:
    if "tokens" in error.message and error.message.endswith(ABORTED):
        return DocumentTooLarge("This document has more tokens", None, limits.tokens)
    if error.message.endswith(ABORTED):
        return DocumentTooLarge("This document is nested too deeply", None, MAX_NESTING_DEPTH)
    error.extensions = {"code": RequestErrorCode.GRAPHQL_PARSE_FAILED.value}
    return error


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
