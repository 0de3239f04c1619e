"""Records the statements, connections and commits of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

OWN_ACCOUNT = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "SHOW")


@contextmanager
def heard(target: Any, name: str) -> Iterator[list[tuple[Any, ...]]]:
    """Yields the list of arguments of each such SQLAlchemy event, while entered."""
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
    """Yields a list, which is filled on exit with the SQL of all statements that were run while entered."""
    texts: list[str] = []
    with heard(Engine, "before_cursor_execute") as calls:
        yield texts
    texts += [text for _, _, text, *_ in calls if not text.startswith(OWN_ACCOUNT)]
