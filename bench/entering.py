"""Part 6: a webinar begins. People enter within ten seconds, each with the room's status, chat and questions open."""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import orjson

from bench import servers
from bench.callers import Callers, request
from bench.documents import ANSWER, ASK, CHAT, ENTER, POST, PUBLISH, QUESTIONS, STATUS
from bench.figures import Row, spread
from bench.load import Loop, now
from bench.room import TEXT
from bench.site import HOST, POSTGRESQL, SQLITE, Sites, let_in, name_of, token_of
from bench.subscribers import Subscriber
from server.demo_people import PEOPLE
from server.settings import Settings
from tests.support.services import Server

TITLE = "People enter a webinar, each with `roomStatus`, `chat` and `questions` open"
OURS = "Enfilade"
PEOPLE_WITHIN, QUICK_PEOPLE_WITHIN = (300, 10.0), (100, 4.0)
CHATTING = 1.0  # messages a second meanwhile
CHATMOD = "chatmod"
COLUMNS = {
    "database": "database",
    "people": "people",
    "within": "within, s",
    "took": "the last was in after, s",
    "enter_p50_ms": "`enterRoom` p50, ms",
    "enter_p99_ms": "p99, ms",
    "cpu": "CPU of the server, s",
    "cpu_ms": "CPU for each person, ms",
    "told": "messages delivered",
    "blind": "did not see all",
}


def measure(sites: Sites, *, quick: bool, only: Sequence[str] = ()) -> Iterator[Row]:
    """Yields a row for each database."""
    del only  # no peer has a room
    count, within = QUICK_PEOPLE_WITHIN if quick else PEOPLE_WITHIN
    for database in [SQLITE] if quick else [SQLITE, POSTGRESQL]:
        settings = sites.new(database)
        room = asyncio.run(let_in(settings, 0))
        with servers.ours(settings) as server:
            figures = Load(server, settings, room, count).figures(within)
            yield {"server": OURS, "database": database, "people": count, "within": within} | figures


def compared(rows: Sequence[Row]) -> Sequence[Row]:
    return rows


class Load:
    """People who enter, and what each of them has seen."""

    def __init__(self, server: Server, settings: Settings, room: str, count: int) -> None:
        self._loop, self._server, self._settings = Loop(), server, settings
        self._callers = Callers(self._loop, server.port, 64)
        self._room, self._count = room, count
        variables = {"room": room}
        self._operations = [(document, variables) for document in (STATUS, CHAT, QUESTIONS)]
        self._taken: list[float] = []
        self._inside: list[Subscriber] = []
        self._told = 0
        self._seen: dict[int, set[str]] = {number: set() for number in range(count)}
        self._posted = 0

    def figures(self, within: float) -> dict[str, Any]:
        """Lets them enter evenly over `within` seconds while the host posts. Then checks what all have seen."""
        self._do(CHATMOD, ENTER)
        used, begin = servers.cpu_seconds(self._server), now()
        for number in range(self._count):
            self._loop.at(begin + number * within / self._count, partial(self._enter, number))
        for place in range(round(within * CHATTING)):
            self._loop.at(begin + place / CHATTING, self._chat)
        self._loop.run(lambda: now() - begin >= within and self._all_inside(), 120)
        took = max(subscriber.subscribed for subscriber in self._inside) - begin
        self._loop.run(self._status_seen, 60)
        used = servers.cpu_seconds(self._server) - used
        self._say_last()
        self._loop.run(lambda: not self._blind(), 30)
        return {
            "took": took,
            "cpu": used,
            "cpu_ms": used / self._count * 1e3,
            "told": self._told,
            "blind": self._blind(),
            **spread(self._taken, "enter_"),
        }

    def _enter(self, number: int) -> None:
        token = token_of(self._settings, name_of(number))

        def entered(elapsed: float, answer: bytes) -> None:
            if b'"userErrors":[]' not in answer:
                raise RuntimeError(f"Somebody could not enter: {answer!r}")
            self._taken.append(elapsed)
            subscriber = Subscriber(self._loop, self._server.port, token, self._operations, self._hear, _fail, number)
            self._inside.append(subscriber)
            subscriber.open()

        body = {"query": ENTER, "variables": {"room": self._room}}
        self._callers.send(request(token, body), entered)

    def _chat(self) -> None:
        self._posted += 1
        variables = {"room": self._room, "text": TEXT.format(self._posted)}
        self._callers.send(request(self._token(HOST), {"query": POST, "variables": variables}), lambda *_: None)

    def _say_last(self) -> None:
        # All of them must see the last message and the last question. The streams need a moment after they are opened.
        self._loop.wait(1)
        self._do(HOST, POST, text="The last message.")
        asked = self._do(name_of(0), ASK, text="The last question?")["question"]["id"]
        replied = self._do(CHATMOD, ANSWER, question=asked)["question"]["replies"]["edges"][0]["node"]["id"]
        self._do(CHATMOD, PUBLISH, question=asked, reply=replied)

    def _do(self, who: str, document: str, **variables: str) -> Any:
        """Runs a mutation and returns its payload."""
        got: list[bytes] = []
        body = {"query": document, "variables": {"room": self._room, **variables}}
        self._callers.send(request(self._token(who), body), lambda _elapsed, answer: got.append(answer))
        self._loop.run(lambda: bool(got), 30)
        answer = orjson.loads(got[0])
        if "errors" in answer or any(payload["userErrors"] for payload in answer["data"].values()):
            raise RuntimeError(f"{who} was refused: {answer}")
        (payload,) = answer["data"].values()
        return payload

    def _token(self, who: str) -> str:
        return token_of(self._settings, who, PEOPLE.get(who))

    def _all_inside(self) -> bool:
        return len(self._inside) == self._count and all(subscriber.subscribed for subscriber in self._inside)

    def _status_seen(self) -> bool:
        return all("status" in seen for seen in self._seen.values())

    def _blind(self) -> int:
        return sum(seen < {"status", "message", "question"} for seen in self._seen.values())

    def _hear(self, subscriber: Subscriber, message: bytes) -> None:
        self._told += 1
        seen = self._seen[subscriber.name]
        if b'"participantCount":%d' % (self._count + 2) in message:  # with the host and the chat moderator
            seen.add("status")
        elif b"The last message." in message:
            seen.add("message")
        elif b"AnswerPublished" in message:
            seen.add("question")


def _fail(_subscriber: Subscriber, message: bytes) -> None:
    raise RuntimeError(f"A stream ended: {message!r}")
