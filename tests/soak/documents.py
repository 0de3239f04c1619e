"""The operations of the load: what writers do, and what subscribers select."""

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
_ASKED_OF_ALL = "... on InteractionOpened { interaction { questions { text } } }"


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


ROOM = Stream("room", "roomEvents", "roomId", f"{_SPOKEN} {_ASKED} {_ASKED_OF_ALL}")
CHAT = Stream("chat", "chat", "roomId", _SPOKEN)
QUESTIONS = Stream("questions", "questions", "roomId", _ASKED)
GALLERY = Stream("gallery", "galleryEvents", "galleryId", _MEDIA)
RECORDINGS = Stream("recordings", "recordings", "galleryId", "")


def mark_of(event: dict[str, object]) -> str:
    """Returns the writer's text in an event as a subscriber got it, or ""."""
    for field, part in (("message", "text"), ("question", "text"), ("media", "title")):
        value = event.get(field)
        if isinstance(value, dict) and part in value:
            return str(value[part])
    asked = event.get("interaction")
    return str(asked["questions"][0]["text"]) if isinstance(asked, dict) and asked.get("questions") else ""
