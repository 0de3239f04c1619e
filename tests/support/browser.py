"""A real browser, which records everything that goes wrong in its pages."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request, async_playwright, expect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
# Turns off background services of the browser, and resolves no host name but the server's.
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
    """Yields a page of a fresh browser, and the list of errors that occurred in it so far."""
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
        # Requests that were aborted because the page was left or reloaded are no error.
        if request.failure != "net::ERR_ABORTED":
            faults.append(f"did not get {request.url}: {request.failure}")

    context.on("request", lambda request: check_address(request.url))
    context.on("requestfailed", check_failure)
    context.on("console", check_message)
    context.on("weberror", lambda error: faults.append(f"raised {error.error}"))
    page.on("websocket", lambda socket: check_address(socket.url))
    return faults
