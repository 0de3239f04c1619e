"""What is the same for everybody who is told of it, so that one rendering serves them all.

A field that is not named here depends on the viewer: to forget one costs time and tells nobody anything. Nor does naming one by
mistake, as shared renderings are made for a viewer who may see nothing (docs/decisions/0012-shared-renderings.md).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson
from graphql import FieldNode, GraphQLNamedType, GraphQLObjectType, get_named_type, is_composite_type

from schema.context import Info
from schema.execution.selections import Selections

# `waitingCount` is what it is for all who are told the same: those who may let people in are told something else than the others.
# `cursor` is never the same twice, and must not be (docs/decisions/0005-cursors-that-tell-nothing.md).
IMPERSONAL: Mapping[str, frozenset[str]] = {
    of: frozenset(fields.split())
    for of, fields in {
        "RoomStatus": "state mode session locked participantCount onStageCount waitingCount recording",
        "RoomSession": "id mode limits stageAccess locked startedAt startedBy endedAt endReason peakParticipants",
        "RoomLimits": "mode visibleCameras stageCapacity participantCapacity",
        "Recording": "id state startedAt startedBy endedAt durationSeconds failureReason",
        "User": "id name avatarUrl",
    }.items()
}


class Operation(NamedTuple):
    """What a rendering depends on beside the viewer: the document's text, which operation of it, and its variables as JSON."""

    document: str
    name: str | None
    variables: bytes


def impersonal_operation(info: Info) -> Operation | None:
    """The operation of a root field, if everybody who is told the same gets the same answer; None if it is the viewer's own."""
    raw = info._raw_info
    operation = raw.operation
    if operation.loc is None or not _impersonal(Selections(info), get_named_type(raw.return_type), raw.field_nodes):
        return None
    try:
        variables = orjson.dumps(raw.variable_values, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # no form in JSON: what cannot be compared is not shared
        return None
    return Operation(operation.loc.source.body, operation.name.value if operation.name else None, variables)


def _impersonal(selections: Selections, of: GraphQLNamedType, nodes: Sequence[FieldNode]) -> bool:
    if not isinstance(of, GraphQLObjectType):
        return not is_composite_type(of)
    for selected in selections.fields(of, nodes).values():
        name = selected[0].name.value
        if name == "__typename":
            continue
        if name not in IMPERSONAL.get(of.name, ()):
            return False
        if not _impersonal(selections, get_named_type(of.fields[name].type), selected):
            return False
    return True
