"""A document for every list in the schema, with the relations of its items, for tests that count statements."""

from collections.abc import Iterator

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_list_type,
)
from graphql.type import get_nullable_type
from strawberry.schema.schema_converter import GraphQLCoreConverter

from schema.root import schema

CORE = schema._schema

PERSON = """... on User { name email groups { name memberCount } }
  ... on Group { name memberCount members(first: 100) { edges { node { name groups { name } } } } }"""
ANYONE = f"principal {{ __typename {PERSON} }}"
USER = "{ name groups { name memberCount } }"
MEDIA = f"{{ edges {{ node {{ title owner {USER} gallery {{ title pendingCount room {{ mode }} }} }} }} }}"
ASKED = (
    f"asker {USER} claimedBy {USER} viewerUpvoted session {{ mode }} replies {{ edges {{ node {{ author {USER} }} }} }}"
)
LISTED = f"{{ source {ANYONE} }}"


def _in_galleries(selection: str) -> str:
    return f"{{ galleries(first: 100) {{ edges {{ node {{ {selection} }} }} }} }}"


def _in_rooms(selection: str) -> str:
    return _in_galleries(f"room {{ {selection} }}")


def _in_sessions(selection: str) -> str:
    return _in_galleries(f"sessions(first: 100) {{ edges {{ node {{ {selection} }} }} }}")


def _of_preview(selection: str) -> str:
    return f"query ($form: ConfigureRoomInput!) {{ previewRoomConfiguration(input: $form) {{ {selection} }} }}"


BY_ADMINS = {"Query.auditRecords"}
"""Lists that only site admins read."""
LISTS = {
    "Query.nodes": f"""query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ id {PERSON} ... on Media {{ owner {USER} }}
      ... on Gallery {{ room {{ mode }} }} ... on Playlist {{ gallery {{ title }} }} ... on RoomSession {{ room {{ mode }} }}
      ... on Recording {{ startedBy {USER} session {{ mode }} }} ... on Participant {{ user {USER} }} ... on ChatMessage {{ author {USER} }} ... on Interaction {{ session {{ startedBy {USER} }} viewerAnswer {{ questions {{ options {{ votes }} }} }} }} ... on Question {{ {ASKED} }} ... on ContentItem {{ media {{ title }} addedBy {USER} }} ... on Room {{ gallery {{ title }} }} ... on Webhook {{ account {USER} gallery {{ title }} }} ... on WebhookDelivery {{ webhook {{ name }} gallery {{ title }} }}
      ... on GalleryMembership {{ {ANYONE} }} }} }}""",
    "Query.galleries": _in_galleries(
        "pendingCount viewerRole room { mode limits { stageCapacity } gallery { title } }"
    ),
    "Query.users": f"{{ users(first: 100) {{ edges {{ node {USER} }} }} }}",
    "Query.auditRecords": f"{{ auditRecords(first: 100) {{ edges {{ node {{ actor {USER} }} }} }} }}",
    "Query.sessionRecord": f"""query ($session: ID!) {{ sessionRecord(sessionId: $session, first: 100) {{ edges {{ node {{
      ... on ParticipantJoined {{ participant {{ user {USER} session {{ mode }} }} }}
      ... on MessageEvent {{ message {{ text author {USER} replyTo {{ text }} }} }}
      ... on InteractionOpened {{ interaction {{ questions {{ options {{ votes }} }} }} }} ... on QuestionChanged {{ question {{ {ASKED} }} }} }} }} }} }}""",
    "AllDevicesChanged.participants": f"""query ($session: ID!) {{ sessionRecord(sessionId: $session, first: 100) {{ edges {{ node {{
      ... on AllDevicesChanged {{ participants {{ user {USER} session {{ mode }} }} session {{ mode }} }} }} }} }} }}""",
    **{
        f"SessionReport.{name}": f"query ($session: ID!) {{ sessionReport(sessionId: $session) {{ {name}(first: 100) {{ edges {{ node {{ {person} {USER} }} }} }} }} }}"
        for name, person in (("attendance", "user"), ("participation", "user"), ("transcript", "author"))
    },
    "SessionReport.interactions": f"query ($session: ID!) {{ sessionReport(sessionId: $session) {{ interactions(first: 100) {{ edges {{ node {{ answerCount questions {{ options {{ votes }} }} session {{ startedBy {USER} }} viewerAnswer {{ right }} }} }} }} }} }}",
    "Query.groups": f"{{ groups(first: 100) {{ edges {{ node {{ {PERSON.split('... on Group {')[1]} }} }} }}",
    "Gallery.memberships": _in_galleries(
        f"memberships(first: 100) {{ edges {{ node {{ {ANYONE} gallery {{ title }} }} }} }}"
    ),
    "Gallery.media": _in_galleries(f"media(first: 100) {MEDIA}"),
    "Gallery.playlists": _in_galleries("playlists(first: 100) { edges { node { title gallery { title } } } }"),
    "Gallery.webhooks": _in_galleries(
        f"webhooks(first: 9) {{ edges {{ node {{ name account {USER} gallery {{ title }} }} }} }}"
    ),
    "Webhook.deliveries": _in_galleries(
        "webhooks(first: 9) { edges { node { deliveries(first: 9) { edges { node { webhook { name } gallery { title } } } } } } }"
    ),
    "Gallery.sessions": _in_sessions(f"startedBy {USER} viewerParticipant {{ state }} room {{ mode }}"),
    "Playlist.items": _in_galleries(f"playlists(first: 100) {{ edges {{ node {{ items(first: 100) {MEDIA} }} }} }}"),
    "Room.roomModerators": _in_rooms(f"roomModerators {LISTED}"),
    "Room.chatModerators": _in_rooms(f"chatModerators {LISTED}"),
    "Room.speakers": _in_rooms(f"speakers {LISTED}"),
    "Room.content": _in_rooms(
        f"content(first: 100) {{ edges {{ node {{ title addedBy {USER} media {{ owner {USER} }} gallery {{ title }} }} }} }}"
    ),
    "Room.messages": _in_rooms(
        f"messages(last: 100) {{ edges {{ node {{ text reactions {{ count }} author {USER} replyTo {{ text author {USER} }} }} }} }}"
    ),
    "Room.interactions": _in_rooms(
        "interactions(first: 9) { edges { node { questions { options { votes } } viewerAnswer { right } "
        f"session {{ startedBy {USER} }} }} }} }}"
    ),
    "Interaction.answers": _in_rooms(
        f"interactions(first: 9) {{ edges {{ node {{ answers(first: 9) {{ edges {{ node {{ user {USER} "
        "questions { options { text } text { text } } } } } } } }"
    ),
    "Room.questions": _in_rooms(f"questions(first: 100) {{ edges {{ node {{ {ASKED} }} }} }}"),
    "Question.replies": _in_rooms(
        f"questions(first: 9) {{ edges {{ node {{ replies(first: 9) {{ edges {{ node {{ author {USER} }} }} }} }} }} }}"
    ),
    "RoomSession.participants": _in_sessions(
        f"participants(first: 100) {{ edges {{ node {{ user {USER} session {{ startedBy {USER} }} }} }} }}"
    ),
    "RoomSession.feed": _in_sessions(
        f"feed(first: 100) {{ edges {{ node {{ ... on FeedAnnouncement {{ message {{ author {USER} }} }} ... on FeedPin {{ message {{ text author {USER} }} }} ... on FeedAnswer {{ question {{ {ASKED} }} }} ... on FeedInteraction {{ interaction {{ answerCount session {{ startedBy {USER} }} }} }} ... on FeedText {{ text interaction {{ state }} }} }} }} }}"
    ),
    "RoomSession.stage": _in_sessions(f"stage {{ user {USER} session {{ mode }} }}"),
    "RoomSession.hands": _in_sessions(f"hands(first: 100) {{ edges {{ node {{ user {USER} session {{ mode }} }} }} }}"),
    "RoomSession.recordings": _in_sessions(
        f"recordings(first: 9) {{ edges {{ node {{ startedBy {USER} media {{ owner {USER} }} session {{ mode }} }} }} }}"
    ),
    "Participant.roleSources": _in_sessions(
        f"participants(first: 100) {{ edges {{ node {{ roleSources {{ via {{ {PERSON} }} }} }} }} }}"
    ),
    "User.groups": "{ users(first: 100) { edges { node { groups { name memberCount } } } } }",
    "Group.members": f"{{ groups(first: 100) {{ edges {{ node {{ members(first: 100) {{ edges {{ node {USER} }} }} }} }} }} }}",
    "RoomConfigurationPreview.gained": _of_preview(f"gained {{ user {USER} }}"),
    "RoomConfigurationPreview.lost": _of_preview(f"lost {{ user {USER} }}"),
    "EffectiveModerator.via": _of_preview(f"lost {{ via {{ {PERSON} }} }}"),
}
DEEP = {
    "people of people": _in_galleries(
        f"media(first: 9) {{ edges {{ node {{ owner {{ groups {{ members(first: 9) {{ edges {{ node {USER} }} }} }} }} }} }} }}"
    ),
    "a room's people, by its media": _in_galleries(
        f"media(first: 9) {{ edges {{ node {{ gallery {{ room {{ "
        f"roomModerators {LISTED} chatModerators {LISTED} speakers {LISTED} }} }} }} }} }}"
    ),
    "all at once": _in_galleries(f"""media(first: 9) {MEDIA} memberships(first: 9) {{ edges {{ node {{ {ANYONE} }} }} }}
      playlists(first: 9) {{ edges {{ node {{ items(first: 9) {MEDIA} }} }} }}
      room {{ roomModerators {LISTED} chatModerators {LISTED} messages {{ edges {{ node {{ author {USER} }} }} }} }}
      sessions(first: 9) {{ edges {{ node {{ startedBy {USER} participants {{ edges {{ node {{ user {USER} }} }} }} }} }} }}"""),
}


def nestable_lists() -> set[str]:
    """Returns the coordinates of all lists that a query can reach and whose items have relations."""
    query = CORE.query_type
    assert query
    reached = _reached(query, {})
    return {
        f"{of.name}.{name}"
        for of in reached.values()
        if isinstance(of, GraphQLObjectType) and not of.name.endswith("Connection")
        for name, field in of.fields.items()
        if _is_many(field) and any(map(_has_relations, _reached(get_named_type(field.type), {}).values()))
    }


def _is_many(field: GraphQLField) -> bool:
    return is_list_type(get_nullable_type(field.type)) or get_named_type(field.type).name.endswith("Connection")


def _has_relations(of: GraphQLNamedType) -> bool:
    if not isinstance(of, GraphQLObjectType) or of.name.endswith("Connection"):
        return False
    fields = of.fields.values()
    return any("ahead" in field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].metadata for field in fields)


def _reached(of: GraphQLNamedType, found: dict[str, GraphQLNamedType]) -> dict[str, GraphQLNamedType]:
    if of.name not in found:
        found[of.name] = of
        for each in _next(of):
            _reached(each, found)
    return found


def _next(of: GraphQLNamedType) -> Iterator[GraphQLNamedType]:
    if isinstance(of, GraphQLObjectType):
        yield from (get_named_type(field.type) for field in of.fields.values())
    elif isinstance(of, GraphQLUnionType | GraphQLInterfaceType):
        yield from CORE.get_possible_types(of)
