"""Renderings: a stream's item is loaded and executed once for all subscribers with the same operation and view.

docs/decisions/0012-shared-renderings.md says why this is safe.
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
from schema.execution.time_limits import in_time
from subscriptions.once import Once

T = TypeVar("T")

# This viewer has no rights. So a field that is shared by mistake is null or refused, and leaks nothing.
_ANYBODY = Viewer(UUID(int=0), "anybody")


class Told(Generic[T]):
    """One item for any number of subscribers who all see the same of it.

    `make` returns a new object for each rendering, because loading ahead stores on the object what one document
    selects.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self.make = make
        self.renderings: Once[Operation, ExecutionResult] = Once()


class Telling(NamedTuple):
    """The value that a stream's resolver yields: the item, and the info of the field whose value it is."""

    told: Told[Any]
    info: Info


class StreamExecutor(StrawberryGraphQLCoreExecutionContext):
    """Executes the items of a subscription. A document that depends on the viewer is executed for that viewer alone."""

    _operation: Operation | None
    _telling: Telling | None = None

    def build_per_event_executor(self, payload: Telling) -> "StreamExecutor":
        """Returns this executor itself.

        A stream renders one item at a time, and a copy would cost more than most items.
        """
        if not hasattr(self, "_operation"):
            self._operation = impersonal_operation(payload.info)
        self._telling = payload
        return self

    def execute_operation(self, serially: bool | None = None) -> Any:
        """Returns an awaitable of the last item's rendering. For a query or mutation, returns the result of graphql-core."""
        telling, self._telling = self._telling, None
        return super().execute_operation(serially) if telling is None else self._rendering(*telling)

    async def _rendering(self, told: Told[Any], info: Info) -> ExecutionResult:
        if self._operation is None:
            return await self._render(told, info, info.context)
        shared = partial(self._render, told, info, replace(info.context, viewer=_ANYBODY))
        return await told.renderings.of(self._operation, shared)

    async def _render(self, told: Told[Any], info: Info, context: Context) -> ExecutionResult:
        # The snapshot closes before anything is sent, so a slow client holds no connection to the database (rule 65).
        limits, database = context.services.limits, context.services.database
        async with in_time(limits.seconds), database.snapshot(context.viewer) as snapshot:
            value = await load_ahead(info, told.make(), snapshot)
        executor = super().build_per_event_executor(value)
        executor.context_value = context
        executor._relevant_sub_fields = {}  # graphql-core 3.3.2 shares this dict among all events and only adds to it
        result: Any = executor.execute_operation(serially=False)
        rendered: ExecutionResult = await result if executor.is_awaitable(result) else result
        return rendered
