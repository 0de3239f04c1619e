from itertools import pairwise
from pathlib import Path
from typing import Any

from models.permissions import GRANTS, Permission, Role, granted
from models.tables.galleries import HIGHEST_FIRST
from tests.support.people import id_of
from tests.support.permission_acts import DOCUMENTS
from tests.support.permission_matrix import CALLERS, WORDS, Caller, fill, launch, outcome
from tests.support.permissions_page import page
from tests.support.world import END, World

PERMISSIONS = "query ($room: ID!) { room(id: $room) { viewerPermissions } }"

# The outcome for each caller, from left to right, in a room that somebody else has launched.
MATRIX = """
                        create   preview  configure  post     backchannel  heartbeat  leave    join     end      launch
manager                 no       yes      yes        outside  outside      outside    outside  yes      yes      yes
manager-by-group        no       yes      yes        outside  outside      outside    outside  yes      yes      yes
gallery-moderator       no       no       no         outside  no           outside    outside  yes      no       closed
contributor             no       no       no         outside  no           outside    outside  yes      no       closed
member                  no       no       no         outside  no           outside    outside  yes      no       closed
room-moderator          no       no       no         outside  outside      outside    outside  yes      yes      yes
room-moderator-inside   no       no       no         yes      yes          yes        yes      yes      yes      yes
room-moderator-guest    no       no       no         yes      yes          yes        yes      yes      yes      yes
chat-moderator          no       no       no         yes      yes          yes        yes      yes      no       closed
speaker                 no       no       no         yes      no           yes        yes      yes      no       closed
attendee                no       no       no         yes      no           yes        yes      yes      no       closed
outsider                no       unseen   unseen     unseen   unseen       unseen     unseen   unseen   unseen   unseen
media-server            no       unseen   unseen     unseen   unseen       unseen     unseen   unseen   unseen   unseen
suspended               unknown  unknown  unknown    unknown  unknown      unknown    unknown  unknown  unknown  unknown
no-token                unknown  unknown  unknown    unknown  unknown      unknown    unknown  unknown  unknown  unknown
site-admin              yes      unseen   unseen     unseen   unseen       unseen     unseen   unseen   unseen   unseen
"""
ACTS, *ROWS = (line.split() for line in MATRIX.strip().splitlines())


async def test_what_each_caller_may_do(world: World) -> None:
    """Rules 1, 4 to 11, 14, 30, 31, 48, 66: a refusal changes nothing and logs no event."""
    await fill(world)
    got = [[name, *[WORDS[code] for code in await outcomes(world, caller)]] for name, caller in CALLERS.items()]
    assert got == ROWS


async def outcomes(world: World, caller: Caller) -> list[str]:
    """Returns the caller's outcome for each act, in a session of their own."""
    session = await launch(world)
    if caller.inside:
        await world.enter(caller.who)
    got: dict[str, str] = {}
    for act in ACTS:
        if act == "launch" and got["end"] != "done":
            await world.query("host", END, session=session)
        got[act] = await outcome(world, caller, DOCUMENTS[act], await variables(world, act, session))
    if got["launch"] == "done":
        await world.query("host", END, session=await launch(world))
    return list(got.values())


async def variables(world: World, act: str, session: str) -> dict[str, Any]:
    """Returns valid input, so that the outcome depends only on the caller."""
    match act:
        case "create":
            return {"input": {"title": "Typography", "managerIds": [await id_of(world, "manager")]}}
        case "preview" | "configure":
            return {"input": {"galleryId": world.gallery, "qna": "DISABLED"}}
        case "post":
            return {"room": world.room, "text": "Hello"}
        case "backchannel":
            return {"room": world.room, "text": "Hello", "channel": "BACKCHANNEL"}
        case "end":
            return {"session": session}
        case _:
            return {"room": world.room}


CHAT = {Permission.MODERATE_CHAT, Permission.ANSWER_QUESTIONS, Permission.RUN_INTERACTIONS, Permission.ANNOUNCE}
HOST = {
    Permission.LAUNCH, Permission.END_SESSION, Permission.ADMIT, Permission.LOCK, Permission.MANAGE_STAGE,
    Permission.REMOVE_PARTICIPANT, Permission.MANAGE_CONTENT, Permission.RECORD, Permission.READ_REPORTS,
}  # fmt: skip
ANYONE = {Permission.ENTER, Permission.POST_MESSAGE}


def test_each_gallery_role_includes_those_below() -> None:
    """Rule 1."""
    gives = [GRANTS[Role(role)] for role in HIGHEST_FIRST]
    assert all(higher > lower for higher, lower in pairwise(gives))
    assert gives[-1] == {Permission.VIEW_GALLERY, Permission.ENTER}
    assert gives[-2] - gives[-1] == {Permission.ADD_MEDIA}
    assert gives[-3] - gives[-2] == {Permission.REVIEW_MEDIA, Permission.EDIT_PLAYLISTS}


def test_room_and_chat_moderators_have_only_the_backchannel_in_common() -> None:
    """Rules 6, 7, 8."""
    assert GRANTS[Role.ROOM_MODERATOR] == ANYONE | HOST | {Permission.BACKCHANNEL}
    assert GRANTS[Role.CHAT_MODERATOR] == ANYONE | CHAT | {Permission.BACKCHANNEL}


def test_only_managers_change_the_room() -> None:
    """Rule 5."""
    assert [role for role in Role if Permission.CONFIGURE in GRANTS[role]] == [Role.MANAGER]


def test_scopes_alone_give_nothing_in_a_gallery_or_room() -> None:
    """Rule 14."""
    assert GRANTS[Role.SITE_ADMIN] == {
        Permission.CREATE_GALLERY, Permission.MANAGE_SITE, Permission.MANAGE_PEOPLE, Permission.SEARCH_DIRECTORY,
        Permission.READ_AUDIT,
    }  # fmt: skip
    assert GRANTS[Role.MEDIA_SERVER] == {Permission.REPORT_RECORDING}
    assert granted(frozenset()) == frozenset()


async def test_what_viewers_are_told_that_they_may_do(world: World) -> None:
    """Rules 5 to 9: managers are room moderators without an assignment, but not chat moderators."""
    await fill(world)
    moderator = ANYONE | HOST | {Permission.BACKCHANNEL}
    expected = {
        "manager": moderator | {Permission.CONFIGURE},
        "manager-by-group": moderator | {Permission.CONFIGURE},
        "gallery-moderator": ANYONE,
        "contributor": ANYONE,
        "member": ANYONE,
        "room-moderator": moderator,
        "room-moderator-guest": moderator,
        "chat-moderator": ANYONE | CHAT | {Permission.BACKCHANNEL},
        "speaker": ANYONE,
        "outsider": None,
    }
    told = {name: await permissions(world, CALLERS[name].who) for name in expected}
    assert told == expected


async def permissions(world: World, who: str) -> set[str] | None:
    room = (await world.query(who, PERMISSIONS, room=world.room))["room"]
    return room and set(room["viewerPermissions"])


def test_the_page_of_permissions_is_up_to_date() -> None:
    """Run `python -m tests.support.permissions_page > docs/permissions.md` to update it."""
    assert Path("docs/permissions.md").read_text(encoding="utf-8") == page()


def test_the_page_tells_of_every_role_and_permission() -> None:
    assert all(f"`{permission}`" in page() for permission in Permission)
    assert {cell.strip() for cell in page().split("\n| Permission")[1].split("\n")[0].split("|")} >= set(HEADS)


HEADS = {
    "gallery member", "contributor", "gallery moderator", "manager", "attendee", "speaker", "chat moderator",
    "room moderator", "site admin", "media server",
}  # fmt: skip
