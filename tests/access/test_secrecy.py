"""A hidden object answers like one that does not exist (rule 4), for each kind of object that can be hidden."""

from collections import Counter
from typing import Any

import pytest
from graphql import GraphQLField, GraphQLInputObjectType, get_named_type

from models.tables.galleries import GalleryRole
from schema.root import schema
from tests.support.access_paths import NODE, PATHS, STREAMS
from tests.support.admission import decline, locked, state_of, wait
from tests.support.interactions import Interactions
from tests.support.people import absent, configure, give_role, id_of
from tests.support.questions import ask
from tests.support.recordings import start
from tests.support.shelf import Shelf
from tests.support.statement_counts import statements
from tests.support.webhooks import URL, act, create
from tests.support.world import ENTER, LEAVE, POST, World

EVERYTHING = """query ($id: ID!) { gallery(by: {id: $id}) {
  memberships { edges { node { id } } } media { edges { node { id } } }
  room { activeSession { id participants { edges { node { id } } } } messages { edges { node { id } } } } } }"""


OF_CONTENT = {"mediaId", "playlistId", "groupId", "userIds", "managerIds"}
"""Ids that other tests cover: tests/media and tests/access/test_permissions_of_content.py."""


OF_USERS = {"suspendUser", "unsuspendUser"}
"""Mutations of site admins, who may see every user."""


def test_every_mutation_of_something_in_a_room_is_tried_with_ids_of_what_is_hidden() -> None:
    mutation = schema._schema.mutation_type
    assert mutation
    paths = " ".join(document for documents in PATHS.values() for document in documents.values())
    takes_ids = {name for name, field in mutation.fields.items() if ids_of(field) - OF_CONTENT}
    assert {name for name in takes_ids if f" {name}(input:" not in paths} == OF_USERS


def ids_of(field: GraphQLField) -> set[str]:
    """Returns the required ids of a mutation. If the gallery's id is one of them, it decides, so there are none."""
    given = get_named_type(field.args["input"].type)
    assert isinstance(given, GraphQLInputObjectType)
    needed = {name for name, each in given.fields.items() if str(each.type) in ("ID!", "[ID!]!")}
    return set() if "galleryId" in needed else needed


async def hidden_things(world: World) -> dict[str, str]:
    """Returns one id of each kind, from the demo gallery with a session in its room."""
    await world.enter("moderator", "manager", "chatmod")
    await world.post("manager", "Between us.")
    gallery = (await world.query("manager", EVERYTHING, id=world.gallery))["gallery"]
    session = gallery["room"]["activeSession"]
    of_kind = {
        "GalleryMembership": gallery["memberships"],
        "Media": gallery["media"],
        "ChatMessage": gallery["room"]["messages"],
        "Participant": session["participants"],
    }
    ids = {kind: connection["edges"][0]["node"]["id"] for kind, connection in of_kind.items()}
    recording = await start(world, "manager", session["id"])
    webhook = (await create(world, URL))["webhook"]["id"]
    own = {
        "Gallery": world.gallery,
        "Room": world.room,
        "RoomSession": session["id"],
        "Course": "course-101",
        "Recording": recording,
        "Interaction": await Interactions(world, session["id"]).opened(),
        "ContentItem": await Shelf(world).add("manager"),
        "Question": (await ask(world, "manager"))["id"],
        "Webhook": webhook,
        "WebhookDelivery": (await act(world, "testWebhook", webhook))["delivery"]["id"],
    }
    return ids | own


def never_there(kind: str) -> str:
    return "course-999" if kind == "Course" else absent(kind)


@pytest.mark.parametrize("scopes", [(), ("enfilade:admin",)], ids=["outsider", "site-admin"])
async def test_what_is_hidden_answers_like_what_is_absent(world: World, scopes: tuple[str, ...]) -> None:
    """Rules 4, 14: a hidden id, an unknown id, an id of another type and a malformed id get the same answer."""
    hidden = await hidden_things(world)
    kinds = list(hidden)
    for kind, documents in PATHS.items():
        another = hidden[kinds[kinds.index(kind) - 1]]
        for name, document in documents.items():
            ids = [hidden[kind], never_there(kind), another, "no id"]
            answers = [await world.ask("outsider", document, *scopes, id=each) for each in ids]
            assert all(answer == answers[0] for answer in answers), (kind, name)
            ((answer,),) = [list(answers[0]["data"].values())]
            refused = isinstance(answer, dict) and [each["code"] for each in answer["userErrors"]] == ["NOT_FOUND"]
            assert answer in (None, [None]) or refused, (kind, name, answer)


async def test_who_waits_is_as_absent_for_those_inside(world: World) -> None:
    """Rules 4, 37: `node` and all acts on a participant answer alike, even after they were declined."""
    session = await locked(world, "student-001", "chatmod")
    (waiting,) = await wait(world, "student-002")
    for state in ("WAITING", "DECLINED"):
        assert await state_of(world, "student-002", session) == state
        for name, document in PATHS["Participant"].items():
            for who in ("student-001", "chatmod", "student-003"):
                one, other = [await world.ask(who, document, id=each) for each in (waiting, absent("Participant"))]
                assert one == other, (state, name, who)
        if state == "WAITING":
            await decline(world, session, waiting)


async def test_a_hidden_rooms_stream_ends_like_an_absent_ones(world: World) -> None:
    """Rule 4: the stream of a hidden room ends with the error of an absent one."""
    hidden = await hidden_things(world)
    async with world.socket("outsider") as socket:
        for name, document in STREAMS.items():
            ids = [hidden["Room"], absent("Room"), hidden["Gallery"], "no id"]
            ends = [await (await socket.subscribe(document, id=each)).message() for each in ids]
            assert all(end["payload"] == ends[0]["payload"] for end in ends), name
            assert "NOT_FOUND" in str(ends[0]), name


async def test_what_is_hidden_costs_as_much_as_what_is_absent(world: World) -> None:
    """Rule 4: a hidden and an absent object take the same number of statements, so timing does not tell them apart."""
    hidden = await hidden_things(world)
    viewer = (await world.process.accounts.of_token(world.token("outsider"))).viewer
    for kind, documents in (PATHS | {"Room": PATHS["Room"] | STREAMS}).items():
        for name, document in documents.items():
            seen = [await statements(world, viewer, document, each) for each in (hidden[kind], never_there(kind))]
            assert len(seen[0]) == len(seen[1]) > 0, (kind, name, seen)


GUESTS_VIEW = """query ($room: ID!) { room(id: $room) { id viewerPermissions gallery {
  title viewerRole pendingCount memberships { edges { node { id } } } media { edges { node { id } } }
  room { id } } } }"""


async def test_a_guest_sees_the_room_and_not_the_gallery(world: World) -> None:
    """Rule 11: a room assignment without gallery access opens the room, but never the media."""
    hidden = await hidden_things(world)
    await configure(world, chatModeratorIds=[await id_of(world, "guest")])
    room = (await world.query("guest", GUESTS_VIEW, room=world.room))["room"]
    nothing: dict[str, Any] = {"memberships": {"edges": []}, "media": {"edges": []}, "pendingCount": None}
    expected = {"title": "Principles of Design", "viewerRole": None, "room": {"id": world.room}} | nothing
    assert room["gallery"] == expected
    for kind in ("Gallery", "Media", "GalleryMembership", "ChatMessage"):
        assert await world.query("guest", NODE, id=hidden[kind]) == {"node": None}, kind
    assert await world.query("guest", PATHS["Gallery"]["gallery"], id=world.gallery) == {"gallery": None}
    assert await world.query("guest", PATHS["Course"]["gallery"], id="course-101") == {"gallery": None}


MEDIA = """query ($id: ID!) { gallery(by: {id: $id}) { pendingCount media { edges { node { id title status } } } } }"""


async def test_pending_media_are_for_owners_and_reviewers(world: World) -> None:
    """Rules 16, 17: in lists, in the count, and through `node`."""
    everything = (await world.query("manager", MEDIA, id=world.gallery))["gallery"]["media"]["edges"]
    for who, pending in {"manager": 3, "moderator": 3, "student-001": 1, "student-004": 0, "chatmod": 0}.items():
        gallery = (await world.query(who, MEDIA, id=world.gallery))["gallery"]
        shown = [edge["node"] for edge in gallery["media"]["edges"]]
        assert Counter(each["status"] for each in shown) == Counter(PUBLISHED=3, PENDING=pending), who
        assert gallery["pendingCount"] == (3 if pending == 3 else None), who
        found = [(await world.query(who, NODE, id=edge["node"]["id"]))["node"] for edge in everything]
        assert {each["id"] for each in found if each} == {each["id"] for each in shown}, who


LISTS = """query ($room: ID!) { room(id: $room) { mode qna groupChat limits { participantCapacity }
  roomModerators { source } chatModerators { source } speakers { source } } }"""


async def test_moderator_lists_are_for_managers_and_the_rooms_moderators(world: World) -> None:
    """Rule 5: mode, limits, Q&A and group chat are visible to everyone who sees the room."""
    await give_role(world, "reviewer", GalleryRole.MODERATOR)
    speaker = await give_role(world, "speaker", GalleryRole.MEMBER)
    await configure(world, speakerIds=[speaker])
    for who, sees in {
        "manager": True, "moderator": True, "chatmod": True, "reviewer": False, "speaker": False, "student-001": False,
    }.items():  # fmt: skip
        room = (await world.query(who, LISTS, room=world.room))["room"]
        lists = [room.pop(name) for name in ("roomModerators", "chatModerators", "speakers")]
        assert [each is not None for each in lists] == [sees] * 3, who
        assert all(room.values()), who


PEOPLE = """query ($room: ID!) { room(id: $room) { status { participantCount } activeSession {
  viewerParticipant { id } participants { edges { node { id } } } } } }"""


async def test_who_is_inside_is_for_those_inside_and_room_moderators(world: World) -> None:
    """Rule 37, in lists: people outside see the room's counts, but not who is inside."""
    hidden = await hidden_things(world)
    await world.enter("student-001")
    await give_role(world, "auditor", GalleryRole.MANAGER)
    await configure(world, chatModeratorIds=[await id_of(world, "student-002")])
    for who, sees in {"student-001": 4, "moderator": 4, "auditor": 4, "student-003": 0, "student-002": 0}.items():
        room = (await world.query(who, PEOPLE, room=world.room))["room"]
        assert room["status"]["participantCount"] == 4
        assert len(room["activeSession"]["participants"]["edges"]) == sees, who
        assert bool((await world.query(who, NODE, id=hidden["Participant"]))["node"]) is bool(sees), who


SAID = """query ($room: ID!) { room(id: $room) { messages(channel: BACKCHANNEL) {
  edges { node { text } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""
UNSAID = {
    "edges": [],
    "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
}


async def test_nobody_else_observes_the_backchannel(world: World) -> None:
    """Rule 48: attendees and people outside cannot read it through lists, `node` or replies."""
    await world.enter("moderator", "chatmod", "student-001")
    secret = (await world.post("moderator", "Not in front of the students.", "BACKCHANNEL"))["message"]["id"]
    for who, sees in {"moderator": True, "chatmod": True, "student-001": False, "manager": False}.items():
        said = (await world.query(who, SAID, room=world.room))["room"]["messages"]
        assert (said != UNSAID) is sees, who
        assert bool((await world.query(who, NODE, id=secret))["node"]) is sees, who
    for who in ("student-001", "moderator"):  # a reply in the group chat is refused for both
        ids = (secret, absent("ChatMessage"), world.room)
        refusals = [await world.refused(who, POST, room=world.room, text="What?", reply=each) for each in ids]
        assert refusals[0] == refusals[1] == refusals[2], who
        assert refusals[0]["code"] == "NOT_FOUND"


async def test_a_moderator_reads_the_backchannel_by_the_snapshot(world: World) -> None:
    """Rules 32, 48: the roles of the admission decide, for that session."""
    await world.enter("moderator", "student-001")
    await world.post("moderator", "Between us.", "BACKCHANNEL")
    await configure(world, chatModeratorIds=[await id_of(world, "student-001")])
    assert (await world.query("student-001", SAID, room=world.room))["room"]["messages"] == UNSAID
    await world.mutate("student-001", LEAVE, room=world.room)
    await world.mutate("student-001", ENTER, room=world.room)
    assert (await world.query("student-001", SAID, room=world.room))["room"]["messages"] != UNSAID
