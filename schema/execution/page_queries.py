"""Queries of one gallery's page: those whose fields are all in a table, so that a finished answer can be used again.

The value of each field in the table depends only on the gallery's content that all members may see, on the names of
people, on the room's state, and on the viewer's roles. A field that is missing costs time but is never stale. A field
that is listed by mistake may be stale: read its resolver before you add it. Not listed are fields with salted cursors,
fields that depend on the time or on the viewer, and lists that change without an entry that all members may see
(docs/decisions/0016-validated-responses.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_argument_values,
    get_named_type,
    get_variable_values,
    is_composite_type,
)

from schema.execution.documents import DOCUMENTS
from schema.execution.impersonal import Operation

ROOT = "gallery"
_CONNECTION = "edges pageInfo totalCount"
_EDGE = "node cursor"

PAGE: Mapping[str, frozenset[str]] = {
    of: frozenset(fields.split())
    for of, fields in {
        "Node": "id",
        "Gallery": "id title description externalId viewerRole viewerPermissions moderateMedia createdAt updatedAt"
        " memberships memberCount media mediaCount playlists pendingCount room",
        "GalleryMembership": "id role source createdAt principal",
        "Principal": "id name",
        "User": "id name avatarUrl",
        "Group": "id name",
        "Media": "id title description kind status durationSeconds tags url thumbnailUrl createdAt publishedAt updatedAt"
        " owner",
        "Playlist": "id title description createdAt updatedAt items itemCount",
        "Room": "id enabled mode limits qna qnaEnabled groupChat groupChatEnabled shelfVisible version status activeSession"
        " viewerPermissions",
        "RoomLimits": "mode visibleCameras stageCapacity participantCapacity",
        "RoomStatus": "state mode session locked participantCount onStageCount waitingCount recording",
        "RoomSession": "id mode limits stageAccess locked startedAt startedBy endedAt endReason peakParticipants",
        "Recording": "id state startedAt startedBy endedAt durationSeconds failureReason",
        "GalleryMembershipConnection": _CONNECTION,
        "GalleryMembershipEdge": _EDGE,
        "MediaConnection": _CONNECTION,
        "MediaEdge": _EDGE,
        "PlaylistConnection": _CONNECTION,
        "PlaylistEdge": _EDGE,
        "PageInfo": "hasNextPage hasPreviousPage startCursor endCursor",
    }.items()
}
BYTES_PER_QUERY = 300


class PageQuery(NamedTuple):
    """A query of one gallery's page: its key, the value of `by`, and whether it selects something of the room."""

    operation: Operation
    by: Mapping[str, Any]
    selects_room: bool


@dataclass(frozen=True, slots=True)
class _Query:
    root: FieldNode
    selects_room: bool


class _Queries(dict[str | None, _Query | None]):
    """The queries of one document, by name, and None for each other operation."""


def page_query(
    schema: GraphQLSchema, text: str, operation: OperationDefinitionNode, variables: Mapping[str, Any] | None
) -> PageQuery | None:
    """Returns what is needed to use an answer again, or None if the operation is no query of a gallery's page."""
    query = _query(schema, text, operation)
    if query is None:
        return None
    try:
        by = _argument(schema, operation, query.root, dict(variables or {}))
        given = orjson.dumps(variables or {}, option=orjson.OPT_SORT_KEYS).decode()
    except (GraphQLError, TypeError):  # The execution finds the same error. Or the variables have no form in JSON.
        return None
    name = operation.name.value if operation.name else None
    return PageQuery(Operation(text, name, given), by, query.selects_room) if by else None


def _argument(
    schema: GraphQLSchema, operation: OperationDefinitionNode, root: FieldNode, variables: dict[str, Any]
) -> Mapping[str, Any] | None:
    # The first error is enough. To find them all takes time that grows with the square of the input.
    coerced = get_variable_values(schema, operation.variable_definitions or (), variables, max_errors=1)
    if isinstance(coerced, list) or schema.query_type is None:
        return None
    by: Mapping[str, Any] | None = get_argument_values(schema.query_type.fields[ROOT], root, coerced).get("by")
    return by


def _query(schema: GraphQLSchema, text: str, operation: OperationDefinitionNode) -> _Query | None:
    document, name = DOCUMENTS.of(text), operation.name.value if operation.name else None
    queries: _Queries = document.derived.setdefault(_Queries, _Queries())
    if name not in queries:
        definitions = document.parsed.definitions
        fragments = {each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)}
        queries[name] = _found(schema, fragments, operation)
        document.derived_bytes += BYTES_PER_QUERY
        DOCUMENTS.recount(document)
    return queries[name]


def _found(
    schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], operation: OperationDefinitionNode
) -> _Query | None:
    match operation.selection_set.selections:
        case [FieldNode() as root] if root.name.value == ROOT and not root.directives and schema.query_type:
            pass
        case _:
            return None
    selected = _Selected(schema, fragments)
    if not selected.is_listed(get_named_type(schema.query_type.fields[ROOT].type), root.selection_set):
        return None
    return _Query(root, "Room" in selected.types)


class _Selected:
    """Reads a selection as if all of it were included, whatever `@skip` and `@include` say.

    The document may not be validated yet. A field that does not exist is not listed.
    """

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self.types: set[str] = set()
        self._schema = schema
        self._fragments = fragments
        self._seen: set[str] = set()

    def is_listed(self, of: GraphQLNamedType | None, selection_set: SelectionSetNode | None) -> bool:
        """Returns whether the table has all fields that are selected of this type."""
        if of is None or selection_set is None:
            return False
        self.types.add(of.name)
        return all(self._is_listed(of, node) for node in selection_set.selections)

    def _is_listed(self, of: GraphQLNamedType, node: object) -> bool:
        match node:
            case FieldNode():
                return self._is_field_listed(of, node)
            case InlineFragmentNode():
                return self.is_listed(self._condition(node) if node.type_condition else of, node.selection_set)
            case FragmentSpreadNode():
                return self._is_fragment_listed(node.name.value)
        return False

    def _is_field_listed(self, of: GraphQLNamedType, node: FieldNode) -> bool:
        name = node.name.value
        if name == "__typename":
            return True
        if name not in PAGE.get(of.name, ()):
            return False
        if not isinstance(of, GraphQLObjectType):
            return node.selection_set is None  # a plain field of an interface
        target = get_named_type(of.fields[name].type)
        return not is_composite_type(target) or self.is_listed(target, node.selection_set)

    def _is_fragment_listed(self, name: str) -> bool:
        if name in self._seen:
            return True
        self._seen.add(name)
        fragment = self._fragments.get(name)
        return fragment is not None and self.is_listed(self._condition(fragment), fragment.selection_set)

    def _condition(self, node: InlineFragmentNode | FragmentDefinitionNode) -> GraphQLNamedType | None:
        return self._schema.get_type(node.type_condition.name.value) if node.type_condition else None
