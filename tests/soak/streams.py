"""What a subscriber has to be told, as docs/subscriptions.md promises it: events by stream, and audiences by class of viewer."""

GALLERY_ONLY = {
    "GalleryChanged", "MediaAdded", "MediaChanged", "MediaReviewed", "MediaRemoved", "PendingCountChanged", "PlaylistSaved",
    "PlaylistDeleted",
}  # fmt: skip
RECORDINGS = {"RecordingStarted", "RecordingEnded", "RecordingReady", "RecordingFailed"}
GALLERY = GALLERY_ONLY | RECORDINGS | {
    "SessionStarted", "SessionEnded", "RoomLocked", "RoomUnlocked", "RoomConfigured", "AccessChanged", "MembershipsChanged",
    "SiteDefaultsChanged",
}  # fmt: skip
CHAT = {
    "MessagePosted", "MessageEdited", "MessageDeleted", "MessagePinned", "MessageUnpinned", "MessageReacted",
    "ChatCleared",
}  # fmt: skip
"""Of the group's channel, which the load subscribes to. Announcements have a channel of their own."""
QUESTIONS = {"QuestionAsked", "QuestionChanged", "AnswerPublished"}

SEEN = {
    "members": {"EVERYONE", "MEMBERS"},
    "inside": {"EVERYONE", "MEMBERS", "PEOPLE", "INSIDE"},
    "guest": {"EVERYONE", "PEOPLE", "INSIDE"},
}
"""The audiences that a class of viewers belongs to. The class `all` belongs to each. Audiences of a person are decided by name."""
OF_ONE = {"OWNER", "PERSON", "THREAD"}


def is_told(field: str, event: str) -> bool:
    """Returns whether the subscription with this root field tells events of this kind."""
    match field:
        case "roomEvents":
            return event not in GALLERY_ONLY
        case "galleryEvents":
            return event in GALLERY
        case "chat":
            return event in CHAT
        case "questions":
            return event in QUESTIONS
        case "recordings":
            return event in RECORDINGS
    raise ValueError(field)


def is_seen(sees: str, viewer: str, seen_by: str) -> bool:
    """Returns whether a viewer of this class may see an entry with this audience."""
    audience, _, whose = seen_by.partition(" ")
    if audience in OF_ONE and whose == viewer:
        return True
    return sees == "all" or audience in SEEN[sees]
