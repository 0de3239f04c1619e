import asyncio
import io
import json
import logging
import re
import socket
import sys
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
import websockets
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from server import logs
from server.logs import RequestLog, configure_logging, redact
from server.settings import Settings
from tests.support.world import ENTER, open_world

HEAD, CLAIMS, SIGNATURE = "eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiJ1LTEifQ", "c2lnbmF0dXJl_-c2ln"
TOKEN = f"{HEAD}.{CLAIMS}.{SIGNATURE}"
LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR"]
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    names = ["", "uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi", *logs.OUR_PACKAGES]
    before = [(log, log.level, log.handlers[:], log.propagate) for log in map(logging.getLogger, names)]
    yield
    logging.captureWarnings(False)
    for log, level, handlers, propagate in before:
        log.setLevel(level)
        log.handlers[:] = handlers
        log.propagate = propagate


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    """What was written to stderr after logging was configured."""
    written = io.StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", written)
        configure_logging("INFO")
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]


def server_log(name: str = "server.test") -> logging.Logger:
    return logging.getLogger(name)


def test_each_record_is_one_object_on_one_line(lines: Lines) -> None:
    server_log().info("two\nlines for %s", "Zoë", extra={"fields": {"gallery": "g-1"}})
    [line] = lines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line.pop("time"))
    assert line == {"level": "INFO", "logger": "server.test", "message": "two\nlines for Zoë", "gallery": "g-1"}


def test_a_record_names_its_request_and_operation(lines: Lines) -> None:
    named = logs.request_id.set("r-1"), logs.operation.set("PostMessage")
    server_log().info("hello")
    logs.request_id.reset(named[0])
    logs.operation.reset(named[1])
    server_log().info("hello")
    within, without = lines()
    assert (within["request_id"], within["operation"]) == ("r-1", "PostMessage")
    assert not {"request_id", "operation"} & set(without)


def test_an_exception_is_a_traceback_in_the_same_object(lines: Lines) -> None:
    try:
        raise ValueError(f"about {TOKEN}")
    except ValueError:
        server_log().exception("failed")
    [line] = lines()
    assert line["traceback"].startswith("Traceback (most recent call last):\n")
    assert line["traceback"].endswith("ValueError: about [redacted]")


def test_a_warning_is_a_record(capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        configure_logging("INFO")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    assert "DeprecationWarning: old" in json.loads(capsys.readouterr().err)["message"]


@pytest.mark.parametrize("value", ["lone \ud800", 2**70, {1: "x"}, object()])
def test_no_record_is_lost_for_what_is_in_it(lines: Lines, value: object) -> None:
    server_log().info("hello", extra={"fields": {"value": value}})
    assert lines()[0]["message"] == "hello"


def test_a_record_whose_arguments_do_not_fit_is_still_one_clean_line() -> None:
    record = server_log().makeRecord("server.test", logging.INFO, "", 0, "%d of %d", (TOKEN,), None)
    assert json.loads(logs.JsonLines().format(record))["message"] == "%d of %d ('[redacted]',)"


@pytest.mark.parametrize("level", LEVELS)
def test_less_important_lines_are_left_out(level: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(level)
    for name in LEVELS:
        server_log().log(logging.getLevelNamesMapping()[name], "hello")
    written = [json.loads(line)["level"] for line in capsys.readouterr().err.splitlines()]
    assert written == LEVELS[LEVELS.index(level) :]


@pytest.mark.parametrize("name", ["uvicorn.error", "websockets.server", "asyncio", "sqlalchemy.engine"])
def test_libraries_are_never_at_debug_where_they_print_headers_and_frames(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("DEBUG")
    assert not server_log(name).isEnabledFor(logging.DEBUG)
    server_log(name).warning("hello")
    assert json.loads(capsys.readouterr().err)["logger"] == name


def test_a_library_that_was_set_to_debug_is_still_silent(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_log("websockets.server"), "level", logging.DEBUG)
    server_log("websockets.server").debug("< TEXT connection_init")
    assert lines() == []


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        f"token={TOKEN};",
        TOKEN.rpartition(".")[0],
        TOKEN.partition(".")[0],
        f"x{TOKEN}",
        "Bearer abc.def",
        "BEARER abc",
        "authorization: bearer  abc/+~==",
        "Authorization=Bearer%20abc",
        'Bearer "abc"',
        "Bearer 'abc'",
        "(b'authorization', b'Bearer abc')",
        "Bearer\nabc",
    ],
)
@pytest.mark.parametrize("place", ["message", "argument", "field", "name of a field", "exception", "logger"])
def test_what_looks_like_a_token_is_written_nowhere(lines: Lines, text: str, place: str) -> None:
    match place:
        case "message":
            server_log().info("before " + text + " after")
        case "argument":
            server_log().info("before %s after", text)
        case "field":
            server_log().info("hello", extra={"fields": {"value": {"deep": [text]}}})
        case "name of a field":
            server_log().info("hello", extra={"fields": {text: 1}})
        case "exception":
            server_log().info("hello", exc_info=ValueError(text))
        case "logger":
            server_log(f"server.{text}").info("hello")
    written = json.dumps(lines())
    assert "[redacted]" in written
    assert "abc" not in written
    assert "eyJ" not in written


@given(st.text(st.characters()), st.sampled_from([TOKEN, "Bearer abc", f"Bearer {TOKEN}"]), st.text(st.characters()))
def test_redaction_leaves_valid_json_whatever_is_around_a_token(before: str, token: str, after: str) -> None:
    written = redact(logs.as_json({"message": f"{before}{token} {after}", "next": "value"}))
    assert json.loads(written)["next"] == "value"
    assert token not in written


@pytest.mark.parametrize("text", ["hello", "a bear", "version 1.2.3", "host.example.org", "bearer", "/graphql"])
def test_other_text_is_left_alone(text: str) -> None:
    assert redact(text) == text


async def hello(request: Request) -> Response:
    await request.body()
    logging.getLogger("server.test").info("inside")
    return PlainTextResponse("hello", 201, {"x-request-id": "of the application"})


async def failing(request: Request) -> Response:
    raise RuntimeError("broken")


async def talk(connection: WebSocket) -> None:
    await connection.accept()
    logging.getLogger("server.test").info("inside")
    async for text in connection.iter_text():
        if text == "close":
            await connection.close(4403)
            return


async def refuse(connection: WebSocket) -> None:
    await connection.close(4403)


async def break_off(connection: WebSocket) -> None:
    await connection.accept()
    raise RuntimeError("broken")


application = Starlette(
    routes=[
        Route("/hello/{name:path}", hello, methods=["GET", "POST"]),
        Route("/failing", failing),
        Route("/ide/assets/index-4f2a.js", lambda _: PlainTextResponse("built()")),
        WebSocketRoute("/talk", talk),
        WebSocketRoute("/refuse", refuse),
        WebSocketRoute("/break", break_off),
    ]
)


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    """Serves the application on a real server, configured as the process is. Yields its address."""
    config = uvicorn.Config(RequestLog(app), log_config=None, ws="websockets-sansio")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        task = asyncio.create_task(server.serve([listening]))
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


def accesses(written: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in written if line["logger"] == "server.access"]


async def test_a_request_is_one_line_and_no_more_than_that(lines: Lines) -> None:
    async with serving(application) as address, httpx.AsyncClient() as client:
        await client.post(
            f"http://{address}/hello/you?variables=sesame",
            headers={"Authorization": "Bearer sesame", "Cookie": "sesame"},
            content="sesame",
        )
    written = lines()
    [line] = accesses(written)
    assert line.pop("milliseconds") >= 0
    assert {name: line[name] for name in ("message", "method", "path", "status")} == {
        "message": "request",
        "method": "POST",
        "path": "/hello/you",
        "status": 201,
    }
    assert set(line) == {"time", "level", "logger", "message", "request_id", "method", "path", "client", "status"}
    assert {line["logger"] for line in written} == {"server.access", "server.test", "uvicorn.error", "httpx"}
    assert "sesame" not in json.dumps([line for line in written if line["logger"] != "httpx"])


@pytest.mark.parametrize(("level", "asset"), [("INFO", []), ("DEBUG", [200])])
async def test_files_of_graphiql_are_logged_only_if_they_fail_or_by_will(
    monkeypatch: pytest.MonkeyPatch, level: str, asset: list[int]
) -> None:
    written = io.StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", written)
        configure_logging(level)
    async with serving(application) as address, httpx.AsyncClient() as client:
        for path in ("ide/assets/index-4f2a.js", "ide/assets/none.js", "hello/ide/assets/x"):
            await client.get(f"http://{address}/{path}")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["status"] for line in accesses(lines)] == [*asset, 404, 201]


@pytest.mark.parametrize(("level", "well"), [("INFO", []), ("DEBUG", [200])])
async def test_probes_are_logged_only_if_they_fail_or_by_will(
    monkeypatch: pytest.MonkeyPatch, level: str, well: list[int]
) -> None:
    written = io.StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", written)
        configure_logging(level)
    for status in (200, 503):
        await RequestLog(PlainTextResponse("", status))(http_scope() | {"path": "/readyz"}, nothing, discard)
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["status"] for line in accesses(lines)] == [*well, 503]


async def test_what_is_logged_within_a_request_carries_its_name_and_so_does_the_answer(lines: Lines) -> None:
    async with serving(application) as address, httpx.AsyncClient() as client:
        answers = [await client.get(f"http://{address}/hello/") for _ in range(2)]
    names = [answer.headers.get_list("x-request-id") for answer in answers]
    assert len(names[0]) == 1
    assert re.fullmatch("[0-9a-f]{32}", names[0][0])
    assert names[0] != names[1]
    within = [line["request_id"] for line in lines() if line["logger"].startswith("server.")]
    assert within == [names[0][0]] * 2 + [names[1][0]] * 2


@pytest.mark.parametrize("name", ["r-1", "A.b_c-9" * 9, "x" * 64])
async def test_the_callers_name_for_a_request_is_kept(lines: Lines, name: str) -> None:
    async with serving(application) as address, httpx.AsyncClient() as client:
        answer = await client.get(f"http://{address}/hello/", headers={"x-request-id": name})
    assert answer.headers["x-request-id"] == name
    assert accesses(lines())[0]["request_id"] == name


@pytest.mark.parametrize("name", ["", "x" * 65, "a b", "a\tb", "é".encode("latin-1"), '"', "<script>", "a,b"])
async def test_an_unsafe_name_for_a_request_is_replaced(lines: Lines, name: str | bytes) -> None:
    async with serving(application) as address, httpx.AsyncClient() as client:
        answer = await client.get(f"http://{address}/hello/", headers={b"x-request-id": as_bytes(name)})
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])
    assert accesses(lines())[0]["request_id"] == answer.headers["x-request-id"]


def as_bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


async def test_a_failure_is_a_500_and_its_traceback_carries_the_same_name(lines: Lines) -> None:
    async with serving(application) as address, httpx.AsyncClient() as client:
        answer = await client.get(f"http://{address}/failing")
    written = lines()
    assert answer.status_code == accesses(written)[0]["status"] == 500
    [failure] = [line for line in written if "traceback" in line]
    assert failure["traceback"].endswith("RuntimeError: broken")
    assert failure["request_id"] == answer.headers["x-request-id"]


async def test_a_failure_before_any_answer_is_a_500(lines: Lines) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        await RequestLog(broken)(http_scope(), nothing, discard)
    assert accesses(lines())[0]["status"] == 500


async def test_a_request_that_was_cut_is_answered(lines: Lines) -> None:
    """uvicorn cuts what has not ended when the process stops."""
    sent: list[Message] = []

    async def cancelled(scope: Scope, receive: Receive, send: Send) -> None:
        raise asyncio.CancelledError

    await RequestLog(cancelled)(http_scope(), nothing, keeping(sent))
    assert sent[0]["status"] == 503
    (line,) = accesses(lines())
    assert (line["status"], line["codes"]) == (503, ["UNAVAILABLE"])


async def test_an_answer_without_headers_gets_the_name(lines: Lines) -> None:
    sent: list[Message] = []

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204})

    await RequestLog(bare)(http_scope((b"x-request-id", b"r-1")), nothing, keeping(sent))
    assert sent == [{"type": "http.response.start", "status": 204, "headers": [(b"x-request-id", b"r-1")]}]


async def test_a_long_path_is_cut(lines: Lines) -> None:
    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        pass

    await RequestLog(silent)(http_scope() | {"path": "/" + "x" * 1000}, nothing, discard)
    assert len(accesses(lines())[0]["path"]) == 300


async def test_a_websocket_is_a_line_at_open_and_a_line_at_close(lines: Lines) -> None:
    async with serving(application) as address:
        url = f"ws://{address}/talk?token=sesame"
        headers = {"Authorization": "Bearer sesame"}
        async with websockets.connect(url, proxy=None, additional_headers=headers) as connection:
            assert connection.response
            name = connection.response.headers["x-request-id"]
            await connection.send("sesame")
            await connection.close(4000)
    written = lines()
    opened, closed = accesses(written)
    assert (opened["message"], opened["path"], opened["request_id"]) == ("websocket open", "/talk", name)
    assert (closed["message"], closed["path"], closed["request_id"]) == ("websocket closed", "/talk", name)
    assert closed["close_code"] == 4000
    assert closed["milliseconds"] >= 0
    assert [line["request_id"] for line in written if line["logger"] == "server.test"] == [name]
    assert not [line for line in written if line["message"].startswith("connection")]
    assert "sesame" not in json.dumps(written)


async def test_a_websocket_that_the_server_closes_is_logged_with_its_code(lines: Lines) -> None:
    async with serving(application) as address:
        async with websockets.connect(f"ws://{address}/talk", proxy=None) as connection:
            await connection.send("close")
            await connection.wait_closed()
        assert connection.close_code == 4403
    assert accesses(lines())[1]["close_code"] == 4403


async def test_a_websocket_that_is_not_accepted_is_logged_as_refused(lines: Lines) -> None:
    async with serving(application) as address:
        with pytest.raises(websockets.InvalidStatus):
            await websockets.connect(f"ws://{address}/refuse?token=sesame", proxy=None)
    written = lines()
    [line] = accesses(written)
    assert (line["message"], line["close_code"]) == ("websocket refused", 4403)
    assert "sesame" not in json.dumps(written)


async def test_a_websocket_whose_application_fails_is_logged_all_the_same(lines: Lines) -> None:
    async with serving(application) as address, websockets.connect(f"ws://{address}/break", proxy=None) as connection:
        await connection.wait_closed()
    written = lines()
    opened, closed = accesses(written)
    assert closed["message"] == "websocket closed"
    [failure] = [line for line in written if "traceback" in line]
    assert failure["request_id"] == opened["request_id"]


async def test_the_close_code_is_that_of_whoever_closed_first(lines: Lines) -> None:
    async def closing(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 4403})
        await receive()

    async def gone() -> Message:
        return {"type": "websocket.disconnect", "code": 1006}

    await RequestLog(closing)(http_scope() | {"type": "websocket"}, gone, discard)
    assert accesses(lines())[1]["close_code"] == 4403


async def test_other_scopes_are_passed_on(lines: Lines) -> None:
    seen: list[Scope] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    await RequestLog(application)({"type": "lifespan"}, nothing, discard)
    assert seen == [{"type": "lifespan"}]
    assert lines() == []


def http_scope(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http", "method": "GET", "path": "/", "headers": headers}


async def nothing() -> Message:
    raise AssertionError("nobody reads")


async def discard(message: Message) -> None:
    pass


def keeping(sent: list[Message]) -> Callable[[Message], Awaitable[None]]:
    async def keep(message: Message) -> None:
        sent.append(message)

    return keep


READ_BY_TERMINALS = (
    "\x1b[2K\x1b[1A",
    "\x9b31m",
    "\x07",
    "\x08\x08",
    "\x7f",
    "\u202eevil",
    "\u2028",
    "\u2029",
    "\x85",
    "\ufeff",
)
FORGED = '"}\n{"level": "ERROR", "message": "forged"}', "\r\nforged", "\\", '", "message": "forged'


@pytest.mark.parametrize("text", [*READ_BY_TERMINALS, *FORGED], ids=ascii)
@pytest.mark.parametrize("place", ["message", "argument", "field", "exception", "odd value"])
def test_no_text_makes_a_second_line_or_reaches_a_terminal(
    capfd: pytest.CaptureFixture[str], text: str, place: str
) -> None:
    configure_logging("INFO")
    match place:
        case "message":
            server_log().info(text)
        case "argument":
            server_log().info("%s", text)
        case "field":
            server_log().info("hello", extra={"fields": {"path": text}})
        case "exception":
            server_log().info("hello", exc_info=ValueError(text))
        case "odd value":  # which orjson refuses
            server_log().info("hello", extra={"fields": {"path": text, "value": 2**70}})
    written = capfd.readouterr().err
    assert written.endswith("\n")
    assert written[:-1].isprintable()
    assert text in " ".join(map(str, json.loads(written).values()))


@given(st.text(st.characters()), st.text(st.characters()))
def test_a_line_is_one_printable_object_whatever_a_request_holds(path: str, name: str) -> None:
    entry = {"path": path, "operation": name, "level": "INFO"}
    line = logs.printed(logs.as_json(entry))
    assert json.loads(line) == entry
    assert len(line.splitlines()) == 1
    assert not set(line) & {"\x1b", "\x7f", "\x9b", "\u202e", "\u2028", "\u2029"}


async def test_a_path_cannot_forge_a_line(lines: Lines) -> None:
    odd = "%0A%7B%22level%22%3A%22ERROR%22%7D%1B%5B2K%C2%9B31m%E2%80%AE"
    async with serving(application) as address, httpx.AsyncClient() as client:
        await client.get(f"http://{address}/hello/{odd}", headers={"x-request-id": "r-1"})
    written = [line for line in lines() if line["logger"] == "server.access"]
    assert [line["path"] for line in written] == ['/hello/\n{"level":"ERROR"}\x1b[2K\x9b31m\u202e']


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_a_line_says_who_asked_and_what_was_refused(lines: Lines, settings: Settings) -> None:
    """And none says what was sent."""
    async with open_world(settings) as world:
        await world.ask("student-001", f"mutation Enter{ENTER.removeprefix('mutation')}", room=world.gallery)
        async with world.socket("student-001") as wire:
            stream = await wire.subscribe(f"mutation Again{ENTER.removeprefix('mutation')}", room=world.gallery)
            await stream.next()
            await wire.unsubscribe(stream)
        user = str((await world.process.accounts.of_token(world.token("student-001"))).viewer.id)
    told = {each["operation"]: each for each in accesses(lines()) if "codes" in each}
    assert {name: (each["user"], each["codes"], each["message"]) for name, each in told.items()} == {
        "Enter": (user, ["NOT_FOUND"], "request"),
        "Again": (user, ["NOT_FOUND"], "operation"),
    }
    assert told["Enter"]["client"] == "127.0.0.1"
