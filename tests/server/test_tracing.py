"""Each operation is a span, if tracing is on."""

import builtins
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from server import tracing
from server.settings import Settings, SettingsError
from tests.support.world import ENTER, World

ABOVE = "4bf92f3577b34da6a3ce929d0e0e4736"
pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


@pytest.fixture
def exporter(settings: Settings) -> Iterator[InMemorySpanExporter]:
    found = InMemorySpanExporter()
    tracing.start(settings.model_copy(update={"tracing": True}), found)
    yield found
    tracing.stop()


async def test_operations_are_spans_below_the_callers(world: World, exporter: InMemorySpanExporter) -> None:
    headers = {
        "authorization": f"Bearer {world.token('student-001')}",
        "traceparent": f"00-{ABOVE}-00f067aa0ba902b7-01",
    }
    await world.http.post("/graphql", json={"query": "query Mine { viewer { id } }"}, headers=headers)
    await world.ask("student-001", f"mutation Refused{ENTER.removeprefix('mutation')}", room=world.gallery)
    async with world.socket("student-001") as socket:
        stream = await socket.subscribe("query OnSocket { viewer { id } }")
        await stream.next()
        await socket.unsubscribe(stream)
    tracing.stop()
    spans = {each.name: each for each in exporter.get_finished_spans()}
    assert set(spans) == {"query Mine", "mutation Refused", "query OnSocket"}
    mine = spans["query Mine"]
    assert format(mine.context.trace_id, "032x") == ABOVE
    assert dict(mine.attributes or {}) == {
        "graphql.operation.type": "query", "graphql.operation.name": "Mine", "enfilade.outcome": "OK"
    }  # fmt: skip
    assert not spans["mutation Refused"].status.is_ok


async def test_without_the_setting_nothing_is_traced(world: World) -> None:
    await world.query("student-001", "{ viewer { id } }")
    assert tracing._tracer is None


def test_without_its_packages_the_setting_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("opentelemetry"):
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SettingsError, match="otel"):
        tracing.start(settings.model_copy(update={"tracing": True}))
