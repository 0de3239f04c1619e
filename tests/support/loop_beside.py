"""A loop in a thread of its own, for what is asynchronous where nothing may be awaited: in fixtures of a whole session."""

import asyncio
import threading
from collections.abc import Coroutine
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def run_beside(work: Coroutine[Any, Any, T]) -> T:
    """Runs it in the loop of another thread, and waits: for what is not asynchronous, also while a loop runs here."""
    return asyncio.run_coroutine_threadsafe(work, _loop_beside()).result()


@cache
def _loop_beside() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="beside", daemon=True).start()
    return loop
