"""Pages of another origin than the server's, which run programs of examples/clients/browser/ in a real browser."""

import json
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copy
from threading import Thread

from tests.support.browser import open_browser
from tests.support.programs import CLIENTS, Printed

ESBUILD = CLIENTS / "node_modules" / ".bin" / "esbuild"
PROGRAMS = ("page.ts", "worker.ts")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def page_server(folder: Path) -> Iterator[str]:
    """Serves the files of a folder, also those that come later. Yields the origin."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def build_pages(folder: Path, variables: Mapping[str, str]) -> None:
    """Bundles the programs into the folder, with these variables as an app's build has them."""
    browser = CLIENTS / "browser"
    given = [f"--define:process.env.{name}={json.dumps(value)}" for name, value in variables.items()]
    inputs = [str(browser / program) for program in PROGRAMS]
    command = [str(ESBUILD), *inputs, "--bundle", "--format=esm", f"--outdir={folder}", "--log-level=error", *given]
    subprocess.run(command, cwd=CLIENTS, check=True)
    copy(browser / "index.html", folder)


@asynccontextmanager
async def opened(url: str, folder: Path) -> AsyncIterator[tuple[Printed, list[str]]]:
    """Opens a page. Yields what it prints to its console, and the browser's messages about errors."""
    async with open_browser(folder) as (page, faults):
        printed = Printed()
        page.on("console", lambda message: printed.take(parsed(message.text)))
        await page.goto(url)
        yield printed, faults


def parsed(text: str) -> object:
    """Returns the value of a line of JSON; null for other text."""
    with suppress(ValueError):
        return json.loads(text)
    return None
