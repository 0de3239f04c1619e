"""Documents that reach an object when all a client has is its id, by type. Used to test who finds what."""

from tests.support.chat import OF_PARTICIPANT
from tests.support.people import absent
from tests.support.running_session import IN_ROOM, TO_PARTICIPANT

ERRORS = "userErrors { code message field }"
NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"
ACCESS = ", access: EVERYONE"
TO_QUESTION = (
    *("claimQuestion", "releaseQuestion", "dismissQuestion", "reopenQuestion", "upvoteQuestion"),
    "removeQuestionUpvote",
)


def _acts(of: str, *verbs: str, more: str = "") -> dict[str, str]:
    return {
        verb: f"mutation ($id: ID!) {{ {verb}(input: {{{of}: $id{more}}}) {{ cursor {ERRORS} }} }}" for verb in verbs
    }


BY_ID = {"node": NODE, "nodes": "query ($id: ID!) { nodes(ids: [$id]) { __typename id } }"}
PATHS = {
    "Gallery": BY_ID | {
        "gallery": "query ($id: ID!) { gallery(by: {id: $id}) { title } }",
        "preview": f"query ($id: ID!) {{ previewRoomConfiguration(input: {{galleryId: $id}}) {{ {ERRORS} }} }}",
        "configure": f"mutation ($id: ID!) {{ configureRoom(input: {{galleryId: $id}}) {{ room {{ id }} {ERRORS} }} }}",
    },
    "Room": BY_ID | {
        "room": "query ($id: ID!) { room(id: $id) { id } }",
        **_acts("roomId", "enterRoom", "heartbeat", "leaveRoom", "clearChat", *IN_ROOM),
        **_acts("roomId", "announce", "askQuestion", "postMessage", more=', text: "x"'),
        "backchannel": 'mutation ($id: ID!) { postMessage(input: {roomId: $id, text: "x", channel: BACKCHANNEL}) {'
        f" cursor {ERRORS} }} }}",
        "ask": 'mutation ($id: ID!) { createPoll(input: {roomId: $id, question: "x", options: ["y", "z"]}) {'
        f" poll {{ id }} {ERRORS} }} }}",
    },
    "RoomSession": BY_ID | {
        **_acts("sessionId", "lockRoom", "unlockRoom", "lowerAllHands"),
        **_acts("sessionId", "setStageAccess", more=ACCESS), **_acts("sessionId", "admitParticipants", more=", all: true"),
        "decline": 'mutation ($id: ID!) { declineParticipants(input: {sessionId: $id, participantIds: ["x"]}) {'
        f" cursor {ERRORS} }} }}",
        "end": f"mutation ($id: ID!) {{ endSession(input: {{sessionId: $id}}) {{ session {{ id }} {ERRORS} }} }}",
        "record": f"mutation ($id: ID!) {{ startRecording(input: {{sessionId: $id}}) {{ recording {{ id }} {ERRORS} }} }}",
    },
    "Recording": BY_ID | {
        "stop": f"mutation ($id: ID!) {{ endRecording(input: {{recordingId: $id}}) {{ recording {{ id }} {ERRORS} }} }}",
        "report": "mutation ($id: ID!) { reportRecording(input: {recordingId: $id, state: PROCESSING}) {"
        f" recording {{ id }} {ERRORS} }} }}",
    },
    "Poll": BY_ID | {
        **_acts("pollId", "updatePoll", "deletePoll", "openPoll", "closePoll"),
        **_acts("pollId", "castVote", more=', optionIds: ["x"]'),
    },
    "Participant": BY_ID | _acts("participantId", "removeParticipant", *TO_PARTICIPANT, *OF_PARTICIPANT),
    "Media": BY_ID, "GalleryMembership": BY_ID,
    "ChatMessage": BY_ID | {
        **_acts("messageId", "deleteMessage", "pinMessage", "unpinMessage"),
        **_acts("messageId", "editMessage", more=', text: "x"'),
        **_acts("messageId", "addReaction", "removeReaction", more=', emoji: "\U0001f44d"'),
    },
    "Question": BY_ID | {
        **_acts("questionId", *TO_QUESTION), **_acts("questionId", "replyToQuestion", more=', text: "x"'),
        **_acts("questionId", "publishAnswer", more=f', replyId: "{absent("QuestionReply")}"'),
    },
    "Course": {"gallery": "query ($id: String!) { gallery(by: {externalId: $id}) { title } }"},
}  # fmt: skip
STREAMS = {
    "roomStatus": "subscription ($id: ID!) { roomStatus(roomId: $id) { state } }",
    "roomEvents": "subscription ($id: ID!) { roomEvents(roomId: $id) { __typename } }",
    "chat": "subscription ($id: ID!) { chat(roomId: $id) { __typename } }",
    "questions": "subscription ($id: ID!) { questions(roomId: $id) { __typename } }",
    "backchannel": "subscription ($id: ID!) { chat(roomId: $id, channel: BACKCHANNEL) { __typename } }",
}
