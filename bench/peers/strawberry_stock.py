"""Plain Strawberry on Starlette, as its documentation shows: `strawberry.asgi`, DataLoader, and a queue per subscriber."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from enum import Enum
from typing import Any, NewType
from uuid import uuid4

import strawberry
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from bench.peers import pages
from bench.peers.tokens import authenticate, global_id, new_cursor, serve

rows = pages.store()
listeners: dict[str, set[asyncio.Queue["MessagePosted"]]] = {}

EventCursor = NewType("EventCursor", str)
GalleryRole = strawberry.enum(Enum("GalleryRole", "MANAGER MODERATOR CONTRIBUTOR MEMBER"))
MediaStatus = strawberry.enum(Enum("MediaStatus", "PENDING PUBLISHED REJECTED"))
ParticipantRole = strawberry.enum(Enum("ParticipantRole", "ROOM_MODERATOR CHAT_MODERATOR PRESENTER ATTENDEE"))


@strawberry.type
class User:
    id: strawberry.ID
    name: str


@strawberry.type
class Media:
    id: strawberry.ID
    title: str
    status: MediaStatus
    duration_seconds: int | None
    tags: list[str]
    created_at: datetime
    owner_id: strawberry.Private[Any]

    @strawberry.field
    async def owner(self, info: strawberry.Info) -> User | None:
        owner: User | None = await info.context["owners"].load(self.owner_id)
        return owner


@strawberry.type
class MediaEdge:
    node: Media
    cursor: str


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class MediaConnection:
    edges: list[MediaEdge]
    page_info: PageInfo


@strawberry.type
class Gallery:
    id: strawberry.ID
    title: str
    viewer_role: GalleryRole | None
    found: strawberry.Private[pages.Found]

    @strawberry.field
    async def media(self, first: int = 25) -> MediaConnection:
        found = await rows.media(self.found, first)
        edges = [MediaEdge(node=_medium(row), cursor=pages.cursor_of(row)) for row in found[:first]]
        ends = PageInfo(has_next_page=len(found) > first, end_cursor=edges[-1].cursor if edges else None)
        return MediaConnection(edges=edges, page_info=ends)


def _medium(row: Mapping[str, Any]) -> Media:
    return Media(
        id=strawberry.ID(global_id("Media", row["id"])),
        title=row["title"],
        status=MediaStatus[row["status"]],
        duration_seconds=row["duration_seconds"],
        tags=pages.tags_of(row),
        created_at=row["created_at"],
        owner_id=row["owner_id"],
    )


async def _load_owners(ids: list[Any]) -> list[User | None]:
    names = await rows.owners(ids)
    return [User(id=strawberry.ID(global_id("User", id_)), name=names[id_]) if id_ in names else None for id_ in ids]


@strawberry.type
class ChatMessage:
    id: strawberry.ID
    text: str | None
    author_name: str
    author_roles: list[ParticipantRole]
    sent_at: datetime
    edited_at: datetime | None = None
    deleted_at: datetime | None = None


@strawberry.interface
class ChatEvent:
    cursor: EventCursor
    occurred_at: datetime


@strawberry.interface
class MessageEvent(ChatEvent):
    message: ChatMessage


@strawberry.type
class MessagePosted(MessageEvent):
    pass


@strawberry.type
class MessageDeleted(MessageEvent):
    pass


@strawberry.type
class Checkpoint(ChatEvent):
    pass


@strawberry.type
class UserError:
    code: str
    message: str


@strawberry.type
class PostMessagePayload:
    message: ChatMessage | None
    cursor: EventCursor | None
    user_errors: list[UserError]


@strawberry.input
class GalleryBy:
    id: strawberry.ID | None = None
    external_id: str | None = None


@strawberry.input
class PostMessageInput:
    room_id: strawberry.ID
    text: str


@strawberry.type
class Query:
    @strawberry.field
    async def gallery(self, info: strawberry.Info, by: GalleryBy) -> Gallery | None:
        found = await rows.gallery(info.context["claims"], by.external_id or "")
        if found is None:
            return None
        role = GalleryRole[found.role]
        return Gallery(
            id=strawberry.ID(global_id("Gallery", found.id)), title=found.title, viewer_role=role, found=found
        )


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def post_message(self, info: strawberry.Info, input: PostMessageInput) -> PostMessagePayload:
        now = datetime.now(UTC)
        message = ChatMessage(
            id=strawberry.ID(global_id("ChatMessage", uuid4())),
            text=input.text,
            author_name=info.context["claims"]["name"],
            author_roles=[ParticipantRole.ATTENDEE],
            sent_at=now,
        )
        event = MessagePosted(cursor=EventCursor(new_cursor()), occurred_at=now, message=message)
        for queue in listeners.get(input.room_id, ()):
            queue.put_nowait(event)
        return PostMessagePayload(message=message, cursor=event.cursor, user_errors=[])


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def chat(self, room_id: strawberry.ID, after: EventCursor | None = None) -> AsyncGenerator[ChatEvent, None]:
        queue: asyncio.Queue[MessagePosted] = asyncio.Queue()
        listeners.setdefault(room_id, set()).add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            listeners[room_id].discard(queue)


class Api(GraphQL[dict[str, Any], None]):
    async def get_context(self, request: Any, response: Any) -> dict[str, Any]:
        context = {"request": request, "response": response, "owners": DataLoader(_load_owners)}
        if request.scope["type"] == "http":
            context["claims"] = authenticate(request.headers["authorization"])
        return context

    async def on_ws_connect(self, context: dict[str, Any]) -> Any:
        context["claims"] = authenticate(context["connection_params"]["Authorization"])
        return await super().on_ws_connect(context)


cursor = strawberry.scalar(name="EventCursor", serialize=str, parse_value=str)
api = Api(
    strawberry.Schema(
        Query,
        Mutation,
        Subscription,
        types=[MessagePosted, MessageDeleted, Checkpoint],
        config=StrawberryConfig(scalar_map={EventCursor: cursor}),
        extensions=[lambda: ParserCache(maxsize=128), lambda: ValidationCache(maxsize=128)],
    ),
    graphql_ide=None,
)


@asynccontextmanager
async def opened(_app: Starlette) -> AsyncIterator[None]:
    await rows.open()
    yield


app = Starlette(routes=[Route("/graphql", api, methods=["POST"]), WebSocketRoute("/graphql", api)], lifespan=opened)

if __name__ == "__main__":
    serve(app)
