"""GraphiQL at /ide/: the built page, and the configuration that it reads when it opens."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "worker-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",  # Monaco writes style elements and attributes when it draws.
    "img-src": "'self' data:",  # The wavy lines under errors are data: URLs in Monaco's CSS.
    "font-src": "'self' data:",  # GraphiQL's CSS contains its fonts.
    "connect-src": "'self'",  # A WebSocket to the same host and port counts as 'self'.
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
_PAGE_HEADERS: Final = {
    "Content-Security-Policy": "; ".join(f"{kind} {sources}" for kind, sources in _POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
_NOT_BUILT: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Enfilade · GraphiQL</title>
<h1>GraphiQL is not built yet</h1>
<p>It needs Node.js 20 or newer, once: run <code>make ide</code>, then start the server again.</p>
<p>The API works without it: <a href="/schema.graphql">schema.graphql</a> is all that it can be asked, where it is public.</p>
</html>
"""


IdeConfig = Callable[[Request], Mapping[str, object]]


def ide_routes(dist: Path, config: IdeConfig) -> list[BaseRoute]:
    """Returns the routes of the page that Vite built into `dist`.

    `config` returns what the page reads each time that it opens.
    """
    index = dist / "index.html"

    async def page(_: Request) -> Response:
        return HTMLResponse(index.read_bytes() if index.is_file() else _NOT_BUILT, headers=_PAGE_HEADERS)

    async def page_config(request: Request) -> Response:
        return JSONResponse(dict(config(request)), headers=_PAGE_HEADERS)

    async def to_page(_: Request) -> Response:
        return RedirectResponse("/ide/")

    routes: list[BaseRoute] = [Route("/ide", to_page), Route("/ide/", page), Route("/ide/config.json", page_config)]
    if index.is_file():
        routes.append(Mount("/ide/assets", HashedFiles(directory=dist / "assets")))
    return routes


class HashedFiles(StaticFiles):
    """Files whose names change with their content, so that a browser never requests a file twice."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
