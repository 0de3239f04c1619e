"""OpenTelemetry: a span for each operation. It needs the packages of the extra `otel`, and ENFILADE_TRACING=true.

Where spans go is set by OpenTelemetry's own variables, such as OTEL_EXPORTER_OTLP_ENDPOINT.
"""

from collections.abc import Mapping
from typing import Any

from server.settings import Settings, SettingsError
from server.version import VERSION

_tracer: Any = None  # OpenTelemetry's classes are there only with the extra

MISSING = "ENFILADE_TRACING needs the packages of the extra `otel`: pip install -r requirements-otel.lock."


def start(settings: Settings, exporter: Any = None) -> None:
    """Makes a span of each operation from now on, if tracing is on. Raises SettingsError without the packages.

    `exporter` takes the spans in place of the one for OTLP over HTTP.
    """
    global _tracer  # noqa: PLW0603  there is one tracer in a process, as OpenTelemetry has it
    if not settings.tracing:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415  an extra
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415  an extra
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415  an extra
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415  an extra
    except ImportError:
        raise SettingsError(MISSING) from None
    provider = TracerProvider(resource=Resource.create({"service.name": "enfilade", "service.version": VERSION}))
    provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter()))
    _tracer = provider.get_tracer("enfilade", VERSION)
    _providers.append(provider)


_providers: list[Any] = []


def stop() -> None:
    """Sends what is left, and makes no more spans."""
    global _tracer  # noqa: PLW0603  as above
    _tracer = None
    while _providers:
        _providers.pop().shutdown()


def begin(kind: str, name: str, headers: Mapping[str, str] | None) -> Any:
    """Starts an operation's span, below the one that the request's `traceparent` names. Returns None without tracing."""
    if _tracer is None:
        return None
    from opentelemetry.propagate import extract  # noqa: PLC0415  an extra
    from opentelemetry.trace import SpanKind  # noqa: PLC0415  an extra

    attributes = {"graphql.operation.type": kind, "graphql.operation.name": name}
    return _tracer.start_span(
        f"{kind} {name}".strip(), context=extract(dict(headers or {})), kind=SpanKind.SERVER, attributes=attributes
    )


def end(span: Any, outcome: str, *, failed: bool) -> None:
    """Ends a span. `outcome` is OK, or the code of the first error."""
    from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415  an extra

    span.set_attribute("enfilade.outcome", outcome)
    span.set_status(Status(StatusCode.ERROR, outcome) if failed else Status(StatusCode.OK))
    span.end()
