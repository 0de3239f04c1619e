"""Outside development mode the schema is for site admins, unless a setting opens it (docs/security.md)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import get_introspection_query

from schema.execution.codes import SCHEMA_IS_CLOSED
from schema.root import sdl
from server.settings import Settings
from tests.support.production import production
from tests.support.world import World, open_world

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])

READS_SCHEMA = [
    "{ __schema { queryType { name } } }",
    '{ __type(name: "User") { name } }',
    '{ viewer { id } a: __type(name: "User") { name } }',
    "{ ... { ... on Query { ...F } } } fragment F on Query { viewer { id } ...G } fragment G on Query { __schema { description } }",
    "query ($no: Boolean = false) { __schema @include(if: $no) { description } viewer { id } }",
]
DOES_NOT = [
    "{ __typename viewer { __typename id } }",
    '{ viewer { id } gallery(by: {externalId: "__schema { __type"}) { id } } # __schema',
    "query A { viewer { id } } query B { __schema { description } }",
]
MEANT = "Cannot query field 'nobody' on type 'Query'. Did you mean 'node'?"
ADMIN = "enfilade:admin"


@pytest.fixture
async def closed(settings: Settings) -> AsyncIterator[World]:
    async with open_world(production(settings)) as world:
        yield world


async def codes_of(world: World, who: str, document: str, *scopes: str) -> set[str]:
    body = {"query": document, "operationName": "A" if "query A" in document else None}
    headers = {"authorization": f"Bearer {world.token(who, *scopes)}"}
    answer = (await world.http.post("/graphql", json=body, headers=headers)).json()
    async with world.socket(who, world.token(who, *scopes)) as socket:
        message = await (await socket.request(body)).message()
    errors = message["payload"] if message["type"] == "error" else message["payload"].get("errors", [])
    assert errors == answer.get("errors", [])
    return {error["extensions"]["code"] for error in errors}


@pytest.mark.parametrize("document", READS_SCHEMA)
async def test_introspection_is_for_site_admins(closed: World, document: str) -> None:
    assert await codes_of(closed, "manager", document) == {"INTROSPECTION_DISABLED"}
    assert await codes_of(closed, "admin", document, ADMIN) == set()


@pytest.mark.parametrize("document", DOES_NOT)
async def test_what_only_mentions_it_runs(closed: World, document: str) -> None:
    assert await codes_of(closed, "manager", document) == set()


async def test_the_whole_introspection_query_is_refused_in_words(closed: World) -> None:
    answer = await closed.ask("manager", get_introspection_query())
    (error,) = answer["errors"]
    assert error["message"] == SCHEMA_IS_CLOSED
    assert "data" not in answer


@pytest.mark.parametrize(("who", "scopes", "status"), [("manager", (), 403), (None, (), 403), ("admin", (ADMIN,), 200)])
async def test_the_sdl_is_for_site_admins(closed: World, who: str | None, scopes: tuple[str], status: int) -> None:
    headers = {"authorization": f"Bearer {closed.token(who, *scopes)}"} if who else {}
    answer = await closed.http.get("/schema.graphql", headers=headers)
    assert (answer.status_code, answer.text) == (status, sdl() if status == 200 else f"{SCHEMA_IS_CLOSED}\n")
    for wrong in ("Bearer x", "Basic x", "Bearer"):
        assert (await closed.http.get("/schema.graphql", headers={"authorization": wrong})).status_code == 403


async def test_an_error_suggests_nothing_but_to_site_admins(closed: World) -> None:
    async def told(who: str, *scopes: str, **asked: Any) -> list[str]:
        body = {"query": "{ nobody }", **asked}
        headers = {"authorization": f"Bearer {closed.token(who, *scopes)}"}
        answer = (await closed.http.post("/graphql", json=body, headers=headers)).json()
        return [error["message"] for error in answer["errors"]]

    assert await told("manager") == [MEANT.partition(" Did")[0]]
    assert await told("admin", ADMIN) == [MEANT]
    assert await told("manager") == [MEANT.partition(" Did")[0]]
    add = "mutation ($input: AddMediaInput!) { addMedia(input: $input) { cursor } }"
    for who, scopes, named in (("manager", (), False), ("admin", (ADMIN,), True)):
        near = {"query": add, "variables": {"input": {"titel": 1, "kind": "VIDEOS"}}}
        messages = " ".join(await told(who, *scopes, **near))
        assert ("Did you mean" in messages, "'VIDEO'" in messages, "'title'?" in messages) == (named,) * 3


async def test_a_setting_opens_the_schema(settings: Settings) -> None:
    async with open_world(production(settings, introspection=True)) as world:
        assert await codes_of(world, "manager", READS_SCHEMA[0]) == set()
        assert (await world.http.get("/schema.graphql")).text == sdl()
        (error,) = (await world.ask("manager", "{ nobody }"))["errors"]
        assert error["message"] == MEANT
