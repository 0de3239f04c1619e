"""A person whose page shows events as they arrive, over a stream of its own."""

import time
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeAlias

from examples.api import Api, Trouble, tell
from server.demo_people import PEOPLE

PATIENCE = 30  # seconds until waiting for an event fails

Event: TypeAlias = dict[str, Any]


class Viewer:
    """Prints the events of a stream. `told` returns an event's text, or an empty one if no line is to be printed."""

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
        """Prints the events up to the one with this cursor. Returns them. Without a cursor it does nothing."""
        arrived: list[Event] = []
        end = time.monotonic() + PATIENCE
        while cursor and (not arrived or arrived[-1]["cursor"] != cursor) and time.monotonic() < end:
            arrived.append(self._next())
            self._tell(arrived[-1])
        return arrived

    def tell_when(self, awaited: Callable[[Event], bool]) -> Event:
        """Prints the first awaited event. Returns it. Events before it are skipped."""
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
