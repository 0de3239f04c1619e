"""The form of an answer: of those that fit the operation, the one that the Accept header likes best (RFC 9110, 12.5.1)."""

import pytest

from server.requests import accepted_types
from tests.support.event_streams import STATUS
from tests.support.world import World

JSON, GRAPHQL, SSE, MULTIPART = (
    *("application/json", "application/graphql-response+json"),
    *("text/event-stream", "multipart/mixed"),
)
VIEWER = "{ viewer { id } }"


@pytest.fixture(scope="module")
async def world(lasting_world: World) -> World:
    return lasting_world


async def answered(world: World, query: str, accept: str) -> tuple[int, str]:
    """Returns the status and the media type."""
    body = {"query": query, "variables": {"room": world.room}}
    headers = world.credentials("manager") | {"accept": accept}
    async with world.http.stream("POST", "/graphql", json=body, headers=headers) as answer:
        return answer.status_code, answer.headers["content-type"].partition(";")[0]


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (f"{JSON};q=0.5, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL};q=0, {JSON};q=0.001", JSON),
        (f"{GRAPHQL}; Q=0.0, */*", JSON),
        (f"{SSE};q=0, {GRAPHQL}", GRAPHQL),
        (f"{JSON};q=0, {SSE}", SSE),
        (f"{SSE};q=0", JSON),
        (f"{GRAPHQL};q=nan, {JSON}", GRAPHQL),
    ],
)
async def test_a_query_is_answered_in_the_form_that_is_liked_best(world: World, accept: str, form: str) -> None:
    assert await answered(world, VIEWER, accept) == (200, form)


@pytest.mark.parametrize(
    ("accept", "form"), [(f"{SSE};q=0.1, {MULTIPART}", MULTIPART), (f"{MULTIPART};q=0.000, {SSE};q=0.2", SSE)]
)
async def test_a_subscription_is_streamed_in_the_form_that_is_liked_best(world: World, accept: str, form: str) -> None:
    assert await answered(world, STATUS, accept) == (200, form)


@pytest.mark.parametrize("accept", [f"{SSE};q=0", f"{SSE};q=0, {MULTIPART};q=0.0, */*", f"{SSE} ; charset=utf-8 ; q=0"])
async def test_a_form_that_is_excluded_is_not_sent(world: World, accept: str) -> None:
    assert (await answered(world, STATUS, accept))[0] == 406


def test_what_is_liked_alike_keeps_its_order() -> None:
    assert accepted_types("b;q=0.5, a, c;q=0.5;x=y, d;q=0, e;q=2, , f;q=0.1234") == ["a", "e", "", "f", "b", "c"]
