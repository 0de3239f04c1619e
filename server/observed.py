"""What is noted of each operation: its metrics, its span, and what the access log says of it.

An operation is noted as a whole. A hook for each field would more than double what a query costs.
"""

from collections import Counter as Tally
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from time import perf_counter
from typing import Any, Final
from uuid import UUID

from graphql import GraphQLError, OperationDefinitionNode, OperationType
from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

from models.errors import ErrorCode, StreamErrorCode
from schema.execution.codes import RequestErrorCode
from server import logs, tracing

disable_created_metrics()  # type: ignore[no-untyped-call]  # twice as many series, for a time that Prometheus does not read
REGISTRY: Final = CollectorRegistry()
"""All metrics of this process."""
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)
NAMES_KEPT: Final = 300
"""How many names of operations have metrics of their own. Clients make the names up, so there could be any number."""
NAMES_OF_A_USER: Final = 50
"""How many of them one user may bring. Otherwise one user could use up all names, and hide the operations of others."""
LONGEST_NAME: Final = 100
"""How many characters of a name are kept. A document may have a name that is nearly as long as the document may be."""
OTHER: Final = "other"
UNNAMED: Final = "unnamed"
"""What stands for the name of an operation without one. To Prometheus, an empty label is no label."""
OK: Final = "OK"
BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

OPERATIONS: Final = Counter(
    "enfilade_operations",
    "Operations that ended, by kind, name and outcome: OK, or the code of the first error or refusal.",
    ["kind", "operation", "outcome"],
    registry=REGISTRY,
)
ERRORS: Final = Counter(
    "enfilade_errors",
    "Operations and requests that ended with an error or a refusal, by the code of the first.",
    ["code"],
    registry=REGISTRY,
)
# Each code is there from the start: Prometheus does not count the step from nothing to one.
for _code in (*ErrorCode, *StreamErrorCode, *RequestErrorCode):
    ERRORS.labels(_code.value)
SECONDS: Final = Histogram(
    "enfilade_operation_seconds",
    "How long queries and mutations took, from admission to the answer.",
    ["kind", "operation"],
    buckets=BUCKETS,
    registry=REGISTRY,
)

# `labels` takes as long as all else that is counted. There are as many results as there are series, which are bounded.
_operations = cache(OPERATIONS.labels)
_seconds = cache(SECONDS.labels)


class Names:
    """The names of operations that have metrics of their own. All others count as "other"."""

    def __init__(self) -> None:
        self._kept: set[str] = set()
        self._brought: Tally[UUID] = Tally()

    def known(self, name: str, user: UUID) -> str:
        """Returns the name, or "other" if it is new and there is no room for it."""
        if not name:
            return UNNAMED
        if name in self._kept:
            return name
        if len(name) > LONGEST_NAME or len(self._kept) >= NAMES_KEPT or self._brought[user] >= NAMES_OF_A_USER:
            return OTHER
        self._kept.add(name)
        self._brought[user] += 1
        return name


_names = Names()


class Observation:
    """One operation, from its admission to its end."""

    __slots__ = ("_kind", "_name", "_span", "_started", "_user", "codes")

    def __init__(self, node: OperationDefinitionNode, user: UUID, headers: Mapping[str, str] | None = None) -> None:
        self._kind = node.operation
        self._user = user
        self._name = node.name.value if node.name else ""
        self._started = perf_counter()
        self.codes: list[str] = []
        shown = self._name[:LONGEST_NAME]
        logs.operation.set(shown or None)
        self._span = tracing.begin(self._kind.value, shown, headers)

    def note(self, errors: Sequence[GraphQLError] | None, data: object = None) -> None:
        """Notes the codes of a result's errors, and of its refusals."""
        if errors:
            self.codes += [code_of(each) for each in errors]
        if self._kind is OperationType.MUTATION and isinstance(data, dict):
            self.codes += [code for payload in data.values() for code in _refusals(payload)]

    def end(self) -> None:
        """Counts the operation."""
        name, kind = _names.known(self._name, self._user), self._kind.value
        outcome = _count(kind, name, self.codes)
        if self._kind is not OperationType.SUBSCRIPTION:
            _seconds(kind, name).observe(perf_counter() - self._started)
        logs.codes.set(self.codes or None)
        if self._span:
            tracing.end(self._span, outcome, failed=bool(self.codes))

    def log(self) -> None:
        """Writes a line of the access log, for an operation on a socket. A request over HTTP has its own."""
        fields = {"client": logs.client.get(), "kind": self._kind.value, "milliseconds": logs.since(self._started)}
        logs.access.info("operation", extra={"fields": fields})


@contextmanager
def observed(node: OperationDefinitionNode, user: UUID, headers: Mapping[str, str]) -> Iterator[Observation]:
    """Observes an operation while entered. What is raised counts as its outcome."""
    observation = Observation(node, user, headers)
    try:
        yield observation
    except GraphQLError as error:
        observation.note([error])
        raise
    except Exception:
        observation.codes.append("INTERNAL")
        raise
    finally:
        observation.end()


def refused(errors: Sequence[Mapping[str, Any]]) -> None:
    """Counts a request that was refused before its operation was known."""
    codes = [str(each["extensions"]["code"]) for each in errors]
    _count("unknown", UNNAMED, codes)
    logs.codes.set(codes)


def _count(kind: str, name: str, codes: Sequence[str]) -> str:
    """Counts what ended, and returns its outcome."""
    outcome = codes[0] if codes else OK
    _operations(kind, name, outcome).inc()
    if codes:
        ERRORS.labels(outcome).inc()
    return outcome


def code_of(error: GraphQLError) -> str:
    return str((error.extensions or {}).get("code", "INTERNAL"))


def _refusals(payload: object) -> Iterator[str]:
    errors = payload.get("userErrors") if isinstance(payload, dict) else None
    for each in errors or ():
        if isinstance(each, dict) and "code" in each:
            yield str(each["code"])
