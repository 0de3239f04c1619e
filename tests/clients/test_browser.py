"""A page of another origin in a real browser: what its origin may, and that it loses and repeats nothing."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.browser import CHROMIUM
from tests.support.client_site import SHORT, Site, client_site, go_through, talking, told_of
from tests.support.databases import Databases
from tests.support.pages import build_pages, opened, page_server
from tests.support.programs import needs_node

pytestmark = [
    pytest.mark.second_tier,
    pytest.mark.usefixtures("generated"),
    needs_node,
    pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium"),
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the pages."""
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def origin(pages: Path) -> Iterator[str]:
    """The origin of the pages, which the server allows."""
    with page_server(pages) as origin:
        yield origin


@pytest.fixture(scope="module")
async def allowing(origin: str, postgres: Databases, postgres_template: str, redis_url: str) -> AsyncIterator[Site]:
    async with client_site(postgres, postgres_template, redis_url, allowed_origins=(origin,)) as site:
        yield site


@pytest.mark.parametrize("transport", ["websocket", "eventsource"])
async def test_a_page_is_told_of_each_message_once_and_in_order(
    allowing: Site, origin: str, pages: Path, tmp_path: Path, transport: str
) -> None:
    # A page has one token, and the service worker another.
    with allowing.tokens(*[SHORT] * (2 if transport == "eventsource" else 1)) as office:
        build_pages(pages, allowing.variables(office))
        async with talking(allowing) as talk, opened(f"{origin}/#{transport}", tmp_path) as (page, _):
            await go_through(allowing, office, talk, page)
    assert page.heard == told_of(page, talk)
    assert page.of("error") == page.of("refused") == []


async def test_a_page_of_an_origin_that_is_not_allowed_reads_nothing(
    allowing: Site, pages: Path, tmp_path: Path
) -> None:
    with allowing.tokens() as office, page_server(pages) as stranger:
        build_pages(pages, allowing.variables(office))
        async with opened(f"{stranger}/#insist", tmp_path) as (page, faults):
            assert await page.line("refused") == "TypeError: Failed to fetch"
            assert await page.line("closed") == 1006
    assert page.of("state") == page.of("event") == []
    assert any("blocked by CORS policy" in fault for fault in faults)
    assert any("Unexpected response code: 403" in fault for fault in faults)
