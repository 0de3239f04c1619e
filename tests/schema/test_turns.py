"""Turns: callers take turns with new documents, which are parsed beside the event loop and counted for each caller."""

import asyncio
import json
import logging
from collections.abc import Iterator
from threading import Event, current_thread
from uuid import UUID, uuid4

import pytest
from graphql import GraphQLError, OperationDefinitionNode

from schema.context import Limits
from schema.execution import documents, turns, validation
from schema.execution.documents import DOCUMENTS, Document
from schema.execution.measure import DocumentLimits
from schema.execution.time_limits import TimedOut
from schema.execution.turns import Allowance
from server.requests import Asked, admitted
from server.settings import Settings
from tests.support.captured_logs import talkative
from tests.support.event_streams import eventually
from tests.support.raw_http import raw, request
from tests.support.world import PATIENCE, open_world

GRAPHQL = "application/graphql-response+json"


class Parsing:
    """Replaces the parsing of documents. It parses only after the test sets `go`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go = Event()
        self.begun: list[str] = []
        self.threads: set[str] = set()
        self._parse = documents._document
        monkeypatch.setattr(documents, "_document", self)

    def __call__(self, text: str, limits: DocumentLimits) -> Document:
        self.begun.append(text)
        self.threads.add(current_thread().name.partition("_")[0])
        self.go.wait(PATIENCE)
        return self._parse(text, limits)


@pytest.fixture
def parsing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Parsing]:
    DOCUMENTS.clear()
    parsing = Parsing(monkeypatch)
    yield parsing
    parsing.go.set()


def text(name: str) -> str:
    return f"{{ viewer {{ {name}: id }} }}"


def asking(name: str, caller: UUID) -> "asyncio.Task[OperationDefinitionNode]":
    return asyncio.create_task(admitted(Asked(text(name), None, None), Limits(cost=100, seconds=PATIENCE), caller))


async def test_between_two_documents_of_a_caller_everyone_else_has_a_turn(parsing: Parsing) -> None:
    one, other = uuid4(), uuid4()
    asked = [asking(f"one{n}", one) for n in range(3)]
    await asyncio.sleep(0)
    asked.append(asking("other", other))
    await asyncio.sleep(0)
    parsing.go.set()
    await asyncio.gather(*asked)
    assert parsing.begun == [text(name) for name in ("one0", "other", "one1", "one2")]
    assert parsing.threads == {"documents"}


async def test_those_who_wait_hold_only_the_text(parsing: Parsing, monkeypatch: pytest.MonkeyPatch) -> None:
    validating, go = Event(), Event()

    def errors_of(*_: object) -> list[GraphQLError]:
        validating.set()
        go.wait(PATIENCE)
        return []

    monkeypatch.setattr(validation, "errors_of", errors_of)
    parsing.go.set()
    asked = [asking(f"waits{n}", uuid4()) for n in range(5)]
    assert await asyncio.to_thread(validating.wait, PATIENCE)
    assert (len(parsing.begun), len(DOCUMENTS)) == (1, 1)
    go.set()
    await asyncio.gather(*asked)
    assert len(DOCUMENTS) == 5


async def test_waiting_for_a_turn_is_part_of_the_operations_time(parsing: Parsing) -> None:
    first = asking("slow", uuid4())
    await asyncio.sleep(0)
    with pytest.raises(TimedOut):
        await admitted(Asked(text("late"), None, None), Limits(cost=100, seconds=0.05), uuid4())
    parsing.go.set()
    await first
    assert parsing.begun == [text("slow")]


async def test_what_many_callers_send_at_once_is_parsed_once_and_counts_once(parsing: Parsing) -> None:
    asked = [asking("same", uuid4()) for _ in range(10)]
    await asyncio.sleep(0)
    parsing.go.set()
    await asyncio.gather(*asked)
    assert parsing.begun == [text("same")]


async def test_who_leaves_loses_the_place(parsing: Parsing) -> None:
    caller = uuid4()
    first, second, third = (asking(f"left{n}", caller) for n in range(3))
    await asyncio.sleep(0)
    second.cancel()
    parsing.go.set()
    await asyncio.gather(first, third)
    assert parsing.begun == [text("left0"), text("left2")]


async def test_a_client_that_leaves_while_its_document_waits_is_noticed_at_once(
    settings: Settings, parsing: Parsing
) -> None:
    async with open_world(settings) as world:
        with talkative(logging.INFO) as lines:
            async with raw(world) as first, raw(world) as second:
                for number, connection in enumerate((first, second)):
                    token = f"Authorization: {world.credentials(f'student-00{number + 1}')['Authorization']}"
                    connection.send(request("/graphql", token, body=json.dumps({"query": text(f"w{number}")}).encode()))
                    await eventually(lambda: bool(parsing.begun))
                second.reset()
                await eventually(lambda: any('"status":499' in line for line in lines))
                parsing.go.set()
                assert (await first.answer()).status == 200
    assert [each for each in parsing.begun if "w" in each.partition("viewer")[2]] == [text("w0")]


def test_new_documents_are_counted_for_each_caller_until_a_minute_has_passed() -> None:
    now = 0.0
    allowance = Allowance(100, lambda: now)
    allowance.use("one", 60)
    with pytest.raises(GraphQLError, match=r"You sent 120 characters .* the limit is 100 in a minute") as refused:
        allowance.use("one", 60)
    assert refused.value.extensions == {"code": "RATE_LIMITED", "retryAfterSeconds": 12, "limit": 100}
    allowance.use("other", 60)
    now = 12
    allowance.use("one", 60)


def test_a_document_longer_than_a_minutes_characters_is_taken_from_who_sent_nothing_else() -> None:
    allowance = Allowance(100, lambda: 0)
    allowance.use("one", 500)
    with pytest.raises(GraphQLError) as refused:
        allowance.use("one", 1)
    assert (refused.value.extensions or {})["retryAfterSeconds"] == 60


def test_only_so_many_callers_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "CALLERS", 10)
    allowance = Allowance(100, lambda: 0)
    for caller in range(50):
        allowance.use(caller, 1)
    assert [*allowance._used] == [*range(40, 50)]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"document_characters_per_minute": 200})


async def test_who_sends_too_many_new_documents_is_told_when_to_come_back(settings: Settings) -> None:
    DOCUMENTS.clear()
    async with open_world(settings) as world:
        headers = world.credentials("student-001") | {"accept": GRAPHQL}

        async def status(who: dict[str, str], name: str) -> int:
            return (await world.http.post("/graphql", json={"query": text(name)}, headers=who)).status_code

        new = [f"n{number}{'x' * 40}" for number in range(5)]
        assert [await status(headers, name) for name in new] == [200, 200, 200, 429, 429]
        assert await status(headers, new[0]) == 200, "the document is known"
        assert await status(world.credentials("student-002") | {"accept": GRAPHQL}, new[3]) == 200
        async with world.socket("student-001") as socket:
            assert await (await socket.subscribe(text(new[4]))).error() == "RATE_LIMITED"
            assert await (await socket.subscribe(text(new[3]))).next()


async def test_no_transport_parses_a_document_in_the_event_loop(settings: Settings, parsing: Parsing) -> None:
    parsing.go.set()
    free = settings.model_copy(update={"document_characters_per_minute": 10_000})
    async with open_world(free) as world:
        for number, accept in enumerate(("application/json", "text/event-stream")):
            headers = world.credentials("student-001") | {"accept": accept}
            asked = {"query": text(f"http{number}")}
            assert "errors" not in (await world.http.post("/graphql", json=asked, headers=headers)).text
            asked = {"query": text(f"get{number}")}
            assert "errors" not in (await world.http.get("/graphql", params=asked, headers=headers)).text
        async with world.socket("student-001") as socket:
            assert await (await socket.subscribe(text("socket"))).next()
    assert len(parsing.begun) == 5
    assert parsing.threads == {"documents"}
