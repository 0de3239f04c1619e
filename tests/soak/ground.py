"""The galleries of a run, which are made by the API alone: eight rooms with people inside."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from tests.soak.documents import CHAT, GALLERY, MUTATIONS, QUESTIONS, RECORDINGS, ROOM, Stream
from tests.soak.streams import SEEN

GALLERIES = 8
PATIENCE = 60  # seconds for one mutation
WHERE = '{ gallery(by: {externalId: "%s"}) { id room { id } } }'
VIEWER = "{ viewer { id } }"


@dataclass(frozen=True)
class Seat:
    """What a subscriber follows, over which transport, and what it may see: guest, members, inside or all."""

    stream: Stream
    transport: str
    sees: str


SEATS = (
    Seat(ROOM, "websocket", "inside"),
    Seat(ROOM, "sse", "members"),
    Seat(ROOM, "multipart", "guest"),
    Seat(CHAT, "eventsource", "inside"),
    Seat(ROOM, "websocket", "all"),
    Seat(GALLERY, "gql", "members"),
    Seat(RECORDINGS, "sse", "members"),
    Seat(QUESTIONS, "multipart", "inside"),
)
"""The subscribers of each gallery. Who sees all is the manager, who moderates the room and the chat too. A guest is inside,
as a speaker of the room who does not belong to the gallery."""
AWAY = (SEATS[1], SEATS[4], SEATS[6])
"""Those who stay away for a while after a backup was restored."""


@dataclass
class Place:
    """A gallery: its ids, its people, and a cursor from before the load."""

    gallery: str
    room: str
    session: str
    number: int
    begins: str
    participants: dict[str, str] = field(default_factory=dict)

    @property
    def manager(self) -> str:
        return f"manager-{self.number}"

    @property
    def student(self) -> str:
        return f"student-{self.number}-writer"

    def subscriber(self, seat: int) -> str:
        return self.manager if SEATS[seat].sees == "all" else f"student-{self.number}-{seat}"


@dataclass(frozen=True)
class Ground:
    places: list[Place]


Token = Callable[..., str]


class Caller:
    """Sends mutations to one server after the other until one is done."""

    def __init__(self, servers: Mapping[str, str], token: Token) -> None:
        self._servers, self._token, self._turns = list(servers.values()), token, count()
        self.http = httpx.AsyncClient(timeout=10, trust_env=False, verify=False)  # noqa: S501  there is no TLS

    async def query(self, who: str, document: str) -> dict[str, Any]:
        return dict(await self._answer(who, document, {}))

    async def done(self, who: str, name: str, **given: Any) -> dict[str, Any]:
        """Returns the payload. Raises TimeoutError if the mutation is refused for long."""
        async with asyncio.timeout(PATIENCE):
            while True:
                payload = (await self._answer(who, MUTATIONS[name], {"input": given}))[name]
                if not payload["userErrors"]:
                    return dict(payload)
                await asyncio.sleep(0.2)

    async def _answer(self, who: str, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        server = self._servers[next(self._turns) % len(self._servers)]
        headers = {"authorization": f"Bearer {self._token(who)}"}
        answer = await self.http.post(
            f"{server}/graphql", json={"query": document, "variables": variables}, headers=headers
        )
        body = answer.json()
        if "errors" in body:
            raise RuntimeError(body["errors"][0])
        return dict(body["data"])


async def populate(servers: Mapping[str, str], token: Token, galleries: int = GALLERIES) -> Ground:
    caller = Caller(servers, token)
    async with caller.http:
        return Ground([await _place(caller, number) for number in range(galleries)])


async def _place(caller: Caller, number: int) -> Place:
    made = Place("", "", "", number, "")
    seated = {sees: [made.subscriber(seat) for seat, each in enumerate(SEATS) if each.sees == sees] for sees in SEEN}
    inside = [made.manager, made.student, *seated["inside"], *seated["guest"]]
    people = [*inside, *seated["members"]]
    ids = {who: (await caller.query(who, VIEWER))["viewer"]["id"] for who in people}
    title = f"Soak {number}"
    course = f"soak-{number}"
    await caller.done("admin", "createGallery", title=title, externalId=course, managerIds=[ids[made.manager]])
    # A site admin sees no gallery's content.
    gallery = (await caller.query(made.manager, WHERE % course))["gallery"]
    made.gallery, made.room = gallery["id"], gallery["room"]["id"]
    for who in [each for each in people[1:] if each not in seated["guest"]]:
        await caller.done(
            made.manager, "setGalleryMember", galleryId=made.gallery, principalId=ids[who], role="CONTRIBUTOR"
        )
    form = {"enabled": True, "mode": "INTERACTIVE", "qna": "ENABLED", "groupChat": "ENABLED"}
    lists = {"chatModeratorIds": [ids[made.manager]], "speakerIds": [ids[who] for who in seated["guest"]]}
    await caller.done(made.manager, "configureRoom", galleryId=made.gallery, **lists, **form)
    for who in inside:
        entered = await caller.done(who, "enterRoom", roomId=made.room)
        made.session, made.begins = entered["session"]["id"], entered["cursor"] or made.begins
        made.participants[who] = entered["participant"]["id"]
    return made
