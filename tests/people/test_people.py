import asyncio
from typing import Any

import jwt
from sqlalchemy import func, select

from models.tables.galleries import GalleryRole
from models.tables.people import User
from tests.support.people import give_role, group_id, id_of, join_group, make_group
from tests.support.statement_counts import counting_query
from tests.support.world import World

VIEWER = "{ viewer { id name email avatarUrl groups { name } } }"
USERS = """query ($search: String, $first: Int, $after: String) { users(search: $search, first: $first, after: $after) {
  edges { node { name email groups { name } } } pageInfo { hasNextPage endCursor } } }"""
GROUPS = """query ($search: String) { groups(search: $search) { edges { node { name memberCount members {
  edges { node { name } } } } } } }"""
USER = "query ($id: ID!) { node(id: $id) { ... on User { name email groups { name } } } }"
GROUP = """query ($id: ID!, $search: String, $first: Int, $after: String) { node(id: $id) { ... on Group { name memberCount
  members(search: $search, first: $first, after: $after) { edges { node { name } } pageInfo { endCursor } } } } }"""
ADMIN = "enfilade:admin"


async def viewer(world: World, subject: str, **claims: Any) -> dict[str, Any]:
    """Returns the viewer that somebody reads with these claims in their token."""
    settings = world.settings
    token = {"iss": settings.jwt_issuer, "aud": settings.jwt_audience, "sub": subject, "exp": 4_000_000_000, **claims}
    signed = jwt.encode(token, settings.jwt_secret.get_secret_value(), algorithm="HS256")
    headers = {"authorization": f"Bearer {signed}"}
    answer = (await world.http.post("/graphql", json={"query": VIEWER}, headers=headers)).json()
    return dict(answer["data"]["viewer"])


async def users_with(world: World, subject: str) -> int:
    return int(await world.database.reads.value(select(func.count()).where(User.subject == subject)))


async def test_a_user_is_made_of_the_claims_at_first_sight(world: World) -> None:
    """Issuer and subject identify the user; the other columns are copied from the claims."""
    claims = {"name": "Nora New", "email": "nora@example.org", "picture": "https://example.org/nora.png"}
    found = await viewer(world, "nora", **claims)
    assert found.pop("id")
    assert found == {
        "name": "Nora New", "email": "nora@example.org", "avatarUrl": "https://example.org/nora.png", "groups": [],
    }  # fmt: skip


async def test_a_user_follows_the_claims(world: World) -> None:
    """The user stays the same, and is updated as soon as a token has other claims."""
    before = await viewer(world, "nora", name="Nora New", email="nora@example.org")
    after = await viewer(world, "nora", name="Nora Newer", picture="https://example.org/nora.png")
    assert after["id"] == before["id"]
    assert (after["name"], after["email"]) == ("Nora Newer", None)
    assert after["avatarUrl"] == "https://example.org/nora.png"
    edges = (await world.query("manager", USERS, search="newer"))["users"]["edges"]
    assert [edge["node"]["name"] for edge in edges] == ["Nora Newer"]
    assert await users_with(world, "nora") == 1


async def test_many_first_sights_at_once_make_one_user(world: World) -> None:
    found = await asyncio.gather(*(viewer(world, "nora", name="Nora", jti=str(number)) for number in range(12)))
    assert len({each["id"] for each in found}) == 1
    assert await users_with(world, "nora") == 1


async def test_people_and_groups_are_looked_for_by_managers_and_site_admins(world: World) -> None:
    """Rules 1, 14: only they use a picker for people."""
    await make_group(world, "deans", "dean")
    await give_role(world, "reviewer", GalleryRole.MODERATOR)
    for document in (USERS, GROUPS):
        for who in ("moderator", "chatmod", "student-001", "reviewer", "outsider", "dean"):
            answer = await world.ask(who, document)
            assert list(answer["data"].values()) == [None]
            assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"], who
        assert await world.query("manager", document) == await world.query("outsider", document, ADMIN)


async def test_user_names_are_for_the_user_and_for_those_who_search_the_directory(world: World) -> None:
    """Rule 14."""
    nora = (await viewer(world, "nora", name="Nora", preferred_username="nora.new"))["id"]
    read = "query ($id: ID!) { node(id: $id) { ... on User { username email isSiteAdmin } } }"
    seen = {who: (await world.query(who, read, id=nora))["node"] for who in ("manager", "moderator", "student-001")}
    assert [seen[who]["username"] for who in seen] == ["nora.new", None, None]
    assert [seen[who]["isSiteAdmin"] for who in seen] == [None] * 3
    _, one = await counting_query(world, "manager", read.replace("username", ""), id=nora)
    _, both = await counting_query(world, "manager", read, id=nora)
    assert len(both) == len(one)


async def test_viewers_are_told_whether_they_are_site_admins(world: World) -> None:
    """Rule 14: by the token's scope. No other user is told of."""
    document = "{ viewer { username isSiteAdmin } }"
    assert (await world.query("admin", document, ADMIN))["viewer"]["isSiteAdmin"] is True
    assert (await world.query("admin", document))["viewer"]["isSiteAdmin"] is False


async def test_users_are_found_by_name_or_username_in_order_and_in_pages(world: World) -> None:
    """Rule 19 for people: case is ignored, and wildcards are plain text."""

    async def found(**arguments: Any) -> list[str]:
        edges = (await world.query("manager", USERS, **arguments))["users"]["edges"]
        return [edge["node"]["name"] for edge in edges]

    assert await found(search="MARA") == ["Mara Manager"]
    assert await found(search="chatmod") == ["Chandra Chatmod"]
    assert await found(search="moderator") == ["Timo Assistant"]  # matches the username
    assert await found(search="%") == []
    assert await found(search="student 00", first=3) == ["Student 001", "Student 002", "Student 003"]
    everyone, page = [], {"hasNextPage": True, "endCursor": None}
    while page["hasNextPage"]:
        users = (await world.query("manager", USERS, first=7, after=page["endCursor"]))["users"]
        everyone += [edge["node"]["name"] for edge in users["edges"]]
        page = users["pageInfo"]
    assert everyone == sorted(everyone, key=str.casefold)
    assert len(everyone) == await world.database.reads.value(select(func.count()).select_from(User))


async def test_addresses_and_groups_are_for_the_directory_and_oneself(world: World) -> None:
    """Rule 14: everybody who knows a user's id can read the name, but not these."""
    nora = (await viewer(world, "nora", name="Nora", email="nora@example.org"))["id"]
    group = await group_id(world, "teaching-assistants")
    everything = {"name": "Nora", "email": "nora@example.org", "groups": []}
    assert (await world.query("manager", USER, id=nora))["node"] == everything
    assert (await world.query("outsider", USER, ADMIN, id=nora))["node"] == everything
    for who in ("outsider", "student-001", "moderator"):
        assert (await world.query(who, USER, id=nora))["node"] == everything | {"email": None}, who
    timo = await id_of(world, "moderator")
    for who, groups in {
        "moderator": ["teaching-assistants"],
        "manager": ["teaching-assistants"],
        "chatmod": [],
    }.items():
        shown = (await world.query(who, USER, id=timo))["node"]["groups"]
        assert [each["name"] for each in shown] == groups, who
    members = (await world.query("chatmod", GROUP, id=group))["node"]
    assert (members["name"], members["memberCount"], members["members"]["edges"]) == ("teaching-assistants", 1, [])


async def test_a_groups_members_are_searched_and_paged(world: World) -> None:
    """Each group lists only its own members, also when several groups are queried at once."""
    await make_group(world, "deans", "dean", "student-002")
    group = await group_id(world, "teaching-assistants")
    await join_group(world, group, "student-001", "student-002")

    async def members(**arguments: Any) -> tuple[list[str], str]:
        page = (await world.query("manager", GROUP, id=group, **arguments))["node"]["members"]
        return [edge["node"]["name"] for edge in page["edges"]], page["pageInfo"]["endCursor"]

    one, cursor = await members(first=2)
    two, _ = await members(first=2, after=cursor)
    assert (one, two) == (["Student 001", "Student 002"], ["Timo Assistant"])
    assert (await members(search="TIMO"))[0] == ["Timo Assistant"]
    groups = [edge["node"] for edge in (await world.query("manager", GROUPS))["groups"]["edges"]]
    shown = {each["name"]: [edge["node"]["name"] for edge in each["members"]["edges"]] for each in groups}
    assert shown == {"deans": ["dean", "Student 002"], "teaching-assistants": one + two}
    assert [each["memberCount"] for each in groups] == [2, 3]
    only = (await world.query("manager", GROUPS, search="DEAN"))["groups"]["edges"]
    assert [edge["node"]["name"] for edge in only] == ["deans"]
