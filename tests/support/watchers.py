"""Subscriptions in this process, without a socket: a test takes each step itself and counts renderings."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager
from typing import Any

import pytest

from schema.context import Context
from schema.execution.renderings import StreamExecutor
from schema.root import schema
from server.answers import formatted
from tests.support.world import PATIENCE, World

Answer = dict[str, Any]


class Watcher:
    """One subscription in this process."""

    def __init__(self, results: AsyncGenerator[Any, None]) -> None:
        self._results = results

    async def next(self) -> Answer:
        """Returns the next response as clients get it."""
        async with asyncio.timeout(PATIENCE):
            return formatted(await anext(self._results))

    async def status(self) -> Answer:
        """Returns the next item of the only field; the response must have no errors."""
        answer = await self.next()
        assert "errors" not in answer, answer
        (item,) = answer["data"].values()
        return dict(item)


@asynccontextmanager
async def watching(
    world: World, people: Sequence[str], document: str, operation: str | None = None, **variables: Any
) -> AsyncIterator[list[Watcher]]:
    """Opens a subscription for each of these people."""
    async with AsyncExitStack() as stack:
        watchers = []
        for who in people:
            viewer = (await world.process.accounts.of_token(world.token(who))).viewer
            results: Any = await schema.subscribe(
                document,
                variable_values={"room": world.room, **variables},
                context_value=Context(world.process.services, viewer),
                operation_name=operation,
            )
            await stack.enter_async_context(aclosing(results))
            watchers.append(Watcher(results))
        yield watchers


async def all_told(watchers: Sequence[Watcher], change: Callable[[], Awaitable[object]] | None = None) -> list[Answer]:
    """Returns the next status of each watcher. Makes the change, if there is one, while all of them wait."""
    async with asyncio.TaskGroup() as group:
        waiting = [group.create_task(watcher.status()) for watcher in watchers]
        if change:
            await change()
    return [task.result() for task in waiting]


@contextmanager
def renderings() -> Iterator[list[object]]:
    """Yields the list of the viewers that a rendering was made for, while entered."""
    made: list[object] = []
    execute = StreamExecutor._execute

    async def noting(executor: StreamExecutor, told: Any, info: Any, context: Context) -> Any:
        made.append(context.viewer.name)
        return await execute(executor, told, info, context)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StreamExecutor, "_execute", noting)
        yield made
