"""Plays random scenes in a real room and in the model, and compares the two after every step."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

from sqlalchemy import delete, update

from models.database.transaction import Transaction
from models.events.log import Entry
from models.tables.galleries import Gallery, GalleryRole, MembershipSource
from models.tables.people import Group
from models.tables.rooms import RoomMode
from models.tables.site import RoomLimits
from resolvers.members import add_members
from schema.types.ids import local_principals
from server import deadlines
from server.accounts import THE_SERVER
from tests.model.acts import Act
from tests.model.content import PAGES
from tests.model.deadlines import do, work_off
from tests.model.readings import seen
from tests.model.real_room import Ids, Play, said
from tests.model.room import Limits, Room
from tests.support.admin_mutations import ADMIN
from tests.support.people import change, id_of, local, make_group
from tests.support.shelf import DOCUMENT, VERBS
from tests.support.stored_state import read_state
from tests.support.world import CREATE, Clock, World

STUDENTS = [f"student-{number:03}" for number in range(1, 5)]
PEOPLE = ["manager", "moderator", "chatmod", "speaker", *STUDENTS, "outsider"]
LIMITS = {"INTERACTIVE": Limits(None, 4), "WEBINAR": Limits(2, 5)}


class StillClock(Clock):
    """A clock that stands still, except for a microsecond at each reading and for `advance`."""

    def __init__(self) -> None:
        super().__init__()
        self._now = datetime.now(UTC)

    def __call__(self) -> datetime:
        self._now += timedelta(microseconds=1)
        return self._now

    def advance(self, **span: float) -> None:
        self._now += timedelta(**span)


def new_room(mode: str) -> Room:
    """Returns the room at the start of every play: open, with a moderator through a group, and others of each kind."""
    return Room(
        mode=mode,
        limits=LIMITS,
        members={
            "manager": "MANAGER",
            "deputies": "MANAGER",
            "moderator": "MODERATOR",
            "chatmod": "MEMBER",
            "class": "MEMBER",
            **dict.fromkeys(STUDENTS[:3], "CONTRIBUTOR"),
        },
        groups={"assistants": {"moderator"}, "deputies": set(), "class": {STUDENTS[3]}},
        assigned={"ROOM_MODERATOR": ["assistants"], "CHAT_MODERATOR": ["chatmod"], "SPEAKER": ["speaker"]},
    )


async def limit(world: World) -> None:
    """Sets small limits, so that rooms and stages fill up soon."""
    for mode, limits in LIMITS.items():
        of_mode = update(RoomLimits).where(RoomLimits.mode == RoomMode(mode))
        values = {"stage_capacity": limits.stage, "visible_cameras": 1, "participant_capacity": limits.people}
        await change(world, of_mode.values(**values))


@asynccontextmanager
async def opened(world: World, room: Room) -> AsyncIterator[Play]:
    """Creates a gallery whose room equals the model's, and deletes it at the end."""
    users = {who: await id_of(world, who) for who in PEOPLE}
    groups = {name: await make_group(world, name, *inside) for name, inside in room.groups.items()}
    principals = users | groups
    given = {"title": "A play", "managerIds": [users["manager"]]}
    made = (await world.query("admin", CREATE, ADMIN, input=given))["createGallery"]
    gallery = local(made["galleryId"])

    async def furnish(tx: Transaction) -> None:
        members = [(each, role) for each, role in room.members.items() if each != "manager"]
        who = local_principals([principals[each] for each, _ in members])
        roles = [GalleryRole(role) for _, role in members]
        await add_members(tx, gallery, list(zip(who, roles, strict=True)), MembershipSource.MANUAL)

    async def remove(tx: Transaction) -> None:
        await tx.execute(delete(Gallery).where(Gallery.id == gallery))
        await tx.execute(delete(Group).where(Group.id.in_([local(each) for each in groups.values()])))

    await world.database.transact(THE_SERVER, "test", furnish)
    try:
        yield await _begin(world, room, Ids(made["galleryId"], "", principals))
    finally:
        await world.database.transact(THE_SERVER, "test", remove)


ROOM = "query ($gallery: ID!) { gallery(by: {id: $gallery}) { room { id version } } }"
OPEN = """mutation ($input: ConfigureRoomInput!) { configureRoom(input: $input) {
  room { version } userErrors { code } } }"""


async def _begin(world: World, room: Room, ids: Ids) -> Play:
    lists = {"roomModeratorIds": "ROOM_MODERATOR", "chatModeratorIds": "CHAT_MODERATOR", "speakerIds": "SPEAKER"}
    named = {key: [ids.principals[each] for each in room.assigned[role]] for key, role in lists.items()}
    form = {"galleryId": ids.gallery, "enabled": True, "mode": room.mode, **named}
    saved = (await world.query("manager", OPEN, input=form))["configureRoom"]
    assert saved["userErrors"] == []
    read = await world.query("manager", ROOM, gallery=ids.gallery)
    ids.room, room.version = read["gallery"]["room"]["id"], read["gallery"]["room"]["version"]
    document = {"roomId": ids.room, **DOCUMENT, "pageCount": PAGES}
    ids.item = (await world.query("manager", VERBS["addContent"], input=document))["addContent"]["item"]["id"]
    return Play(world, ids, world.clock(), await read_state(world.database))


@dataclass
class Scene:
    """A play, and the models that explain all that was seen of its room so far.

    They are several where acts were sent at once and their order shows only later, in what falls due first.
    """

    play: Play
    rooms: list[Room]
    story: list[str] = field(default_factory=list)
    seen: Counter[Any] = field(default_factory=Counter)

    @property
    def room(self) -> Room:
        return self.rooms[0]

    def rarest(self, acts: Sequence[Act]) -> Act:
        """Returns the act whose predicted outcome has been seen least so far."""
        outcomes = [self._outcome(act) for act in acts]
        place = min(range(len(acts)), key=lambda each: (self.seen[outcomes[each]] + 1) / _worth(outcomes[each]))
        self.seen[outcomes[place]] += 1
        return acts[place]

    def _outcome(self, act: Act) -> Any:
        (outcome,), room = _after(self.room, [act], [0])
        return act.verb, outcome, tuple(dict.fromkeys(each.kind for each in room.told))

    async def act(self, acts: Sequence[Act], viewers: Sequence[str]) -> list[Any]:
        """Sends acts at the same moment. The result must equal what the model predicts for one of their orders."""
        orders = [_after(room, acts, order) for room in self.rooms for order in permutations(range(len(acts)))]
        outcomes = await asyncio.gather(*(self.play.send(act) for act in acts))
        found = {"outcomes": list(outcomes), **await self._seen(viewers)}
        expected = [({"outcomes": told} | _expected(room, viewers), room) for told, room in orders]
        self.story.append(f"{acts} -> {outcomes}")
        self._keep(found, expected)
        return list(outcomes)

    async def wait(self, seconds: int, viewers: Sequence[str], *, worked_off: bool) -> None:
        """Lets time pass, processes due deadlines if `worked_off`, and compares."""
        for room in self.rooms:
            room.now += seconds
            room.told = []
            if worked_off:
                work_off(room)
        self.play.world.clock.advance(seconds=seconds)
        if worked_off:
            await deadlines.once(self.play.world.database, self.play.world.process.attendance)
        found = await self._seen(viewers)
        self.story.append(f"{seconds} s, {'worked off' if worked_off else 'not worked off'}")
        self._keep(found, [(_expected(room, viewers), room) for room in self.rooms])

    def _keep(self, found: Any, expected: Sequence[tuple[Any, Room]]) -> None:
        """Keeps the different models whose prediction was found. Fails if there are none."""
        same = [room for wanted, room in expected if wanted == found]
        if not same:
            self._fail(found, [wanted for wanted, _ in expected])
        self.rooms = [room for at, room in enumerate(same) if room not in same[:at]]

    def _fail(self, found: Any, wanted: list[Any]) -> None:
        """Fails with the differences to the nearest prediction, and the acts so far."""
        nearest = min((list(differences(found, each)) for each in wanted), key=len)
        raise AssertionError("\n".join([*self.story, *nearest]))

    async def _seen(self, viewers: Sequence[str]) -> dict[str, Any]:
        entries = await self.play.news()
        names = self.play.ids.names()
        return {
            "told": [said(entry.event, names) for entry in entries],
            "heard": {who: await self._heard(who, entries) for who in viewers},
            "seen": {who: await seen(self.play, who) for who in viewers},
        }

    async def _heard(self, who: str, entries: Sequence[Entry]) -> list[int]:
        visible = await self.play.visible_to(who)
        return [place for place, each in enumerate(entries) if visible and visible.sees(each.event.audience)]


def _after(before: Room, acts: Sequence[Act], order: Sequence[int]) -> tuple[list[Any], Room]:
    """Returns the outcomes of the acts in this order, and the room afterwards."""
    room = deepcopy(before)
    room.told = []
    outcomes = {place: do(room, acts[place]) for place in order}
    return [outcomes[place] for place in range(len(acts))], room


def _worth(outcome: tuple[str, Any, tuple[str, ...]]) -> float:
    """Weighs an outcome: acts that change something lead on; refusals for lack of rights and ended sessions do not."""
    verb, said, told = outcome
    if said in ("NOT_FOUND", "FORBIDDEN", "NOT_IN_SESSION") or verb == "endSession":
        return 0.3
    return 4 if told else 1


def differences(found: Any, wanted: Any, path: str = "") -> Iterator[str]:
    """Yields the paths at which two trees differ, with both values."""
    if isinstance(found, dict) and isinstance(wanted, dict) and found.keys() == wanted.keys():
        for key in found:
            yield from differences(found[key], wanted[key], f"{path}/{key}")
    elif isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        for place, (one, other) in enumerate(zip(found, wanted, strict=True)):
            yield from differences(one, other, f"{path}/{place}")
    elif found != wanted:
        yield f"{path}: {found} and not {wanted}"


def _expected(room: Room, viewers: Sequence[str]) -> dict[str, Any]:
    return {
        "told": [(each.kind, each.of, each.says) for each in room.told],
        "heard": {who: [at for at, each in enumerate(room.told) if room.hears(who, each)] for who in viewers},
        "seen": {who: room.shown(who) for who in viewers},
    }
