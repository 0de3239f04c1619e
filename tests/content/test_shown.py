"""What a session shows, by whom, and at which place (rules 12, 32, 40, 59, 62, 64, 70 to 73)."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from models.events.content import ShownChanged
from tests.support.media import GOOD, UPDATE, VIDEO, add, ids_of
from tests.support.people import absent, events_since, log_head
from tests.support.recordings import kinds
from tests.support.running_session import VERBS as ON_STAGE
from tests.support.shelf import DOCUMENT, IMAGE, LINK, SCREEN, WHITEBOARD, Shelf, meet, told_of
from tests.support.statement_counts import statements_of
from tests.support.world import END, LEAVE, World


async def test_one_thing_is_shown_at_a_time_page_by_page(world: World) -> None:
    """Rule 70: showing another replaces it, and everyone inside sees the same."""
    shelf = await meet(world, "student-001")
    document, screen = await shelf.add(), await shelf.add(**SCREEN)
    head = await log_head(world)
    shown = await shelf.show(item=document)
    assert {key: shown[key] for key in ("kind", "title", "url", "pageCount", "page", "version")} == {
        **{key: DOCUMENT[key] for key in ("kind", "title", "url", "pageCount")}, "page": 1, "version": 1,
    }  # fmt: skip
    assert (shown["playback"], shown["item"]["id"], shown["shownBy"]["user"]["name"]) == (
        None,
        document,
        "Timo Assistant",
    )
    for page in (2, 3, 12):
        assert (await shelf.moves(page=page))["page"] == page
    assert (await shelf.does("moderator", "updateShown", page=12))["cursor"] is None
    of_student = await shelf.shown("student-001")
    assert of_student == await shelf.in_status("student-001") == {**(await shelf.shown() or {}), "item": None}
    shown = await shelf.show(item=screen)
    assert (shown["title"], shown["page"], shown["version"]) == (SCREEN["title"], None, 5)
    assert (await shelf.does("moderator", "stopShowing"))["session"]["shown"] is None
    assert (await shelf.does("moderator", "stopShowing"))["cursor"] is None
    assert await shelf.shown() is None
    assert kinds(await events_since(world, head)) == ["ShownChanged"] * 5 + ["ShownEnded"]
    assert (await shelf.show(item=document, page=7))["version"] == 6


async def test_a_place_that_something_does_not_have_is_refused_by_name(world: World) -> None:
    """Rule 70: a page beyond the last, a place of what does not play, and more."""
    shelf = await meet(world)
    for given, bad in (
        (DOCUMENT, {"page": 13}), (DOCUMENT, {"page": 0}), (DOCUMENT, {"playing": True}), (IMAGE, {"page": 2}),
        (LINK, {"page": 1}), (WHITEBOARD, {"positionSeconds": 0.0}), (SCREEN, {"rate": 1.0}),
    ):  # fmt: skip
        item = await shelf.add(**given)
        assert await shelf.may_not("moderator", "showContent", item, **bad) == ("INVALID", [*bad])
        await shelf.show(item=item)
        assert await shelf.may_not("moderator", "updateShown", **bad) == ("INVALID", [*bad])
    (video,) = await ids_of(world, VIDEO)
    await shelf.show(item=await shelf.add(kind="MEDIA", mediaId=video))
    for bad in ({"positionSeconds": -0.1}, {"positionSeconds": 754.5}, {"rate": 0.2}, {"rate": 4.1}, {"page": 1}):
        assert await shelf.may_not("moderator", "updateShown", **bad) == ("INVALID", [*bad])


async def test_a_late_joiner_computes_where_a_video_stands(world: World) -> None:
    """Rule 70: playing or paused, position and rate, as of a server time."""
    shelf = await meet(world)
    (video,) = await ids_of(world, VIDEO)
    shown = await shelf.show(item=await shelf.add(kind="MEDIA", mediaId=video))
    assert shown["title"] == VIDEO
    assert shown["playback"] | {"setAt": ""} == {"playing": False, "positionSeconds": 0, "rate": 1, "setAt": ""}
    begun = (await shelf.moves(playing=True, positionSeconds=60.0, rate=2.0))["playback"]
    world.clock.advance(seconds=30)
    await shelf.enter("student-001")
    late = (await shelf.shown("student-001") or {})["playback"]
    assert late == begun
    assert where(late, world) == pytest.approx(120, abs=20)
    paused = (await shelf.moves(playing=False))["playback"]
    assert (paused["playing"], paused["positionSeconds"]) == (False, pytest.approx(where(begun, world), abs=20))
    assert paused["setAt"] > begun["setAt"]
    await shelf.moves(playing=True)
    world.clock.advance(hours=1)
    assert (await shelf.moves(playing=False))["playback"]["positionSeconds"] == 754  # its end
    assert (await shelf.does("moderator", "updateShown", playing=False, positionSeconds=754.0))["cursor"] is None


def where(playback: dict[str, Any], world: World) -> float:
    """Returns where a client computes that the video is now."""
    since = (world.clock() - datetime.fromisoformat(playback["setAt"])).total_seconds()
    return float(playback["positionSeconds"] + playback["rate"] * since)


async def test_the_stage_shows_by_leave_of_a_moderator(world: World) -> None:
    """Rules 70, 71: somebody on the stage shows and turns pages once they may; others may not, nor before or after."""
    shelf = await meet(world, "student-001", "student-002")
    item, other = await shelf.add(), await shelf.add(**LINK)
    assert await shelf.may_not("moderator", "setMayShow", "student-001", mayShow=True) == (
        "CONFLICT",
        ["participantId"],
    )
    await shelf.brings_up("student-001", may_show=False)
    assert await shelf.may_not("student-001", "showContent", item) == ("NOT_FOUND", ["contentId"])
    assert await shelf.may_not("student-001", "setMayShow", "student-001", mayShow=True) == (
        "FORBIDDEN",
        ["participantId"],
    )
    told = await shelf.does("moderator", "setMayShow", "student-001", mayShow=True)
    assert told["participant"] == {"id": shelf.people["student-001"], "onStage": True, "mayShow": True}
    assert (await shelf.does("moderator", "setMayShow", "student-001", mayShow=True))["cursor"] is None
    shown = await shelf.show("student-001", item)
    assert (shown["item"]["id"], shown["shownBy"]["id"]) == (item, shelf.people["student-001"])
    assert (await shelf.moves("student-001", page=2))["page"] == 2
    for verb in ("updateShown", "stopShowing"):
        assert await shelf.may_not("student-002", verb) == ("FORBIDDEN", ["sessionId"])
    assert await shelf.may_not("student-001", "addContent", **SCREEN) == ("FORBIDDEN", ["roomId"])
    assert await shelf.may_not("student-001", "removeContent", item) == ("FORBIDDEN", ["contentId"])
    assert (await shelf.moves("moderator", page=3))["page"] == 3
    await shelf.show("moderator", other)
    for verb in ("updateShown", "stopShowing"):
        assert await shelf.may_not("student-001", verb) == ("FORBIDDEN", ["sessionId"])
    await shelf.show("student-001", item)
    await shelf.does("student-001", "stopShowing")
    await shelf.does("moderator", "setMayShow", "student-001", mayShow=False)
    assert await shelf.may_not("student-001", "showContent", item) == ("NOT_FOUND", ["contentId"])


async def steps_down(shelf: Shelf) -> None:
    await shelf.world.mutate("student-001", ON_STAGE["leaveStage"], input={"roomId": shelf.world.room})


async def is_taken_off(shelf: Shelf) -> None:
    given = {"participantId": shelf.people["student-001"]}
    await shelf.world.mutate("moderator", ON_STAGE["removeFromStage"], input=given)


async def leaves(shelf: Shelf) -> None:
    await shelf.world.mutate("student-001", LEAVE, room=shelf.world.room)


async def may_no_more(shelf: Shelf) -> None:
    await shelf.does("moderator", "setMayShow", "student-001", mayShow=False)


@pytest.mark.parametrize("goes", [steps_down, is_taken_off, leaves, may_no_more])
async def test_what_is_shown_ends_when_its_shower_leaves_the_stage(world: World, goes: Any) -> None:
    """Rule 72: or may show no more; but what a room moderator showed stays, and the right has to be given anew."""
    shelf = await meet(world, "student-001")
    item = await shelf.add()
    await shelf.brings_up("student-001")
    await shelf.show("student-001", item)
    head = await log_head(world)
    await goes(shelf)
    assert [kind for kind, _ in told_of(await events_since(world, head))] == ["ShownEnded"]
    assert await shelf.shown() is None
    await shelf.enter("student-001")
    if goes is not may_no_more:
        await shelf.brings_up("student-001", may_show=False)
    assert await shelf.may_not("student-001", "showContent", item) == ("NOT_FOUND", ["contentId"])
    await shelf.does("moderator", "setMayShow", "student-001", mayShow=True)
    await shelf.show("student-001", item)
    await shelf.show("moderator", item)
    await goes(shelf)
    assert (await shelf.shown() or {})["version"] == 3


async def test_what_a_moderator_shows_stays_though_they_leave_the_stage(world: World) -> None:
    """Rule 72: also a moderator who was let show like the others."""
    shelf = await meet(world, "manager")
    await shelf.brings_up("manager")
    await shelf.show("manager")
    await world.mutate("manager", ON_STAGE["leaveStage"], input={"roomId": world.room})
    await world.mutate("manager", LEAVE, room=world.room)
    assert (await shelf.shown() or {})["page"] == 1


async def test_the_end_of_a_session_ends_what_it_shows(world: World) -> None:
    """Rules 38, 40, 72: before SessionEnded; nothing is shown in it afterwards, and the next one begins without."""
    shelf = await meet(world)
    item = await shelf.add()
    await shelf.show(item=item)
    head = await log_head(world)
    await world.mutate("moderator", END, session=shelf.session)
    assert kinds(await events_since(world, head)) == ["ShownEnded", "SessionEnded"]
    assert await shelf.shown() is None
    assert await shelf.may_not("moderator", "showContent", item) == ("SESSION_ENDED", ["contentId"])
    ended = shelf.session
    await shelf.enter("moderator")
    for verb in ("updateShown", "stopShowing"):
        assert await shelf.may_not("moderator", verb, ended) == ("SESSION_ENDED", ["sessionId"])
        assert await shelf.may_not("moderator", verb, absent("RoomSession")) == ("NOT_FOUND", ["sessionId"])
    assert await shelf.shown() is None
    assert await shelf.may_not("moderator", "updateShown", page=1) == ("CONFLICT", ["sessionId"])
    assert (await shelf.show(item=item))["version"] == 1


async def test_showing_needs_to_be_inside(world: World) -> None:
    """Rules 70, 72: for moderators too; what is shown is for those inside, in the status and for late joiners."""
    shelf = await meet(world)
    item = await shelf.add()
    assert await shelf.may_not("manager", "showContent", item) == ("NOT_IN_SESSION", ["contentId"])
    await shelf.show(item=item)
    for verb in ("updateShown", "stopShowing"):
        assert await shelf.may_not("manager", verb) == ("NOT_IN_SESSION", ["sessionId"])
    assert [await shelf.shown("manager"), await shelf.in_status("manager")] == [None, None]
    await shelf.enter("manager", "student-001")
    for who in ("manager", "student-001"):
        assert (await shelf.in_status(who) or {})["page"] == 1
    await world.mutate("student-001", LEAVE, room=world.room)
    assert await shelf.in_status("student-001") is None
    assert (await shelf.shown("student-001") or {})["page"] == 1  # as what was said, for those who were inside
    assert await shelf.shown("student-009") is None


async def test_of_two_who_act_at_once_the_later_holds(world: World) -> None:
    """Rule 71: each turn of a page has its event; `expectedVersion` lets one of them win."""
    shelf = await meet(world, "manager")
    await shelf.show()
    head = await log_head(world)
    turns = [shelf.tries(who, "updateShown", page=page) for who, page in (("moderator", 2), ("manager", 3)) * 2]
    assert await asyncio.gather(*turns) == ["done"] * 4
    told = await events_since(world, head)
    shown = await shelf.shown() or {}
    last = told[-1]
    assert isinstance(last, ShownChanged)
    assert (last.shown.page, last.shown.version) == (shown["page"], shown["version"])
    version = shown["version"]
    careful = [
        shelf.tries(who, "updateShown", page=page, expectedVersion=version)
        for who, page in (("moderator", 7), ("manager", 8))
    ]
    assert sorted(await asyncio.gather(*careful)) == ["CONFLICT", "done"]
    stale = {"expectedVersion": version}
    item = shown["item"]["id"]
    for verb, of in (("updateShown", ""), ("stopShowing", ""), ("showContent", item)):
        assert await shelf.may_not("moderator", verb, of, **stale) == ("CONFLICT", ["expectedVersion"])
    assert await shelf.may_not("moderator", "showContent", item, expectedVersion=0) == ("CONFLICT", ["expectedVersion"])
    await shelf.does("moderator", "stopShowing", expectedVersion=version + 1)
    await shelf.show(item=item, expectedVersion=0)


async def test_what_is_shown_changes_with_its_item(world: World) -> None:
    """Rules 64, 68, 69: new words, fewer pages, a renamed medium; and it ends when the item is taken off."""
    shelf = await meet(world)
    item = await shelf.add()
    await shelf.show(item=item, page=12)
    await shelf.does("moderator", "updateContent", item, title="Shorter", pageCount=3)
    shown = await shelf.shown() or {}
    assert [shown[key] for key in ("title", "page", "pageCount", "version")] == ["Shorter", 3, 3, 2]
    await shelf.does("moderator", "removeContent", item)
    assert await shelf.shown() is None
    film = (await add(world, "manager", **GOOD))["id"]
    await shelf.show(item=await shelf.add(kind="MEDIA", mediaId=film))
    await world.mutate("manager", UPDATE, input={"mediaId": film, "title": "A renamed film"})
    assert (await shelf.shown() or {})["title"] == "A renamed film"


@pytest.mark.parametrize("verb", ["showContent", "updateShown", "stopShowing", "setMayShow"])
async def test_the_same_key_gives_the_same_result(world: World, verb: str) -> None:
    """Rule 62."""
    shelf = await meet(world, "student-001")
    item = await shelf.add()
    await shelf.show(item=item)
    await shelf.brings_up("student-001", may_show=False)
    of = {"showContent": item, "setMayShow": "student-001"}.get(verb, "")
    inputs: dict[str, dict[str, Any]] = {"updateShown": {"page": 2}, "setMayShow": {"mayShow": True}}
    given = inputs.get(verb, {})
    first = await shelf.does("moderator", verb, of, **given, idempotencyKey="key")
    assert first["cursor"]
    assert await shelf.does("moderator", verb, of, **given, idempotencyKey="key") == first
    more: dict[str, Any] = {"mayShow": False} if verb == "setMayShow" else {"expectedVersion": 9}
    assert (await shelf.may_not("moderator", verb, of, **given | more, idempotencyKey="key"))[
        0
    ] == "IDEMPOTENCY_MISMATCH"


async def test_what_showing_costs(world: World) -> None:
    """The number of statements is small, and does not depend on how much is on the shelf or how many are inside."""
    shelf = await meet(world, "student-001")
    items = [await shelf.add() for _ in range(3)]
    (video,) = await ids_of(world, VIDEO)
    film = await shelf.add(kind="MEDIA", mediaId=video)
    acts: list[tuple[str, str, dict[str, Any]]] = [
        ("addContent", "", DOCUMENT), ("updateContent", items[0], {"title": "Other"}), ("moveContent", items[0], {}),
        ("showContent", film, {}), ("updateShown", "", {"playing": True}), ("updateShown", "", {"positionSeconds": 9.0}),
        ("showContent", items[1], {}), ("updateShown", "", {"page": 2}), ("stopShowing", "", {}),
        ("removeContent", items[2], {}),
    ]  # fmt: skip
    costs = {}
    for verb, of, given in acts:
        brief = f"mutation ($input: {verb[0].upper()}{verb[1:]}Input!) {{ {verb}(input: $input) {{ cursor userErrors {{ code }} }} }}"
        ran = await statements_of(world, "moderator", brief, shelf.input(verb, of, given))
        costs[f"{verb} {' '.join(given)}"] = len([each for each in ran if not each.startswith("BEGIN")])
    assert max(costs.values()) <= 9, costs
