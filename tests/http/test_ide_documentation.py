"""GraphiQL's documentation and explorer in a real browser: what a newcomer finds there."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from schema.introduction import INTRODUCTION
from schema.mutations.declare import declared_in
from schema.mutations.root import CHAPTERS
from server.app import IDE
from tests.support.browser import CHROMIUM, open_browser
from tests.support.commands import DEV, Terminal
from tests.support.ide_page import open_ide, open_tab

NEEDED = {"Chromium": CHROMIUM, "ide/dist, which `make ide` builds": (IDE / "index.html").is_file()}
MISSING = [name for name, there in NEEDED.items() if not there]

pytestmark = [
    pytest.mark.second_tier,
    pytest.mark.skipif(bool(MISSING), reason=f"GRAPHIQL IS NOT TESTED: there is no {' and no '.join(MISSING)}"),
]

HEADINGS = """() => [...document.querySelectorAll('[id="mutation-PostMessage"] > div')]
  .map((element) => getComputedStyle(element, "::before").content)
  .filter((content) => content !== "none")
  .map((content) => JSON.parse(content))"""
TOP = "(element) => [element.scrollTop, element.scrollHeight > element.clientHeight]"


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    """Opens GraphiQL. Checks at the end that no error occurred, and that no request left this machine."""
    with Terminal(tmp_path, DEV).serving() as served:
        async with open_browser(tmp_path) as (page, faults):
            await open_ide(page, served.address)
            yield page
            assert faults == []


async def documentation(page: Page) -> Locator:
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    return page.get_by_role("region", name="Documentation Explorer")


async def test_it_begins_with_an_introduction_and_a_search_finds_what_only_descriptions_say(
    page: Page, tmp_path: Path
) -> None:
    docs = await documentation(page)
    await expect(docs).to_contain_text(INTRODUCTION.partition("\n")[0])
    await expect(docs).to_contain_text("The first steps. viewer is the user whom the token names.")

    search = docs.get_by_role("searchbox", name="Search names and descriptions")
    await search.fill("backchannel group")
    found = docs.get_by_role("list", name="Found").get_by_role("listitem")
    await expect(found.filter(has_text="Mutation.postMessage")).to_contain_text("group chat or backchannel")
    await page.screenshot(path=tmp_path / "found.png")
    await found.get_by_role("link", name="Mutation.postMessage", exact=True).click()
    await expect(docs.locator(".graphiql-doc-explorer-title")).to_have_text("postMessage")
    await expect(docs).to_contain_text("Say something in the running session's group chat or backchannel.")

    await expect(search).to_have_value("")
    await search.fill("roomevents")
    await expect(found.first.get_by_role("link").first).to_have_text("Subscription.roomEvents")
    await search.fill("no such word")
    await expect(docs).to_contain_text("Nothing has “no such word” in its name or description.")

    await page.get_by_role("button", name="Hide Documentation Explorer").click()
    await page.keyboard.press("Control+Alt+k")
    await expect(search).to_be_focused()


async def test_the_documentation_has_the_mutations_by_chapter(page: Page, tmp_path: Path) -> None:
    docs = await documentation(page)
    await docs.get_by_role("link", name="Mutation", exact=True).click()
    counted = [f"{title} {len(declared_in(modules))}" for title, modules in CHAPTERS]
    await expect(docs.locator("details summary")).to_have_text(counted)
    pin = docs.get_by_role("link", name="pinMessage", exact=True)
    await expect(pin).to_be_hidden()
    await docs.locator("summary", has_text="Chat").click()
    await page.screenshot(path=tmp_path / "chapters.png")
    await pin.click()
    await expect(docs.locator(".graphiql-doc-explorer-title")).to_have_text("pinMessage")
    await docs.get_by_role("link", name="Go back to Mutation").click()
    await expect(pin).to_be_visible()


async def test_the_explorer_opens_at_its_top_and_has_the_mutations_by_chapter(page: Page, tmp_path: Path) -> None:
    await open_tab(page, "FindPeople")
    await page.get_by_role("button", name="Show GraphiQL Explorer").click()
    await shown_from_its_top(page, "query-FindPeople")
    await open_tab(page, "PostMessage")
    await shown_from_its_top(page, "mutation-PostMessage")
    await page.screenshot(path=tmp_path / "explorer.png")
    assert await page.evaluate(HEADINGS) == [title for title, _ in CHAPTERS]
    await open_tab(page, "FindPeople")
    await shown_from_its_top(page, "query-FindPeople")


async def shown_from_its_top(page: Page, operation: str) -> None:
    await expect(page.locator(f"[id='{operation}']")).to_be_visible()
    # the explorer focuses its inputs in the same turn in which it shows them
    assert await page.locator(".graphiql-plugin").evaluate(TOP) == [0, True]
    await expect(page.locator(".graphiql-explorer-root :focus")).to_have_count(0)
