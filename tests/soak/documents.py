"""The operations of the load: what writers do, and what subscribers select."""

from collections.abc import Iterator
from dataclasses import dataclass

DONE = "{ cursor userErrors { code } }"

MUTATIONS = {
    name: f"mutation ($input: {kind}!) {{ {name}(input: $input) {DONE} }}"
    for name, kind in {
        "postMessage": "PostMessageInput",
        "announce": "AnnounceInput",
        "askQuestion": "AskQuestionInput",
        "addMedia": "AddMediaInput",
        "raiseHand": "RaiseHandInput",
        "leaveStage": "LeaveStageInput",
        "endRecording": "EndRecordingInput",
        "openInteraction": "OpenInteractionInput",
        "closeInteraction": "CloseInteractionInput",
        "answerInteraction": "AnswerInteractionInput",
        "setGalleryMember": "SetGalleryMemberInput",
        "configureRoom": "ConfigureRoomInput",
    }.items()
} | {
    "enterRoom": """mutation ($input: EnterRoomInput!) { enterRoom(input: $input) {
        cursor session { id } participant { id } userErrors { code } } }""",
    "startRecording": """mutation ($input: StartRecordingInput!) { startRecording(input: $input) {
        cursor recording { id } userErrors { code } } }""",
    "createInteraction": """mutation ($input: CreateInteractionInput!) { createInteraction(input: $input) {
        cursor interaction { id } userErrors { code } } }""",
    "createGallery": """mutation ($input: CreateGalleryInput!) { createGallery(input: $input) {
        cursor userErrors { code } } }""",
}

_SPOKEN = "... on MessagePosted { message { text } } ... on Announced { message { text } }"
_ASKED = "... on QuestionAsked { question { text } }"
_MEDIA = "... on MediaAdded { media { title } } ... on RecordingReady { recording { id media { id } } }"
_TOTALS = "interaction { answerCount questions { text options { votes } } }"
_ASKED_OF_ALL = f"... on InteractionOpened {{ {_TOTALS} }} ... on InteractionClosed {{ {_TOTALS} }}"
_ACCESS = "... on AccessChanged { memberships { role } listsChanged }"


@dataclass(frozen=True)
class Stream:
    """A subscription with the variables `id` and `after`. Its name is that of the document in the notes."""

    name: str
    field: str
    argument: str
    selection: str

    @property
    def document(self) -> str:
        chosen = f"{self.field}({self.argument}: $id, after: $after) {{ __typename ... on Event {{ cursor }} {self.selection} }}"
        return f"subscription ($id: ID!, $after: EventCursor) {{ {chosen} }}"


ROOM = Stream("room", "roomEvents", "roomId", f"{_SPOKEN} {_ASKED} {_ASKED_OF_ALL} {_ACCESS}")
CHAT = Stream("chat", "chat", "roomId", _SPOKEN)
QUESTIONS = Stream("questions", "questions", "roomId", _ASKED)
GALLERY = Stream("gallery", "galleryEvents", "galleryId", _MEDIA)
RECORDINGS = Stream("recordings", "recordings", "galleryId", "")


def paths_of(told: object, path: str = "") -> Iterator[str]:
    """Yields the path of each value that is not null, and of each list that is empty."""
    match told:
        case dict():
            for name, value in told.items():
                yield from paths_of(value, f"{path}.{name}".lstrip("."))
        case [*each] if each:
            for value in each:
                yield from paths_of(value, path)
        case _ if told is not None:
            yield path


def mark_of(event: dict[str, object]) -> str:
    """Returns the writer's text in an event as a subscriber got it, or ""."""
    for field, part in (("message", "text"), ("question", "text"), ("media", "title")):
        value = event.get(field)
        if isinstance(value, dict) and part in value:
            return str(value[part])
    asked = event.get("interaction")
    return str(asked["questions"][0]["text"]) if isinstance(asked, dict) and asked.get("questions") else ""
