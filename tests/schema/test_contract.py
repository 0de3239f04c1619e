"""Compares contract.graphql, which clients rely on, with the schema, in both directions."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graphql import parse, print_ast

from schema.root import sdl

CONTRACT = Path(__file__).with_name("contract.graphql").read_text()

NOT_BUILT = {
    "": "AudioVideoAccess",
    "Participant": "audioVideo",
}
"""Members of the contract that the schema lacks, by type, and missing types under "". This list only shrinks."""

ADDED = {
    "EffectiveModerator.hasGalleryAccess",  # rule 11: people who would get the room but not the media
    "RoomConfigured.enabled",
    "RoomConfigured.mode",
    "RoomConfigured.qna",
    "RoomConfigured.groupChat",
    "RoomConfigured.version",
    "RoomConfigured.room",
    "AccessChanged.room",
    "SessionStarted.session",
    "SessionEnded.session",
    "ParticipantJoined.participant",
    "ParticipantJoined.participantCount",
    "ParticipantLeft.participant",
    "ParticipantLeft.participantCount",
    "ParticipantWaiting.participant",
    "ParticipantChanged.participant",
    "RoomLocked.session",
    "RoomUnlocked.session",
    "StageChanged.participant",
    "StageChanged.onStageCount",
    "HandRaised.participant",
    "HandLowered.participant",
    "RecordingStarted.recording",
    "RecordingEnded.recording",
    "RecordingReady.recording",
    "RecordingFailed.recording",
    "MessagePosted.message",
    "Query.sessionRecord",
    "Query.sessionRecord(sessionId:)",
    "Query.sessionRecord(first:)",
    "Query.sessionRecord(after:)",
    "Site.rateLimits",
    "UserError.retryAfterSeconds",
    "ErrorCode.UNAVAILABLE",
    "PollOpened.poll",
    "PollChanged.poll",
    "PollClosed.poll",
    "Poll.viewerVote",  # the viewer's own
    "Mutation.editMessage",
    "Mutation.editMessage(input:)",
    "ChatMessage.editedAt",
    "MessageDeleted.message",
    "MessagePinned.message",
    "MessageUnpinned.message",
    "MessageReacted.message",
    "Announced.message",
    "ChatCleared.channel",
    "ChatCleared.clearedAt",
    "ChatChannel.ANNOUNCEMENTS",  # announcements have a channel of their own
    "ChatMessage.clearedAt",
    "Room.messages(pinned:)",
    "ReactionCount.viewerReacted",
    "QuestionAsked.question",
    "QuestionChanged.question",
    "AnswerPublished.question",
    "Question.viewerUpvoted",
    "QuestionReply.byModerator",  # which replies can be published
    "Gallery.viewerPermissions",
    "GalleryChanged.title",
    "GalleryChanged.description",
    "GalleryChanged.moderateMedia",
    "MediaAdded.media",
    "MediaReviewed.media",
    "MediaReviewed.reason",
    "MediaRemoved.mediaId",
    "PendingCountChanged.pendingCount",
    "Mutation.syncRoster",  # the roster of a course, which changes only its own memberships
    "Mutation.syncRoster(input:)",
}
"""Members that the schema adds to the contract's types, so that nothing is added by mistake."""

DIFFERENT = {
    "RoleSource.via": "Principal",  # a group can be deleted while its members are inside
}
"""Differences between schema and contract that are intended."""


def places(text: str) -> dict[str, str]:
    """Returns every type, member and argument by its coordinate, with its definition."""
    return {place: shape for of in parse(text).definitions for place, shape in _places(of, of.name.value)}  # type: ignore[attr-defined]  # definitions have a name


def _places(of: Any, place: str) -> Iterator[tuple[str, str]]:
    default = getattr(of, "default_value", None)
    shape = [print_ast(of.type) if hasattr(of, "type") else of.kind, f"= {print_ast(default)}" if default else ""]
    yield place, " ".join(filter(None, [*shape, *(f"@{each.name.value}" for each in _all(of, "directives"))]))
    for each in _all(of, "interfaces"):
        yield f"{place} implements {each.name.value}", ""
    for each in (*_all(of, "fields"), *_all(of, "values"), *_all(of, "types")):
        yield from _places(each, f"{place}.{each.name.value}")
    for each in _all(of, "arguments"):
        yield from _places(each, f"{place}({each.name.value}:)")


def _all(of: object, what: str) -> Iterator[Any]:
    yield from getattr(of, what, None) or ()


PROMISED, BUILT = places(CONTRACT), places(sdl())
PLANNED = {f"{of}.{name}" if of else name for of, names in NOT_BUILT.items() for name in names.split()}


def test_what_the_contract_names_is_built_exactly_so() -> None:
    assert {place: BUILT.get(place) for place in PROMISED} == PROMISED | DIFFERENT


def test_what_stands_under_the_contracts_names_is_in_it_or_listed_as_added() -> None:
    beyond = {place for place in BUILT.keys() - PROMISED.keys() if place.partition(".")[0] in PROMISED}
    assert beyond == ADDED


def test_what_is_listed_as_not_built_is_not_there() -> None:
    assert not PLANNED & BUILT.keys(), "built: take it off the list, and put its shape into contract.graphql"
    assert not PLANNED & PROMISED.keys()
