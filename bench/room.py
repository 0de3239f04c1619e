"""The load of a room: subscribers of its chat, and authors who post. It knows what arrived where, and when."""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from itertools import count

from bench.callers import Callers, request
from bench.documents import CHAT, POST
from bench.load import Loop, now
from bench.site import name_of, token_of
from bench.subscribers import Subscriber
from server.settings import Settings

CONNECTING = 50
PATIENCE = 30.0  # seconds until what has not arrived counts as lost
# `~000123~` tells which post it is. The rest makes the message of the length that people write.
TEXT = "~{:06}~ I would take out half of the colours."


class Posts:
    """The posts of one phase: when each was sent, acknowledged and received."""

    def __init__(self, subscribers: int) -> None:
        self.subscribers = subscribers
        self.sent: dict[int, float] = {}
        self.acknowledged: list[float] = []
        self.received: list[float] = []
        self.missing: Counter[int] = Counter()
        self.refused: list[bytes] = []
        self.last_at = now()

    @property
    def arrived(self) -> int:
        """How many posts have arrived at all subscribers."""
        return len(self.sent) - len(self.missing)

    @property
    def answered(self) -> int:
        return len(self.acknowledged) + len(self.refused)

    def complete(self) -> bool:
        return not self.missing and self.answered == len(self.sent)

    def lost(self) -> int:
        return sum(left for left in self.missing.values() if left > 0)

    def repeated(self) -> int:
        return -sum(left for left in self.missing.values() if left < 0)


class Room:
    """Sockets that subscribe to the chat of one room, and connections that post `text` into it."""

    text = TEXT

    def __init__(self, ports: Sequence[int], settings: Settings, room: str, authors: int = 8) -> None:
        self.loop, self.settings, self.room = Loop(), settings, room
        self._ports = ports
        self._tokens = [token_of(settings, name_of(author)) for author in range(authors)]
        self._callers = [Callers(self.loop, port, 1 + authors // len(ports)) for port in ports]
        self._numbers = count(1)
        self.subscribers: list[Subscriber] = []
        self.posts = Posts(0)
        self.broken: list[bytes] = []
        self.unsure: set[int] = set()  # posts that were refused, or not answered before the connection broke
        self._probed: set[int] = set()

    def connect(self, count: int) -> None:
        """Adds subscribers until there are `count`, and waits until each of them hears what is posted."""
        tokens = (token_of(self.settings, name_of(number)) for number in range(len(self.subscribers), count))
        chat = [(CHAT, {"room": self.room})]
        waiting = deque(
            Subscriber(self.loop, self._port(number), token, chat, self._hear, self._end, number)
            for number, token in enumerate(tokens, len(self.subscribers))
        )
        opened: list[Subscriber] = []

        def subscribed() -> bool:
            pending = sum(not each.subscribed for each in opened[-2 * CONNECTING :])
            while waiting and pending < CONNECTING:
                opened.append(waiting.popleft())
                opened[-1].open()
                pending += 1
            return not waiting and all(each.subscribed for each in opened)

        self._require(self.loop.run(subscribed, 120), "not all sockets could subscribe")
        self.subscribers += opened
        self._probe()

    def _port(self, number: int) -> int:
        return self._ports[number % len(self._ports)]

    def _probe(self) -> None:
        # The protocol does not acknowledge a subscription. So posts show that it works: the first few may miss someone.
        self._probed = set()
        for _ in range(60):
            self.post()
            if self.loop.run(lambda: len(self._probed) == len(self.subscribers), 1):
                break
        self._require(len(self._probed) == len(self.subscribers), "not all subscribers hear what is posted")
        self.loop.wait(0.5)
        self._probed = set()
        self.posts = Posts(len(self.subscribers))

    def post(self, author: int | None = None, then: Callable[[], None] = lambda: None) -> None:
        """Posts the next message, by the authors in turn if none is given. Calls `then` when it is answered."""
        posts, number = self.posts, next(self._numbers)
        author = number % len(self._tokens) if author is None else author
        body = {"query": POST, "variables": {"room": self.room, "text": self.text.format(number)}}
        data = request(self._tokens[author], body)
        posts.sent[number] = now()
        if posts.subscribers:
            posts.missing[number] = posts.subscribers

        def answered(seconds: float, answer: bytes) -> None:
            taken = b'"errors"' not in answer and b'"userErrors":[]' in answer
            if taken:
                posts.acknowledged.append(seconds)
            else:
                posts.refused.append(answer)
                self.unsure.add(number)
                posts.missing.pop(number, None)
            then()

        self._callers[author % len(self._ports)].send(data, answered)

    def phase(self) -> Posts:
        """Begins to count anew. Returns what will be counted."""
        self.posts = Posts(len(self.subscribers))
        return self.posts

    def paced(self, rate: float, seconds: float) -> Posts:
        """Posts at this rate, whatever is answered. Waits until everything has arrived."""
        posts, begin = self.phase(), now()
        for place in range(round(rate * seconds)):
            self.loop.at(begin + place / rate, self.post)
        self.loop.wait(seconds)
        self.loop.run(posts.complete, PATIENCE)
        return posts

    def flat_out(self, in_flight: int, seconds: float) -> tuple[Posts, float]:
        """Posts as fast as everything arrives: `in_flight` posts are under way. Returns also the seconds it took."""
        posts, begin = self.phase(), now()

        def over() -> bool:
            while len(posts.sent) - min(posts.arrived, posts.answered) < in_flight:
                self.post()
            return now() - begin >= seconds

        self.loop.run(over, seconds + 5)
        self.loop.run(posts.complete, PATIENCE)
        return posts, now() - begin

    def written(self, writers: int, seconds: float) -> tuple[Posts, float]:
        """Lets this many authors post, each its next message when the last one is answered. Returns also the seconds."""
        posts, begin = self.phase(), now()

        def write(author: int) -> None:
            if now() - begin < seconds:
                self.post(author, lambda: write(author))

        for author in range(writers):
            write(author)
        self.loop.run(lambda: now() - begin >= seconds and posts.answered == len(posts.sent), seconds + PATIENCE)
        took = now() - begin
        self.loop.run(posts.complete, PATIENCE)
        return posts, took

    def close(self) -> None:
        for callers in self._callers:
            callers.close()
        for subscriber in self.subscribers:
            subscriber.close()

    def _hear(self, subscriber: Subscriber, message: bytes) -> None:
        # This runs for each delivery, so it does as little as it can.
        place = message.find(b"~")
        if place < 0:
            return
        moment, posts, number = now(), self.posts, int(message[place + 1 : place + 7])
        if number in posts.sent:
            posts.received.append(moment - posts.sent[number])
            posts.last_at = moment
            if posts.missing[number] == 1:
                del posts.missing[number]
            else:
                posts.missing[number] -= 1
        self._probed.add(subscriber.name)

    def _end(self, _subscriber: Subscriber, message: bytes) -> None:
        self.broken.append(message)

    def _require(self, holds: bool, what: str) -> None:
        if not holds or self.broken:
            raise RuntimeError(
                f"{what}; broken: {len(self.broken)} {self.broken[:1]}; refused: {self.posts.refused[:1]}"
            )
