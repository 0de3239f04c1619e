import asyncio
from typing import Any

from sqlalchemy import update

from models.tables.galleries import GalleryRole
from models.tables.site import Site
from tests.support.people import absent, change, give_role, id_of, make_group, quit_group, set_role
from tests.support.world import CREATE, World

ADMIN = "enfilade:admin"
GALLERY = """query ($id: ID!) { gallery(by: {id: $id}) { id title description externalId moderateMedia viewerRole
  memberships { edges { node { role source principal { ... on Node { id } } } } }
  room { id enabled version status { state } activeSession { id } } } }"""
GALLERIES = """query ($first: Int, $after: String, $last: Int, $before: String, $search: String,
  $orderBy: GalleryOrder) { galleries(first: $first, after: $after, last: $last, before: $before, search: $search,
  orderBy: $orderBy) { edges { node { title } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
MEMBERSHIPS = """query ($id: ID!, $role: GalleryRole, $search: String, $first: Int, $after: String) {
  gallery(by: {id: $id}) { memberships(role: $role, search: $search, first: $first, after: $after) {
    edges { node { role principal { ... on User { name } ... on Group { name } } } }
    pageInfo { hasNextPage endCursor } } } }"""


async def create(world: World, *managers: str, **given: Any) -> str:
    """Creates a gallery as a site admin. Returns its id."""
    ids = [await id_of(world, who) for who in managers]
    made = await world.mutate("admin", CREATE, ADMIN, input={"managerIds": ids, **given})
    return str(made["galleryId"])


async def gallery_of(world: World, who: str, gallery: str) -> Any:
    return (await world.query(who, GALLERY, id=gallery))["gallery"]


async def test_a_new_gallery_is_its_managers_with_a_disabled_room(world: World) -> None:
    """Rules 14, 21: a site admin who is not a manager gets only the new gallery's id."""
    group = await make_group(world, "deans", "dean")
    manager = await id_of(world, "manager")
    given = {"title": "Typography", "description": "Letters.", "externalId": "course-202", "moderateMedia": True}
    made = await world.mutate("admin", CREATE, ADMIN, input={**given, "managerIds": [manager, group, manager]})
    assert made["gallery"] is None
    assert await gallery_of(world, "admin", made["galleryId"]) is None
    for who in ("manager", "dean"):
        gallery = await gallery_of(world, who, made["galleryId"])
        room, members = gallery.pop("room"), gallery.pop("memberships")["edges"]
        assert gallery == {**given, "id": made["galleryId"], "viewerRole": "MANAGER"}
        assert room.pop("id")
        assert room == {"enabled": False, "version": 1, "status": {"state": "DISABLED"}, "activeSession": None}
        assert [edge["node"] for edge in members] == [
            {"role": "MANAGER", "source": "MANUAL", "principal": {"id": each}} for each in (manager, group)
        ]


async def test_an_admin_among_the_managers_is_shown_the_gallery(world: World) -> None:
    """Rule 14."""
    admin = (await world.query("admin", "{ viewer { id } }"))["viewer"]["id"]
    made = await world.mutate("admin", CREATE, ADMIN, input={"title": "Own", "managerIds": [admin]})
    assert made["gallery"]["title"] == "Own"
    assert made["gallery"]["room"]["id"]


async def test_a_site_admins_scope_shows_no_gallery(world: World) -> None:
    """Rule 14: and it adds nothing to a member's rights."""
    await create(world, "manager", title="Typography")
    for who, titles in {"admin": [], "student-001": ["Principles of Design"]}.items():
        edges = (await world.query(who, GALLERIES, ADMIN))["galleries"]["edges"]
        assert [edge["node"]["title"] for edge in edges] == titles
    assert await gallery_of(world, "admin", world.gallery) is None


async def test_bad_galleries_are_refused(world: World) -> None:
    """Rules 3, 14, 20: each refusal names the wrong field."""
    manager = await id_of(world, "manager")
    good = {"title": "Typography", "managerIds": [manager]}
    cases: list[tuple[dict[str, Any], str, list[str]]] = [
        ({"title": " \t "}, "INVALID", ["title"]),
        ({"title": "x" * 201}, "INVALID", ["title"]),
        ({"title": "two\nlines"}, "INVALID", ["title"]),
        ({"title": "bell \a"}, "INVALID", ["title"]),
        ({"description": "x" * 5001}, "INVALID", ["description"]),
        ({"externalId": ""}, "INVALID", ["externalId"]),
        ({"externalId": "x" * 256}, "INVALID", ["externalId"]),
        ({"externalId": "course-101"}, "CONFLICT", ["externalId"]),
        ({"externalId": " course-101 "}, "CONFLICT", ["externalId"]),
        ({"managerIds": []}, "INVALID", ["managerIds"]),
        ({"managerIds": [manager] * 501}, "INVALID", ["managerIds"]),
        ({"managerIds": [manager, absent("User")]}, "NOT_FOUND", ["managerIds", "1"]),
        ({"managerIds": [world.room]}, "NOT_FOUND", ["managerIds", "0"]),
    ]
    for change_, code, field in cases:
        refusal = await world.refused("admin", CREATE, ADMIN, input=good | change_)
        assert (refusal["code"], refusal["field"]) == (code, ["input", *field]), change_


async def test_titles_and_descriptions_come_back_as_plain_text(world: World) -> None:
    """Rule 20: trimmed, NFC-normalised, and never interpreted."""
    text = {"title": "  <b>Cafe\u0301</b> & \N{GRINNING FACE} ", "description": "\r\n\tOne\r\ntwo \n"}
    gallery = await gallery_of(world, "manager", await create(world, "manager", **text))
    assert (gallery["title"], gallery["description"]) == ("<b>Caf\u00e9</b> & \N{GRINNING FACE}", "One\ntwo")
    longest = {"title": "\N{GRINNING FACE}" * 200, "description": "\u00e9" * 5000, "externalId": "x" * 255}
    gallery = await gallery_of(world, "manager", await create(world, "manager", **longest))
    assert {key: gallery[key] for key in longest} == longest


async def test_an_external_id_is_given_once(world: World) -> None:
    """Rule 14: also among simultaneous mutations."""
    manager = await id_of(world, "manager")
    given = {"title": "Typography", "externalId": "course-202", "managerIds": [manager]}
    answers = await asyncio.gather(*(world.query("admin", CREATE, ADMIN, input=given) for _ in range(8)))
    errors = [error["code"] for answer in answers for error in answer["createGallery"]["userErrors"]]
    assert errors == ["CONFLICT"] * 7
    found = await world.query("manager", 'query { gallery(by: {externalId: "course-202"}) { title } }')
    assert found["gallery"] == {"title": "Typography"}


async def test_a_new_gallery_moderates_media_as_the_site_does(world: World) -> None:
    """Rule 14: unless the input says otherwise."""
    for default in (True, False):
        await change(world, update(Site).values(moderate_media_default=default))
        plain = await create(world, "manager", title="Plain")
        other = await create(world, "manager", title="Other", moderateMedia=not default)
        assert (await gallery_of(world, "manager", plain))["moderateMedia"] is default
        assert (await gallery_of(world, "manager", other))["moderateMedia"] is not default


async def test_the_highest_of_several_roles_counts(world: World) -> None:
    """Rule 2: losing one role keeps the others."""
    reviewers = await make_group(world, "reviewers", "someone")
    deans = await make_group(world, "deans", "someone")
    someone = await give_role(world, "someone", GalleryRole.MEMBER)
    assert (await gallery_of(world, "someone", world.gallery))["viewerRole"] == "MEMBER"
    await set_role(world, reviewers, GalleryRole.MODERATOR)
    assert (await gallery_of(world, "someone", world.gallery))["viewerRole"] == "MODERATOR"
    await set_role(world, deans, GalleryRole.MANAGER)
    assert (await gallery_of(world, "someone", world.gallery))["viewerRole"] == "MANAGER"
    await set_role(world, someone, None)
    assert (await gallery_of(world, "someone", world.gallery))["viewerRole"] == "MANAGER"
    await quit_group(world, deans, "someone")
    assert (await gallery_of(world, "someone", world.gallery))["viewerRole"] == "MODERATOR"
    await set_role(world, reviewers, None)
    assert await gallery_of(world, "someone", world.gallery) is None


TITLES = ["\u00c4pfel", "banana", "Cherry", "100% juice", "100 juices", "cherry"]


async def listed(world: World, **arguments: Any) -> tuple[list[str], dict[str, Any]]:
    """Returns the titles of a page, and its page info."""
    page = (await world.query("reader", GALLERIES, **arguments))["galleries"]
    return [edge["node"]["title"] for edge in page["edges"]], page["pageInfo"]


async def test_galleries_are_listed_in_order_searched_and_paged(world: World) -> None:
    """Rule 19 for galleries: case is ignored, pages are stable while galleries are added, and paging goes both ways."""
    for title in TITLES:
        await create(world, "reader", title=title)
    everything, _ = await listed(world)
    assert everything == ["100 juices", "100% juice", "banana", "Cherry", "cherry", "\u00c4pfel"]
    assert (await listed(world, orderBy="NEWEST"))[0] == TITLES[::-1]
    assert (await listed(world, search="CHERRY"))[0] == ["Cherry", "cherry"]
    assert (await listed(world, search="00%"))[0] == ["100% juice"]
    assert (await listed(world, search="nothing"))[0] == []
    assert (await listed(world, search="\u00e4PFEL"))[0] == ["\u00c4pfel"]
    one, first = await listed(world, first=2)
    assert (first["hasPreviousPage"], first["hasNextPage"]) == (False, True)
    await create(world, "reader", title="000")  # sorts before the page already read, so the next page does not change
    two, second = await listed(world, first=2, after=first["endCursor"])
    three, third = await listed(world, first=2, after=second["endCursor"])
    assert one + two + three == everything
    assert (second["hasNextPage"], third["hasNextPage"]) == (True, False)
    assert await listed(world, last=2, before=third["startCursor"]) == (two, {**second, "hasPreviousPage": True})
    assert (await listed(world, last=2))[0] == three


async def test_bad_pages_are_refused(world: World) -> None:
    """Rule 19 for galleries."""
    for bad in ({"first": 101}, {"first": -1}, {"last": 101}, {"first": 1, "last": 1}, {"after": "no cursor"}):
        answer = await world.ask("manager", GALLERIES, **bad)
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID"], bad
    assert (await listed(world, first=0))[0] == []


async def test_memberships_are_filtered_searched_and_paged(world: World) -> None:
    """Rules 1, 2: users and groups together, in the order in which they were added."""
    await set_role(world, await make_group(world, "deans", "dean"), GalleryRole.MANAGER)

    async def members(**arguments: Any) -> tuple[list[str], dict[str, Any]]:
        page = (await world.query("student-001", MEMBERSHIPS, id=world.gallery, **arguments))["gallery"]["memberships"]
        return [edge["node"]["principal"]["name"] for edge in page["edges"]], page["pageInfo"]

    assert (await members(role="MANAGER"))[0] == ["Mara Manager", "deans"]
    assert (await members(role="MEMBER"))[0] == ["Chandra Chatmod", *(f"Visitor 00{digit}" for digit in (1, 2, 3))]
    assert (await members(search="DEAN"))[0] == ["deans"]
    assert (await members(search="student 01"))[0] == [f"Student 01{digit}" for digit in range(10)]
    assert (await members(search="a", role="MODERATOR"))[0] == ["Timo Assistant"]
    first, info = await members(first=20)
    rest, end = await members(first=20, after=info["endCursor"])
    assert (info["hasNextPage"], end["hasNextPage"]) == (True, False)
    assert len(set(first + rest)) == len(first + rest) == 37
