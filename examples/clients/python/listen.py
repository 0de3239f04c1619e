"""gql: reads a room's state, then hears everything that happens, once and in order.

gql does not subscribe again by itself, so this loop does: with a fresh token, and with the cursor of the last event.
"""

import asyncio
import json
import os
import random
from typing import Any

import httpx
from gql import Client, GraphQLRequest, gql
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.websockets import WebsocketsTransport

URL = os.environ.get("ENFILADE_URL", "http://127.0.0.1:8000").replace("http", "ws", 1) + "/graphql"
ROOM = os.environ["ENFILADE_ROOM"]
PASSING = ("UNAVAILABLE", "TIMEOUT", "INTERNAL", "UNAUTHENTICATED", "TOO_MANY_")

STATE = gql("""
query ($room: ID!) {
  room(id: $room) { cursor messages(last: 20) { edges { node { id text } } } }
}
""")
NEWS = gql("""
subscription ($room: ID!, $after: EventCursor) {
  roomEvents(roomId: $room, after: $after) {
    __typename
    cursor
    ... on MessagePosted { message { id text } }
  }
}
""")


async def connect() -> Client:
    """Returns a client with a fresh token. An app asks its own backend, or its identity provider."""
    async with httpx.AsyncClient(trust_env=False) as http:
        token = (await http.get(os.environ["ENFILADE_TOKEN_URL"])).text
    return Client(transport=WebsocketsTransport(URL, init_payload={"Authorization": f"Bearer {token}"}))


async def listen() -> None:
    """Reads the state, and then each event after it. Returns when a stream ends for good."""
    async with await connect() as session:
        room = (await session.execute(GraphQLRequest(STATE, variable_values={"room": ROOM})))["room"]
    texts = [edge["node"]["text"] for edge in room["messages"]["edges"]]
    tell(state={"cursor": room["cursor"], "messages": texts})
    variables = {"room": ROOM, "after": room["cursor"]}
    while True:
        try:
            await follow(variables)
        except (TransportError, OSError) as problem:
            if is_final(problem):
                tell(error=str(problem))
                return
            tell(closed=repr(problem.__cause__ or problem))
        await asyncio.sleep(random.random())


async def follow(variables: dict[str, Any]) -> None:
    """Tells each event, and moves `after` to it. Returns or raises when the stream ends."""
    async with await connect() as session:
        async for result in session.subscribe(GraphQLRequest(NEWS, variable_values=variables)):
            event = result["roomEvents"]
            tell(event={**event, "text": event.get("message", {}).get("text")})
            variables["after"] = event["cursor"]


def is_final(problem: Exception) -> bool:
    """Tells whether the stream ended with an error that another attempt meets again."""
    if not isinstance(problem, TransportQueryError):
        return False
    codes = [str(error.get("extensions", {}).get("code")) for error in problem.errors or []]
    return any(not code.startswith(PASSING) for code in codes)


def tell(**line: object) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    asyncio.run(listen())
