"""/metrics: who may read it, and that each number moves with what it is about."""

import json
import logging
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import random
from uuid import uuid4

import httpx
import pytest
import yaml  # type: ignore[import-untyped]  # PyYAML ships no types
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from models.errors import ErrorCode, StreamErrorCode
from schema.execution.codes import RequestErrorCode
from server import observed
from server.metrics import LAGS_SHOWN, shown_lags
from server.settings import Settings
from tests.support.captured_logs import talkative
from tests.support.commands import ROOT
from tests.support.event_streams import CHAT, EVENTS, beginning, eventually, is_live, next_event
from tests.support.services import free_port
from tests.support.world import ENTER, World, open_world

TOKEN = "for-prometheus-" + 30 * "x"
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"])
NAMED = "query Named { viewer { id } }"
Numbers = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@asynccontextmanager
async def measured(settings: Settings, **changes: object) -> AsyncIterator[World]:
    asked = {"metrics_token": SecretStr(TOKEN), **changes}
    async with open_world(settings.model_copy(update=asked)) as world:
        yield world


async def numbers(world: World) -> Numbers:
    answer = await world.http.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return parsed(answer.text)


def parsed(text: str) -> Numbers:
    families = text_string_to_metric_families(text)
    return {
        (each.name, tuple(sorted(each.labels.items()))): each.value for family in families for each in family.samples
    }


def of(found: Numbers, name: str, **labels: str) -> float:
    return found.get((f"enfilade_{name}", tuple(sorted(labels.items()))), 0)


@on_sqlite
async def test_metrics_are_for_those_with_the_token(settings: Settings) -> None:
    async with measured(settings) as world:
        for given in (None, "Bearer wrong", f"Basic {TOKEN}"):
            refused = await world.http.get("/metrics", headers={"authorization": given} if given else {})
            assert (refused.status_code, refused.text) == (401, "A token is needed.\n")
        assert of(await numbers(world), "streams") == 0


@on_sqlite
async def test_without_a_token_and_a_port_there_are_no_metrics(settings: Settings) -> None:
    async with open_world(settings) as world:
        assert (await world.http.get("/metrics")).status_code == 404


@on_sqlite
async def test_metrics_have_a_port_of_their_own(settings: Settings) -> None:
    port = free_port()
    async with measured(settings, metrics_port=port), httpx.AsyncClient(trust_env=False) as http:
        address = f"http://127.0.0.1:{port}"
        await eventually(lambda: is_taken(port))
        answer = await http.get(f"{address}/metrics")
        assert "enfilade_info" in answer.text
        assert (await http.get(f"{address}/graphql")).status_code == 404


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@on_sqlite
async def test_operations_count_by_name_and_outcome(settings: Settings) -> None:
    async with measured(settings) as world:
        before = await numbers(world)
        await world.query("student-001", NAMED)
        async with world.socket("student-001") as wire:
            await (await wire.subscribe(NAMED)).next()
        refused = await world.ask(
            "student-001", f"mutation Refused{ENTER.removeprefix('mutation')}", room=world.gallery
        )
        code = refused["data"]["enterRoom"]["userErrors"][0]["code"]
        await world.ask("student-001", "{")
        await eventually_counted(world, before, "operations_total", 2, kind="query", operation="Named", outcome="OK")
        after = await numbers(world)
        for labels in (
            {"kind": "mutation", "operation": "Refused", "outcome": code},
            {"kind": "unknown", "operation": "unnamed", "outcome": "GRAPHQL_PARSE_FAILED"},
        ):
            assert of(after, "operations_total", **labels) - of(before, "operations_total", **labels) == 1
        timed = {"kind": "query", "operation": "Named"}
        assert of(after, "operation_seconds_count", **timed) - of(before, "operation_seconds_count", **timed) == 2


@on_sqlite
async def test_errors_count_by_code_also_without_an_operation(settings: Settings) -> None:
    """Each code is shown before it happens: Prometheus sees no growth in the first sample of a series."""
    async with measured(settings) as world:
        before = await numbers(world)
        codes = {*ErrorCode, *StreamErrorCode, *RequestErrorCode}
        assert {dict(labels)["code"] for name, labels in before if name == "enfilade_errors_total"} == codes
        await world.ask("student-001", ENTER, room=world.gallery)
        await world.http.post("/graphql", json={"query": NAMED}, headers={"authorization": "Bearer wrong"})
        await world.refusal_of_socket({"authorization": "Bearer wrong"})
        await world.http.post(
            "/graphql", content=b"[", headers={"authorization": f"Bearer {world.token('student-001')}"}
        )
        after = await numbers(world)
        grown = {code: of(after, "errors_total", code=code) - of(before, "errors_total", code=code) for code in codes}
        assert {code: count for code, count in grown.items() if count} == {
            "NOT_FOUND": 1, "UNAUTHENTICATED": 2, "BAD_REQUEST": 1
        }  # fmt: skip


async def eventually_counted(world: World, before: Numbers, name: str, more: float, **labels: str) -> None:
    """Waits until the number has grown by so much. An operation on a socket counts after its last message."""
    for _ in range(100):
        if of(await numbers(world), name, **labels) - of(before, name, **labels) == more:
            return
    raise AssertionError(await numbers(world))


@on_sqlite
async def test_streams_and_what_they_deliver_are_counted(settings: Settings) -> None:
    async with measured(settings) as world:
        await world.enter("moderator", "student-001", "student-002")
        async with world.socket("student-001") as one, world.socket("student-002") as other:
            streams = [await each.subscribe(CHAT, room=world.room) for each in (one, other)]
            for stream in streams:
                await is_live(stream)
            crowds = world.process.services.readers.crowds._crowds
            await eventually(lambda: [len(each.members) for each in crowds.values()] == [2])
            before = await numbers(world)
            await world.post("moderator", "Hello")
            for stream in streams:
                await next_event(stream)
            after = await numbers(world)
            assert (of(after, "streams"), of(after, "subscriptions"), of(after, "readers")) == (2, 2, 1)
            assert of(after, "reader_lag_seconds", gallery=gallery(world)) < 60
            if world.settings.fast_paths:
                assert of(after, "deliveries_total") - of(before, "deliveries_total") == 2
                assert of(after, "renderings_total") > of(before, "renderings_total")
        await eventually(lambda: world.process.shares.streams.total == 0)


def test_the_same_galleries_are_shown_until_others_lag() -> None:
    """Otherwise each look shows other ones of thousands, and Prometheus keeps a series of each."""
    galleries = [uuid4() for _ in range(LAGS_SHOWN + 20)]
    usual = {each: 2 * random() for each in galleries}
    assert [each for each, _ in shown_lags(usual)] == galleries[:LAGS_SHOWN]
    stuck = galleries[-1]
    assert shown_lags({**usual, stuck: 10})[0] == (stuck, 10)


def gallery(world: World) -> str:
    (one,) = world.process.services.readers._readers
    return str(one)


@on_sqlite
async def test_replays_and_what_only_the_poll_finds_are_counted(settings: Settings) -> None:
    """The reader starts at the log's head, so what is before comes from the database."""
    async with measured(settings, stream_poll_seconds=0.05) as world:
        await world.enter("moderator", "student-001")
        before = await numbers(world)
        async with world.socket("student-001") as wire:
            stream = await wire.subscribe(EVENTS, room=world.room, after=beginning(world))
            await next_event(stream)
            assert of(await numbers(world), "replayed_pages_total") > of(before, "replayed_pages_total")
            world.process.database.on_commit = lambda _recorded: None  # The wake-up is lost.
            await world.post("moderator", "Hello")
            while (await next_event(stream))["__typename"] != "MessagePosted":
                pass
            assert of(await numbers(world), "found_by_polling_total") > of(before, "found_by_polling_total")


@on_sqlite
async def test_names_that_clients_make_up_are_bounded(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observed, "_names", observed.Names())
    monkeypatch.setattr(observed, "NAMES_KEPT", 2)
    async with measured(settings) as world:
        names = ("First", "Second", "Third", "First")
        assert await counted_as(world, "student-001", *names) == ["First", "Second", "other", "First"]


@on_sqlite
async def test_one_user_cannot_use_up_the_names(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observed, "_names", observed.Names())
    monkeypatch.setattr(observed, "NAMES_OF_A_USER", 1)
    async with measured(settings) as world:
        assert await counted_as(world, "student-001", "MadeUp", "MadeUpToo") == ["MadeUp", "other"]
        assert await counted_as(world, "student-002", "MadeUp", "OfTheirs") == ["MadeUp", "OfTheirs"]


@on_sqlite
async def test_a_long_name_is_neither_a_label_nor_logged_whole(settings: Settings) -> None:
    name = "N" * 5000
    async with measured(settings) as world:
        with talkative(logging.WARNING) as lines:
            assert await counted_as(world, "student-001", name) == ["other"]
    assert [json.loads(line)["operation"] for line in lines if "NNN" in line] == [name[:100]]


async def counted_as(world: World, who: str, *names: str) -> list[str]:
    """Sends a query of each name, and returns the names that these counted as."""
    found = []
    for name in names:
        before = await numbers(world)
        await world.query(who, f"query {name} {{ viewer {{ id }} }}")
        grown = [
            dict(labels)["operation"]
            for (metric, labels), value in (await numbers(world)).items()
            if metric == "enfilade_operations_total" and value > before.get((metric, labels), 0)
        ]
        found += grown
    return found


@on_sqlite
async def test_parts_are_shown_as_readiness_has_them(settings: Settings) -> None:
    async with measured(settings) as world:
        parts = ("process", "database", "readers", "bus")
        assert [of(await numbers(world), "part_ok", part=each) for each in parts] == [1, 1, 1, 1]
        world.process.draining = True
        assert [of(await numbers(world), "part_ok", part=each) for each in parts] == [0, 1, 1, 1]


async def test_pools_are_shown(settings: Settings) -> None:
    async with measured(settings) as world:
        found = await numbers(world)
        assert of(found, "database_connections_most", pool="read") == settings.database_connections


def test_rules_and_dashboard_name_metrics_that_exist() -> None:
    page = (ROOT / "docs/monitoring.md").read_text()
    known = set(re.findall(r"`(enfilade_\w+)`", page))
    rules = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"][0]["rules"]
    panels = json.loads((ROOT / "deploy/grafana/enfilade.json").read_text())["panels"]
    asked = [each["expr"] for each in rules] + [each["expr"] for panel in panels for each in panel["targets"]]
    used = {name for text in asked for name in re.findall(r"enfilade_\w+", text)}
    assert {name.removesuffix("_bucket") for name in used} <= known


@on_sqlite
async def test_the_page_has_every_metric(settings: Settings) -> None:
    known = set(re.findall(r"`(enfilade_\w+)`", (ROOT / "docs/monitoring.md").read_text()))
    async with measured(settings) as world:
        await world.query("student-001", NAMED)
        shown = {name for name, _ in await numbers(world) if name.startswith("enfilade_")}
    ends = ("_bucket", "_count", "_sum", "_created")
    assert {name for name in shown if not name.endswith(ends)} <= known
