"""Members that managers add and remove (rules 1 to 4, 63, 67)."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from models.events.galleries import MembershipsChanged
from models.permissions import GRANTS, Permission, Role
from models.tables.galleries import GalleryRole, MembershipSource
from schema.root import schema
from tests.support.admin_mutations import (
    ADD_USERS,
    REMOVE_MEMBER,
    SET_MEMBER,
    as_admin,
    ids_of,
    members,
    new_group,
    remove_member,
    role_of,
    set_member,
)
from tests.support.event_streams import EVENTS, ending, every_stream, is_live, until
from tests.support.people import absent, events_since, give_role, id_of, local, log_head
from tests.support.world import CONFIGURE, World

GALLERY_EVENTS = """subscription ($gallery: ID!, $after: EventCursor) { galleryEvents(galleryId: $gallery, after: $after) {
  __typename ... on Event { cursor } } }"""


async def refusal(world: World, by: str, document: str, **given: Any) -> tuple[str, list[str] | None]:
    refused = await world.refused(by, document, input={"galleryId": world.gallery} | given)
    return refused["code"], refused["field"]


async def test_a_manager_adds_someone_and_changes_their_role(world: World) -> None:
    """Rules 1, 2, 62: it takes effect at once, and the event contains the row."""
    outsider = await id_of(world, "outsider")
    position = await log_head(world)
    for role in ("MEMBER", "MANAGER", "CONTRIBUTOR"):
        done = await set_member(world, outsider, role)
        assert (done["membership"]["role"], done["membership"]["source"]) == (role, "MANUAL")
        assert done["cursor"]
        assert await role_of(world, "outsider") == role
    told = await events_since(world, position)
    rows = [row for event in told if isinstance(event, MembershipsChanged) for row in event.saved]
    assert len(rows) == 3
    assert {(row.id, row.user_id, row.source) for row in rows} == {
        (rows[0].id, local(outsider), MembershipSource.MANUAL)
    }
    assert [row.role for row in rows] == [GalleryRole.MEMBER, GalleryRole.MANAGER, GalleryRole.CONTRIBUTOR]


async def test_setting_what_is_set_tells_nothing(world: World) -> None:
    """Rule 13, for members: it sends no event."""
    outsider = await id_of(world, "outsider")
    first = await set_member(world, outsider, "MEMBER")
    position = await log_head(world)
    again = await set_member(world, outsider, "MEMBER")
    assert (again["membership"], again["cursor"]) == (first["membership"], None)
    assert await log_head(world) == position


async def test_a_group_belongs_like_a_user(world: World) -> None:
    """Rules 2, 10: with all its members, also later ones."""
    group = await new_group(world, "reviewers", "outsider")
    await set_member(world, group, "MODERATOR")
    assert await role_of(world, "outsider") == "MODERATOR"
    await as_admin(world, ADD_USERS, groupId=group, userIds=await ids_of(world, "latecomer"))
    assert await role_of(world, "latecomer") == "MODERATOR"
    assert ("reviewers", "MODERATOR", "MANUAL") in await members(world)
    await remove_member(world, group)
    assert await role_of(world, "outsider") is None


async def test_the_highest_source_counts_and_losing_one_keeps_the_others(world: World) -> None:
    """Rule 2."""
    outsider = await id_of(world, "outsider")
    await set_member(world, await new_group(world, "reviewers", "outsider"), "MODERATOR")
    await set_member(world, outsider, "CONTRIBUTOR")
    assert await role_of(world, "outsider") == "MODERATOR"
    await set_member(world, outsider, "MANAGER")
    assert await role_of(world, "outsider") == "MANAGER"
    await remove_member(world, outsider)
    assert await role_of(world, "outsider") == "MODERATOR"


async def test_the_last_manager_stays(world: World) -> None:
    """Rule 3: nobody can remove or demote them; an empty group does not count as a manager."""
    manager = await id_of(world, "manager")
    last = ("LAST_MANAGER", ["input", "principalId"])
    await set_member(world, await new_group(world, "nobody"), "MANAGER")
    assert await refusal(world, "manager", REMOVE_MEMBER, principalId=manager) == last
    demoted = await refusal(world, "manager", SET_MEMBER, principalId=manager, role="MODERATOR")
    assert demoted == ("LAST_MANAGER", ["input", "role"])
    assert await role_of(world, "manager") == "MANAGER"


async def test_a_manager_by_a_group_is_a_manager(world: World) -> None:
    """Rule 3: members of a managing group count; then the group cannot be removed."""
    group = await new_group(world, "deans", "dean")
    await set_member(world, group, "MANAGER")
    await remove_member(world, await id_of(world, "manager"))
    assert await role_of(world, "manager") is None
    assert await refusal(world, "dean", REMOVE_MEMBER, principalId=group) == ("LAST_MANAGER", ["input", "principalId"])
    await set_member(world, await id_of(world, "dean"), "MANAGER", by="dean")
    await remove_member(world, group, by="dean")
    assert await role_of(world, "dean") == "MANAGER"


async def test_who_gives_up_their_own_access_is_shown_no_more(world: World) -> None:
    """Rule 4: the answer does not show the gallery either."""
    await set_member(world, await id_of(world, "outsider"), "MANAGER")
    gone = await remove_member(world, await id_of(world, "manager"))
    assert gone["gallery"] is None
    assert gone["cursor"]


@pytest.mark.parametrize("role", ["MODERATOR", "CONTRIBUTOR", "MEMBER"])
async def test_only_managers_change_who_belongs(world: World, role: str) -> None:
    """Rule 1."""
    await give_role(world, "someone", GalleryRole(role))
    outsider = await id_of(world, "outsider")
    assert (await refusal(world, "someone", SET_MEMBER, principalId=outsider, role="MEMBER"))[0] == "FORBIDDEN"
    assert (await refusal(world, "someone", REMOVE_MEMBER, principalId=outsider))[0] == "FORBIDDEN"


async def test_a_hidden_gallery_is_as_absent(world: World) -> None:
    """Rule 4: whether or not the named person exists."""
    people = [await id_of(world, "manager"), absent("User"), absent("Group")]
    for document, more in ((SET_MEMBER, {"role": "MEMBER"}), (REMOVE_MEMBER, {})):
        answers = [
            await world.refused("outsider", document, input={"galleryId": gallery, "principalId": who} | more)
            for gallery in (world.gallery, absent("Gallery"), world.room, "no id")
            for who in people
        ]
        assert all(answer == answers[0] for answer in answers)
        assert (answers[0]["code"], answers[0]["field"]) == ("NOT_FOUND", ["input", "galleryId"])


async def test_who_is_unknown_or_was_not_added_by_hand_is_not_found(world: World) -> None:
    """Rule 13."""
    missing = ("NOT_FOUND", ["input", "principalId"])
    for who in (absent("User"), absent("Group"), world.room, "no id"):
        assert await refusal(world, "manager", SET_MEMBER, principalId=who, role="MEMBER") == missing
        assert await refusal(world, "manager", REMOVE_MEMBER, principalId=who) == missing
    assert await refusal(world, "manager", REMOVE_MEMBER, principalId=await id_of(world, "outsider")) == missing


async def test_a_retry_gives_the_same_answer(world: World) -> None:
    """Rule 62."""
    outsider = await id_of(world, "outsider")
    given = {"galleryId": world.gallery, "principalId": outsider}
    added = given | {"role": "MEMBER", "idempotencyKey": "add"}
    answers = [await world.mutate("manager", SET_MEMBER, input=added) for _ in range(2)]
    assert answers[0] == answers[1]
    removed = [
        await world.mutate("manager", REMOVE_MEMBER, input=given | {"idempotencyKey": "remove"}) for _ in range(2)
    ]
    assert removed[0] == removed[1]


async def test_losing_the_only_source_ends_every_stream_before_any_further_event(world: World) -> None:
    """Rules 61, 63."""
    await world.enter("moderator", "student-002")
    student = await id_of(world, "student-001")
    async with world.socket("student-001") as socket:
        streams = await every_stream(world, socket)
        await remove_member(world, student)
        await world.post("student-002", "without them")
        await set_member(world, await id_of(world, "outsider"), "MEMBER")
        for stream in streams:
            assert await ending(stream) == ([], "FORBIDDEN")
        for again in ((GALLERY_EVENTS, {"gallery": world.gallery}), (EVENTS, {"room": world.room})):
            assert await ending(await socket.subscribe(again[0], **again[1])) == ([], "NOT_FOUND")


async def test_who_is_left_with_the_room_alone_is_not_told_of_the_gallery(world: World) -> None:
    """Rules 11, 32, 63: people inside stay in the room, and lose access to the gallery."""
    await world.enter("moderator", "student-001")
    async with world.socket("student-001") as socket:
        gallery = await socket.subscribe(GALLERY_EVENTS, gallery=world.gallery)
        room = await socket.subscribe(EVENTS, room=world.room)
        for stream in (gallery, room):
            await is_live(stream)
        await remove_member(world, await id_of(world, "student-001"))
        assert await ending(gallery) == ([], "FORBIDDEN")
        await world.post("moderator", "still with us")
        assert [event["__typename"] for event in await until(room, "still with us")] == [
            "ParticipantChanged",
            "AccessChanged",
            "MessagePosted",
        ]


async def test_losing_one_of_two_sources_ends_nothing(world: World) -> None:
    """Rules 2, 63."""
    student = await id_of(world, "student-001")
    await set_member(world, await new_group(world, "class", "student-001"), "MEMBER")
    async with world.socket("student-001") as socket:
        stream = await socket.subscribe(GALLERY_EVENTS, gallery=world.gallery)
        await is_live(stream)
        await remove_member(world, student)
        told = await stream.next()
        while told["__typename"] == "Checkpoint":
            told = await stream.next()
        assert told["__typename"] == "AccessChanged"
        await is_live(stream)


async def test_of_two_managers_who_remove_each_other_one_stays(world: World) -> None:
    """Rule 3, under concurrency: the later one is no longer a manager, and gets an outsider's answer."""
    people = {"manager": await id_of(world, "manager"), "second": await id_of(world, "second")}
    for _ in range(5):
        left = {who for who in people if await role_of(world, who) == "MANAGER"}
        for who in people.keys() - left:
            await set_member(world, people[who], "MANAGER", by=next(iter(left)))
        codes = await both(
            world, ("manager", REMOVE_MEMBER, people["second"]), ("second", REMOVE_MEMBER, people["manager"])
        )
        assert sorted(codes) == ["NOT_FOUND", "done"]
        assert sorted([str(await role_of(world, who)) for who in people]) == ["MANAGER", "None"]


async def test_of_two_managers_who_leave_at_once_one_stays(world: World) -> None:
    """Rule 3: the later one gets LAST_MANAGER."""
    people = {"manager": await id_of(world, "manager"), "second": await id_of(world, "second")}
    for _ in range(5):
        left = {who for who in people if await role_of(world, who) == "MANAGER"}
        for who in people.keys() - left:
            await set_member(world, people[who], "MANAGER", by=next(iter(left)))
        codes = await both(world, *((who, REMOVE_MEMBER, user) for who, user in people.items()))
        assert sorted(codes) == ["LAST_MANAGER", "done"]


async def both(world: World, *acts: tuple[str, str, str]) -> list[str]:
    """Runs the mutations at the same time. Returns "done" or the code for each."""
    given = [{"galleryId": world.gallery, "principalId": principal} for _who, _document, principal in acts]
    answers = await asyncio.gather(
        *(world.query(act[0], act[1], input=each) for act, each in zip(acts, given, strict=True))
    )
    errors = [next(iter(answer.values()))["userErrors"] for answer in answers]
    return [each[0]["code"] if each else "done" for each in errors]


def test_a_gallery_permission_is_explained_with_the_role_that_first_gives_it() -> None:
    """Rule 1: in the schema's descriptions and on the page about members."""
    values = schema._schema.type_map["GalleryPermission"].values  # type: ignore[attr-defined]  # the type is an enum
    page = (Path(__file__).parents[2] / "docs" / "members.md").read_text()
    for name, value in values.items():
        lowest = next(role for role in reversed(GalleryRole) if Permission(name) in GRANTS[Role(role)])
        held = "Held by MANAGER." if lowest is GalleryRole.MANAGER else f"Held from {lowest} on."
        assert value.description.endswith(f". {held}"), name
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
        assert f"`{lowest}`" in row.split("|")[3]


async def test_what_viewers_are_told_that_they_may_do(world: World) -> None:
    """Rule 1: `viewerPermissions` equals the table of permissions."""
    document = "query ($id: ID!) { gallery(by: {id: $id}) { viewerPermissions } }"
    expected = ["VIEW_GALLERY", "ADD_MEDIA", "REVIEW_MEDIA", "EDIT_PLAYLISTS", "MANAGE_GALLERY", "READ_RECORDS"]
    for role, count in {"MEMBER": 1, "CONTRIBUTOR": 2, "MODERATOR": 4, "MANAGER": 6}.items():
        await give_role(world, "someone", GalleryRole(role))
        gallery = (await world.query("someone", document, id=world.gallery))["gallery"]
        assert gallery["viewerPermissions"] == expected[:count]


async def test_a_room_moderator_neither_demotes_nor_removes_a_manager(world: World) -> None:
    """Rule 12: inside the room or not; a manager may do either to a moderator."""
    manager, moderator = await ids_of(world, "manager", "moderator")
    acts: list[tuple[str, dict[str, Any]]] = [
        (SET_MEMBER, {"principalId": manager, "role": "MEMBER"}),
        (REMOVE_MEMBER, {"principalId": manager}),
        (CONFIGURE, {"roomModeratorIds": [moderator]}),
    ]
    for _ in range(2):
        for document, given in acts:
            assert (await refusal(world, "moderator", document, **given))[0] == "FORBIDDEN"
        await world.enter("moderator", "manager")
    await set_member(world, moderator, "MEMBER")
    await remove_member(world, moderator)
    await world.mutate("manager", CONFIGURE, input={"galleryId": world.gallery, "roomModeratorIds": []})
