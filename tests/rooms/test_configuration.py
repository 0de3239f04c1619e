"""Saving a room's form, and previewing the effect of a save."""

import asyncio
from typing import Any

from models.events import rooms as room_events
from models.tables.galleries import GalleryRole
from models.tables.rooms import AssignedRole, AssignmentFacts, FeatureSetting, RoomMode
from tests.support.people import (
    absent,
    configure,
    delete_group,
    events_since,
    give_role,
    group_id,
    id_of,
    local,
    log_head,
    make_group,
    set_role,
)
from tests.support.world import CONFIGURE, World

FORM = """query ($room: ID!) { room(id: $room) { version enabled mode qna groupChat
  roomModerators { ...assignment } chatModerators { ...assignment } speakers { ...assignment } } }
  fragment assignment on ModeratorAssignment { source principal { ... on Node { id } } }"""
LISTS = {"roomModeratorIds": "roomModerators", "chatModeratorIds": "chatModerators", "speakerIds": "speakers"}


async def form(world: World) -> dict[str, Any]:
    """Returns the form as the manager sees it, with its lists as input."""
    room = (await world.query("manager", FORM, room=world.room))["room"]
    lists = {name: [entry["principal"]["id"] for entry in room.pop(shown)] for name, shown in LISTS.items()}
    return {**room, **lists}


async def test_a_save_stores_the_whole_form_and_tells_of_it(world: World) -> None:
    """Rules 8, 25, 59: settings, users and groups; one event for settings and one for lists."""
    before, head = await form(world), await log_head(world)
    assistants = await group_id(world, "teaching-assistants")
    one, two = [await id_of(world, who) for who in ("student-001", "student-002")]
    wanted = {"enabled": False, "mode": "INTERACTIVE", "qna": "DISABLED", "groupChat": "ENABLED"}
    lists = {"roomModeratorIds": [one, assistants], "chatModeratorIds": [assistants], "speakerIds": [two]}
    await configure(world, expectedVersion=before["version"], **wanted, **lists)
    after = await form(world)
    assert after.pop("roomModeratorIds") == [await id_of(world, "manager"), one, assistants]
    assert after == {**wanted, "version": before["version"] + 1, "chatModeratorIds": [assistants], "speakerIds": [two]}
    saved, access = await events_since(world, head)
    assert isinstance(saved, room_events.RoomConfigured)
    assert (saved.room.enabled, saved.room.mode, saved.room.version) == (False, RoomMode.INTERACTIVE, after["version"])
    assert (saved.room.qna, saved.room.group_chat) == (FeatureSetting.DISABLED, FeatureSetting.ENABLED)
    assert isinstance(access, room_events.AccessChanged)
    assert access.assignments == [
        AssignmentFacts(AssignedRole.ROOM_MODERATOR, local(one), None),
        AssignmentFacts(AssignedRole.ROOM_MODERATOR, None, local(assistants)),
        AssignmentFacts(AssignedRole.CHAT_MODERATOR, None, local(assistants)),
        AssignmentFacts(AssignedRole.SPEAKER, local(two), None),
    ]


async def test_what_is_left_out_or_null_stays_as_it_is(world: World) -> None:
    """Rule 25."""
    student = await id_of(world, "student-001")
    settings = {"enabled": False, "mode": "INTERACTIVE", "qna": "DISABLED", "groupChat": "ENABLED"}
    for name, value in (settings | {each: [student] for each in LISTS}).items():
        before, head = await form(world), await log_head(world)
        await configure(world, **dict.fromkeys((*settings, *LISTS)) | {name: value})
        after = await form(world)
        assert {key for key in after if after[key] != before[key]} == {name, "version"}
        kinds = ["RoomConfigured", "AccessChanged"] if name in LISTS else ["RoomConfigured"]
        assert [event.kind for event in await events_since(world, head)] == kinds, name


async def test_saving_the_form_as_it_is_shown_changes_nothing(world: World) -> None:
    """Rules 9, 25: managers in the list are not stored as assignments; no event, same version."""
    deans = await make_group(world, "deans", "dean")
    await set_role(world, deans, GalleryRole.MANAGER)
    shown, head = await form(world), await log_head(world)
    assert shown["roomModeratorIds"][:2] == [await id_of(world, "manager"), deans]
    expected = shown.pop("version")
    given = {"galleryId": world.gallery, "expectedVersion": expected, **shown}
    payload = await world.mutate("manager", CONFIGURE, input=given)
    assert payload["cursor"] is None
    assert await form(world) == {"version": expected, **shown}
    assert await events_since(world, head) == []
    await set_role(world, deans, None)
    assert deans not in (await form(world))["roomModeratorIds"]


async def test_managers_are_room_moderators_that_nobody_can_remove(world: World) -> None:
    """Rule 9: with source GALLERY_MANAGER, even if the saved list is empty; they are not chat moderators."""
    await configure(world, roomModeratorIds=[], chatModeratorIds=[])
    room = (await world.query("manager", FORM, room=world.room))["room"]
    manager = {"id": await id_of(world, "manager")}
    assert room["roomModerators"] == [{"source": "GALLERY_MANAGER", "principal": manager}]
    assert room["chatModerators"] == []


async def test_a_stale_version_is_refused_with_the_present_room(world: World) -> None:
    """Rule 25."""
    version = (await configure(world, qna="ENABLED"))["version"]
    stale = {"galleryId": world.gallery, "expectedVersion": version - 1, "enabled": False, "speakerIds": []}
    refusal = await world.refused("manager", CONFIGURE, input=stale)
    assert (refusal["code"], refusal["field"]) == ("CONFLICT", ["input", "expectedVersion"])
    payload = (await world.query("manager", CONFIGURE, input=stale))["configureRoom"]
    assert payload["room"] == {"version": version, "enabled": True, "mode": "WEBINAR"}
    assert payload["cursor"] is None


async def test_of_simultaneous_saves_of_one_version_one_wins(world: World) -> None:
    """Rule 25."""
    before = await form(world)
    group = await group_id(world, "teaching-assistants")
    given = {"galleryId": world.gallery, "expectedVersion": before["version"]}
    forms = [given | {"speakerIds": [group] if number % 2 else [], "qna": "ENABLED"} for number in range(8)]
    answers = await asyncio.gather(*(world.query("manager", CONFIGURE, input=each) for each in forms))
    errors = [error["code"] for answer in answers for error in answer["configureRoom"]["userErrors"]]
    assert errors == ["CONFLICT"] * 7
    assert (await form(world))["version"] == before["version"] + 1


async def test_assigning_twice_is_assigning_once(world: World) -> None:
    """Rule 13."""
    one, two = [await id_of(world, who) for who in ("student-001", "student-002")]
    await configure(world, chatModeratorIds=[two, one, two, one])
    head = await log_head(world)
    assert (await form(world))["chatModeratorIds"] == [two, one]
    await configure(world, chatModeratorIds=[two, one, one])
    assert await events_since(world, head) == []


async def test_bad_lists_are_refused(world: World) -> None:
    """Rules 13, 25: nothing is saved, and the refusal names the index."""
    good = await id_of(world, "student-001")
    for name in LISTS:
        for bad in (absent("User"), absent("Group"), world.gallery, "no id"):
            given = {"galleryId": world.gallery, "enabled": False, name: [good, bad]}
            refusal = await world.refused("manager", CONFIGURE, input=given)
            assert (refusal["code"], refusal["field"]) == ("NOT_FOUND", ["input", name, "1"]), bad
    many = {"galleryId": world.gallery, "speakerIds": [good] * 501}
    refusal = await world.refused("manager", CONFIGURE, input=many)
    assert (refusal["code"], refusal["field"]) == ("INVALID", ["input", "speakerIds"])
    await configure(world, speakerIds=[good] * 500)


async def test_a_deleted_group_is_assigned_nowhere(world: World) -> None:
    """Rule 13."""
    group = await group_id(world, "teaching-assistants")
    await configure(world, chatModeratorIds=[group])
    await delete_group(world, group)
    room = await form(world)
    assert (room["roomModeratorIds"], room["chatModeratorIds"]) == ([await id_of(world, "manager")], [])


PREVIEW = """query ($input: ConfigureRoomInput!) { previewRoomConfiguration(input: $input) {
  gained { ...effective } lost { ...effective } sessionAffected userErrors { code field } } }
  fragment effective on EffectiveModerator { user { name } role hasGalleryAccess via {
    ... on User { name } ... on Group { name } } }"""


async def preview(world: World, **changes: Any) -> dict[str, Any]:
    given = {"galleryId": world.gallery, **changes}
    found = dict((await world.query("manager", PREVIEW, input=given))["previewRoomConfiguration"])
    for name in ("gained", "lost"):
        found[name] = [
            (each["user"]["name"], each["role"], [via["name"] for via in each["via"]], each["hasGalleryAccess"])
            for each in found[name]
        ]
    return found


async def test_the_preview_says_who_gains_and_loses_what_through_whom(world: World) -> None:
    """Rules 11, 26: also guests, who get access to the room but not to the gallery. The preview changes nothing."""
    helpers = await make_group(world, "helpers", "student-001", "guest")
    guest, before, head = await id_of(world, "guest"), await form(world), await log_head(world)
    found = await preview(world, roomModeratorIds=[helpers, guest], chatModeratorIds=[], speakerIds=[guest])
    assert sorted(found["gained"]) == [
        ("Student 001", "ROOM_MODERATOR", ["helpers"], True),
        ("guest", "ROOM_MODERATOR", ["helpers", "guest"], False),
        ("guest", "SPEAKER", ["guest"], False),
    ]
    assert sorted(found["lost"]) == [
        ("Chandra Chatmod", "CHAT_MODERATOR", ["Chandra Chatmod"], True),
        ("Timo Assistant", "ROOM_MODERATOR", ["teaching-assistants"], True),
    ]
    assert (found["sessionAffected"], found["userErrors"]) == (False, [])
    assert (await form(world), await events_since(world, head)) == (before, [])


async def test_nobody_loses_what_they_hold_otherwise(world: World) -> None:
    """Rules 2, 9, 26: managers, and members of another assigned group, stay room moderators."""
    helpers = await make_group(world, "helpers", "moderator", "manager")
    found = await preview(world, roomModeratorIds=[helpers])
    assert (found["gained"], found["lost"]) == ([], [])


async def test_the_preview_says_whether_a_running_session_is_affected(world: World) -> None:
    """Rule 26: by settings that apply at once or to somebody inside; not by those of the next session."""
    outside, inside = await id_of(world, "student-001"), await id_of(world, "student-002")
    assert not (await preview(world, speakerIds=[inside]))["sessionAffected"]
    await world.enter("moderator", "student-002")
    cases: list[tuple[dict[str, Any], bool]] = [
        ({"mode": "INTERACTIVE"}, False),
        ({"speakerIds": [outside]}, False),
        ({"speakerIds": [inside]}, True),
        ({"roomModeratorIds": []}, True),
        ({"groupChat": "DISABLED"}, True),
        ({"groupChat": "ENABLED"}, False),  # equals the site's default
        ({"enabled": False, "endActiveSession": True}, True),
    ]
    for changes, affected in cases:
        assert (await preview(world, **changes))["sessionAffected"] is affected, changes


async def test_the_preview_refuses_what_the_save_would_refuse(world: World) -> None:
    """Rules 25 to 27: with the same code and field."""
    await world.enter("moderator")
    version = (await form(world))["version"]
    bad: list[dict[str, Any]] = [{"speakerIds": [each]} for each in (absent("User"), "no id")]
    for changes in [*bad, {"expectedVersion": version + 1}, {"enabled": False}]:
        refusal = await world.refused("manager", CONFIGURE, input={"galleryId": world.gallery, **changes})
        expected = [{"code": refusal["code"], "field": refusal["field"]}]
        assert (await preview(world, **changes))["userErrors"] == expected, changes


async def test_a_gallery_moderator_is_neither_kind_of_room_moderator(world: World) -> None:
    """Rules 5, 9."""
    await give_role(world, "reviewer", GalleryRole.MODERATOR)
    given = {"galleryId": world.gallery, "qna": "ENABLED"}
    assert (await world.refused("reviewer", CONFIGURE, input=given))["code"] == "FORBIDDEN"
    assert await id_of(world, "reviewer") not in (await form(world))["roomModeratorIds"]
