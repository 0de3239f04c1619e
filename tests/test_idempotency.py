"""Rule 62: the same idempotency key from the same user gives the same result; with another body it is refused."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

from schema.root import sdl
from tests.cast import configure, id_of, log_head, told_since
from tests.verify import fold_all, read_state
from tests.world import END, ENTER, LEAVE, POST, World

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
    """Let the mutation be possible. Gives the ids that stand in its input."""
    ids = {"ROOM": world.room}
    if mutation in ("postMessage", "leaveRoom", "endSession"):
        ids["SESSION"] = (await world.mutate("moderator", ENTER, room=world.room))["session"]["id"]
    return ids


async def input_of(world: World, given: dict[str, Any], ids: dict[str, str], key: str) -> dict[str, Any]:
    managers = {"managerIds": [await id_of(world, "manager")]} if "title" in given else {}
    return {name: ids.get(value, value) for name, value in given.items()} | managers | {"idempotencyKey": key}


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_a_retry_gives_the_same_and_does_nothing(world: World, mutation: str) -> None:
    """Rule 62: whole payload and cursor; another body is a mismatch; simultaneous retries are one."""
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


def test_every_mutation_with_a_key_is_retried_here() -> None:
    """Rule 62."""
    inputs = [block for block in sdl().split("\n}\n") if "idempotencyKey: String" in block]
    assert len(inputs) == len(MUTATIONS)
    assert all(any(f"input {name[0].upper()}{name[1:]}Input" in block for block in inputs) for name in MUTATIONS)


async def post(world: World, who: str, text: str, key: str) -> dict[str, Any]:
    return await world.mutate(who, POST, room=world.room, text=text, key=key)


async def test_ten_at_once_are_one_message(world: World) -> None:
    """Rule 62: and other keys are other messages."""
    await world.enter("moderator")
    head = await log_head(world)
    keys = ["one"] * 10 + ["two", "three"]
    answers = await asyncio.gather(
        *(world.query("moderator", POST, room=world.room, text="Hello", key=key) for key in keys)
    )
    messages = Counter(answer["postMessage"]["message"]["id"] for answer in answers)
    assert sorted(messages.values()) == [1, 1, 10]
    assert [event.kind for event in await told_since(world, head)] == ["MessagePosted"] * 3


async def test_anothers_key_is_another_key(world: World) -> None:
    """Rule 62."""
    await world.enter("moderator", "student-001")
    mine = await post(world, "moderator", "Hello", "key")
    theirs = await post(world, "student-001", "Hi", "key")
    assert mine["message"]["id"] != theirs["message"]["id"]
    assert await post(world, "moderator", "Hello", "key") == mine


async def test_the_key_of_another_mutation_is_a_mismatch(world: World) -> None:
    """Rule 62: the same input to another mutation is another body."""
    key = {"room": world.room, "key": "key"}
    await world.mutate("moderator", ENTER, **key)
    document = LEAVE.replace("($room: ID!)", "($room: ID!, $key: String)").replace(
        "{roomId: $room}", "{roomId: $room, idempotencyKey: $key}"
    )
    assert (await world.refused("moderator", document, **key))["code"] == "IDEMPOTENCY_MISMATCH"


async def test_a_refused_attempt_leaves_its_key_free(world: World) -> None:
    """Rule 62: the retry may be done, with the same body or another."""
    key = {"room": world.room, "key": "key"}
    assert (await world.refused("student-001", ENTER, **key))["code"] == "ROOM_NOT_OPEN"
    await world.enter("moderator")
    entered = await world.mutate("student-001", ENTER, **key)
    await configure(world, groupChat="DISABLED")
    refusal = await world.refused("student-001", POST, room=world.room, text="Hello", key="other")
    assert refusal["code"] == "CHAT_DISABLED"
    await configure(world, groupChat="ENABLED")
    await post(world, "student-001", "Hello, all", "other")
    assert await world.mutate("student-001", ENTER, **key) == entered


async def test_a_late_retry_undoes_nothing(world: World) -> None:
    """Rules 32, 62: entering with the key of an earlier entrance does not enter again."""
    first = await world.mutate("moderator", ENTER, room=world.room, key="key")
    await world.mutate("moderator", LEAVE, room=world.room)
    again = await world.mutate("moderator", ENTER, room=world.room, key="key")
    assert again == first | {"participant": first["participant"] | {"state": "LEFT"}}
    await world.mutate("moderator", ENTER, room=world.room)
    await world.mutate("moderator", END, session=first["session"]["id"])
    assert (await world.mutate("moderator", ENTER, room=world.room, key="key"))["launched"]
    assert (await world.refused("moderator", LEAVE, room=world.room))["code"] == "SESSION_ENDED"


async def test_a_bad_key_is_refused(world: World) -> None:
    """Rules 20, 62."""
    for key in ("", " ", "x" * 256, "line\nbreak"):
        refusal = await world.refused("moderator", ENTER, room=world.room, key=key)
        assert (refusal["code"], refusal["field"]) == ("INVALID", ["input", "idempotencyKey"]), key
    await world.mutate("moderator", ENTER, room=world.room, key="x" * 255)
