"""Listening to the database: which statements are run, which connections are taken, what is committed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

OWN_ACCOUNT = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "SHOW")


@contextmanager
def heard(target: Any, name: str) -> Iterator[list[tuple[Any, ...]]]:
    """The arguments of each such event, as long as it is entered."""
    calls: list[tuple[Any, ...]] = []

    def note(*arguments: Any) -> None:
        calls.append(arguments)

    event.listen(target, name, note)
    try:
        yield calls
    finally:
        event.remove(target, name, note)


@contextmanager
def statements() -> Iterator[list[str]]:
    """The texts of all statements that are run, as long as it is entered; full when it is left."""
    texts: list[str] = []
    with heard(Engine, "before_cursor_execute") as calls:
        yield texts
    texts += [text for _, _, text, *_ in calls if not text.startswith(OWN_ACCOUNT)]
