"""The mutations of galleries, members, groups and the site, as clients send them."""

from typing import Any

from tests.support.people import id_of
from tests.support.world import CONFIGURE, CREATE, World

ADMIN = "enfilade:admin"
ERRORS = "userErrors { code message field }"


def _document(verb: str, *fields: str) -> str:
    name = verb[0].upper() + verb[1:]
    return f"mutation ($input: {name}Input!) {{ {verb}(input: $input) {{ cursor {' '.join(fields)} {ERRORS} }} }}"


SET_MEMBER = _document("setGalleryMember", "membership { id role source }")
REMOVE_MEMBER = _document("removeGalleryMember", "gallery { id }")
SYNC = _document("syncRoster", "galleryId added changed removed")
CREATE_GROUP = _document("createGroup", "group { id name memberCount }")
UPDATE_GROUP = _document("updateGroup", "group { id name }")
DELETE_GROUP = _document("deleteGroup", "groupId")
ADD_USERS = _document("addGroupMembers", "added group { memberCount }")
REMOVE_USERS = _document("removeGroupMembers", "removed group { memberCount }")
UPSERT = _document("upsertUser", "user { id name email avatarUrl }")
SUSPEND = _document("suspendUser", "user { id suspendedAt }")
UNSUSPEND = _document("unsuspendUser", "user { id suspendedAt }")
UPDATE_SITE = _document(
    "updateSite",
    "site { name qnaDefault groupChatDefault moderateMediaDefault hostAbsenceTimeoutSeconds reconnectGraceSeconds",
    "roomLimits { mode visibleCameras stageCapacity participantCapacity } rateLimits { kind burst perMinute } }",
)
UPDATE = _document("updateGallery", "gallery { title description externalId moderateMedia pendingCount }")
DELETE = _document("deleteGallery", "galleryId")

ROLE = "query ($id: ID!) { gallery(by: {id: $id}) { viewerRole viewerPermissions } }"
MEMBERS = """query ($id: ID!, $after: String) { gallery(by: {id: $id}) { memberships(first: 100, after: $after) {
  edges { node { role source principal { ... on User { name } ... on Group { name } } } }
  pageInfo { hasNextPage endCursor } } } }"""


async def as_admin(world: World, document: str, **given: Any) -> dict[str, Any]:
    """Sends a mutation as a site admin, who must succeed, and returns its payload."""
    return await world.mutate("admin", document, ADMIN, input=given)


async def not_as_admin(world: World, document: str, **given: Any) -> tuple[str, list[str] | None]:
    """Sends a mutation as a site admin, who must be refused, and returns the refusal's code and field."""
    refusal = await world.refused("admin", document, ADMIN, input=given)
    return refusal["code"], refusal["field"]


async def ids_of(world: World, *people: str) -> list[str]:
    return [await id_of(world, who) for who in people]


async def new_group(world: World, name: str, *people: str) -> str:
    """Creates a group as a site admin, adds these people, and returns its id."""
    group = str((await as_admin(world, CREATE_GROUP, name=name))["group"]["id"])
    if people:
        await as_admin(world, ADD_USERS, groupId=group, userIds=await ids_of(world, *people))
    return group


async def set_member(world: World, principal: str, role: str, by: str = "manager") -> dict[str, Any]:
    given = {"galleryId": world.gallery, "principalId": principal, "role": role}
    return await world.mutate(by, SET_MEMBER, input=given)


async def remove_member(world: World, principal: str, by: str = "manager") -> dict[str, Any]:
    return await world.mutate(by, REMOVE_MEMBER, input={"galleryId": world.gallery, "principalId": principal})


async def role_of(world: World, who: str) -> str | None:
    """Returns the gallery role that `who` reads as their own; None if they do not see the gallery."""
    gallery = (await world.query(who, ROLE, id=world.gallery))["gallery"]
    return gallery and str(gallery["viewerRole"])


async def members(world: World, who: str = "manager") -> set[tuple[str, str, str]]:
    """Returns every membership of the demo gallery: name, role, source."""
    found: set[tuple[str, str, str]] = set()
    after = None
    while True:
        page = (await world.query(who, MEMBERS, id=world.gallery, after=after))["gallery"]["memberships"]
        nodes = [edge["node"] for edge in page["edges"]]
        found |= {(node["principal"]["name"], node["role"], node["source"]) for node in nodes}
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


async def another_gallery(world: World, manager: str) -> str:
    given = {"title": "Typography", "managerIds": [manager]}
    return str((await world.mutate("admin", CREATE, ADMIN, input=given))["galleryId"])


async def another_room(world: World) -> str:
    """Creates a gallery with an enabled room, which the manager may launch. Returns the room's id."""
    gallery = await another_gallery(world, await id_of(world, "manager"))
    answer = await world.query("manager", CONFIGURE, input={"galleryId": gallery, "enabled": True})
    assert answer["configureRoom"]["userErrors"] == []
    asked = "query ($id: ID!) { gallery(by: {id: $id}) { room { id } } }"
    return str((await world.query("manager", asked, id=gallery))["gallery"]["room"]["id"])
