"""Logging: one JSON object per line, on stderr.

A line never contains a token, a variable, a header or a query string. Callers do not log them; `redact` removes tokens
that a message contains by mistake. Further fields are passed as `logger.info("…", extra={"fields": {…}})`.
"""

import asyncio
import json
import logging
import re
import sys
from collections.abc import Mapping
from contextvars import Context, ContextVar
from datetime import UTC, datetime
from random import getrandbits
from time import perf_counter
from typing import Any

import orjson
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.errors import ErrorCode
from server import stopping
from server.places import PROBES

OUR_PACKAGES = ("server", "schema", "resolvers", "subscriptions", "models")
LONGEST_PATH = 300
ASSETS = "/ide/assets/"
SENT = (200, 206, 304)
SOCKET_COMES_OR_GOES = re.compile(r'"WebSocket %s"|^connection (open|closed)$')
SAFE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# A truncated token is redacted too. The pattern has no word boundary, because an escaped newline in JSON ends in "n".
TOKEN = re.compile(r"(?i:bearer)(?:%20|\\[nrt\"]|[\s:+='])+[\w.~+/=-]+|eyJ[\w-]{8,}(?:\.[\w-]*){0,2}")
REDACTED = "[redacted]"
# JSON need not escape these, but terminals obey some of them, and viewers of logs break lines or turn text at others.
UNPRINTED = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]")

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
operation: ContextVar[str | None] = ContextVar("operation", default=None)
user: ContextVar[str | None] = ContextVar("user", default=None)
client: ContextVar[str | None] = ContextVar("client", default=None)
"""The address that sent the request, or opened the socket."""
codes: ContextVar[list[str] | None] = ContextVar("codes", default=None)
"""The codes of the errors and refusals that the operation was answered with."""

access = logging.getLogger("server.access")


def configure_logging(level: str) -> None:
    """Configures all logging of the process. Run uvicorn with `log_config=None`, which would configure it again."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(is_fit_to_keep)
    theirs = max(logging.INFO, logging.getLevelNamesMapping()[level])
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(theirs)
    logging.captureWarnings(capture=True)
    for package in OUR_PACKAGES:
        logging.getLogger(package).setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.setLevel(theirs)
        logger.propagate = name != "uvicorn.access"  # RequestLog logs requests, without query strings


def is_fit_to_keep(record: logging.LogRecord) -> bool:
    # Below INFO libraries print headers and WebSocket frames; at INFO uvicorn prints handshakes with query strings.
    if record.name.partition(".")[0] in OUR_PACKAGES:
        return True
    said_by_request_log = record.name == "uvicorn.error" and SOCKET_COMES_OR_GOES.search(str(record.msg))
    return record.levelno >= logging.INFO and not said_by_request_log


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": message_of(record),
            "request_id": request_id.get(),
            "operation": operation.get(),
            "user": user.get(),
            "codes": codes.get(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return redact(printed(as_json({key: value for key, value in entry.items() if value is not None})))


def message_of(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        # The arguments do not fit the message. `logging` would print them unredacted.
        return f"{record.msg} {record.args}"


def as_json(entry: Mapping[str, object]) -> str:
    try:
        return orjson.dumps(entry).decode()
    except TypeError:
        # orjson refuses lone surrogates, huge integers and unknown objects, but the line must still be written.
        return json.dumps(entry, default=str)


def printed(line: str) -> str:
    """Returns the JSON with escapes for characters that would change what a reader of the log sees."""
    return UNPRINTED.sub(lambda found: json.dumps(found[0])[1:-1], line)


def redact(text: str) -> str:
    """Returns the text without anything that looks like a JSON Web Token or follows the word Bearer."""
    return TOKEN.sub(REDACTED, text)


class RequestLog:
    """The ASGI middleware around the whole application.

    It gives each request and WebSocket an id, and logs its outcome.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
            return
        socket = SocketLog(scope, receive, send) if scope["type"] == "websocket" else None
        try:
            await self._app(scope, socket.receive if socket else receive, socket.send if socket else send)
        except asyncio.CancelledError:
            if scope["type"] != "websocket":
                raise
            # The process stops, and has closed the socket. uvicorn would write a traceback.
        finally:
            if socket:
                socket.log_end()

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = begin(scope)
        started = perf_counter()
        status: int | None = None

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                echo(name, message)
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except asyncio.CancelledError:
            # The process stops. uvicorn would write a traceback, and answer 500 in plain text.
            codes.set([ErrorCode.UNAVAILABLE])
            if status is None:
                await stopping.answer()(scope, receive, noting)
            else:
                await stopping.say_farewell(scope, send)
        except Exception:
            status = status or 500  # the server itself answers such requests
            raise
        finally:
            level = level_of(scope, status)
            log("request", scope, level=level, method=scope["method"], status=status, milliseconds=since(started))


class SocketLog:
    __slots__ = ("_accepted", "_close_code", "_name", "_receive", "_scope", "_send", "_started")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._name = begin(scope)
        self._started = perf_counter()
        self._accepted = False
        self._close_code: int | None = None

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            self._note_close(message)
        return message

    async def send(self, message: Message) -> None:
        match message["type"]:
            case "websocket.send":
                pass
            case "websocket.accept":
                self._accepted = True
                echo(self._name, message)
                log("websocket open", self._scope)
            case "websocket.close":
                self._note_close(message)
        await self._send(message)

    def _note_close(self, message: Message) -> None:
        # The first close has the reason; a later one only repeats it.
        if self._close_code is None:
            self._close_code = message.get("code", 1000)

    def log_end(self) -> None:
        what = "websocket closed" if self._accepted else "websocket refused"
        log(what, self._scope, close_code=self._close_code, milliseconds=since(self._started))


def begin(scope: Scope) -> str:
    """Sets the request's id, and returns it. It is the caller's id, if that is safe to log.

    The id is not reset at the end. The server runs each request in its own task, and its log lines after a failure of
    the application should have the id too.
    """
    address = scope.get("client")
    client.set(address and address[0])
    given = Headers(scope=scope).get("x-request-id", "")
    name = given if SAFE_REQUEST_ID.fullmatch(given) else f"{getrandbits(128):032x}"
    request_id.set(name)
    return name


def take_over(context: Context) -> None:
    """Notes in this task what another one noted in this context: a stream is sent by a task of its own."""
    operation.set(context.get(operation))
    codes.set(context.get(codes))


def echo(name: str, answer: Message) -> None:
    answer.setdefault("headers", [])
    MutableHeaders(scope=answer)["x-request-id"] = name


def log(what: str, scope: Scope, *, level: int = logging.INFO, **fields: object) -> None:
    known = {"path": scope["path"][:LONGEST_PATH], "client": client.get()}
    access.log(level, what, extra={"fields": {**known, **fields}})


def level_of(scope: Scope, status: int | None) -> int:
    """Returns DEBUG for what nobody looks for: files of GraphiQL that were sent, and probes that found the process well.

    The page has a hundred files, and a proxy probes every two seconds.
    """
    is_usual = status in SENT and (scope["path"].startswith(ASSETS) or scope["path"] in PROBES)
    return logging.DEBUG if is_usual else logging.INFO


def since(started: float) -> float:
    return round((perf_counter() - started) * 1000, 1)
