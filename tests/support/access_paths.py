"""Documents that reach an object by its id alone, by type. They are used to test who can find which objects."""

from graphql import GraphQLInputObjectType, get_named_type, is_required_input_field

from schema.root import schema
from tests.support.people import absent

ERRORS = "userErrors { code message field }"
NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"
REQUIRED = {
    "access": "EVERYONE",
    "after": '"x"',
    "devices": "[CAMERA]",
    "mayShow": "true",
    "emoji": '"\U0001f44d"',
    "answers": "[]",
    "addContent.kind": "SCREEN",
    "createInteraction.kind": "CHOICE",
    "opensAt": '"2030-01-01T00:00:00Z"',
    "optionId": f'"{absent("InteractionOption")}"',
    "questions": '[{text: "x", options: ["y", "z"]}]',
    "participantIds": '["x"]',
    "replyId": f'"{absent("QuestionReply")}"',
    "state": "PROCESSING",
    "text": '"x"',
    "textId": f'"{absent("InteractionText")}"',
}
"""A value for each further field that inputs require, by its name, or by the mutation's and its own."""


def mutations_on(of: str) -> dict[str, GraphQLInputObjectType]:
    """Returns all mutations whose input has an id in the field `of`, with that input. New mutations are included."""
    mutations = schema._schema.mutation_type
    assert mutations
    inputs = {verb: get_named_type(field.args["input"].type) for verb, field in mutations.fields.items()}
    return {
        verb: given
        for verb, given in inputs.items()
        if isinstance(given, GraphQLInputObjectType) and of in given.fields
    }


def _acts(of: str) -> dict[str, str]:
    return {
        verb: f"mutation ($id: ID!) {{ {verb}(input: {{{of}: $id{_more(verb, given, of)}}}) {{ cursor {ERRORS} }} }}"
        for verb, given in mutations_on(of).items()
    }


def _more(verb: str, given: GraphQLInputObjectType, of: str) -> str:
    fields = [name for name, field in given.fields.items() if is_required_input_field(field) and name != of]
    everybody = ", all: true" if verb == "admitParticipants" else ""  # otherwise it requires ids
    values = {name: REQUIRED.get(f"{verb}.{name}") or REQUIRED[name] for name in fields}
    return "".join(f", {name}: {value}" for name, value in values.items()) + everybody


BY_ID = {"node": NODE, "nodes": "query ($id: ID!) { nodes(ids: [$id]) { __typename id } }"}
PATHS = {
    "Gallery": BY_ID | {
        "gallery": "query ($id: ID!) { gallery(by: {id: $id}) { title } }",
        "preview": f"query ($id: ID!) {{ previewRoomConfiguration(input: {{galleryId: $id}}) {{ {ERRORS} }} }}",
        "configure": f"mutation ($id: ID!) {{ configureRoom(input: {{galleryId: $id}}) {{ room {{ id }} {ERRORS} }} }}",
    },
    "Room": BY_ID | _acts("roomId") | {
        "room": "query ($id: ID!) { room(id: $id) { id } }",
        "backchannel": 'mutation ($id: ID!) { postMessage(input: {roomId: $id, text: "x", channel: BACKCHANNEL}) {'
        f" cursor {ERRORS} }} }}",
    },
    "RoomSession": BY_ID | _acts("sessionId"),
    "Recording": BY_ID | _acts("recordingId"),
    "Interaction": BY_ID | _acts("interactionId"),
    "ContentItem": BY_ID | _acts("contentId"),
    "Participant": BY_ID | _acts("participantId"),
    "Media": BY_ID, "GalleryMembership": BY_ID, "WebhookDelivery": BY_ID,
    "Webhook": BY_ID | _acts("webhookId"),
    "ChatMessage": BY_ID | _acts("messageId"),
    "Question": BY_ID | _acts("questionId"),
    "Course": {"gallery": "query ($id: String!) { gallery(by: {externalId: $id}) { title } }"},
}  # fmt: skip
STREAMS = {
    "roomStatus": "subscription ($id: ID!) { roomStatus(roomId: $id) { state } }",
    "roomStatuses": "subscription ($id: ID!) { roomStatuses(roomIds: [$id]) { state } }",
    "roomEvents": "subscription ($id: ID!) { roomEvents(roomId: $id) { __typename } }",
    "chat": "subscription ($id: ID!) { chat(roomId: $id) { __typename } }",
    "questions": "subscription ($id: ID!) { questions(roomId: $id) { __typename } }",
    "backchannel": "subscription ($id: ID!) { chat(roomId: $id, channel: BACKCHANNEL) { __typename } }",
}
