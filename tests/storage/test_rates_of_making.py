"""Rate limits on what makes rows, and on hands (docs/operations.md). What a site admin makes has a limit of its own."""

from typing import Any

import pytest

from models.tables.rates import RateKind
from tests.inputs.rows import TYPES
from tests.support.admin_mutations import ADMIN, CREATE_GROUP, SET_MEMBER, SYNC, UPDATE_SITE, UPSERT, as_admin
from tests.support.interactions import DRAFT, VERBS
from tests.support.media import ADD, GOOD, add
from tests.support.people import id_of
from tests.support.shelf import SCREEN, meet
from tests.support.world import CREATE, LEAVE, World

pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgresql"])

ERRORS = "userErrors { code message field retryAfterSeconds }"
PLAYLIST = (
    "mutation ($input: CreatePlaylistInput!) { createPlaylist(input: $input) { playlist { id } " + ERRORS + " } }"
)
HAND = "mutation ($input: RaiseHandInput!) { raiseHand(input: $input) { participant { id } " + ERRORS + " } }"
LOWER = "mutation ($input: LowerHandInput!) { lowerHand(input: $input) { participant { id } " + ERRORS + " } }"
STAGE = "mutation ($input: RequestStageInput!) { requestStage(input: $input) { participant { id } " + ERRORS + " } }"
RECORD = "mutation ($input: StartRecordingInput!) { startRecording(input: $input) { recording { id } " + ERRORS + " } }"
JOIN = "mutation ($input: AddGroupMembersInput!) { addGroupMembers(input: $input) { added " + ERRORS + " } }"
BY_ADMINS = ("createGallery", "createGroup", "upsertUser", "syncRoster", "addGroupMembers")
BY_OTHERS = (
    "addMedia",
    "createPlaylist",
    "setGalleryMember",
    "createInteraction",
    "copyInteraction",
    "startRecording",
    "raiseHand",
    "requestStage",
    "setDevices",
    "announce",
    "addContent",
    "showContent",
    "updateShown",
)
OF_ENTRIES = (
    *("updateMedia", "updatePlaylist", "updateGallery", "configureRoom", "enterRoom"),
    *("lockRoom", "setStageAccess", "inviteToStage", "pinMessage", "clearChat", "blockFromChat", "reviewMedia"),
    *("claimQuestion", "dismissQuestion"),
    *("createWebhook", "updateWebhook", "rotateWebhookSecret", "testWebhook", "replayWebhook"),
)
"""Mutations that make entries of the log, and may be repeated for ever; test_rates_of_entries.py tests them."""
ELSEWHERE = (
    *("postMessage", "editMessage", "replyToQuestion"),
    *("addReaction", "askQuestion", "answerInteraction", "upvoteQuestion", "sendReaction"),
)
"""Mutations with limits that resolvers keep to; test_rates.py tests them."""
WITHOUT = [
    "suspendUser",
    "unsuspendUser",
    "updateSite",
    "updateGroup",
    "deleteGroup",
    "removeGroupMembers",
    "deleteGallery",
    "removeGalleryMember",
    "removeMedia",
    "deletePlaylist",
    "deleteWebhook",
    "leaveRoom",
    "endSession",
    "unlockRoom",
    "admitParticipants",
    "declineParticipants",
    "removeParticipant",
    "acceptStage",
    "declineStage",
    "leaveStage",
    "removeFromStage",
    "lowerHand",
    "lowerAllHands",
    "switchOffDevices",
    "unblockDevices",
    "switchOffAllDevices",
    "unblockAllDevices",
    "endRecording",
    "reportRecording",
    "heartbeat",
    "deleteMessage",
    "removeReaction",
    "updateInteraction",
    "deleteInteraction",
    "openInteraction",
    "closeInteraction",
    "scheduleInteraction",
    "unscheduleInteraction",
    "hideWord",
    "publishInteractionText",
    "updateContent",
    "moveContent",
    "removeContent",
    "stopShowing",
    "setMayShow",
    "unpinMessage",
    "unblockFromChat",
    "releaseQuestion",
    "publishAnswer",
    "reopenQuestion",
    "removeQuestionUpvote",
]
"""Mutations that can be repeated only after one of the others, such as unlocking after locking, or that only site admins have."""


def test_of_every_mutation_it_is_decided(backend: str) -> None:
    assert sorted((*BY_ADMINS, *BY_OTHERS, *OF_ENTRIES, *ELSEWHERE, *WITHOUT)) == sorted(TYPES["Mutation"].fields)
    for name in (*BY_ADMINS, *BY_OTHERS, *OF_ENTRIES, *ELSEWHERE):
        assert "RATE_LIMITED" in TYPES["Mutation"].fields[name].description, name


async def once(world: World, kind: str) -> None:
    await as_admin(world, UPDATE_SITE, rateLimits=[{"kind": kind, "burst": 1, "perMinute": 1}])


async def refused(world: World, who: str, document: str, *scopes: str, **given: Any) -> None:
    error = await world.refused(who, document, *scopes, input=given)
    assert (error["code"], error["field"]) == ("RATE_LIMITED", ["input"])


async def test_media_playlists_and_members_have_theirs(world: World) -> None:
    for kind in ("MEDIA", "PLAYLISTS", "MEMBERS"):
        await once(world, kind)
    await add(world, "manager")
    await refused(world, "manager", ADD, galleryId=world.gallery, **GOOD)
    await add(world, "student-001")
    playlist = {"galleryId": world.gallery, "title": "Chosen"}
    await world.mutate("manager", PLAYLIST, input=playlist)
    await refused(world, "manager", PLAYLIST, **playlist)
    people = [await id_of(world, who) for who in ("outsider", "admin")]
    first, second = ({"galleryId": world.gallery, "principalId": each, "role": "MEMBER"} for each in people)
    await world.mutate("manager", SET_MEMBER, input=first)
    await refused(world, "manager", SET_MEMBER, **second)


async def test_interactions_recordings_and_hands_have_theirs(world: World) -> None:
    await world.enter("moderator", "chatmod")
    student = (await world.mutate("student-001", "mutation ($room: ID!) { enterRoom(input: {roomId: $room}) { session { id } participant { id } userErrors { code message field } } }", room=world.room))  # fmt: skip
    for kind in ("INTERACTIONS", "RECORDINGS", "HANDS"):
        await once(world, kind)
    await world.mutate("chatmod", VERBS["createInteraction"], input={"roomId": world.room, **DRAFT})
    await refused(world, "chatmod", VERBS["createInteraction"], roomId=world.room, **DRAFT)
    recording = await world.mutate("moderator", RECORD, input={"sessionId": student["session"]["id"]})
    end = (
        "mutation ($input: EndRecordingInput!) { endRecording(input: $input) { recording { id } userErrors { code } } }"
    )
    await world.mutate("moderator", end, input={"recordingId": recording["recording"]["id"]})
    await refused(world, "moderator", RECORD, sessionId=student["session"]["id"])
    await world.mutate("student-001", HAND, input={"roomId": world.room})
    await world.mutate("student-001", LOWER, input={"participantId": student["participant"]["id"]})
    everyone = {"sessionId": student["session"]["id"], "access": "EVERYONE"}
    access = "mutation ($input: SetStageAccessInput!) { setStageAccess(input: $input) { userErrors { code } } }"
    await world.mutate("moderator", access, input=everyone)
    for document in (HAND, STAGE):
        await refused(world, "student-001", document, roomId=world.room)
    await world.mutate("student-001", LEAVE, room=world.room)


async def test_shelves_and_what_is_shown_have_theirs(world: World) -> None:
    shelf = await meet(world)
    for kind in ("CONTENT", "SHOWING"):
        await once(world, kind)
    item = await shelf.add(**SCREEN)
    assert await shelf.may_not("moderator", "addContent", **SCREEN) == ("RATE_LIMITED", [])
    await shelf.show(item=item)
    for verb, of in (("showContent", item), ("updateShown", "")):
        assert await shelf.may_not("moderator", verb, of) == ("RATE_LIMITED", [])


async def test_what_a_site_admin_makes_counts_together_and_apart(world: World) -> None:
    manager = await id_of(world, "manager")
    group = (await as_admin(world, CREATE_GROUP, name="A group"))["group"]["id"]
    for kind in ("IMPORTS", "MEDIA"):
        await once(world, kind)
    await add(world, "manager")
    await refused(world, "manager", ADD, galleryId=world.gallery, **GOOD)
    await world.mutate("manager", ADD, ADMIN, input={"galleryId": world.gallery, **GOOD})
    await refused(world, "manager", ADD, ADMIN, galleryId=world.gallery, **GOOD)
    await as_admin(world, CREATE_GROUP, name="Another group")
    for document, given in (
        (CREATE_GROUP, {"name": "A third group"}),
        (CREATE, {"title": "Other", "managerIds": [manager]}),
        (UPSERT, {"issuer": "https://id.example.org", "subject": "new", "name": "New"}),
        (SYNC, {"galleryId": world.gallery, "members": []}),
        (JOIN, {"groupId": group, "userIds": [manager]}),
    ):
        await refused(world, "admin", document, ADMIN, **given)


async def test_an_import_of_a_site_has_room(world: World) -> None:
    """The tests' database has other bursts, but the migration's numbers of uses in a minute."""
    rates = (await world.query("admin", "{ site { rateLimits { kind perMinute } } }"))["site"]["rateLimits"]
    per_minute = {each["kind"]: each["perMinute"] for each in rates}
    assert per_minute.keys() == set(RateKind)
    assert per_minute["IMPORTS"] == max(per_minute.values()) == 6_000
