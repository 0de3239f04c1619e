"""Groups, which site admins manage, and their effect in every gallery that they reach (rules 3, 10, 13, 14, 63)."""

from typing import Any

import pytest
from sqlalchemy import select

from models.events.galleries import MembershipsChanged
from models.events.media import MediaChanged
from models.events.rooms import AccessChanged, RoomConfigured
from models.storage.base import read_facts
from models.tables.media import Media, MediaFacts, MediaStatus
from server.accounts import THE_SERVER
from tests.support.admin_mutations import (
    ADD_USERS,
    CREATE_GROUP,
    DELETE_GROUP,
    REMOVE_USERS,
    SET_MEMBER,
    UPDATE_GROUP,
    UPSERT,
    another_gallery,
    as_admin,
    ids_of,
    new_group,
    not_as_admin,
    remove_member,
    role_of,
    set_member,
)
from tests.support.bulk_users import many_users
from tests.support.event_streams import ending, every_stream, is_live
from tests.support.people import absent, configure, events_since, group_id, id_of, local, log_head
from tests.support.statement_counts import statements_of
from tests.support.world import CREATE, World

GALLERY_EVENTS = """subscription ($gallery: ID!) { galleryEvents(galleryId: $gallery) {
  __typename ... on Event { cursor } ... on MediaChanged { media { title status } } } }"""
GROUP = "query ($id: ID!) { node(id: $id) { ... on Group { name memberCount } } }"
LISTS = """query ($room: ID!) { room(id: $room) { roomModerators { source principal { ... on Node { id } } } } }"""
NOTHING = MembershipsChanged(saved=[], removed=[])


async def test_groups_are_made_renamed_filled_and_deleted(world: World) -> None:
    group = (await as_admin(world, CREATE_GROUP, name="  Deans "))["group"]
    assert (group["name"], group["memberCount"]) == ("Deans", 0)
    renamed = await as_admin(world, UPDATE_GROUP, groupId=group["id"], name="The deans")
    assert renamed["group"]["name"] == "The deans"
    a, b = await ids_of(world, "a", "b")
    added = await as_admin(world, ADD_USERS, groupId=group["id"], userIds=[a, b])
    assert (added["added"], added["group"]["memberCount"]) == (2, 2)
    removed = await as_admin(world, REMOVE_USERS, groupId=group["id"], userIds=[b])
    assert (removed["removed"], removed["group"]["memberCount"]) == (1, 1)
    assert (await as_admin(world, DELETE_GROUP, groupId=group["id"]))["groupId"] == group["id"]
    assert await world.query("manager", GROUP, id=group["id"]) == {"node": None}


async def test_who_is_there_already_is_no_matter(world: World) -> None:
    """Rule 13: adding a member again succeeds and sends no event."""
    group = await new_group(world, "assistants", "a")
    await set_member(world, group, "MEMBER")
    a, b = await ids_of(world, "a", "b")
    position = await log_head(world)
    assert (await as_admin(world, ADD_USERS, groupId=group, userIds=[a]))["added"] == 0
    assert (await as_admin(world, REMOVE_USERS, groupId=group, userIds=[b]))["removed"] == 0
    assert (await as_admin(world, ADD_USERS, groupId=group, userIds=[]))["added"] == 0
    assert await log_head(world) == position
    assert (await as_admin(world, ADD_USERS, groupId=group, userIds=[a, b]))["added"] == 1


async def test_bad_groups_are_refused(world: World) -> None:
    """Rules 13, 20: each refusal names the wrong field."""
    group = await new_group(world, "assistants", "a")
    a, b = await ids_of(world, "a", "b")
    for name in ("", " \t", "x" * 201, "two\nlines", "bell \a"):
        assert await not_as_admin(world, CREATE_GROUP, name=name) == ("INVALID", ["input", "name"])
        assert await not_as_admin(world, UPDATE_GROUP, groupId=group, name=name) == ("INVALID", ["input", "name"])
    lists: list[tuple[list[str], str, list[str]]] = [
        ([a, b, a], "INVALID", ["2"]),
        ([b, absent("User")], "NOT_FOUND", ["1"]),
        ([b, group], "NOT_FOUND", ["1"]),
        ([absent("User")] * 1_001, "INVALID", []),
    ]
    for users, code, field in lists:
        for document in (ADD_USERS, REMOVE_USERS):
            answer = await not_as_admin(world, document, groupId=group, userIds=users)
            assert answer == (code, ["input", "userIds", *field])


@pytest.mark.parametrize("who", ["manager", "moderator", "outsider"])
async def test_only_site_admins_keep_groups_and_users(world: World, who: str) -> None:
    """Rule 14: for other people, an existing group answers like an absent one."""
    user = await id_of(world, "outsider")
    for group in (await group_id(world, "teaching-assistants"), absent("Group")):
        acts: list[tuple[str, dict[str, Any]]] = [
            (CREATE_GROUP, {"name": "x"}),
            (UPDATE_GROUP, {"groupId": group, "name": "x"}),
            (DELETE_GROUP, {"groupId": group}),
            (ADD_USERS, {"groupId": group, "userIds": [user]}),
            (REMOVE_USERS, {"groupId": group, "userIds": [user]}),
            (UPSERT, {"issuer": "x", "subject": "x", "name": "x"}),
        ]
        for document, given in acts:
            refused = await world.refused(who, document, input=given)
            assert (refused["code"], refused["field"]) == ("FORBIDDEN", None)


async def test_an_absent_group_is_not_found(world: World) -> None:
    for group in (absent("Group"), world.room, "no id"):
        for document, more in ((UPDATE_GROUP, {"name": "x"}), (DELETE_GROUP, {}), (ADD_USERS, {"userIds": []})):
            answer = await not_as_admin(world, document, groupId=group, **more)
            assert answer == ("NOT_FOUND", ["input", "groupId"])


async def test_every_gallery_that_a_group_reaches_is_told(world: World) -> None:
    """Rules 10, 14, 63: through memberships or assignments; a site admin gets no cursor that would show which."""
    assigned, belonging, unused = [await new_group(world, name) for name in ("assigned", "belonging", "unused")]
    await configure(world, chatModeratorIds=[assigned])
    await set_member(world, belonging, "MEMBER")
    users = await ids_of(world, "a")
    position = await log_head(world)
    belongs = (await set_member(world, belonging, "CONTRIBUTOR")) and await events_since(world, position)
    for group, told in ((assigned, [NOTHING]), (belonging, belongs), (unused, [])):
        for document in (ADD_USERS, REMOVE_USERS):
            position = await log_head(world)
            assert (await as_admin(world, document, groupId=group, userIds=users))["cursor"] is None
            assert await events_since(world, position) == told


async def test_deleting_a_group_takes_what_it_was_given(world: World) -> None:
    """Rule 13: memberships and assignments are deleted in every gallery; other assignments keep their order."""
    group = await new_group(world, "helpers", "a")
    chatmod, other = await ids_of(world, "chatmod", "student-001")
    await configure(world, roomModeratorIds=[other, group], chatModeratorIds=[group, chatmod])
    await set_member(world, group, "CONTRIBUTOR")
    elsewhere = await another_gallery(world, await id_of(world, "manager"))
    given = {"galleryId": elsewhere, "principalId": group, "role": "MEMBER"}
    await world.mutate("manager", SET_MEMBER, input=given)
    position = await log_head(world)
    assert (await as_admin(world, DELETE_GROUP, groupId=group))["cursor"] is None
    memberships, configured, access = await events_since(world, position)
    assert isinstance(memberships, MembershipsChanged)
    assert isinstance(configured, RoomConfigured)
    assert (memberships.saved, len(memberships.removed)) == ([], 1)
    assert isinstance(access, AccessChanged)
    assert [each.user_id for each in access.assignments] == [local(other), local(chatmod)]
    listed = (await world.query("manager", LISTS, room=world.room))["room"]["roomModerators"]
    assert [each["principal"]["id"] for each in listed if each["source"] == "ASSIGNED"] == [other]
    assert await role_of(world, "a") is None


async def test_no_group_change_leaves_a_gallery_without_a_manager(world: World) -> None:
    """Rule 3: neither removing its last member nor deleting it, unless somebody else manages the gallery."""
    group = await new_group(world, "deans", "a", "b")
    await set_member(world, group, "MANAGER")
    manager, a, b = await ids_of(world, "manager", "a", "b")
    await remove_member(world, manager)
    last = "LAST_MANAGER"
    assert await not_as_admin(world, REMOVE_USERS, groupId=group, userIds=[a, b]) == (last, ["input", "userIds"])
    await as_admin(world, REMOVE_USERS, groupId=group, userIds=[a])
    assert await not_as_admin(world, REMOVE_USERS, groupId=group, userIds=[b]) == (last, ["input", "userIds"])
    assert await not_as_admin(world, DELETE_GROUP, groupId=group) == (last, ["input", "groupId"])
    await set_member(world, manager, "MANAGER", by="b")
    await as_admin(world, REMOVE_USERS, groupId=group, userIds=[b])
    await as_admin(world, DELETE_GROUP, groupId=group)
    assert await role_of(world, "manager") == "MANAGER"


async def test_a_gallery_is_not_created_with_an_empty_group_alone(world: World) -> None:
    """Rule 3: the gallery would have no manager."""
    empty = await new_group(world, "nobody")
    given = {"title": "Typography", "managerIds": [empty]}
    assert await not_as_admin(world, CREATE, **given) == ("LAST_MANAGER", ["input", "managerIds"])


async def pending_news(world: World) -> None:
    """Logs an event about a medium that waits for review."""
    row = await world.database.reads.first(select(Media).where(Media.status == MediaStatus.PENDING))
    event = MediaChanged(media=read_facts(MediaFacts, row))
    await world.database.transact(THE_SERVER, "test", lambda tx: tx.record(local(world.gallery), event))


async def test_joining_a_managing_group_shows_pending_media_at_once(world: World) -> None:
    """Rules 10, 16, 63."""
    group = await new_group(world, "reviewers")
    await set_member(world, group, "MANAGER")
    student = await id_of(world, "student-030")
    async with world.socket("student-030") as socket:
        stream = await socket.subscribe(GALLERY_EVENTS, gallery=world.gallery)
        await is_live(stream)
        await pending_news(world)
        await as_admin(world, ADD_USERS, groupId=group, userIds=[student])
        await pending_news(world)
        await as_admin(world, REMOVE_USERS, groupId=group, userIds=[student])
        await pending_news(world)
        told = [await stream.next() for _ in range(5)]
        kinds = [each["__typename"] for each in told if each["__typename"] != "Checkpoint"]
        assert kinds == ["AccessChanged", "MediaChanged", "AccessChanged"]


async def test_leaving_the_only_group_ends_every_stream_before_any_further_event(world: World) -> None:
    """Rules 61, 63: also when the group is deleted."""
    await world.enter("moderator")
    for document in (REMOVE_USERS, DELETE_GROUP):
        group = await new_group(world, "guests", "outsider")
        await set_member(world, group, "MEMBER")
        async with world.socket("outsider") as socket:
            streams = await every_stream(world, socket)
            users = {"userIds": [await id_of(world, "outsider")]} if document == REMOVE_USERS else {}
            await as_admin(world, document, groupId=group, **users)
            await configure(world, qna="ENABLED" if document == REMOVE_USERS else "DISABLED")
            for stream in streams:
                assert await ending(stream) == ([], "FORBIDDEN")


async def test_a_thousand_users_join_in_as_many_statements_as_one(world: World) -> None:
    users = await many_users(world, 1_001)
    group = await new_group(world, "everybody")
    await set_member(world, group, "MEMBER")
    one = await statements_of(world, "admin", ADD_USERS, {"groupId": group, "userIds": users[:1]})
    thousand = await statements_of(world, "admin", ADD_USERS, {"groupId": group, "userIds": users[1:]})
    assert len(thousand) == len(one)
    assert (await world.query("manager", GROUP, id=group))["node"]["memberCount"] == 1_001
    gone = await statements_of(world, "admin", REMOVE_USERS, {"groupId": group, "userIds": users[1:]})
    assert len(gone) == len(one)  # a statement finds the galleries that the group manages, and none counts for a rate


async def test_many_galleries_are_told_in_as_many_statements_as_one(world: World) -> None:
    manager = await id_of(world, "manager")
    users = await ids_of(world, "a", "b")
    group = await new_group(world, "everybody")
    await set_member(world, group, "MEMBER")
    one = await statements_of(world, "admin", ADD_USERS, {"groupId": group, "userIds": users[:1]})
    for gallery in [await another_gallery(world, manager) for _ in range(5)]:
        given = {"galleryId": gallery, "principalId": group, "role": "MEMBER"}
        await world.mutate("manager", SET_MEMBER, input=given)
    six = await statements_of(world, "admin", ADD_USERS, {"groupId": group, "userIds": users[1:]})
    assert len(six) == len(one)
