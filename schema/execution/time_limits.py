"""Time limits of operations. A slow operation is stopped at its next await, and releases what it holds."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from graphql import GraphQLError

from models.seldom import Seldom
from schema.execution.codes import RequestErrorCode

SLOW = Seldom(logging.getLogger(__name__), "operations took too many seconds, and were stopped")
SLOW_CHANGE = Seldom(logging.getLogger(__name__), "mutations took too long, and were stopped")

T = TypeVar("T")

RETRY_AFTER_SECONDS = 2
COMMITTING_SECONDS = 0.5
"""The seconds until `stop` checks again, if the deadline passes during a commit."""


class TimedOut(GraphQLError):
    """An operation was stopped because it took too long."""

    code = RequestErrorCode.TIMEOUT

    def __init__(self) -> None:
        extensions = {"code": self.code.value, "retryAfterSeconds": RETRY_AFTER_SECONDS}
        super().__init__("This took too long, and was stopped.", extensions=extensions)


@asynccontextmanager
async def in_time(seconds: float) -> AsyncIterator[None]:
    """Stops the code inside after `seconds`, and then raises TimedOut."""
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            yield
    except TimeoutError:
        if not limit.expired():
            raise
        SLOW.warn(seconds)
        raise TimedOut from None


async def run_to_its_end(work: Coroutine[Any, Any, T], ends_at: float, committing: Callable[[], bool]) -> T:
    """Returns the result of `work`, which is a change and continues even if the caller is cancelled.

    At `ends_at`, in the loop's time, the work is stopped unless it is `committing`. So the caller never has to guess
    whether a stopped change was committed.
    """
    task = asyncio.create_task(_stopped_at(ends_at, work, committing))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # The exception is read so that asyncio does not report it as never retrieved.
        raise


async def _stopped_at(ends_at: float, work: Awaitable[T], committing: Callable[[], bool]) -> T:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task
    timer: asyncio.TimerHandle
    stopped = False

    def stop() -> None:
        nonlocal timer, stopped
        if committing():
            timer = loop.call_later(COMMITTING_SECONDS, stop)
        else:
            stopped = True
            task.cancel()

    timer = loop.call_at(ends_at, stop)
    try:
        return await work
    except asyncio.CancelledError:
        if not stopped or task.cancelling() > 1:  # The process ends, and with it each task.
            raise
        SLOW_CHANGE.warn(None)
        raise TimedOut from None
    finally:
        timer.cancel()
