"""Pushes bring a normalised cache up to date, and selecting their parents keeps them shared."""

from typing import Any

import pytest

from schema.execution.renderings import ANYBODY
from tests.support.admin_mutations import ADD_USERS, as_admin, ids_of, new_group, remove_member, set_member
from tests.support.chat import TALK
from tests.support.event_streams import Event, next_event
from tests.support.media import ADD, GOOD, VIDEO, remove, review
from tests.support.media import ids_of as media_ids
from tests.support.normalised import Cache
from tests.support.people import configure
from tests.support.playlists import CREATE, DELETE
from tests.support.statement_log import statements
from tests.support.watchers import renderings
from tests.support.world import END, Subscribed, World

GALLERY = "id title pendingCount viewerRole"
SESSION = "id locked endedAt"
STATUS = "status { id state participantCount }"
ROOM = f"id mode version viewerPermissions activeSession {{ {SESSION} }} {STATUS}"
MEMBERSHIP = "id role principal { id name ... on Group { memberCount } }"
IN_THE_GALLERY = f"""subscription ($id: ID!) {{ galleryEvents(galleryId: $id) {{ __typename
  ... on GalleryEvent {{ gallery {{ {GALLERY} }} }} ... on RoomEvent {{ room {{ {ROOM} }} }}
  ... on MediaEvent {{ media {{ id title status gallery {{ id }} }} }} ... on PlaylistSaved {{ playlist {{ id title }} }}
  ... on PlaylistEvent {{ playlistId }} ... on MediaRemoved {{ mediaId }}
  ... on AccessChanged {{ memberships {{ {MEMBERSHIP} }} removedMembershipIds listsChanged }} }} }}"""
IN_THE_ROOM = f"""subscription ($id: ID!) {{ roomEvents(roomId: $id) {{ __typename
  ... on RoomEvent {{ room {{ {ROOM} }} }} ... on SessionEvent {{ session {{ {SESSION} }} }}
  ... on ParticipantEvent {{ participant {{ id state onStage session {{ id }} }} }}
  ... on MessageEvent {{ message {{ id text deletedAt session {{ {SESSION} }} }} }}
  ... on ChatCleared {{ channel session {{ id room {{ id }} }} }} }} }}"""
AFRESH = f"""query ($gallery: ID!, $room: ID!) {{ gallery(by: {{id: $gallery}}) {{ {GALLERY}
    media {{ edges {{ node {{ id title status }} }} }} playlists {{ edges {{ node {{ id title }} }} }}
    memberships(first: 100) {{ edges {{ node {{ {MEMBERSHIP} }} }} }} }}
  room(id: $room) {{ {ROOM} messages {{ edges {{ node {{ id text deletedAt }} }} }} }} }}"""


async def read(world: World, who: str) -> Cache:
    cache = Cache()
    cache.merge(await world.query(who, AFRESH, gallery=world.gallery, room=world.room))
    return cache


async def told(stream: Subscribed, last: str, cache: Cache) -> list[Event]:
    """Reads until an event of this type, and merges all into the cache."""
    found = [await next_event(stream)]
    while found[-1]["__typename"] != last:
        found.append(await next_event(stream))
    for each in found:
        cache.merge(each)
    return found


def differing(cache: Cache, fresh: Cache) -> dict[str, Any]:
    """Returns the objects of which the cache holds other values than a new query returns, or that it lacks."""
    of = {name: (cache.objects.get(name), each) for name, each in fresh.objects.items()}
    return {name: pair for name, pair in of.items() if not (pair[0] and pair[0].items() >= pair[1].items())}


async def test_what_happens_in_a_gallery_is_in_the_cache(world: World) -> None:
    """Rule 64, of a client that merges pushes and asks for nothing again."""
    group = await new_group(world, "helpers")
    (user,) = await ids_of(world, "outsider")
    async with world.socket("manager") as socket:
        stream = await socket.subscribe(IN_THE_GALLERY, id=world.gallery)
        assert (await stream.next())["__typename"] == "Checkpoint"
        cache = await read(world, "manager")
        await world.mutate("student-001", ADD, input={"galleryId": world.gallery, **GOOD})
        await review(world, "manager", "APPROVE", *await media_ids(world, VIDEO))
        made = await world.mutate("manager", CREATE, input={"galleryId": world.gallery, "title": "All"})
        await set_member(world, group, "MODERATOR")
        await set_member(world, user, "MEMBER")
        await as_admin(world, ADD_USERS, groupId=group, userIds=[user])
        await configure(world, mode="INTERACTIVE", chatModeratorIds=[group])
        await told(stream, "RoomConfigured", cache)
        await told(stream, "AccessChanged", cache)
        assert differing(cache, await read(world, "manager")) == {}

        await remove(world, "manager", (await media_ids(world, VIDEO))[0])
        (gone,) = await told(stream, "MediaRemoved", cache)
        assert gone["mediaId"] in cache.objects
        deleted = await world.mutate("manager", DELETE_PLAYLIST, input={"playlistId": made["playlist"]["id"]})
        assert deleted["gallery"] == {"id": world.gallery}
        assert (await told(stream, "PlaylistDeleted", cache))[-1]["playlistId"] == made["playlist"]["id"]
        await remove_member(world, user)
        (removed,) = (await told(stream, "AccessChanged", cache))[-1]["removedMembershipIds"]
        assert cache.objects[removed]["principal"] == {"ref": user}


DELETE_PLAYLIST = DELETE.replace("playlistId ", "playlistId gallery { id } ")


async def test_what_happens_in_a_room_is_in_the_cache(world: World) -> None:
    await world.enter("moderator", "chatmod")
    async with world.socket("chatmod") as socket:
        stream = await socket.subscribe(IN_THE_ROOM, id=world.room)
        assert (await stream.next())["__typename"] == "Checkpoint"
        cache = await read(world, "chatmod")
        await world.enter("student-001")
        message = (await world.post("student-001", "Hello"))["message"]["id"]
        await world.mutate("chatmod", TALK["deleteMessage"], input={"messageId": message})
        await told(stream, "MessageDeleted", cache)
        assert differing(cache, await read(world, "chatmod")) == {}
        await world.mutate("chatmod", TALK["clearChat"], input={"roomId": world.room})
        cleared = (await told(stream, "ChatCleared", cache))[-1]
        assert cleared["session"]["room"] == {"id": world.room}
        session = cleared["session"]["id"]
        assert cache.objects[message]["session"] == {"ref": session}
        await world.mutate("moderator", END, session=session)
        await told(stream, "SessionEnded", cache)
        assert cache.objects[session]["endedAt"]
        assert cache.objects[world.room]["activeSession"] is None
        assert cache.objects[cache.objects[world.room]["status"]["ref"]]["state"] == "CLOSED"


LINKS = {"nothing": "", "session": "session { id }", "room": "... on RoomEvent { room { id __typename } }"}
HERE = (
    """subscription ($room: ID!) { chat(roomId: $room) { __typename ... on MessagePosted { message { id %s } %s } } }"""
)


@pytest.mark.fast_paths
async def test_the_ids_of_parents_are_told_to_all_at_once(world: World) -> None:
    """An event is rendered once for all who see it. Its session costs no statement, and its room costs one."""
    await world.enter("moderator", "student-001", "student-002")
    costs = {}
    for name, selected in LINKS.items():
        document = HERE % ((selected, "") if name == "session" else ("", selected))
        async with world.socket("student-001") as one, world.socket("student-002") as other:
            streams = [await socket.subscribe(document, room=world.room) for socket in (one, other)]
            for stream in streams:
                assert (await stream.next())["__typename"] == "Checkpoint"
            with renderings() as made, statements() as ran:
                message = (await world.query("moderator", POST, room=world.room))["postMessage"]["message"]
                events = [await next_event(stream) for stream in streams]
        assert made == [ANYBODY.name]
        assert events[0] == events[1]
        assert events[0].get("room", {"id": world.room, "__typename": "Room"}) == {
            "id": world.room,
            "__typename": "Room",
        }
        assert events[0]["message"].get("session", message["session"]) == message["session"]
        costs[name] = sum("FROM rooms" in each and "rooms.gallery_id IN" in each for each in ran)
    assert costs == {"nothing": costs["nothing"], "session": costs["nothing"], "room": costs["nothing"] + 1}


POST = """mutation ($room: ID!) { postMessage(input: {roomId: $room, text: "Hello"}) { message { session { id } } } }"""
