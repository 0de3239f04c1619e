"""A real browser, in which nothing goes wrong unseen."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request, async_playwright, expect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
# None of these services of the browser's is any of the page's, and no name but the server's address leads anywhere.
FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--no-first-run",
]
TELL_VIOLATIONS = """addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile }) =>
  console.error(`Content-Security-Policy: ${violatedDirective} forbids ${blockedURI} in ${sourceFile}`));"""

expect.set_options(timeout=20_000)


@asynccontextmanager
async def open_browser(folder: Path) -> AsyncIterator[tuple[Page, list[str]]]:
    """A page of a browser that has never been used, and a growing list of what went wrong in it."""
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            folder / "profile", executable_path=CHROMIUM, args=FLAGS, viewport={"width": 1400, "height": 1600}
        )
        try:
            await context.add_init_script(TELL_VIOLATIONS)
            (page,) = context.pages
            yield page, _faults(context, page)
        finally:
            await context.close()


def _faults(context: BrowserContext, page: Page) -> list[str]:
    faults: list[str] = []

    def check_address(url: str) -> None:
        address = urlsplit(url)
        if address.scheme not in {"data", "blob"} and address.hostname != "127.0.0.1":
            faults.append(f"asked {url}")

    def check_message(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            faults.append(f"said {message.text}")

    def check_failure(request: Request) -> None:
        # What a page was still asking for when it was left or loaded anew is nobody's fault.
        if request.failure != "net::ERR_ABORTED":
            faults.append(f"did not get {request.url}: {request.failure}")

    context.on("request", lambda request: check_address(request.url))
    context.on("requestfailed", check_failure)
    context.on("console", check_message)
    context.on("weberror", lambda error: faults.append(f"raised {error.error}"))
    page.on("websocket", lambda socket: check_address(socket.url))
    return faults
