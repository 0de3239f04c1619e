"""Renderings: what streams tell is loaded and executed once for all who ask the same of it and see the same.

docs/decisions/0012-shared-renderings.md says why it is safe.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from graphql import ExecutionResult
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from models.permissions import Viewer
from schema.context import Context, Info
from schema.execution.ahead import load_ahead
from schema.execution.impersonal import Operation, impersonal_operation
from subscriptions.once import Once

T = TypeVar("T")

# Sees nothing but what is for all: what is shared by mistake is missing, and tells nobody anything.
_ANYBODY = Viewer(UUID(int=0), "anybody")


class Told(Generic[T]):
    """One thing to tell, to any number of subscribers who may all see the same of it.

    `make` gives it anew for each rendering, because loading ahead keeps on it what one document selects.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self.make = make
        self.renderings: Once[Operation, ExecutionResult] = Once()


class Telling(NamedTuple):
    """What a stream's resolver yields: what is told, and the field that it is told in."""

    told: Told[Any]
    info: Info


class StreamExecutor(StrawberryGraphQLCoreExecutionContext):
    """Executes a subscription for all that it is told. Whose answer is the viewer's own is executed for them alone."""

    _operation: Operation | None
    _telling: Telling | None = None

    def build_per_event_executor(self, payload: Telling) -> "StreamExecutor":
        """Itself: a stream tells one thing after the other, and copying it is more than most of them cost."""
        if not hasattr(self, "_operation"):
            self._operation = impersonal_operation(payload.info)
        self._telling = payload
        return self

    def execute_operation(self, serially: bool | None = None) -> Any:
        """The rendering of what it was given last, as an awaitable; of a query or mutation, what graphql-core gives."""
        telling, self._telling = self._telling, None
        return super().execute_operation(serially) if telling is None else self._rendering(*telling)

    async def _rendering(self, told: Told[Any], info: Info) -> ExecutionResult:
        if self._operation is None:
            return await self._render(told, info, info.context)
        shared = partial(self._render, told, info, replace(info.context, viewer=_ANYBODY))
        return await told.renderings.of(self._operation, shared)

    async def _render(self, told: Told[Any], info: Info, context: Context) -> ExecutionResult:
        # Closed before anything is sent: whoever is slow to take it holds no connection (rule 65).
        async with context.services.database.snapshot(context.viewer) as snapshot:
            value = await load_ahead(info, told.make(), snapshot)
        executor = super().build_per_event_executor(value)
        executor.context_value = context
        executor._relevant_sub_fields = {}  # graphql-core 3.3.2 shares it among all events, and only ever adds to it
        result: Any = executor.execute_operation(serially=False)
        rendered: ExecutionResult = await result if executor.is_awaitable(result) else result
        return rendered
