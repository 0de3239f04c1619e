"""An event loop in a thread of its own, so that synchronous code can run coroutines, as session fixtures need."""

import asyncio
import threading
from collections.abc import Coroutine
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def run_beside(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine in the other thread's loop, and waits for it; this also works while a loop runs here."""
    return asyncio.run_coroutine_threadsafe(work, _loop_beside()).result()


@cache
def _loop_beside() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="beside", daemon=True).start()
    return loop
