"""Helpers for tests of room content: documents, and functions for common mutations."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from models.tables.deadlines import Deadline, DeadlineKind
from tests.support.people import configure
from tests.support.running_session import VERBS as ON_STAGE
from tests.support.world import ENTER, Client, World

ERRORS = "cursor userErrors { code message field }"
ITEM = "id kind state title url pageCount position media { id title status } addedBy { name }"
SHOWN = """kind title url pageCount page version playback { playing positionSeconds rate setAt }
  item { id } media { id } shownBy { id user { name } }"""
ON_ITEM = ("addContent", "updateContent", "moveContent")
ON_SHOWN = ("showContent", "updateShown", "stopShowing")
LIST = f"""query ($room: ID!, $first: Int, $after: String) {{ room(id: $room) {{ shelfVisible cursor
  content(first: $first, after: $after) {{ edges {{ cursor node {{ {ITEM} }} }}
    pageInfo {{ hasNextPage endCursor }} }} }} }}"""
NODE = f"query ($id: ID!) {{ node(id: $id) {{ ... on ContentItem {{ {ITEM} gallery {{ id }} }} }} }}"
SEEN = f"""query ($room: ID!, $session: ID!) {{
  node(id: $session) {{ ... on RoomSession {{ shown {{ {SHOWN} }} }} }}
  room(id: $room) {{ cursor status {{ shown {{ {SHOWN} }} session {{ shown {{ version }} }} }} }} }}"""
EVENTS = f"""subscription ($room: ID!, $after: EventCursor) {{ roomEvents(roomId: $room, after: $after) {{
  __typename ... on Event {{ cursor }}
  ... on ContentAdded {{ itemId item {{ {ITEM} }} }} ... on ContentChanged {{ itemId item {{ {ITEM} }} }}
  ... on ContentRemoved {{ itemId }} ... on ShownChanged {{ shown {{ kind title page version
    playback {{ playing positionSeconds rate setAt }} }} }} }} }}"""
STATUS = """subscription ($room: ID!) { roomStatus(roomId: $room) {
  participantCount shown { title page version playback { positionSeconds } } } }"""


def document(verb: str) -> str:
    """Returns the mutation as clients send it."""
    answer = "contentId" if verb == "removeContent" else "participant { id onStage mayShow }"
    if verb in ON_ITEM:
        answer = f"item {{ {ITEM} }}"
    if verb in ON_SHOWN:
        answer = f"session {{ id shown {{ {SHOWN} }} }}"
    name = f"{verb[0].upper()}{verb[1:]}Input"
    return f"mutation ($input: {name}!) {{ {verb}(input: $input) {{ {answer} {ERRORS} }} }}"


VERBS = {verb: document(verb) for verb in (*ON_ITEM, "removeContent", *ON_SHOWN, "setMayShow")}
DOCUMENT: dict[str, Any] = {
    "kind": "DOCUMENT",
    "title": "The grid, in twelve pages",
    "url": "https://files.example/grid.pdf",
    "pageCount": 12,
}
IMAGE: dict[str, Any] = {"kind": "IMAGE", "title": "A poster", "url": "https://files.example/poster.png"}
LINK: dict[str, Any] = {"kind": "LINK", "title": "The syllabus", "url": "https://files.example/syllabus"}
WHITEBOARD: dict[str, Any] = {"kind": "WHITEBOARD", "title": "Sketches"}
SCREEN: dict[str, Any] = {"kind": "SCREEN", "title": "My screen"}
WITHOUT_MEDIA = (DOCUMENT, IMAGE, LINK, WHITEBOARD, SCREEN)


@dataclass
class Shelf:
    """The shelf of the demo's room, and its session, if there is one."""

    world: World
    session: str = ""
    people: dict[str, str] = field(default_factory=dict)

    async def does(self, who: str, verb: str, of: str = "", **given: Any) -> dict[str, Any]:
        """Sends a mutation, which must succeed and pass the replay check. Returns its payload."""
        return await self.world.mutate(who, VERBS[verb], input=self.input(verb, of, given))

    async def may_not(self, who: str, verb: str, of: str = "", **given: Any) -> tuple[str, list[str]]:
        """Sends a mutation, which must be refused and change nothing. Returns the code and the field."""
        refusal = await self.world.refused(who, VERBS[verb], input=self.input(verb, of, given))
        assert refusal["message"].endswith(".")
        return refusal["code"], refusal["field"][1:]

    async def tries(self, who: str, verb: str, of: str = "", **given: Any) -> str:
        """Returns the refusal's code, or "done". Skips the replay check, so that many can run at once."""
        answer = (await self.world.query(who, VERBS[verb], input=self.input(verb, of, given)))[verb]
        return str(answer["userErrors"][0]["code"]) if answer["userErrors"] else "done"

    def input(self, verb: str, of: str, given: dict[str, Any]) -> dict[str, Any]:
        """Returns the input of a mutation. `of` is an item, a session or a person, where the verb needs one."""
        match verb:
            case "addContent":
                return {"roomId": self.world.room, **given}
            case "updateShown" | "stopShowing":
                return {"sessionId": of or self.session, **given}
            case "setMayShow":
                return {"participantId": self.people.get(of, of), **given}
        return {"contentId": of, **given}

    async def add(self, who: str = "moderator", **given: Any) -> str:
        """Puts something on the shelf. Returns its id."""
        return str((await self.does(who, "addContent", **(given or DOCUMENT)))["item"]["id"])

    async def show(self, who: str = "moderator", item: str = "", **given: Any) -> dict[str, Any]:
        """Shows an item, or a new document. Returns what is shown."""
        item = item or await self.add(**DOCUMENT)
        return dict((await self.does(who, "showContent", item, **given))["session"]["shown"])

    async def moves(self, who: str = "moderator", **given: Any) -> dict[str, Any]:
        """Moves to another place of what is shown. Returns what is shown."""
        return dict((await self.does(who, "updateShown", **given))["session"]["shown"])

    async def enter(self, *people: str) -> None:
        """Lets people enter."""
        for who in people:
            entered = (await self.world.query(who, ENTER, room=self.world.room))["enterRoom"]
            self.session = entered["session"]["id"]
            self.people[who] = entered["participant"]["id"]

    async def brings_up(self, who: str, *, may_show: bool = True) -> None:
        """Brings somebody inside to the stage, and lets them show."""
        invite = {"participantId": self.people[who]}
        await self.world.query("moderator", ON_STAGE["inviteToStage"], input=invite)
        await self.world.query(who, ON_STAGE["acceptStage"], input={"roomId": self.world.room})
        if may_show:
            await self.does("moderator", "setMayShow", who, mayShow=True)

    async def shown(self, who: str = "moderator") -> dict[str, Any] | None:
        """Returns what the session shows, as `who` sees it by the session and by the room's status."""
        found = await self.world.query(who, SEEN, room=self.world.room, session=self.session)
        shown: dict[str, Any] | None = found["node"]["shown"]
        return shown

    async def in_status(self, who: str = "moderator") -> dict[str, Any] | None:
        """Returns what the room's status shows."""
        found = await self.world.query(who, SEEN, room=self.world.room, session=self.session)
        shown: dict[str, Any] | None = found["room"]["status"]["shown"]
        return shown


async def meet(world: World, *people: str) -> Shelf:
    """Launches a session with the moderator and these people inside."""
    shelf = Shelf(world)
    await shelf.enter("moderator", *people)
    return shelf


async def open_shelf(world: World, *, visible: bool = True) -> None:
    """Shows the shelf to everyone who sees the room, or hides it."""
    await configure(world, shelfVisible=visible)


async def listed(client: Client, who: str, **arguments: Any) -> list[dict[str, Any]] | None:
    """Returns the shelf as `who` sees it."""
    found = await client.query(who, LIST, room=client.room, **{"first": 100, **arguments})
    content = found["room"]["content"]
    return None if content is None else [edge["node"] for edge in content["edges"]]


async def titles(client: Client, who: str = "moderator") -> list[str] | None:
    """Returns the titles on the shelf, in order, as `who` sees them."""
    items = await listed(client, who)
    return None if items is None else [str(each["title"] or each["media"]["title"]) for each in items]


async def seen(client: Client, item: str, who: str = "moderator") -> Any:
    """Returns the item by its id, as `who` sees it."""
    return (await client.query(who, NODE, id=item))["node"]


async def due_seeks(world: World) -> int:
    """Returns how many seeks wait to be told."""
    seeks = select(func.count()).where(Deadline.kind == DeadlineKind.SHOWN_SEEK)
    return int(await world.database.reads.value(seeks))


def told_of(events: Sequence[Any]) -> list[tuple[str, Any]]:
    """Returns the kind of each event of content, with the position that a ShownChanged tells, else None."""
    return [
        (event.kind, event.shown.position_seconds if event.kind == "ShownChanged" else None)
        for event in events
        if event.kind.startswith(("Content", "Shown"))
    ]
