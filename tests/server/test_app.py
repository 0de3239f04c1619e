"""The application around GraphQL: CORS, health probes, and internal errors."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from schema import queries
from schema.root import sdl
from server import accounts
from server.logs import JsonLines
from server.settings import Settings
from server.version import VERSION
from tests.support.services import Valkey
from tests.support.world import World, open_world

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"])

ALLOWED, OTHER = "https://app.example.org", "https://evil.example.org"
FAULT = {"message": "Something went wrong here. It has been noted.", "extensions": {"code": "INTERNAL"}}


@asynccontextmanager
async def changed(settings: Settings, **changes: object) -> AsyncIterator[World]:
    async with open_world(settings.model_copy(update=changes)) as world:
        yield world


def cors(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name.startswith("access-control-")}


USUAL = "authorization,content-type,last-event-id,x-request-id"
CLIENTS = "apollographql-client-name,apollographql-client-version,apollo-require-preflight,graphql-require-preflight"
TRACING = "traceparent,tracestate,baggage,sentry-trace"


async def preflight(world: World, origin: str, headers: str = USUAL) -> httpx.Response:
    asked = {"origin": origin, "access-control-request-method": "POST", "access-control-request-headers": headers}
    return await world.http.options("/graphql", headers=asked)


@on_sqlite
async def test_a_page_of_an_allowed_origin_may_call_and_no_other(settings: Settings) -> None:
    async with changed(settings, allowed_origins=(ALLOWED,)) as world:
        granted = await preflight(world, ALLOWED)
        assert granted.status_code == 200
        assert granted.headers["access-control-allow-origin"] == ALLOWED
        assert granted.headers["access-control-allow-methods"] == "GET, POST, PUT"  # A PUT gets a sentence.
        assert "access-control-allow-credentials" not in granted.headers
        refused = await preflight(world, OTHER)
        assert refused.status_code == 400
        assert "access-control-allow-origin" not in refused.headers
        for origin, allowed in ((ALLOWED, {ALLOWED}), (OTHER, set())):
            answer = await world.http.get("/graphql", headers={"origin": origin})
            assert {answer.headers.get("access-control-allow-origin")} - {None} == allowed


@on_sqlite
async def test_a_page_may_send_headers_of_clients_and_tracing_and_those_that_are_allowed(settings: Settings) -> None:
    async with changed(settings, allowed_origins=(ALLOWED,), allowed_headers=("x-school",)) as world:
        for headers in (CLIENTS, TRACING, f"{USUAL},x-school"):
            assert (await preflight(world, ALLOWED, headers)).status_code == 200
        assert (await preflight(world, ALLOWED, "x-other")).status_code == 400


@on_sqlite
async def test_without_allowed_origins_there_is_no_word_of_cors(world: World) -> None:
    assert (await preflight(world, ALLOWED)).status_code == 405
    for response in (
        await preflight(world, ALLOWED),
        await world.http.get("/graphql", headers={"origin": ALLOWED}),
        await world.http.get("/healthz", headers={"origin": ALLOWED}),
    ):
        assert cors(response) == {}


@on_sqlite
async def test_a_fault_is_readable_to_a_page_of_an_allowed_origin(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with changed(settings, allowed_origins=(ALLOWED,)) as world:
        monkeypatch.setattr(accounts.Accounts, "of_token", fails)
        answer = await world.http.get("/graphql", headers={"origin": ALLOWED})
        assert (answer.status_code, answer.json()) == (500, {"errors": [FAULT]})
        assert answer.headers["access-control-allow-origin"] == ALLOWED


async def fails(*_: object) -> None:
    raise RuntimeError("words of a fault")


async def test_a_fault_is_masked_and_logged_without_variables_and_tokens(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(queries, "load_site", fails)
    answer = await world.ask("manager", "query ($a: ID!) { site { name } node(id: $a) { id } }", a="hidden words")
    assert answer == {"data": None, "errors": [{**FAULT, "locations": [{"line": 1, "column": 19}], "path": ["site"]}]}
    (record,) = [each for each in caplog.records if each.levelno >= logging.ERROR]
    line = JsonLines().format(record)
    assert "words of a fault" in line
    assert "hidden words" not in line
    assert "eyJ" not in line


async def test_a_fault_over_a_socket_is_masked_and_ends_its_operation_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "load_site", fails)
    async with world.socket("manager") as socket:
        message = await (await socket.subscribe("{ site { name } }")).message()
        assert message["payload"]["errors"][0]["extensions"] == {"code": "INTERNAL"}
        assert "words of a fault" not in str(message)
        assert await (await socket.subscribe("{ viewer { name } }")).next() == {"name": "Mara Manager"}


async def test_probes_and_the_schema_need_no_token(world: World) -> None:
    health = await world.http.get("/healthz")
    assert (health.status_code, health.json()) == (200, {"status": "ok", "version": VERSION})
    assert await probed(world) == (200, {"status": "ready", "parts": ALL_WELL})
    response = await world.http.get("/schema.graphql")
    assert (response.status_code, response.text) == (200, sdl())
    assert response.headers["content-type"] == "text/plain; charset=utf-8"


ALL_WELL = dict.fromkeys(("process", "database", "readers", "bus"), "ok")


async def probed(world: World) -> tuple[int, object]:
    """Returns the status and the JSON of /readyz."""
    response = await world.http.get("/readyz")
    return response.status_code, response.json()


async def test_a_process_that_is_going_away_is_alive_and_not_ready(world: World) -> None:
    world.process.draining = True
    assert await probed(world) == (503, {"status": "not ready", "parts": ALL_WELL | {"process": "stopping"}})
    assert (await world.http.get("/healthz")).status_code == 200
    assert await world.query("manager", "{ viewer { name } }")


@on_sqlite
async def test_without_its_broker_a_process_works_and_says_that_it_is_degraded(settings: Settings) -> None:
    """It stays ready: all processes would leave the load balancer at once, although nothing is lost."""
    with Valkey() as valkey:
        async with changed(settings, redis_url=valkey.url) as world:
            assert await probed(world) == (200, {"status": "ready", "parts": ALL_WELL})
            valkey.kill()
            assert await probed(world) == (200, {"status": "degraded", "parts": ALL_WELL | {"bus": "away"}})
            await world.enter("moderator")
            valkey.start()
            assert await probed(world) == (200, {"status": "ready", "parts": ALL_WELL})
