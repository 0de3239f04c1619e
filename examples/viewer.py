"""Someone whose page shows news as they arrive, over a stream of their own."""

import time
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeAlias

from examples.api import Api, Trouble, tell
from server.demo import PEOPLE

PATIENCE = 30  # seconds that news may take

Event: TypeAlias = dict[str, Any]


class Viewer:
    """Tells of what arrives. `told` puts an event into words, or gives none for what is not worth a line."""

    def __init__(self, api: Api, username: str, document: str, told: Callable[[Event], str], **given: object) -> None:
        self._name = PEOPLE[username]
        self._told = told
        self._news: SimpleQueue[Event | Exception] = SimpleQueue()
        events = api.listen(username, document, **given)
        Thread(target=self._listen, args=(events,), daemon=True).start()

    def _listen(self, events: Iterator[Event]) -> None:
        try:
            for event in events:
                self._news.put(event)
            self._news.put(Trouble("The stream has ended."))
        except Trouble as trouble:
            self._news.put(trouble)

    def tell_until(self, cursor: str | None) -> list[Event]:
        """Tell what has arrived, up to the event with this cursor, and give it. Nothing for a mutation without one."""
        arrived: list[Event] = []
        end = time.monotonic() + PATIENCE
        while cursor and (not arrived or arrived[-1]["cursor"] != cursor) and time.monotonic() < end:
            arrived.append(self._next())
            self._tell(arrived[-1])
        return arrived

    def tell_when(self, awaited: Callable[[Event], bool]) -> Event:
        """Tell of the first event that is awaited, and give it. Those before it are passed over."""
        end = time.monotonic() + PATIENCE
        while not awaited(event := self._next()):
            if time.monotonic() > end:
                raise Trouble(f"{self._name} has waited in vain.")
        self._tell(event)
        return event

    def _tell(self, event: Event) -> None:
        if text := self._told(event):
            tell(f"  → {self._name} gets {event['__typename']}: {text}")

    def _next(self) -> Event:
        try:
            event = self._news.get(timeout=PATIENCE)
        except Empty:
            raise Trouble(f"Nothing arrives at {self._name}.") from None
        if isinstance(event, Exception):
            raise event
        return event
