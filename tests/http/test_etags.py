"""ETags of galleries' pages that are read by GET (docs/decisions/0016-validated-responses.md)."""

from typing import Any

import httpx
import pytest

from tests.support import media
from tests.support.gallery_pages import CONTENT
from tests.support.world import World


async def get(world: World, who: str, document: str, **headers: str) -> httpx.Response:
    variables = httpx.QueryParams({"query": document, "variables": f'{{"id": "{world.gallery}"}}'})
    return await world.http.get("/graphql", params=variables, headers=world.credentials(who) | headers)


async def test_a_get_of_an_unchanged_page_is_answered_304(world: World) -> None:
    first = await get(world, "visitor-001", CONTENT)
    etag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["vary"] == "accept, authorization"
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = await get(world, "visitor-002", CONTENT, **{"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert (await get(world, "visitor-002", CONTENT, **{"if-none-match": '"other"'})).content == first.content
    await media.add(world, "manager")
    changed = await get(world, "visitor-001", CONTENT, **{"if-none-match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


async def test_an_etag_tells_of_the_answer_and_of_nothing_else(world: World) -> None:
    """Rules 4, 48: what is hidden does not change it, and the same page has the same one, kept or not."""
    before = (await get(world, "visitor-001", CONTENT)).headers["etag"]
    await media.add(world, "student-001")
    await media.add(world, "manager", title="Back in a moment")
    assert (await get(world, "visitor-001", CONTENT)).headers["etag"] != before
    added = await media.ids_of(world, "Back in a moment")
    await media.remove(world, "manager", added[0])
    assert (await get(world, "visitor-001", CONTENT)).headers["etag"] == before


@pytest.mark.parametrize(
    ("document", "method"),
    [
        ("{ viewer { name } }", "GET"),
        ('{ gallery(by: {externalId: "course-101"}) { title cursor } }', "GET"),
        ('{ gallery(by: {externalId: "course-101"}) { media(first: 1000) { pageInfo { hasNextPage } } } }', "GET"),
        ('{ gallery(by: {externalId: "course-101"}) { title } }', "POST"),
    ],
)
async def test_other_answers_may_not_be_stored(world: World, document: str, method: str) -> None:
    body: dict[str, Any] = {"params": {"query": document}} if method == "GET" else {"json": {"query": document}}
    answer = await world.http.request(method, "/graphql", **body, headers=world.credentials("visitor-001"))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers
