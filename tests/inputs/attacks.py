"""Strategies for what attackers send: bodies, documents, messages, frames, and bytes."""

import json
from typing import Any

from hypothesis import strategies as st

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
DOCUMENTS = [
    "{ viewer { id } }",
    "query Q($id: ID!) { node(id: $id) { id ... on Gallery { title media(first: 2) { edges { node { title } } } } } }",
    'mutation { createGroup(input: {name: "x"}) { group { id } userErrors { code message field } } }',
    "subscription S($room: ID!) { roomStatus(roomId: $room) { state } }",
    "{ a: galleries { edges { ...F } } } fragment F on GalleryEdge { node { id } cursor }",
    "{ __schema { types { name } } }",
    "{ site { name @include(if: true) } ... @skip(if: false) { viewer { name } } }",
]
PIECES = [
    "{", "}", "(", ")", "[", "]", "!", "$", ":", "=", "@", "|", "&", "...", '"', '"""', "#", ",", "\ufeff", "\x00", "\n", "fragment F on F",
    "on", "null", "true", "1e999", "-0", "99999999999999999999", "__typename", "__schema", "id", "node", "edges", "viewer", "query",
    "mutation", "subscription", "@skip(if: true)", "@defer", "@stream", "...F", "\\u0000", "\U0001f469", "first: -1", "$id", "input: {}",
]  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A real document with some pieces put in, taken out and moved, or pieces alone."""
    text = draw(st.sampled_from([*DOCUMENTS, ""]))
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 8)))
        text = text[:start] + draw(st.sampled_from(PIECES)) + text[end:]
    return text * draw(st.sampled_from([1, 1, 1, 2, 9]))


ids = st.sampled_from(["", "x", "R2FsbGVyeTo", "Um9vbTo=", "\x00", "A" * 5_000]) | st.text(
    st.characters(codec="utf-8"), max_size=40
)
variables = (
    st.none()
    | st.dictionaries(st.sampled_from(["id", "room", "input", "first", "after"]), ids | anything, max_size=4)
    | anything
)
extensions = st.none() | anything | st.fixed_dictionaries({"persistedQuery": anything})
KEYS = ("query", "variables", "operationName", "extensions", "documentId", "id")


@st.composite
def requests(draw: st.DrawFn) -> Any:
    """A request as GraphQL over HTTP puts it, with values that may be of any type."""
    request: dict[str, Any] = {"query": draw(documents())}
    for name, values in (
        ("variables", variables),
        ("operationName", st.none() | ids | anything),
        ("extensions", extensions),
    ):
        if draw(st.booleans()):
            request[name] = draw(values)
    if draw(st.integers(0, 5)) == 0:
        request[draw(st.sampled_from(KEYS))] = draw(anything)
    return request


def spelled(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass")


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A body: a request, several requests, any JSON, a part of it, or any bytes."""
    whole = spelled(draw(st.one_of(requests(), st.lists(requests(), max_size=3), anything)))
    match draw(st.sampled_from(["whole", "whole", "whole", "cut", "bytes", "nested", "repeated"])):
        case "cut":
            return whole[: draw(st.integers(0, len(whole)))]
        case "bytes":
            return draw(st.binary(max_size=200))
        case "nested":
            return b"[" * draw(st.integers(1, 2_000)) + whole
        case "repeated":
            return b'{"query": "{ viewer { id } }", "query": 1, "query": ' + whole + b"}"
    return whole


TYPES = [
    "application/json", "application/json; charset=utf-8", "application/json; charset=utf-16", "application/graphql", "text/plain", "",
    "application/graphql-response+json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/json;;;",
]  # fmt: skip
ACCEPTED = [
    "*/*", "application/json", "application/graphql-response+json", "text/html", "", "text/event-stream;q=0", "application/json;q=nan",
    "multipart/mixed;q=0.1, application/json", ",,,", "*",
]  # fmt: skip

message_types = st.sampled_from(
    ["connection_init", "subscribe", "complete", "ping", "pong", "connection_ack", "next", "error", "start", ""]
)


@st.composite
def messages(draw: st.DrawFn) -> str | bytes:
    """A message of graphql-transport-ws with values that may be of any type, or any text or bytes."""
    kind = draw(st.sampled_from(["message", "message", "message", "message", "json", "text", "bytes"]))
    if kind == "bytes":
        return draw(st.binary(max_size=60))
    if kind == "text":
        return draw(st.text(st.characters(codec="utf-8"), max_size=60))
    if kind == "json":
        return json.dumps(draw(anything))
    message: dict[str, Any] = {"type": draw(message_types | anything)}
    if draw(st.integers(0, 4)):
        message["id"] = draw(st.sampled_from(["1", "2", "x" * 1_000, "\u20ac" * 200, ""]) | anything)
    if draw(st.integers(0, 4)):
        message["payload"] = draw(requests() | anything)
    return json.dumps(message)


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """A WebSocket frame: any flags, opcode and length, masked or not, and the length may be a lie."""
    payload = draw(
        st.binary(max_size=130) | messages().map(lambda each: each if isinstance(each, bytes) else each.encode())
    )
    first = draw(st.sampled_from([0x81, 0x81, 0x01, 0x00, 0x80, 0x82, 0x88, 0x89, 0x8A]) | st.integers(0, 255))
    size = len(payload) + draw(st.sampled_from([0, 0, 0, 0, 0, 1, -1, 5, 2**20, 2**40, 2**63 - 1]))
    masked = draw(st.sampled_from([0x80, 0x80, 0x80, 0x80, 0]))
    size = max(size, 0)
    if size < 126 and draw(st.integers(0, 5)):
        head = bytes([first, masked | size])
    elif size < 2**16 and draw(st.integers(0, 5)):
        head = bytes([first, masked | 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([first, masked | 127]) + size.to_bytes(8, "big")
    if not masked:
        return head + payload
    mask = draw(st.sampled_from([b"\0\0\0\0", b"\x01\x02\x03\x04"]))
    return head + mask + bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


LINES = [
    b"POST /graphql HTTP/1.1", b"GET /graphql?query={viewer{id}} HTTP/1.1", b"GET /graphql HTTP/1.0", b"POST /graphql HTTP/9.9", b"BREW / HTTP/1.1",
    b"GET  /graphql  HTTP/1.1", b"GET http://a.example/graphql HTTP/1.1", b"OPTIONS * HTTP/1.1", b"PRI * HTTP/2.0", b"GET /%00%ff%c0%af/../ HTTP/1.1",
    b"GET /graphql?query=%ff&variables={ HTTP/1.1", b"HEAD /graphql HTTP/1.1", b"\x16\x03\x01\x02\x00\x01", b"", b"GET /ide/..%2f..%2f HTTP/1.1",
]  # fmt: skip
HEADERS = [
    b"Host: localhost", b"Host: a.example", b"Host:", b"Content-Length: 0", b"Content-Length: 5", b"Content-Length: -1", b"Content-Length: 5, 6",
    b"Content-Length: 99999999999999999999", b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked, identity", b"Transfer-Encoding: x",
    b"Expect: 100-continue", b"Upgrade: websocket", b"Connection: Upgrade", b"Connection: close", b"Sec-WebSocket-Key: x", b"Sec-WebSocket-Version: 13",
    b"Sec-WebSocket-Version: 99", b"Sec-WebSocket-Protocol: graphql-transport-ws", b"Content-Type: application/json", b"Content-Encoding: gzip",
    b"Authorization: Bearer", b"Authorization: Bearer \xff\xfe", b"Authorization: Basic x", b"Cookie: a=b", b" folded: x", b"no colon", b"X: \x00",
    b"X-Request-Id: \x1b[31m", b"X-Forwarded-For: 1.2.3.4, ' OR 1=1", b"Origin: null", b"If-None-Match: *", b"Range: bytes=0-1", b"X: " + b"y" * 9_000,
    b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA", b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99",
]  # fmt: skip


@st.composite
def raw_requests(draw: st.DrawFn) -> bytes:
    """Bytes that resemble an HTTP request, or several."""
    lines = [draw(st.sampled_from(LINES)), *draw(st.lists(st.sampled_from(HEADERS), max_size=6))]
    end = draw(st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r"]))
    body = draw(
        st.sampled_from([b"", b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"ffffffffffffffffff\r\n", b"5;x=y\r\nhel"])
        | st.binary(max_size=60)
    )
    whole = end.join(lines) + end + end + body
    cut = draw(st.sampled_from([len(whole), len(whole), draw(st.integers(0, len(whole)))]))
    return whole[:cut] * draw(st.sampled_from([1, 1, 1, 3]))
