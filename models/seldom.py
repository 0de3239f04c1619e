"""Log lines about trouble that can come hundreds of times a second, and then fills the log with the same words."""

import asyncio
import logging
import time

QUIET_SECONDS = 1.0


class Seldom:
    """Logs one kind of trouble at most once a second, with its count since the last line, and without a traceback.

    It is used in the event loop only.
    """

    def __init__(self, logger: logging.Logger, message: str) -> None:
        self._logger = logger
        self._message = message
        self._count = 0
        self._latest: object = None
        self._next_at = 0.0

    def warn(self, reason: object) -> None:
        """Counts the trouble, and logs it now or within a second."""
        self._count += 1
        self._latest = reason
        now = time.monotonic()
        if now >= self._next_at:
            self._write()
        elif self._count == 1:
            # Otherwise the last ones before a quiet time would never be counted.
            asyncio.get_running_loop().call_later(self._next_at - now, self._write)

    def _write(self) -> None:
        if self._count:
            fields = {"count": self._count, "reason": repr(self._latest)}
            self._logger.warning(self._message, extra={"fields": fields})
            self._count, self._latest = 0, None
            self._next_at = time.monotonic() + QUIET_SECONDS
