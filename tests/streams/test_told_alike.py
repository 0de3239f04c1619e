"""Watchers of a room that share renderings receive exactly what their own query returns (rules 4, 5, 17, 37, 48)."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, TypeAlias

import pytest

from schema.execution.impersonal import IMPERSONAL
from schema.types.rooms import RoomStatus, room_status
from tests.support.admission import lock, wait
from tests.support.recordings import open_session, start
from tests.support.shelf import Shelf
from tests.support.watchers import Watcher, all_told, watching
from tests.support.world import END, ENTER, World

SCALARS = {
    of: " ".join(sorted(fields - {"session", "recording", "shown", "playback", "limits", "startedBy"}))
    for of, fields in IMPERSONAL.items()
}
STARTED_BY = f"startedBy {{ {SCALARS['User']} }}"
SHOWN = f"shown {{ {SCALARS['ShownContent']} playback {{ {SCALARS['Playback']} }} }}"
SELECTIONS = {
    "all that is shared": f"""{SCALARS["RoomStatus"]} __typename
      session {{ {SCALARS["RoomSession"]} limits {{ {SCALARS["RoomLimits"]} }} {STARTED_BY} }}
      recording {{ {SCALARS["Recording"]} {STARTED_BY} }} {SHOWN}""",
    "who shows it": "state shown { title shownBy { user { name } } item { state } media { title } }",
    "the button": "state participantCount",
    "fragments and aliases": """open: state ...Badge ... on RoomStatus { session { ...Of since: startedAt id } }""",
    "one's own part": "state session { viewerParticipant { id state roles permissionsStale user { name email } } }",
    "the people": """session { participants { edges { node { state user { name } } } } stage { user { name } } hands { edges { node { id } } } }
      waitingCount""",
    "back to the gallery": """participantCount session { room { viewerPermissions roomModerators { source }
      gallery { title viewerRole pendingCount media { edges { node { title } } } } status { waitingCount } } }""",
    "the recording's way": "recording { id media { id } session { viewerParticipant { id } room { id } } startedBy { email } }",
}


FRAGMENTS = {
    "fragments and aliases": """
      fragment Badge on RoomStatus { waits: waitingCount session { limits { participantCapacity } } session { mode } }
      fragment Of on RoomSession { __typename by: startedBy { who: name } id }""",
}
Watchers: TypeAlias = dict[tuple[str, str], Watcher]  # by document and person

ADMITTING = ("manager", "moderator")
OTHERS = ("chatmod", "student-001", "student-002", "student-003", "visitor-001")


async def test_each_is_told_what_they_would_read(world: World) -> None:
    """Throughout a session, with people of all kinds, each with all documents at once."""
    session = ""

    async def launch() -> None:
        nonlocal session
        session = await open_session(world)

    async with AsyncExitStack() as stack:
        watchers: Watchers = {}
        for name in SELECTIONS:
            opened = await stack.enter_async_context(watching(world, [*ADMITTING, *OTHERS], watched(name)))
            watchers |= {(name, who): each for who, each in zip([*ADMITTING, *OTHERS], opened, strict=True)}
        await told_alike(world, watchers)
        await told_alike(world, watchers, launch)
        await told_alike(world, watchers, lambda: world.enter("student-001"))
        inside = {(name, who): each for (name, who), each in watchers.items() if who in ("moderator", "student-001")}
        await told_alike(world, inside, lambda: Shelf(world).show())
        await told_alike(world, watchers, lambda: lock(world, session))
        admitting = {(name, who): each for (name, who), each in watchers.items() if who in ADMITTING}
        await told_alike(world, admitting, lambda: wait(world, "student-003"))
        await told_alike(world, watchers, lambda: start(world, "moderator", session))
        await told_alike(world, watchers, lambda: world.mutate("moderator", END, session=session))


async def told_alike(world: World, watchers: Watchers, change: Callable[[], Awaitable[object]] | None = None) -> None:
    """Checks that each watcher receives the change, with what their own query then returns."""
    told = await all_told(list(watchers.values()), change)
    for (name, who), status in zip(watchers, told, strict=True):
        assert status == (await world.query(who, read(name), room=world.room))["room"]["status"], (name, who)


def watched(name: str) -> str:
    return f"subscription ($room: ID!) {{ roomStatus(roomId: $room) {{ {SELECTIONS[name]} }} }}" + FRAGMENTS.get(
        name, ""
    )


def read(name: str) -> str:
    return f"query ($room: ID!) {{ room(id: $room) {{ status {{ {SELECTIONS[name]} }} }} }}" + FRAGMENTS.get(name, "")


async def test_what_fails_in_a_field_is_told_alike_and_the_stream_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Null propagates as without sharing, and the next change is sent as usual."""
    await open_session(world)
    async with (
        watching(world, ["student-002", "student-003"], watched("the button")) as some,
        watching(world, ["student-002"], watched("one's own part")) as alone,
    ):
        watchers = [*some, *alone]
        await all_told(watchers)
        with monkeypatch.context() as patch:
            patch.setattr("schema.statuses.room_status", stateless)
            await world.query("student-001", ENTER, room=world.room)
            answers = [await watcher.next() for watcher in watchers]
        for answer in answers:
            (error,) = answer["errors"]
            assert (answer["data"], error["path"]) == (None, ["roomStatus", "state"])
            assert error["extensions"]["code"] == "INTERNAL"
        told = await all_told(watchers, partial(world.enter, "student-004"))
        assert [each["state"] for each in told] == ["OPEN"] * 3


def stateless(*arguments: Any, **named: Any) -> RoomStatus:
    """Returns a status that cannot be serialised: its state is null although it is not nullable."""
    status = room_status(*arguments, **named)
    status.state = None  # type: ignore[assignment]  # null is the fault under test
    return status
