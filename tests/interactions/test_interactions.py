"""Interactions, from draft to close: what all kinds have in common, tried with a poll (rules 7, 20, 32, 38, 40, 59, 62, 75 to 77)."""

from typing import Any

import pytest

from models.tables.interactions import OPTION_LIMIT
from tests.support.interactions import (
    DRAFT,
    VERBS,
    Interactions,
    choice,
    choosing,
    due,
    listed,
    meet,
    options_of,
    seen,
    told_of_interactions,
    totals,
)
from tests.support.people import absent, configure, events_since, id_of, log_head
from tests.support.recordings import kinds
from tests.support.statement_counts import statements_of
from tests.support.world import CONFIGURE, END, LEAVE, World


async def test_a_poll_goes_from_draft_to_open_to_closed(world: World) -> None:
    """Rules 7, 53: a chat moderator creates, opens and closes it."""
    interactions = await meet(world, "student-001")
    head = await log_head(world)
    draft = (await interactions.does("chatmod", "createInteraction", **DRAFT))["interaction"]
    (question,), (asked,) = draft["questions"], DRAFT["questions"]
    assert [option["text"] for option in question["options"]] == asked["options"]
    assert (question["text"], draft["state"], totals(draft)) == (asked["text"], "DRAFT", (0, [0, 0, 0]))
    assert (question["multipleAnswers"], draft["shareResults"]) == (False, "NEVER")
    opened = (await interactions.does("chatmod", "openInteraction", draft["id"]))["interaction"]
    assert (opened["state"], opened["closesAt"], opened["closedAt"]) == ("OPEN", None, None)
    assert opened["questions"] == draft["questions"]
    assert await interactions.votes("student-001", draft["id"], 1) == "done"
    closed = (await interactions.does("chatmod", "closeInteraction", draft["id"]))["interaction"]
    assert (closed["state"], totals(closed)) == ("CLOSED", (1, [0, 1, 0]))
    assert opened["openedAt"] < closed["closedAt"]
    told = ["InteractionChanged", "InteractionOpened", "InteractionChanged", "InteractionClosed"]
    assert kinds(await events_since(world, head)) == told
    assert await due(world) == []


CHANGES: dict[str, Any] = {
    "questions": [{"text": "And which of these?", "options": ["Bodoni", "Gill Sans"], "multipleAnswers": True}],
    "changeable": True,
    "anonymous": True,
    "shareResults": "LIVE",
}


@pytest.mark.parametrize("field", CHANGES)
async def test_a_draft_is_changed_by_what_is_given(world: World, field: str) -> None:
    """Rules 59, 75: omitted fields stay; setting the same value succeeds, changes nothing and sends no event."""
    interactions = await meet(world)
    interaction = await interactions.draft()
    before = await seen(world, interaction)
    change = {field: CHANGES[field]}
    first = await interactions.does("chatmod", "updateInteraction", interaction, **change)
    after = first["interaction"]
    assert asked_of(after) == asked_of(before) | change
    assert first["cursor"]
    again = await interactions.does("chatmod", "updateInteraction", interaction, **change)
    assert (again["interaction"], again["cursor"]) == (after, None)


def asked_of(interaction: dict[str, Any]) -> dict[str, Any]:
    """Returns what a chat moderator has written and chosen, without ids."""
    questions = [
        {
            "text": each["text"],
            "options": [option["text"] for option in each["options"]],
            **({"multipleAnswers": True} if each["multipleAnswers"] else {}),
        }
        for each in interaction["questions"]
    ]
    return {"questions": questions, **{name: interaction[name] for name in CHANGES if name != "questions"}}


async def test_what_was_opened_is_fixed(world: World) -> None:
    """Rule 53: a late change is refused with a clear code."""
    interactions = await meet(world)
    interaction = await interactions.opened()
    for _ in range(2):  # first while it is open, then once it is closed
        for verb, given in (("updateInteraction", CHANGES), ("updateInteraction", {}), ("deleteInteraction", {})):
            assert await interactions.may_not("chatmod", verb, interaction, **given) == ("CONFLICT", ["interactionId"])
        await interactions.does("chatmod", "closeInteraction", interaction)
    assert (await seen(world, interaction))["questions"][0]["text"] == DRAFT["questions"][0]["text"]


async def test_a_draft_is_deleted(world: World) -> None:
    """Rules 4, 53: afterwards its id is unknown."""
    interactions = await meet(world)
    interaction, other = await interactions.draft(), await interactions.draft()
    head = await log_head(world)
    assert (await interactions.does("chatmod", "deleteInteraction", interaction))["interactionId"] == interaction
    assert kinds(await events_since(world, head)) == ["InteractionDeleted"]
    assert await seen(world, interaction) is None
    assert [each["id"] for each in await listed(world, "chatmod")] == [other]
    for verb in ("updateInteraction", "deleteInteraction", "openInteraction", "closeInteraction"):
        for gone in (interaction, absent("Interaction")):
            assert await interactions.may_not("chatmod", verb, gone) == ("NOT_FOUND", ["interactionId"])


async def test_opening_and_closing_again_changes_nothing(world: World) -> None:
    """Rules 53, 59: another duration is refused, and a closed interaction cannot be opened again."""
    interactions = await meet(world)
    for duration, other in ((None, 30), (60, None), (60, 61)):
        interaction = await interactions.draft()
        assert await interactions.may_not("chatmod", "closeInteraction", interaction) == (
            "INTERACTION_NOT_OPEN",
            ["interactionId"],
        )
        opened = await interactions.does("chatmod", "openInteraction", interaction, durationSeconds=duration)
        again = await interactions.does("chatmod", "openInteraction", interaction, durationSeconds=duration)
        assert (again["interaction"], again["cursor"], bool(opened["cursor"])) == (opened["interaction"], None, True)
        refusal = await interactions.may_not("chatmod", "openInteraction", interaction, durationSeconds=other)
        assert refusal == ("CONFLICT", ["interactionId"])
        closed = await interactions.does("chatmod", "closeInteraction", interaction)
        again = await interactions.does("chatmod", "closeInteraction", interaction)
        assert (again["interaction"], again["cursor"], bool(closed["cursor"])) == (closed["interaction"], None, True)
        for each in (duration, other):
            assert await interactions.may_not("chatmod", "openInteraction", interaction, durationSeconds=each) == (
                "CONFLICT",
                ["interactionId"],
            )


TWO = ["one", "two"]


async def test_texts_come_back_as_they_are_stored(world: World) -> None:
    """Rule 20: trimmed, NFC, never interpreted; options that only look alike are different."""
    interactions = await meet(world)
    options = [
        " e\u0301 ",
        "E\u0301",
        "x\u00b2",
        "x2",
        "<b>",
        "\u2068\u202eevil\u202c\u2069",
        "\U0001f680",
        "%",
        "o" * OPTION_LIMIT,
        "\ufeff?",
    ]
    interaction = await interactions.draft(text=" Which\r\n of e\u0301? ", options=options)
    (found,) = (await seen(world, interaction))["questions"]
    assert found["text"] == "Which\n of \u00e9?"
    assert [option["text"] for option in found["options"]] == ["\u00e9", "\u00c9", *options[2:]]


async def end_session(interactions: Interactions) -> None:
    await interactions.world.mutate("moderator", END, session=interactions.session)


async def disable_room(interactions: Interactions) -> None:
    given = {"galleryId": interactions.world.gallery, "enabled": False, "endActiveSession": True}
    await interactions.world.mutate("manager", CONFIGURE, input=given)


@pytest.mark.parametrize("end", [end_session, disable_room])
async def test_a_sessions_end_closes_its_open_polls(world: World, end: Any) -> None:
    """Rules 38, 53: all open interactions close before SessionEnded, with final totals; drafts and closed interactions stay."""
    interactions = await meet(world, "student-001")
    closed, draft = await interactions.opened(), await interactions.draft()
    await interactions.does("chatmod", "closeInteraction", closed)
    before = [await seen(world, each) for each in (closed, draft)]
    timed, open_ended = await interactions.opened(60), await interactions.opened(multipleAnswers=True)
    assert await interactions.votes("student-001", timed, 0) == "done"
    assert await interactions.votes("student-001", open_ended, 0, 2) == "done"
    assert await interactions.votes("chatmod", open_ended, 0) == "done"
    head = await log_head(world)
    await end(interactions)
    told = await events_since(world, head)
    assert told_of_interactions(told) == [("InteractionClosed", 1), ("InteractionClosed", 2)]
    assert kinds(told)[:3] == ["InteractionClosed", "InteractionClosed", "SessionEnded"]
    found = [await seen(world, each) for each in (timed, open_ended)]
    assert [(each["state"], totals(each)) for each in found] == [("CLOSED", (1, [1, 0, 0])), ("CLOSED", (2, [2, 0, 1]))]
    assert found[0]["closedAt"] < found[0]["closesAt"]
    assert [await seen(world, each) for each in (closed, draft)] == before
    assert await due(world) == []


async def test_after_the_end_nothing_is_done_with_polls(world: World) -> None:
    """Rule 40: interactions stay readable; people who were inside get SESSION_ENDED, also during the next session."""
    interactions = await meet(world, "student-001")
    draft, interaction = await interactions.draft(), await interactions.opened()
    options = await options_of(world, interaction)
    await end_session(interactions)
    for _ in range(2):
        for of, verb, given in (
            (draft, "updateInteraction", CHANGES),
            (draft, "deleteInteraction", {}),
            (draft, "openInteraction", {}),
            (interaction, "closeInteraction", {}),
        ):
            assert await interactions.may_not("chatmod", verb, of, **given) == ("SESSION_ENDED", ["interactionId"])
        refusal = await interactions.may_not(
            "student-001", "answerInteraction", interaction, answers=choosing(options[:1])
        )
        assert refusal == ("SESSION_ENDED", ["interactionId"])
        assert [each["state"] for each in await listed(world, "chatmod")] == ["DRAFT", "CLOSED"]
        assert [each["state"] for each in await listed(world, "student-001")] == ["CLOSED"]
        await meet(world)


async def test_who_has_left_reads_polls_and_does_nothing_with_them(world: World) -> None:
    """Rules 36, 53: until they enter again."""
    interactions = await meet(world, "student-001")
    draft, interaction = await interactions.draft(), await interactions.opened()
    options = await options_of(world, interaction)
    for who in ("chatmod", "student-001"):
        await world.mutate(who, LEAVE, room=world.room)
    assert await interactions.may_not("chatmod", "createInteraction", **DRAFT) == ("NOT_IN_SESSION", ["roomId"])
    for of, verb in (
        (draft, "updateInteraction"),
        (draft, "deleteInteraction"),
        (draft, "openInteraction"),
        (interaction, "closeInteraction"),
    ):
        assert await interactions.may_not("chatmod", verb, of) == ("NOT_IN_SESSION", ["interactionId"])
    refusal = await interactions.may_not("student-001", "answerInteraction", interaction, answers=choosing(options[:1]))
    assert refusal == ("NOT_IN_SESSION", ["interactionId"])
    assert [len(await listed(world, who)) for who in ("chatmod", "student-001")] == [2, 1]
    await world.enter("chatmod", "student-001")
    await interactions.does("chatmod", "openInteraction", draft)
    assert await interactions.votes("student-001", draft, 0) == "done"


async def test_the_snapshot_says_who_runs_polls(world: World) -> None:
    """Rules 7, 8, 32: for granted and for revoked roles, until leaving."""
    interactions = await meet(world, "student-001")
    interaction = await interactions.opened()
    await configure(world, chatModeratorIds=[await id_of(world, "student-001")])
    for who in ("student-001", "moderator"):
        assert await interactions.may_not(who, "createInteraction", **DRAFT) == ("FORBIDDEN", ["roomId"])
        assert await interactions.may_not(who, "closeInteraction", interaction) == ("FORBIDDEN", ["interactionId"])
    draft = await interactions.draft()
    for who in ("student-001", "chatmod"):
        await world.mutate(who, LEAVE, room=world.room)
    await world.enter("student-001", "chatmod")
    assert await interactions.may_not("chatmod", "createInteraction", **DRAFT) == ("FORBIDDEN", ["roomId"])
    assert await interactions.may_not("chatmod", "openInteraction", draft) == ("NOT_FOUND", ["interactionId"])
    assert (await interactions.does("student-001", "openInteraction", draft))["interaction"]["state"] == "OPEN"


async def test_what_running_a_poll_costs(world: World) -> None:
    """The number of statements is small and constant."""
    interactions = await meet(world)
    interaction, other = await interactions.draft(), await interactions.draft()
    first, second, _third = await options_of(world, interaction)
    brief = {
        verb: f"mutation ($input: {verb[0].upper()}{verb[1:]}Input!) {{ {verb}(input: $input) {{ cursor userErrors {{ code }} }} }}"
        for verb in VERBS
    }
    acts: list[tuple[str, str, dict[str, Any]]] = [
        ("chatmod", "createInteraction", {"roomId": world.room, **DRAFT}),
        ("chatmod", "updateInteraction", {"interactionId": interaction, "anonymous": True}),
        ("chatmod", "updateInteraction", {"interactionId": other, "questions": choice("Or which?", TWO)["questions"]}),
        ("chatmod", "deleteInteraction", {"interactionId": other}),
        ("chatmod", "openInteraction", {"interactionId": interaction, "durationSeconds": 60}),
        (
            "chatmod",
            "answerInteraction",
            {"interactionId": interaction, "answers": choosing([first])},
        ),  # sends an event at once
        (
            "moderator",
            "answerInteraction",
            {"interactionId": interaction, "answers": choosing([second])},
        ),  # leaves the event to the deadline
        ("chatmod", "closeInteraction", {"interactionId": interaction}),
    ]
    costs = []
    for who, verb, given in acts:
        ran = await statements_of(world, who, brief[verb], given)
        costs.append(len([each for each in ran if not each.startswith("BEGIN")]))
    assert max(costs) <= 10, costs
