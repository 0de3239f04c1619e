"""Callers of every kind, and the outcome of what they send, for the permission matrix."""

from dataclasses import dataclass
from typing import Any

from models.tables.galleries import GalleryRole
from tests.support.people import configure, give_role, group_id, id_of, join_group, make_group, set_role
from tests.support.stored_state import fold_all, read_state
from tests.support.world import ENTER, World

CODES = {
    "yes": "done",
    "no": "FORBIDDEN",
    "unseen": "NOT_FOUND",
    "outside": "NOT_IN_SESSION",
    "closed": "ROOM_NOT_OPEN",
    "unknown": "UNAUTHENTICATED",
}
WORDS = {code: word for word, code in CODES.items()}


@dataclass(frozen=True)
class Caller:
    """Who calls, with which token scopes, and whether they are inside the session."""

    who: str
    scopes: tuple[str, ...] = ()
    inside: bool = False
    token: bool = True


CALLERS = {
    "manager": Caller("manager"),
    "manager-by-group": Caller("dean"),
    "gallery-moderator": Caller("reviewer"),
    "contributor": Caller("student-002"),
    "member": Caller("auditor"),
    "room-moderator": Caller("assistant"),  # through a group
    "room-moderator-inside": Caller("assistant", inside=True),
    "room-moderator-guest": Caller("guest", inside=True),  # assigned, but not a member of the gallery (rule 11)
    "chat-moderator": Caller("chatmod", inside=True),
    "speaker": Caller("speaker", inside=True),
    "attendee": Caller("student-001", inside=True),
    "outsider": Caller("outsider"),
    "media-server": Caller("recorder", scopes=("enfilade:media-server",)),
    "suspended": Caller("student-003"),
    "no-token": Caller("nobody", token=False),
    "site-admin": Caller("admin", scopes=("enfilade:admin",)),
}


async def fill(world: World) -> None:
    """Gives each caller their roles."""
    await set_role(world, await make_group(world, "deans", "dean"), GalleryRole.MANAGER)
    await give_role(world, "reviewer", GalleryRole.MODERATOR)
    for who in ("auditor", "assistant", "speaker", "host"):
        await give_role(world, who, GalleryRole.MEMBER)
    assistants = await group_id(world, "teaching-assistants")
    await join_group(world, assistants, "assistant")
    moderators = [assistants, await id_of(world, "host"), await id_of(world, "guest")]
    await configure(world, roomModeratorIds=moderators, speakerIds=[await id_of(world, "speaker")])
    await world.suspend("student-003")


async def launch(world: World) -> str:
    """The host enters, so that a session runs. Returns its id."""
    entered = await world.query("host", ENTER, room=world.room)
    return str(entered["enterRoom"]["session"]["id"])


async def outcome(world: World, caller: Caller, document: str, given: dict[str, Any]) -> str:
    """Returns the code that the caller gets, or "done". Checks replay (rule 64), and that a refusal changed nothing."""
    before = await read_state(world.database)
    answer = await send(world, caller, document, given)
    after = await read_state(world.database)
    if "errors" in answer:
        (error,) = answer["errors"]
        code = error["extensions"]["code"]
    else:
        (payload,) = answer["data"].values()
        code = payload["userErrors"][0]["code"] if payload["userErrors"] else "done"
    assert after == (await fold_all(world.database, before) if code == "done" else before)
    return str(code)


async def send(world: World, caller: Caller, document: str, given: dict[str, Any]) -> dict[str, Any]:
    return dict(await world.posts.post({"query": document, "variables": given}, token_of(world, caller)))


def token_of(world: World, caller: Caller) -> dict[str, str]:
    """Returns the header with the caller's token, if there is one."""
    return {"authorization": f"Bearer {world.token(caller.who, *caller.scopes)}"} if caller.token else {}
