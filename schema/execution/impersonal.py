"""Fields whose value does not depend on the viewer, so that subscribers can share one rendering.

A field that is not listed here counts as dependent on the viewer. A field that is missing from the list costs time but
leaks nothing. A field that is listed by mistake leaks nothing either: shared renderings run as a viewer without rights
(docs/decisions/0012-shared-renderings.md).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson
from graphql import FieldNode, GraphQLNamedType, GraphQLObjectType, get_named_type, is_composite_type

from schema.context import Info
from schema.execution.selections import Selections

# `waitingCount` is listed because viewers who may admit people share renderings only among themselves. `cursor` is not
# listed: each cursor must differ from every other (docs/decisions/0005-cursors-that-tell-nothing.md).
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
    """The key of a shared rendering: the document's text, the operation's name, and the variables as JSON."""

    document: str
    name: str | None
    variables: bytes


def impersonal_operation(info: Info) -> Operation | None:
    """Returns the key for a root field that selects nothing dependent on the viewer, and None for any other."""
    raw = info._raw_info
    operation = raw.operation
    if operation.loc is None or not _impersonal(Selections(info), get_named_type(raw.return_type), raw.field_nodes):
        return None
    try:
        variables = orjson.dumps(raw.variable_values, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # The variables have no form in JSON and cannot be compared, so the rendering is not shared.
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
