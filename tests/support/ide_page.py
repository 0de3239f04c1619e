"""GraphiQL's page, as a person uses it."""

import re

from playwright.async_api import Locator, Page, expect

from server.tour import CHAPTERS


async def open_ide(page: Page, address: str) -> None:
    """Opens the page and waits for its editor: pressing ▶ before that does nothing."""
    await page.goto(f"{address}/ide/")
    await expect(editor(page)).to_contain_text("As the manager")


async def open_tab(page: Page, title: str) -> Locator:
    """Opens a tab of the tour, and its chapter before that. Returns the tab."""
    (chapter,) = (name for name, titles in CHAPTERS.items() if title in titles)
    chooser = page.get_by_label("Tour")
    if await chooser.input_value() != chapter:
        await chooser.select_option(chapter)
    tab = page.get_by_role("tab").get_by_text(re.compile(rf"· {title}$"))
    await tab.click()
    await expect(editor(page)).to_contain_text(title)
    return tab


async def run(page: Page, title: str) -> Locator:
    """Opens a tab and presses its ▶. Returns the element that shows the result."""
    await open_tab(page, title)
    await page.get_by_role("button", name="Execute query").click()
    return result(page)


def editor(page: Page) -> Locator:
    return page.get_by_role("region", name="Operation Editor")


def result(page: Page) -> Locator:
    return page.locator(".result-window")


def streams(page: Page) -> Locator:
    return page.get_by_role("region", name="Streams")
