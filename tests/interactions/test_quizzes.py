"""What is right in a quiz, and why, is hidden until it closes, by every path (rule 79)."""

from typing import Any

from models.permissions import Viewer
from resolvers.interactions import interactions_as_told
from schema.execution.renderings import ANYBODY
from tests.support.event_streams import beginning, is_live, next_event
from tests.support.interactions import (
    EVENTS,
    NODE,
    Interactions,
    answers_of,
    choosing,
    drafted,
    listed,
    meet,
    options_of,
    seen,
    told_of_interactions,
)
from tests.support.people import events_since, log_head
from tests.support.world import END, World

SECRETS = [None, None, None]
PEOPLE = ("student-001", "student-002")


def right(interaction: dict[str, Any]) -> list[bool | None]:
    return [option["right"] for option in interaction["questions"][0]["options"]]


def solution(interaction: dict[str, Any]) -> tuple[Any, ...]:
    """Returns all that a quiz tells of what is right."""
    own = interaction["viewerAnswer"]
    return (
        right(interaction),
        interaction["questions"][0]["explanation"],
        interaction["rightCount"],
        own and own["right"],
    )


async def quiz(world: World, shared: str) -> tuple[Interactions, str, list[str]]:
    interactions = await meet(world, *PEOPLE)
    interaction = await interactions.opened(**drafted("QUIZ", shareResults=shared))
    return interactions, interaction, await options_of(world, interaction)


async def test_until_it_closes_only_chat_moderators_know_what_is_right(world: World) -> None:
    """Rules 78, 79: in lists, `node`, payloads and the viewer's own answer, also where results are shown live."""
    interactions, interaction, options = await quiz(world, "LIVE")
    for who, place in zip(PEOPLE, (0, 1), strict=True):
        told = await interactions.does(who, "answerInteraction", interaction, answers=choosing([options[place]]))
        assert solution(told["interaction"]) == (SECRETS, None, None, None)
    for who in (*PEOPLE, "moderator"):
        (in_list,) = await listed(world, who)
        for found in (in_list, await seen(world, interaction, who)):
            assert solution(found) == (SECRETS, None, None, None)
            assert [each["votes"] for each in found["questions"][0]["options"]] == [1, 1, 0]
    assert solution(await seen(world, interaction))[:3] == ([True, False, False], "It has feet.", 1)
    assert [each["right"] for each in await answers_of(world, interaction)] == [True, False]
    await interactions.does("chatmod", "closeInteraction", interaction)
    for who, correct in (("student-001", True), ("student-002", False), ("moderator", None)):
        assert solution(await seen(world, interaction, who)) == ([True, False, False], "It has feet.", 1, correct)


async def test_how_many_were_right_is_shown_as_results_are(world: World) -> None:
    """Rules 78, 79: each sees their own result in any case."""
    interactions, interaction, options = await quiz(world, "NEVER")
    await interactions.does("student-001", "answerInteraction", interaction, answers=choosing(options[:1]))
    await world.mutate("moderator", END, session=interactions.session)
    assert solution(await seen(world, interaction, "student-001")) == ([True, False, False], "It has feet.", None, True)
    assert solution(await seen(world, interaction))[2] == 1


async def test_no_stream_and_no_replay_tells_what_is_right_before_the_close(world: World) -> None:
    """Rules 60, 63, 79: events of before the close tell nothing of it, also when they are read after the close."""
    start = beginning(world)
    interactions = await meet(world, *PEOPLE)
    async with world.socket("student-001") as inside, world.socket("chatmod") as moderating:
        streams = [await socket.subscribe(EVENTS, room=world.room) for socket in (inside, moderating)]
        for stream in streams:
            await is_live(stream)
        interaction = await interactions.opened(**drafted("QUIZ", shareResults="LIVE"))
        options = await options_of(world, interaction)
        await interactions.does("student-002", "answerInteraction", interaction, answers=choosing(options[:1]))
        await interactions.does("chatmod", "closeInteraction", interaction)
        live = [await told(stream) for stream in streams]
        replayed = [
            await told(await socket.subscribe(EVENTS, room=world.room, after=start)) for socket in (inside, moderating)
        ]
    assert live[0] == replayed[0]
    assert [each["kind"] for each in live[0]] == ["InteractionOpened", "InteractionChanged", "InteractionClosed"]
    for each in (*live[0][:2], *replayed[0][:2]):
        assert each["solution"] == (SECRETS, None, None, None)
    assert live[0][2]["solution"] == ([True, False, False], "It has feet.", 1, None)
    for of_moderator in (live[1], replayed[1]):
        assert all(each["solution"][:2] == ([True, False, False], "It has feet.") for each in of_moderator)


async def told(stream: Any) -> list[dict[str, Any]]:
    """Returns kind and solution of a stream's events of opened interactions, up to the close."""
    found: list[dict[str, Any]] = []
    while not found or found[-1]["kind"] != "InteractionClosed":
        event = await next_event(stream)
        if event.get("interaction") and event["interaction"]["state"] != "DRAFT":
            found.append({"kind": event["__typename"], "solution": solution(event["interaction"])})
    return found


async def test_a_shared_rendering_holds_no_solution(world: World) -> None:
    """Rule 79: what is made for a viewer without rights, which many get, is as secret as what an attendee gets."""
    head = await log_head(world)
    interactions, interaction, options = await quiz(world, "LIVE")
    await interactions.does("student-001", "answerInteraction", interaction, answers=choosing(options[:1]))
    events: list[Any] = [each for each in await events_since(world, head) if told_of_interactions([each])]
    async with world.database.snapshot(Viewer(ANYBODY.id, "anybody")) as snapshot:
        read = await interactions_as_told(snapshot, events)
    assert [each and (each.shows_solution, each.moderated) for each in read] == [(False, False)] * len(events)
    assert len(events) == 3
    assert "right" in NODE
