"""Renderings: a stream's item is loaded, executed and encoded once for all subscribers with the same operation and view.

docs/decisions/0012-shared-renderings.md says why this is safe.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

import orjson
from graphql import ExecutionResult, OperationType

from models.counts import COUNTS
from models.permissions import Viewer
from schema.context import Context, Info
from schema.execution.ahead import load_ahead
from schema.execution.compiled import CompiledExecutor
from schema.execution.impersonal import Operation, Sharing, sharing_of
from schema.execution.time_limits import in_time
from subscriptions.delivery import Item
from subscriptions.once import Once

T = TypeVar("T")

# This viewer has no rights. So a field that is shared by mistake is null or refused, and leaks nothing.
ANYBODY = Viewer(UUID(int=0), "anybody")

OPERATIONS_KEPT = 8
"""How many operations' renderings are kept of one item. A client can make up any number of operations."""


class Rendering:
    """The result of one execution, which many subscribers get.

    `item` is None if the response has errors. Only its bytes are kept: they take a tenth of the memory of the data that
    they encode.
    """

    __slots__ = ("_failed", "cursor", "item")

    def __init__(self, result: ExecutionResult, cursor: str | None = None) -> None:
        self._failed = result if result.errors else None
        self.cursor = cursor
        # orjson's own result stays as large as the buffer that it wrote to, at least 4 KiB. This makes a copy.
        self.item = None if result.errors else Item(b'{"data":%b}' % orjson.dumps(result.data), cursor)

    @property
    def result(self) -> ExecutionResult:
        """The result as graphql-core returns it."""
        return self._failed or ExecutionResult(orjson.loads(self.item.body if self.item else b"")["data"])


class Told(Generic[T]):
    """One item for any number of subscribers who all see the same of it.

    `make` returns a new object for each rendering, because loading ahead stores on the object what one document
    selects. Shared renderings are made for `viewer`.
    """

    def __init__(self, type_name: str, make: Callable[[], T], viewer: Viewer = ANYBODY) -> None:
        self.type_name = type_name
        self.make = make
        self.viewer = viewer
        self.renderings: Once[Operation, Rendering] = Once(OPERATIONS_KEPT)

    def cursor_of(self, _made: T) -> str | None:
        """Returns the cursor after which a stream of such items continues, if they have one."""
        return None


class Telling(NamedTuple):
    """The value that a stream's resolver yields: the item, and the info of the field whose value it is.

    A `personal` item may look different to this viewer, whatever is selected of it.
    """

    told: Told[Any]
    info: Info
    personal: bool = False


class StreamExecutor(CompiledExecutor):
    """Executes the items of a subscription. What depends on the viewer is executed for that viewer alone."""

    _telling: Telling | None = None

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if self.operation.operation is OperationType.SUBSCRIPTION:
            self.context_value.executor = self

    def sharing(self, info: Info) -> Sharing | None:
        """Returns which items of this subscription are shared, or None if none are."""
        if not hasattr(self, "_sharing"):
            self._sharing = sharing_of(info) if info.context.services.fast_paths else None
        return self._sharing

    def build_per_event_executor(self, payload: Telling) -> "StreamExecutor":
        """Returns this executor itself.

        A stream renders one item at a time, and a copy would cost more than most items.
        """
        self._telling = payload
        return self

    def execute_operation(self, serially: bool | None = None) -> Any:
        """Returns an awaitable of the last item's rendering. For a query or mutation, returns the result of graphql-core."""
        telling, self._telling = self._telling, None
        return super().execute_operation(serially) if telling is None else self._result(*telling)

    async def shared(self, told: Told[Any], info: Info, operation: Operation) -> Rendering:
        """Returns the rendering that is shared by all who see the same of the item."""
        make = partial(self._render, told, info, replace(info.context, viewer=told.viewer))
        return await told.renderings.of(operation, make)

    async def _result(self, told: Told[Any], info: Info, personal: bool) -> ExecutionResult:
        context, sharing = info.context, self.sharing(info)
        context.cursor = None
        if sharing and not personal and sharing.shares(told.type_name, info):
            rendering = await self.shared(told, info, sharing.operation)
            context.cursor = rendering.cursor
            return rendering.result
        COUNTS.personal_renderings += 1
        result, context.cursor = await self._execute(told, info, context)
        return result

    async def _render(self, told: Told[Any], info: Info, context: Context) -> Rendering:
        COUNTS.renderings += 1
        return Rendering(*await self._execute(told, info, context))

    async def _execute(self, told: Told[Any], info: Info, context: Context) -> tuple[ExecutionResult, str | None]:
        """Returns the item's result, and its cursor. A client that got nothing of the item gets no cursor either."""
        # The snapshot closes before anything is sent, so a slow client holds no connection to the database (rule 65).
        limits, database = context.services.limits, context.services.database
        async with in_time(limits.seconds), database.snapshot(context.viewer) as snapshot:
            value = await load_ahead(info, told.make(), snapshot)
        executor = super().build_per_event_executor(value)
        executor.context_value = context
        executor._relevant_sub_fields = {}  # graphql-core 3.3.2 shares this dict among all events and only adds to it
        result: Any = executor.execute_operation(serially=False)
        executed: ExecutionResult = await result if executor.is_awaitable(result) else result
        return executed, None if executed.data is None else told.cursor_of(value)
