"""Scheduled interactions open by themselves, by the server's clock, while the session runs (rule 76)."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from models.tables.deadlines import Deadline, DeadlineKind
from server.settings import Settings
from tests.model.scenes import StillClock
from tests.support.due_deadlines import after, fall_due
from tests.support.interactions import Interactions, choosing, due, listed, meet, options_of, seen, told_of_interactions
from tests.support.people import change, events_since, log_head
from tests.support.recordings import kinds
from tests.support.world import END, LEAVE, World, open_world


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    """A server whose clock stands still, except when a test moves it."""
    async with open_world(settings, StillClock()) as world:
        yield world


def at(world: World, seconds: float) -> str:
    return (world.clock() + timedelta(seconds=seconds)).isoformat()


async def scheduled(world: World, seconds: float, duration: int | None = None) -> tuple[Interactions, str]:
    interactions = await meet(world, "student-001")
    a_day_later = update(Deadline).where(Deadline.kind == DeadlineKind.ABSENCE)
    await change(world, a_day_later.values(due_at=world.clock() + timedelta(days=1)))
    interaction = await interactions.draft()
    await interactions.does(
        "chatmod", "scheduleInteraction", interaction, opensAt=at(world, seconds), durationSeconds=duration
    )
    return interactions, interaction


async def test_it_opens_at_its_time_and_closes_after_its_duration(world: World) -> None:
    """Rules 75, 76: until then only chat moderators see it; it opens also when no chat moderator is inside."""
    head = await log_head(world)
    interactions, interaction = await scheduled(world, 300, duration=30)
    found = await seen(world, interaction)
    assert (found["state"], bool(found["opensAt"]), found["openedAt"]) == ("SCHEDULED", True, None)
    assert await listed(world, "student-001") == []
    assert [each.kind for each in await due(world)] == [DeadlineKind.INTERACTION_OPENING]
    answer = choosing((await options_of(world, interaction))[:1])
    refusal = await interactions.may_not("chatmod", "answerInteraction", interaction, answers=answer)
    assert refusal == ("INTERACTION_NOT_OPEN", ["interactionId"])
    await world.mutate("chatmod", LEAVE, room=world.room)
    assert await after(world, seconds=299) == []
    assert await after(world, seconds=2) == ["InteractionOpened"]
    found = await seen(world, interaction, "student-001")
    assert (found["state"], found["closedAt"]) == ("OPEN", None)
    assert await interactions.tries("student-001", "answerInteraction", interaction, answers=answer) == "done"
    assert await after(world, seconds=30) == ["InteractionClosed"]
    told = ["InteractionChanged", "InteractionChanged", "InteractionOpened", "InteractionChanged", "InteractionClosed"]
    assert [kind for kind, _answers in told_of_interactions(await events_since(world, head))] == told
    assert await due(world) == []


async def test_it_cannot_be_changed_in_the_last_two_minutes(world: World) -> None:
    """Rule 76: CONFLICT for each change; it can still be opened by hand, and opens once."""
    interactions, interaction = await scheduled(world, 300)
    await interactions.does("chatmod", "updateInteraction", interaction, anonymous=True)
    assert (await seen(world, interaction))["state"] == "SCHEDULED"
    world.clock.advance(seconds=181)
    changes: list[tuple[str, dict[str, Any]]] = [
        ("updateInteraction", {"changeable": True}),
        ("deleteInteraction", {}),
        ("unscheduleInteraction", {}),
        ("scheduleInteraction", {"opensAt": at(world, 600)}),
    ]
    for verb, given in changes:
        assert await interactions.may_not("chatmod", verb, interaction, **given) == ("CONFLICT", ["interactionId"])
    opened = await interactions.does("chatmod", "openInteraction", interaction, durationSeconds=60)
    assert opened["interaction"]["state"] == "OPEN"
    assert [each.kind for each in await due(world)] == [DeadlineKind.INTERACTION_END]
    assert await after(world, seconds=50) == []


@pytest.mark.parametrize("verb", ["unscheduleInteraction", "deleteInteraction", "scheduleInteraction"])
async def test_a_changed_schedule_is_what_counts(world: World, verb: str) -> None:
    """Rule 76: the former time has no effect."""
    interactions, interaction = await scheduled(world, 300)
    given = {"opensAt": at(world, 600)} if verb == "scheduleInteraction" else {}
    await interactions.does("chatmod", verb, interaction, **given)
    assert await after(world, seconds=310) == []
    assert len(await due(world)) == (verb == "scheduleInteraction")
    if verb == "unscheduleInteraction":
        found = await seen(world, interaction)
        assert (found["state"], found["opensAt"]) == ("DRAFT", None)
        again = await interactions.does("chatmod", verb, interaction)
        assert again["cursor"] is None
    elif verb == "scheduleInteraction":
        assert await after(world, seconds=300) == ["InteractionOpened"]


async def test_the_sessions_end_makes_it_a_draft(world: World) -> None:
    """Rules 38, 76: before SessionEnded, told to chat moderators; nothing opens afterwards."""
    interactions, interaction = await scheduled(world, 300)
    open_one = await interactions.opened()
    head = await log_head(world)
    await world.mutate("moderator", END, session=interactions.session)
    assert kinds(await events_since(world, head)) == ["InteractionClosed", "InteractionChanged", "SessionEnded"]
    found = await seen(world, interaction)
    assert (found["state"], found["opensAt"]) == ("DRAFT", None)
    assert await seen(world, interaction, "student-001") is None
    assert (await seen(world, open_one, "student-001"))["state"] == "CLOSED"
    assert (await due(world), await after(world, seconds=400)) == ([], [])


@pytest.mark.parametrize("seconds", [-1, -86_400, 86_460])
async def test_it_opens_within_a_day(world: World, seconds: int) -> None:
    """Rules 20, 76: not in the past, and within 24 hours; the duration is as for opening by hand."""
    interactions, interaction = await scheduled(world, 86_300)
    refusal = await interactions.may_not("chatmod", "scheduleInteraction", interaction, opensAt=at(world, seconds))
    assert refusal == ("INVALID", ["opensAt"])
    refusal = await interactions.may_not(
        "chatmod", "scheduleInteraction", interaction, opensAt=at(world, 60), durationSeconds=9
    )
    assert refusal == ("INVALID", ["durationSeconds"])


async def test_what_was_opened_is_not_scheduled(world: World) -> None:
    """Rule 76: open or closed."""
    interactions = await meet(world)
    interaction = await interactions.opened()
    for _ in range(2):
        for verb, given in (("scheduleInteraction", {"opensAt": at(world, 600)}), ("unscheduleInteraction", {})):
            assert await interactions.may_not("chatmod", verb, interaction, **given) == ("CONFLICT", ["interactionId"])
        await interactions.does("chatmod", "closeInteraction", interaction)
    assert await fall_due(world) == []


async def test_an_earlier_sessions_interaction_is_copied_into_the_running_one(world: World) -> None:
    """Rule 75: by a chat moderator who was in both, and is inside."""
    interactions = await meet(world, "student-001")
    interaction = await interactions.opened()
    await world.mutate("moderator", END, session=interactions.session)
    refusal = await interactions.may_not("chatmod", "copyInteraction", interaction)
    assert refusal == ("SESSION_ENDED", ["interactionId"])
    later = await meet(world, "student-001")
    copy = (await later.does("chatmod", "copyInteraction", interaction))["interaction"]
    assert (await seen(world, copy["id"]))["session"]["id"] == later.session
    assert copy["questions"][0]["text"] == (await seen(world, interaction))["questions"][0]["text"]
    assert await later.may_not("student-001", "copyInteraction", interaction) == ("FORBIDDEN", ["interactionId"])
    assert await later.may_not("chatmod", "openInteraction", interaction) == ("SESSION_ENDED", ["interactionId"])
