"""Fields whose value does not depend on the viewer, so that subscribers can share one rendering.

A field that is not listed here counts as dependent on the viewer, except a link of which only the id is selected. A field that is missing from the list costs time but
leaks nothing. A field that is listed by mistake leaks nothing either: shared renderings run as a viewer without rights
(docs/decisions/0012-shared-renderings.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast
from weakref import WeakValueDictionary

import orjson
from graphql import FieldNode, GraphQLNamedType, GraphQLObjectType, VariableNode, get_named_type, is_composite_type

from schema.context import Info
from schema.execution.ahead import takes_only_id
from schema.execution.selections import Selections

_MESSAGE = "cursor occurredAt message"
_SESSION = "cursor occurredAt session"
_PARTICIPANT = "cursor occurredAt participant"
_MEDIA = "cursor occurredAt gallery media"
_INTERACTION = "cursor occurredAt interactionId interaction"
_RECORDING = "cursor occurredAt gallery recording"

# `waitingCount` and `shown` are listed because viewers who may admit people, and those inside, share renderings only
# among themselves. The `cursor` of
# a status is not listed: each such cursor must differ from every other (docs/decisions/0005-cursors-that-tell-nothing.md).
IMPERSONAL: Mapping[str, frozenset[str]] = {
    of: frozenset(fields.split())
    for of, fields in {
        "RoomStatus": "id state mode session locked participantCount onStageCount waitingCount recording shown",
        "ShownContent": "kind title url pageCount page playback version",
        "Playback": "playing positionSeconds rate setAt",
        "RoomSession": "id mode limits stageAccess locked startedAt startedBy endedAt endReason peakParticipants",
        "RoomLimits": "mode title visibleCameras stageCapacity participantCapacity camerasOnByDefault",
        "Recording": "id state startedAt startedBy endedAt durationSeconds failureReason",
        "User": "id name avatarUrl",
        "Participant": "id state roles onStage invitedToStage mayShow handRaisedAt camera microphone screen joinedAt"
        " leftAt user",
        "ChatMessage": "id channel authorName authorRoles sentAt editedAt deletedAt clearedAt pinnedAt author text"
        " replyTo reactions",
        "ReactionCount": "emoji count",
        "Interaction": "id kind state questions changeable anonymous shareResults answerCount rightCount opensAt openedAt"
        " closesAt closedAt",
        "InteractionQuestion": "id kind text options multipleAnswers lowestLabel highestLabel emoji explanation average"
        " published",
        "InteractionOption": "id text votes right hidden",
        "InteractionText": "id text",
        "Media": "id title description kind status durationSeconds tags url thumbnailUrl createdAt publishedAt updatedAt"
        " owner gallery",
        "Gallery": "id title description externalId moderateMedia createdAt updatedAt",
        "Checkpoint": "cursor occurredAt gallery",
        "MessagePosted": _MESSAGE,
        "Announced": _MESSAGE,
        "MessageEdited": _MESSAGE,
        "MessageDeleted": _MESSAGE,
        "MessagePinned": _MESSAGE,
        "MessageUnpinned": _MESSAGE,
        "MessageReacted": _MESSAGE,
        "ChatCleared": "cursor occurredAt channel clearedAt",
        "SessionStarted": _SESSION + " gallery",
        "SessionEnded": _SESSION + " gallery",
        "RoomLocked": _SESSION + " gallery",
        "RoomUnlocked": _SESSION + " gallery",
        "StageAccessChanged": _SESSION,
        "ParticipantWaiting": _PARTICIPANT,
        "ParticipantJoined": _PARTICIPANT + " participantCount onStageCount",
        "ParticipantLeft": _PARTICIPANT + " participantCount onStageCount",
        "ParticipantChanged": _PARTICIPANT,
        "StageChanged": _PARTICIPANT + " onStageCount",
        "HandRaised": _PARTICIPANT,
        "HandLowered": _PARTICIPANT,
        "DevicesChanged": _PARTICIPANT,
        "AllDevicesChanged": "cursor occurredAt state cameraIds microphoneIds screenIds",
        "ReactionsCounted": "cursor occurredAt counts",
        "EmojiCount": "emoji count",
        "InteractionOpened": _INTERACTION,
        "InteractionChanged": _INTERACTION,
        "InteractionClosed": _INTERACTION,
        "InteractionDeleted": "cursor occurredAt interactionId",
        "ShownChanged": "cursor occurredAt shown",
        "ShownEnded": "cursor occurredAt",
        "RecordingStarted": _RECORDING,
        "RecordingEnded": _RECORDING,
        "GalleryChanged": "cursor occurredAt gallery title description moderateMedia",
        "RoomConfigured": "cursor occurredAt gallery enabled mode qna groupChat shelfVisible version",
        "MediaAdded": _MEDIA,
        "MediaChanged": _MEDIA,
        "MediaReviewed": _MEDIA,
        "MediaRemoved": "cursor occurredAt gallery mediaId",
        "PendingCountChanged": "cursor occurredAt gallery pendingCount",
        "PlaylistDeleted": "cursor occurredAt gallery playlistId",
    }.items()
}


_START = ("after", "roomIds")


class Operation(NamedTuple):
    """The key of a shared rendering: the document's text, the operation's name, and the variables as JSON."""

    document: str
    name: str | None
    variables: str


class Sharing:
    """Which items of a subscription look the same to all subscribers with the same operation."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self._shared: dict[str, bool] = {}

    def shares(self, type_name: str, info: Info) -> bool:
        """Returns whether nothing that is selected of an item of this type depends on the viewer."""
        shared = self._shared.get(type_name)
        if shared is None:
            raw = info._raw_info
            of = raw.schema.type_map[type_name]
            shared = self._shared[type_name] = _impersonal(Selections(info), of, raw.field_nodes)
        return shared


_SHARINGS: WeakValueDictionary[Operation, Sharing] = WeakValueDictionary()


def sharing_of(info: Info) -> Sharing | None:
    """Returns the object that all subscribers with this operation have, or None if the operation cannot be compared."""
    operation = _key(info)
    if operation is None:
        return None
    return _SHARINGS.setdefault(operation, Sharing(operation))


def _impersonal(selections: Selections, of: GraphQLNamedType, nodes: Sequence[FieldNode]) -> bool:
    if not isinstance(of, GraphQLObjectType):
        return not is_composite_type(of)
    for selected in selections.fields(of, nodes).values():
        name = selected[0].name.value
        if name == "__typename" or takes_only_id(selections, of.fields[name], selected):
            continue
        if name not in IMPERSONAL.get(of.name, ()):
            return False
        if not _impersonal(selections, get_named_type(of.fields[name].type), selected):
            return False
    return True


def _key(info: Info) -> Operation | None:
    raw = info._raw_info
    operation = raw.operation
    if operation.loc is None:
        return None
    text = operation.loc.source.body
    variables = dict(cast("dict[str, Any]", raw.variable_values))
    for name in _start_variables(raw.field_nodes):
        # Where a stream starts, and which rooms it tells, does not change its items. The variable may also be used elsewhere.
        if text.count(f"${name}") == 2:
            variables.pop(name, None)
    try:
        return Operation(
            text,
            operation.name.value if operation.name else None,
            orjson.dumps(variables, option=orjson.OPT_SORT_KEYS).decode(),
        )
    except TypeError:  # The variables have no form in JSON and cannot be compared, so the rendering is not shared.
        return None


def _start_variables(nodes: Iterable[FieldNode]) -> Iterable[str]:
    for node in nodes:
        for argument in node.arguments or ():
            if argument.name.value in _START and isinstance(argument.value, VariableNode):
                yield argument.value.name.value
