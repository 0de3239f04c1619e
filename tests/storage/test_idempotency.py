"""Rule 62: a mutation with the same key from the same user has the same result; another body is refused."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from schema.root import sdl
from tests.support.chat import TALK
from tests.support.people import id_of
from tests.support.stored_state import fold_all, read_state
from tests.support.world import ENTER, World

ERRORS = "cursor userErrors { code message field }"


@dataclass(frozen=True)
class Retried:
    """A mutation that takes a key."""

    document: str
    given: dict[str, Any]
    other: dict[str, Any]  # another body
    who: str = "moderator"
    scopes: tuple[str, ...] = ()


MUTATIONS = {
    "createGallery": Retried(
        f"mutation ($input: CreateGalleryInput!) {{ createGallery(input: $input) {{ galleryId {ERRORS} }} }}",
        {"title": "Typography", "externalId": "course-202"}, {"title": "Other"}, "admin", ("enfilade:admin",),
    ),
    "enterRoom": Retried(
        f"""mutation ($input: EnterRoomInput!) {{ enterRoom(input: $input) {{
          launched participant {{ id state }} session {{ id }} {ERRORS} }} }}""",
        {"roomId": "ROOM"}, {"roomId": "another"},
    ),
    "postMessage": Retried(
        f"mutation ($input: PostMessageInput!) {{ postMessage(input: $input) {{ message {{ id text }} {ERRORS} }} }}",
        {"roomId": "ROOM", "text": "Hello"}, {"roomId": "ROOM", "text": "Hello", "channel": "BACKCHANNEL"},
    ),
    "leaveRoom": Retried(
        f"mutation ($input: LeaveRoomInput!) {{ leaveRoom(input: $input) {{ participant {{ id state }} {ERRORS} }} }}",
        {"roomId": "ROOM"}, {"roomId": "another"},
    ),
    "endSession": Retried(
        f"mutation ($input: EndSessionInput!) {{ endSession(input: $input) {{ session {{ id endReason }} {ERRORS} }} }}",
        {"sessionId": "SESSION"}, {"sessionId": "another"},
    ),
}  # fmt: skip


async def stage(world: World, mutation: str) -> dict[str, str]:
    """Prepares what the mutation needs. Returns the ids for its input."""
    ids = {"ROOM": world.room}
    if mutation in ("postMessage", "leaveRoom", "endSession"):
        ids["SESSION"] = (await world.mutate("moderator", ENTER, room=world.room))["session"]["id"]
    return ids


async def input_of(world: World, given: dict[str, Any], ids: dict[str, str], key: str) -> dict[str, Any]:
    managers = {"managerIds": [await id_of(world, "manager")]} if "title" in given else {}
    return {name: ids.get(value, value) for name, value in given.items()} | managers | {"idempotencyKey": key}


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_a_retry_gives_the_same_and_does_nothing(world: World, mutation: str) -> None:
    """Rule 62: same payload and cursor; another body is a mismatch; simultaneous retries run once."""
    retried = MUTATIONS[mutation]
    ids = await stage(world, mutation)
    given = await input_of(world, retried.given, ids, "key")
    before = await read_state(world.database)
    answers = await asyncio.gather(
        *(world.query(retried.who, retried.document, *retried.scopes, input=given) for _ in range(10))
    )
    done = await read_state(world.database)
    assert done == await fold_all(world.database, before) != before
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][mutation]["userErrors"] == []
    assert await world.mutate(retried.who, retried.document, *retried.scopes, input=given) == answers[0][mutation]
    assert await read_state(world.database) == done
    other = await input_of(world, retried.other, ids, "key")
    refusal = await world.refused(retried.who, retried.document, *retried.scopes, input=other)
    assert (refusal["code"], refusal["field"]) == ("IDEMPOTENCY_MISMATCH", ["input", "idempotencyKey"])


# Retries of these mutations are tested in test_admin_mutations.py, test_media.py, test_playlists.py,
# test_participation.py, test_admission.py, test_recordings.py, test_reports.py, test_conversations.py,
# test_question_retries.py, test_interaction_retries.py, test_shelf.py, test_shown.py and
# tests/webhooks/test_retries.py.
ELSEWHERE = {
    "acceptStage", "declineStage", "inviteToStage", "leaveStage", "lowerAllHands", "lowerHand", "raiseHand",
    "removeFromStage", "requestStage", "setStageAccess", "endRecording", "reportRecording", "startRecording",
    "setDevices", "switchOffDevices", "unblockDevices", "switchOffAllDevices", "unblockAllDevices", "sendReaction",
    "addGroupMembers", "addMedia", "createGroup", "createPlaylist", "deleteGallery", "deleteGroup", "deletePlaylist",
    "removeGalleryMember", "removeGroupMembers", "removeMedia", "reviewMedia", "setGalleryMember", "syncRoster",
    "updateGallery", "updateGroup", "updateMedia", "updatePlaylist", "upsertUser",
    "suspendUser", "unsuspendUser",
    "lockRoom", "unlockRoom", "admitParticipants", "declineParticipants", "removeParticipant",
    *TALK,
    "askQuestion", "claimQuestion", "dismissQuestion", "publishAnswer", "releaseQuestion", "removeQuestionUpvote",
    "reopenQuestion", "replyToQuestion", "upvoteQuestion",
    "answerInteraction", "closeInteraction", "createInteraction", "deleteInteraction", "openInteraction", "updateInteraction",
    "copyInteraction", "scheduleInteraction", "unscheduleInteraction", "hideWord", "publishInteractionText",
    "addContent", "moveContent", "removeContent", "setMayShow", "showContent", "stopShowing", "updateContent", "updateShown",
    "createWebhook", "updateWebhook", "deleteWebhook", "rotateWebhookSecret", "testWebhook", "replayWebhook",
}  # fmt: skip


def test_every_mutation_with_a_key_is_retried() -> None:
    """Rule 62."""
    inputs = {block.split("input ")[1].split("Input")[0] for block in sdl().split("\n}\n") if KEY in block}
    assert inputs == {f"{name[0].upper()}{name[1:]}" for name in {*MUTATIONS, *ELSEWHERE}}


KEY = "idempotencyKey: String"
