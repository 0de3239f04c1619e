"""The limit of fan-out in Python: a raw Starlette loop that sends one ready frame to each socket with `send_text`."""

from datetime import UTC, datetime
from uuid import uuid4

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from bench.peers.tokens import authenticate, global_id, new_cursor, serve

sockets: set[WebSocket] = set()
ID = str(uuid4())  # the same for all, so that there is one frame for all


async def connection(socket: WebSocket) -> None:
    await socket.accept("graphql-transport-ws")
    authenticate((await socket.receive_json())["payload"]["Authorization"])
    await socket.send_text('{"type":"connection_ack"}')
    await socket.receive_text()
    sockets.add(socket)
    async for _ in socket.iter_text():
        pass
    sockets.discard(socket)


async def post(request: Request) -> Response:
    claims = authenticate(request.headers["authorization"])
    event = told(claims["name"], orjson.loads(await request.body())["variables"]["text"])
    frame = orjson.dumps({"id": ID, "type": "next", "payload": {"data": {"chat": event}}}).decode()
    for socket in list(sockets):
        await socket.send_text(frame)
    answer = {"message": {"id": event["message"]["id"]}, "cursor": event["cursor"], "userErrors": []}
    return Response(orjson.dumps({"data": {"postMessage": answer}}), media_type="application/json")


def told(author: str, text: str) -> dict[str, object]:
    now = datetime.now(UTC)
    message = {"id": global_id("ChatMessage", uuid4()), "text": text, "authorName": author}
    rest = {"authorRoles": ["ATTENDEE"], "sentAt": now, "editedAt": None, "deletedAt": None}
    return {"__typename": "MessagePosted", "cursor": new_cursor(), "occurredAt": now, "message": {**message, **rest}}


app = Starlette(routes=[Route("/graphql", post, methods=["POST"]), WebSocketRoute("/graphql", connection)])

if __name__ == "__main__":
    serve(app)
