"""The permission matrix of tests/access/test_permissions.py, continued: media, playlists, people and the site."""

from typing import Any

from graphql import GraphQLObjectType
from sqlalchemy import select, update

from models.tables.galleries import Gallery, Membership, MembershipSource
from models.tables.media import Media
from models.tables.principals import principal
from resolvers.members import add_members
from schema.root import schema
from server.accounts import THE_SERVER
from tests.support import admin_mutations, playlists
from tests.support import media as gallery_media
from tests.support.admin_mutations import ADMIN
from tests.support.chat import TALK
from tests.support.media import GOOD
from tests.support.people import change, group_id, id_of, local, make_group
from tests.support.permission_acts import (
    DOCUMENTS,
    OF_ADMISSION,
    OF_INTERACTIONS,
    OF_QUESTIONS,
    OF_RECORDINGS,
    OF_SHELF,
    OF_STAGE,
    OF_WEBHOOKS,
)
from tests.support.permission_matrix import CALLERS, WORDS, Caller, fill, outcome
from tests.support.world import CONFIGURE, CREATE, ENTER, World

# The outcome for each caller, from left to right, in a gallery of their own. Hidden media wait for review.
MEDIA = """
                        add      edit-own  edit     edit-hidden  remove-own  remove   remove-hidden  review
manager                 yes      yes       yes      yes          yes         yes      yes            yes
manager-by-group        yes      yes       yes      yes          yes         yes      yes            yes
gallery-moderator       yes      yes       no       no           yes         no       no             yes
contributor             yes      yes       no       unseen       yes         no       unseen         no
member                  no       no        no       unseen       no          no       unseen         no
room-moderator          no       no        no       unseen       no          no       unseen         no
room-moderator-inside   no       no        no       unseen       no          no       unseen         no
room-moderator-guest    unseen   unseen    unseen   unseen       unseen      unseen   unseen         unseen
chat-moderator          no       no        no       unseen       no          no       unseen         no
speaker                 no       no        no       unseen       no          no       unseen         no
attendee                yes      yes       no       unseen       yes         no       unseen         no
outsider                unseen   unseen    unseen   unseen       unseen      unseen   unseen         unseen
media-server            unseen   unseen    unseen   unseen       unseen      unseen   unseen         unseen
suspended               unknown  unknown   unknown  unknown      unknown     unknown  unknown        unknown
no-token                unknown  unknown   unknown  unknown      unknown     unknown  unknown        unknown
site-admin              unseen   unseen    unseen   unseen       unseen      unseen   unseen         unseen
"""
GALLERY = """
                        new-list  save-list  drop-list  set-member  remove-member  edit-gallery  delete-gallery
manager                 yes       yes        yes        yes         yes            yes           yes
manager-by-group        yes       yes        yes        yes         yes            yes           yes
gallery-moderator       yes       yes        yes        no          no             no            no
contributor             no        no         no         no          no             no            no
member                  no        no         no         no          no             no            no
room-moderator          no        no         no         no          no             no            no
room-moderator-inside   no        no         no         no          no             no            no
room-moderator-guest    unseen    unseen     unseen     unseen      unseen         unseen        unseen
chat-moderator          no        no         no         no          no             no            no
speaker                 no        no         no         no          no             no            no
attendee                no        no         no         no          no             no            no
outsider                unseen    unseen     unseen     unseen      unseen         unseen        unseen
media-server            unseen    unseen     unseen     unseen      unseen         unseen        unseen
suspended               unknown   unknown    unknown    unknown     unknown        unknown       unknown
no-token                unknown   unknown    unknown    unknown     unknown        unknown       unknown
site-admin              unseen    unseen     unseen     unseen      unseen         unseen        unseen
"""
SITE = """
                        new-group  rename-group  drop-group  fill-group  empty-group  upsert   roster   settings   suspend  unsuspend
manager                 no         no            no          no          no           no       no       no         no       no
manager-by-group        no         no            no          no          no           no       no       no         no       no
gallery-moderator       no         no            no          no          no           no       no       no         no       no
contributor             no         no            no          no          no           no       no       no         no       no
member                  no         no            no          no          no           no       no       no         no       no
room-moderator          no         no            no          no          no           no       no       no         no       no
room-moderator-inside   no         no            no          no          no           no       no       no         no       no
room-moderator-guest    no         no            no          no          no           no       no       no         no       no
chat-moderator          no         no            no          no          no           no       no       no         no       no
speaker                 no         no            no          no          no           no       no       no         no       no
attendee                no         no            no          no          no           no       no       no         no       no
outsider                no         no            no          no          no           no       no       no         no       no
media-server            no         no            no          no          no           no       no       no         no       no
suspended               unknown    unknown       unknown     unknown     unknown      unknown  unknown  unknown    unknown  unknown
no-token                unknown    unknown       unknown     unknown     unknown      unknown  unknown  unknown    unknown  unknown
site-admin              yes        yes           yes         yes         yes          yes      yes      yes        yes      yes
"""
OF_CONTENT = {
    "add": gallery_media.ADD, "edit-own": gallery_media.UPDATE, "edit": gallery_media.UPDATE,
    "edit-hidden": gallery_media.UPDATE, "remove-own": gallery_media.REMOVE, "remove": gallery_media.REMOVE,
    "remove-hidden": gallery_media.REMOVE, "review": gallery_media.REVIEW,
    "new-list": playlists.CREATE, "save-list": playlists.UPDATE, "drop-list": playlists.DELETE,
    "set-member": admin_mutations.SET_MEMBER, "remove-member": admin_mutations.REMOVE_MEMBER,
    "edit-gallery": admin_mutations.UPDATE, "delete-gallery": admin_mutations.DELETE,
    "new-group": admin_mutations.CREATE_GROUP, "rename-group": admin_mutations.UPDATE_GROUP, "drop-group": admin_mutations.DELETE_GROUP,
    "fill-group": admin_mutations.ADD_USERS, "empty-group": admin_mutations.REMOVE_USERS,
    "upsert": admin_mutations.UPSERT, "roster": admin_mutations.SYNC, "settings": admin_mutations.UPDATE_SITE,
    "suspend": admin_mutations.SUSPEND, "unsuspend": admin_mutations.UNSUSPEND,
}  # fmt: skip
# Acts that log no event: those on users, and on groups without access to a gallery. All other acts log one.
QUIET = {"new-group", "rename-group", "drop-group", "fill-group", "empty-group", "upsert", "suspend", "unsuspend"}


def test_the_matrix_covers_every_mutation() -> None:
    """This matrix and those of the other tests/access/test_permissions*.py together cover every mutation."""
    mutation = schema._schema.mutation_type
    assert isinstance(mutation, GraphQLObjectType)
    of_sessions = (OF_ADMISSION, OF_STAGE, OF_RECORDINGS, TALK, OF_QUESTIONS, OF_INTERACTIONS, OF_SHELF, OF_WEBHOOKS)
    documents = [document for part in (DOCUMENTS, OF_CONTENT, *of_sessions) for document in part.values()]
    assert {name for name in mutation.fields if not any(f" {name}(input:" in each for each in documents)} == set()


async def test_what_each_caller_may_do_with_content(world: World) -> None:
    """Rules 1, 4, 11, 14, 16, 17, 66: a refusal changes nothing and logs no event."""
    ids = {caller.who: await id_of(world, caller.who) for caller in (*CALLERS.values(), Caller("host"))}
    await fill(world)
    tables = [[line.split() for line in each.strip().splitlines()] for each in (MEDIA, SITE, GALLERY)]
    acts = [act for heads, *_rows in tables for act in heads]
    got = {name: await outcomes(world, caller, acts, ids) for name, caller in CALLERS.items()}
    for heads, *rows in tables:
        assert [[name, *(got[name][act] for act in heads)] for name in got] == rows


async def outcomes(world: World, caller: Caller, acts: list[str], ids: dict[str, str]) -> dict[str, str]:
    """Returns the caller's outcome for each act, in a gallery of their own with the same roles as in the demo's."""
    gallery = await twin(world, ids, caller)
    got = {}
    for act in acts:
        given = await variables(world, act, gallery, ids[caller.who])
        before = await log_head(world, gallery)
        got[act] = WORDS[await outcome(world, caller, OF_CONTENT[act], {"input": given})]
        told = await log_head(world, gallery) != before
        assert told == (got[act] == "yes" and act not in QUIET), (caller, act)
    if got["delete-gallery"] != "yes":
        await world.mutate("manager", admin_mutations.DELETE, input={"galleryId": gallery, "endActiveSession": True})
    return got


async def log_head(world: World, gallery: str) -> int | None:
    """Returns the head of the gallery's log; None if the gallery is deleted."""
    head: int | None = await world.database.reads.value(select(Gallery.log_head).where(Gallery.id == local(gallery)))
    return head


async def twin(world: World, ids: dict[str, str], caller: Caller) -> str:
    """Creates a gallery with the same members and moderators, and lets the caller enter if need be. Returns its id."""
    given = {"title": "Twin", "moderateMedia": True, "managerIds": [ids["manager"]]}
    gallery = str((await world.mutate("admin", CREATE, ADMIN, input=given))["galleryId"])
    by_hand = select(Membership).where(
        Membership.gallery_id == local(world.gallery), Membership.source == MembershipSource.MANUAL
    )
    members = [(principal(row.user_id, row.group_id), row.role) for row in await world.database.reads.all(by_hand)]
    others = [(who, role) for who, role in members if who.id != local(ids["manager"])]
    await world.database.transact(
        THE_SERVER, "test", lambda tx: add_members(tx, local(gallery), others, MembershipSource.MANUAL)
    )
    moderators = [await group_id(world, "teaching-assistants"), ids["host"], ids["guest"]]
    form = {"roomModeratorIds": moderators, "chatModeratorIds": [ids["chatmod"]], "speakerIds": [ids["speaker"]]}
    await world.mutate("manager", CONFIGURE, input={"galleryId": gallery, "enabled": True, "mode": "WEBINAR", **form})
    if caller.inside:
        room = (await world.query("manager", ROOM, id=gallery))["gallery"]["room"]["id"]
        for who in ("host", caller.who):
            await world.mutate(who, ENTER, room=room)
    return gallery


ROOM = "query ($id: ID!) { gallery(by: {id: $id}) { room { id } } }"


async def variables(world: World, act: str, gallery: str, caller: str) -> dict[str, Any]:
    """Returns valid input about a new object each time, so that the outcome depends only on the caller."""
    match act:
        case "add":
            return {"galleryId": gallery, **GOOD}
        case "edit-own" | "edit" | "edit-hidden":
            return {"mediaId": await medium(world, act, gallery, caller), "title": "Edited"}
        case "remove-own" | "remove" | "remove-hidden":
            return {"mediaId": await medium(world, act, gallery, caller)}
        case "review":
            media = [await medium(world, "hidden", gallery, caller)]
            return {"galleryId": gallery, "mediaIds": media, "decision": "APPROVE"}
        case _:
            return await variables_of_gallery(world, act, gallery)


async def variables_of_gallery(world: World, act: str, gallery: str) -> dict[str, Any]:
    """Does the same as `variables` for playlists, members and the gallery itself."""
    match act:
        case "new-list":
            return {"galleryId": gallery, "title": "Best of"}
        case "save-list":
            return {"playlistId": await playlist(world, gallery), "title": "Saved"}
        case "drop-list":
            return {"playlistId": await playlist(world, gallery)}
        case "set-member":
            return {"galleryId": gallery, "principalId": await id_of(world, "student-029"), "role": "MODERATOR"}
        case "remove-member":
            return {"galleryId": gallery, "principalId": await id_of(world, "student-030")}
        case "suspend" | "unsuspend":
            return {"userId": world.ids["user:student-028"]}  # who may be suspended already, and cannot ask
        case "edit-gallery":
            return {"galleryId": gallery, "title": "Edited"}
        case "delete-gallery":
            return {"galleryId": gallery, "endActiveSession": True}
        case _:
            return await variables_of_site(world, act, gallery)


async def variables_of_site(world: World, act: str, gallery: str) -> dict[str, Any]:
    """Does the same as `variables` for mutations of site admins."""
    match act:
        case "new-group":
            return {"name": "New"}
        case "rename-group":
            return {"groupId": await make_group(world, "old"), "name": "Renamed"}
        case "drop-group":
            return {"groupId": await make_group(world, "old")}
        case "fill-group":
            return {"groupId": await make_group(world, "empty"), "userIds": [await id_of(world, "student-030")]}
        case "empty-group":
            return {"groupId": await make_group(world, "full", "a"), "userIds": [await id_of(world, "a")]}
        case "upsert":
            return {"issuer": "https://id.example.org", "subject": "nora", "name": "Nora"}
        case "roster":
            entry = {"principalId": await id_of(world, "student-030"), "role": "MODERATOR"}
            return {"galleryId": gallery, "members": [entry]}
        case _:
            return {"qnaDefault": False}


async def medium(world: World, which: str, gallery: str, caller: str) -> str:
    """Creates a medium: the caller's own, a student's that waits for review, or the host's. Returns its id."""
    hidden = which.endswith("hidden")
    who = "student-028" if hidden else "manager"
    added = await world.query(who, gallery_media.ADD, input={"galleryId": gallery, **GOOD})
    media = str(added["addMedia"]["media"]["id"])
    if not hidden:
        owner = caller if which.endswith("own") else await id_of(world, "host")
        await change(world, update(Media).where(Media.id == local(media)).values(owner_id=local(owner)))
    return media


async def playlist(world: World, gallery: str) -> str:
    """Creates a playlist. Returns its id."""
    made = await world.query("manager", playlists.CREATE, input={"galleryId": gallery, "title": "Old"})
    return str(made["createPlaylist"]["playlist"]["id"])
