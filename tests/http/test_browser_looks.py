"""How GraphiQL's page looks and behaves in a real browser, on a desk and on a phone, in light and dark.

Screenshots for people are kept in var/looks; `make looks` also renews README's.
"""

import re
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, ViewportSize, expect

from server.app import IDE
from server.tour import CHAPTERS
from tests.support.browser import CHROMIUM, open_browser
from tests.support.commands import DEV, ROOT, Served, Terminal
from tests.support.ide_page import editor, open_ide, open_tab, result, run, streams

pytestmark = [
    pytest.mark.second_tier,
    pytest.mark.skipif(
        not (CHROMIUM and (IDE / "index.html").is_file()),
        reason="GRAPHIQL IS NOT TESTED: see tests/http/test_browser.py",
    ),
]

KEPT = ROOT / "var" / "looks"
DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
LONGEST_COMMENT = 60  # characters, as tests/whole/test_tour.py holds


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Terminal(tmp_path_factory.mktemp("served"), DEV).serving() as served:
        yield served


@pytest.fixture(scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Page, list[str]]]:
    KEPT.mkdir(parents=True, exist_ok=True)
    async with open_browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture
async def page(browser: tuple[Page, list[str]], served: Served) -> AsyncIterator[Page]:
    """Opens the page on a desk, as a person does for the first time. Checks at the end that no error occurred."""
    first, faults = browser
    faults.clear()
    page = await first.context.new_page()
    protocol = await page.context.new_cdp_session(page)
    await protocol.send("Storage.clearDataForOrigin", {"origin": served.address, "storageTypes": "local_storage"})
    await page.set_viewport_size(DESK)
    await page.emulate_media(color_scheme="light")
    await open_ide(page, served.address)
    yield page
    await page.close()
    assert faults == []


async def box(of: Locator) -> dict[str, float]:
    found: Any = await of.bounding_box()
    assert found, f"{of} is not shown"
    return dict(found)


async def in_view(page: Page, of: Locator) -> dict[str, float]:
    """Returns where it is. All of it is in the window, and nothing covers its middle."""
    place = await box(of)
    size = page.viewport_size
    assert size
    assert place["x"] >= 0
    assert place["y"] >= 0
    assert place["x"] + place["width"] <= size["width"] + 1
    assert place["y"] + place["height"] <= size["height"] + 1
    assert await of.evaluate(UNCOVERED), f"{of} is covered"
    return place


UNCOVERED = """(element) => {
  const { x, y, width, height } = element.getBoundingClientRect();
  return element.contains(document.elementFromPoint(x + width / 2, y + height / 2));
}"""
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"
BEYOND = """(element) => {
  const edge = element.getBoundingClientRect().right;
  return [...element.querySelectorAll(".view-line > span")]
    .filter((line) => line.getBoundingClientRect().right > edge + 1)
    .map((line) => line.textContent);
}"""
# Of what is behind all panes, whose own colours are veils over it, and of the element's text.
BRIGHTNESS = """(element) => {
  const mean = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).reduce((sum, each) => sum + Number(each) / 3, 0);
  const behind = getComputedStyle(element.closest(".graphiql-container")).backgroundColor;
  return [mean(behind), mean(getComputedStyle(element).color)];
}"""


async def test_live_streams(page: Page) -> None:
    """README's screenshot. The first of these tests, because nothing has happened in the gallery before."""
    for title, event in HEARD.items():
        await run(page, title)
        told = streams(page).get_by_role("listitem").filter(has=page.get_by_text(event, exact=True))
        await expect(told.filter(has_text=title if event == "listening" else "").first).to_be_visible()
    assert "" not in await streams(page).locator("code").all_text_contents()
    await page.screenshot(path=KEPT / "streams.png")


# What is seen under Streams after a tab has been run.
HEARD = {
    "WatchGallery": "listening",
    "AddMedia": "MediaAdded",
    "ReviewMedia": "MediaReviewed",
    "WatchRoom": "listening",
    "LaunchRoom": "SessionStarted",
    "JoinRoom": "ParticipantJoined",
    "PostMessage": "HandRaised",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_everything_is_in_view_and_no_line_is_cut(
    page: Page, served: Served, size: ViewportSize, scheme: Any
) -> None:
    await page.set_viewport_size(size)
    await page.emulate_media(color_scheme=scheme)
    await open_ide(page, served.address)
    await run(page, "WatchRoom")
    await expect(streams(page).locator("code").first).to_have_text("It waits for events.")
    answer = await run(page, "Gallery")
    await expect(answer).to_contain_text('"gallery"')
    await page.screenshot(path=KEPT / f"{size['width']}-{scheme}.png")

    assert await page.evaluate(OVERFLOW) <= 0
    narrowest = 0.4 * size["width"] if size == DESK else 0.9 * size["width"]
    for pane, lowest in ((page.locator(".graphiql-editors"), 300), (answer, 180), (streams(page), 80)):
        place = await in_view(page, pane)
        assert place["width"] >= narrowest
        assert place["height"] >= lowest
    for part in (
        page.get_by_label("Tour"),
        page.get_by_title("The account of this tab"),
        page.get_by_role("button", name="Execute query"),
        page.get_by_role("button", name="New tab"),
        page.get_by_role("tab", selected=True),
        streams(page).get_by_role("button", name="WatchRoom"),
        page.get_by_role("button", name="Show Documentation Explorer"),
    ):
        await in_view(page, part)
    for lines in (editor(page), answer):
        assert await lines.locator(".monaco-editor").evaluate(BEYOND) == []
    for part in (page.locator(".bar"), answer, streams(page), editor(page)):
        behind, text = await part.evaluate(BRIGHTNESS)
        assert (behind > 200 and text < 130) if scheme == "light" else (behind < 70 and text > 150)
    await expect(editor(page).locator(".monaco-editor")).to_have_class(re.compile(f"vs{'-dark' * (scheme == 'dark')}$"))


async def test_comments_fit_on_a_desk(page: Page) -> None:
    """A character's width is measured. All have the same."""
    fitting = await editor(page).evaluate(COLUMNS)
    assert fitting >= LONGEST_COMMENT + 1  # there is a scroll bar


COLUMNS = """(editor) => {
  const edge = editor.querySelector(".monaco-editor").getBoundingClientRect().right;
  const comment = [...editor.querySelectorAll(".view-line")].find(({ textContent }) => textContent.startsWith("#"));
  const written = document.createRange();
  written.selectNodeContents(comment);
  const { left, width } = written.getBoundingClientRect();
  return (edge - left) / (width / comment.textContent.length);
}"""


async def test_a_chapter_has_few_tabs_each_with_number_and_account_in_view(page: Page) -> None:
    await run(page, "WatchGallery")
    number = 0
    for chapter, titles in CHAPTERS.items():
        await page.get_by_label("Tour").select_option(chapter)
        tabs = page.get_by_role("tab")
        await expect(tabs).to_have_count(len(titles))
        for tab, title in zip(await tabs.all(), titles, strict=True):
            number += 1
            assert re.fullmatch(rf"{number} · [\w-]+ · {title}", await tab.inner_text())
            await in_view(page, tab)
    # a stream goes on while another chapter is open
    await expect(streams(page).get_by_role("button")).to_have_text(
        [re.compile("5 · moderator · WatchGallery"), "Clear"]
    )
    await run(page, "AddMedia")
    await expect(streams(page).get_by_text("MediaAdded", exact=True)).to_be_visible()


async def test_a_new_tab_opens_in_view_and_runs_as_whoever_is_chosen(page: Page) -> None:
    await open_tab(page, "AdmitWaiting")
    await page.get_by_role("button", name="New tab").click()
    tab = page.get_by_role("tab", selected=True)
    await expect(tab).to_contain_text("manager · new")
    await in_view(page, tab)
    menu = page.get_by_title("The account of this tab")
    assert len(await menu.locator("option").all()) == 38
    await menu.select_option("student-007")
    await expect(tab).to_contain_text("student-007 · new")
    await editor(page).click()
    await page.keyboard.insert_text("{ viewer { username } }")
    await page.get_by_role("button", name="Execute query").click()
    await expect(result(page)).to_contain_text('"username": "student-007"')
    await page.screenshot(path=KEPT / "new-tab.png")

    tab = await open_tab(page, "Gallery")
    await menu.select_option("visitor-002")
    await expect(tab).to_have_text("1 · visitor-002 · Gallery")
    await expect(await run(page, "Gallery")).to_contain_text('"pendingCount": null')


async def test_the_last_session_survives_a_reload_and_a_tab_that_is_too_early_says_what_to_run(
    page: Page, served: Served
) -> None:
    early = await run(page, "LockRoom")
    await expect(early).to_contain_text("12 · moderator · LaunchRoom, in the chapter “Room”")
    await page.screenshot(path=KEPT / "too-early.png")
    await expect(await run(page, "LaunchRoom")).to_contain_text('"userErrors": []')
    await open_tab(page, "LockRoom")
    await page.reload()
    await expect(editor(page)).to_contain_text("LockRoom")
    await expect(await run(page, "LockRoom")).to_contain_text('"locked": true')


async def test_a_stream_says_that_it_listens(page: Page) -> None:
    heard = await run(page, "WatchQuestions")
    await expect(heard).to_contain_text('"listening": "It waits for events."')
    await expect(page.locator(".graphiql-spinner")).to_have_count(0)
    await expect(streams(page).get_by_role("button", name="WatchQuestions · listening")).to_be_visible()
    await page.get_by_role("button", name="Stop query").click()
    ended = streams(page).get_by_role("listitem").filter(has=page.get_by_text("ended", exact=True))
    await expect(ended.locator("code")).to_have_text("It was stopped.")


async def test_a_server_that_is_away_is_said_in_a_sentence(tmp_path: Path) -> None:
    with Terminal(tmp_path, DEV).serving() as served:
        async with open_browser(tmp_path) as (page, _faults):
            await page.set_viewport_size(DESK)
            await open_ide(page, served.address)
            await run(page, "WatchRoom")
            await expect(streams(page).get_by_text("It waits for events.")).to_be_visible()
            served.stop(signal.SIGKILL)
            await expect(streams(page).get_by_text("Server not reachable.").first).to_be_visible()
            away = page.get_by_role("status").get_by_text("Server not reachable", exact=True)
            await expect(away).to_be_visible()
            for title in ("Gallery", "LaunchRoom"):
                answer = await run(page, title)
                await expect(answer).to_contain_text("Server not reachable. Press ▶ again when it is up.")
                await expect(answer).not_to_contain_text("stack")
            await page.get_by_role("button", name="Re-fetch GraphQL schema").click()
            await expect(away).to_be_visible()
            await in_view(page, away)
            await page.screenshot(path=KEPT / "away.png")
