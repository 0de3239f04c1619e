"""A neighbour of attackers: another user on another address, who sends small queries and notes how long each takes."""

import json
import threading
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from types import TracebackType
from typing import Self

import psutil  # type: ignore[import-untyped]  # psutil ships no types

BODY = json.dumps({"query": "{ viewer { id } }"})
PAUSE = 0.02
LEAST = 5


class Neighbour:
    """Queries the server in a thread while it is entered, over one connection.

    `longest` is the longest wait in seconds, `most_memory` the most resident bytes of the server's process meanwhile,
    and `answers` the number of answers, at least LEAST. A query that gets no good answer counts in `failures`.
    """

    def __init__(self, port: int, token: str, process: psutil.Process) -> None:
        self.longest = 0.0
        self.answers = self.failures = self.most_memory = 0
        self._port, self._process = port, process
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._query_on)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, _type: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _query_on(self) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        while not self._over.wait(PAUSE) or self.answers < LEAST:
            began = time.monotonic()
            if not self._query(connection):
                self.failures += 1
                connection.close()
            self.longest = max(self.longest, time.monotonic() - began)
            self.answers += 1
            self.most_memory = max(self.most_memory, self._process.memory_info().rss)
        connection.close()

    def _query(self, connection: HTTPConnection) -> bool:
        with suppress(OSError, HTTPException):
            connection.request("POST", "/graphql", BODY, self._headers)
            response = connection.getresponse()
            return b'"data"' in response.read() and response.status == 200
        return False
