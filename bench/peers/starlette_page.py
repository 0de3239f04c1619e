"""The limit of the gallery page in Python: one endpoint for this page, by hand, with Starlette, asyncpg and orjson."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.peers.pages import Found, cursor_of, store, tags_of
from bench.peers.tokens import authenticate, global_id, serve

rows = store()


async def page(request: Request) -> Response:
    claims = authenticate(request.headers["authorization"])
    asked = orjson.loads(await request.body())["variables"]
    gallery = await rows.gallery(claims, asked["course"])
    found = None
    if gallery:
        media = await rows.media(gallery, asked["first"])
        found = gallery_json(gallery, media, asked["first"])
    return Response(orjson.dumps({"data": {"gallery": found}}), media_type="application/json")


def gallery_json(of: Found, media: Sequence[Mapping[str, Any]], first: int) -> dict[str, Any]:
    edges = [{"cursor": cursor_of(row), "node": medium_json(row)} for row in media[:first]]
    ends = {"hasNextPage": len(media) > first, "endCursor": edges[-1]["cursor"] if edges else None}
    about = {"id": global_id("Gallery", of.id), "title": of.title, "viewerRole": of.role}
    return {**about, "media": {"edges": edges, "pageInfo": ends}}


def medium_json(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": global_id("Media", row["id"]),
        "title": row["title"],
        "status": row["status"],
        "durationSeconds": row["duration_seconds"],
        "tags": tags_of(row),
        "createdAt": row["created_at"],
        "owner": {"id": global_id("User", row["owner_id"]), "name": row["owner_name"]},
    }


@asynccontextmanager
async def opened(_app: Starlette) -> AsyncIterator[None]:
    await rows.open()
    yield


app = Starlette(routes=[Route("/graphql", page, methods=["POST"])], lifespan=opened)

if __name__ == "__main__":
    serve(app)
