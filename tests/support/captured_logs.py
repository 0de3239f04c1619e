"""Captures the log of this process, for tests that look for words in it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from server.logs import OUR_PACKAGES, JsonLines, is_fit_to_keep


@contextmanager
def talkative(libraries: int = logging.DEBUG) -> Iterator[list[str]]:
    """Yields the list of log lines: our packages log at DEBUG, libraries at the level `libraries`."""
    lines: list[str] = []

    class Noting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(JsonLines().format(record))

    handler = Noting()
    handler.addFilter(is_fit_to_keep)
    levels = {name: logging.getLogger(name).level for name in ("", *OUR_PACKAGES)}
    logging.root.addHandler(handler)
    for name in levels:
        logging.getLogger(name).setLevel(logging.DEBUG if name else libraries)
    yield lines
    logging.root.removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
