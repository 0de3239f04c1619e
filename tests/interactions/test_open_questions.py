"""Answers in words are published one by one, and without their author (rule 78)."""

from typing import Any

import pytest

from models.tables.interactions import MOST_PUBLISHED
from tests.support.event_streams import beginning, is_live, next_event
from tests.support.interactions import FOR_ALL, Interactions, answers_of, drafted, listed, meet, seen
from tests.support.people import absent, id_of
from tests.support.world import World

PEOPLE = ("student-001", "student-002")


async def asked(world: World, **more: Any) -> tuple[Interactions, str]:
    interactions = await meet(world, *PEOPLE)
    return interactions, await interactions.opened(**drafted("TEXT", **more))


async def texts_of(world: World, interaction: str) -> list[str]:
    """Returns the ids of all answers' texts, in the order in which they were given."""
    given = await answers_of(world, interaction)
    return [each["text"]["id"] for answer in given for each in answer["questions"] if each["text"]]


def published(interaction: dict[str, Any]) -> list[str]:
    return [each["text"] for question in interaction["questions"] for each in question["published"]]


async def test_only_published_answers_are_shown_whatever_is_shared(world: World) -> None:
    """Rule 78: to everyone inside, in the order of publishing, without a name; to chat moderators all of them."""
    interactions, interaction = await asked(world, shareResults="LIVE")
    for who, text in zip(PEOPLE, ("First\r\nline", "Second"), strict=True):
        await interactions.answers(who, interaction, {"text": text})
    for who in (*PEOPLE, "moderator"):
        found = await seen(world, interaction, who)
        assert (published(found), found["answerCount"]) == ([], 2)
    assert "Second" not in str(await seen(world, interaction, "student-001"))
    first, second = await texts_of(world, interaction)
    for each in (second, first):
        assert (await interactions.does("chatmod", "publishInteractionText", interaction, textId=each))["cursor"]
        assert (await interactions.does("chatmod", "publishInteractionText", interaction, textId=each))[
            "cursor"
        ] is None
    await interactions.does("chatmod", "closeInteraction", interaction)
    for who in (*PEOPLE, "moderator", "chatmod"):
        (in_list,) = await listed(world, who)
        assert published(in_list) == published(await seen(world, interaction, who)) == ["Second", "First\nline"]
        assert await id_of(world, "student-002") not in str(in_list)
    await interactions.does("chatmod", "publishInteractionText", interaction, textId=second, published=False)
    assert published(await seen(world, interaction, "student-001")) == ["First\nline"]


async def test_a_withdrawn_answer_is_in_no_stream_and_no_replay(world: World) -> None:
    """Rules 60, 63, 78: also in what a process remembers of earlier events."""
    start = beginning(world)
    interactions, interaction = await asked(world)
    async with world.socket("student-001") as inside:
        stream = await inside.subscribe(FOR_ALL, room=world.room)
        since = await is_live(stream)  # from here on the process remembers events
        await interactions.answers("student-002", interaction, {"text": "needle"})
        (text,) = await texts_of(world, interaction)
        await interactions.does("chatmod", "publishInteractionText", interaction, textId=text)
        assert await changes(stream, 2) == [[], ["needle"]]
        await interactions.does("chatmod", "publishInteractionText", interaction, textId=text, published=False)
        assert await changes(stream, 1) == [[]]
        for after in (start, since):
            again = await inside.subscribe(FOR_ALL, room=world.room, after=after)
            assert await changes(again, 3) == [[], [], []]


async def changes(stream: Any, count: int) -> list[list[str]]:
    """Returns the published answers in the next changes of an open interaction."""
    found: list[list[str]] = []
    while len(found) < count:
        event = await next_event(stream)
        if event["__typename"] == "InteractionChanged" and event["interaction"]["state"] == "OPEN":
            found.append(published(event["interaction"]))
    return found


async def test_a_changed_answer_is_no_longer_published(world: World) -> None:
    """Rules 77, 78: a chat moderator has published other words; an answer that says the same again stays."""
    interactions, interaction = await asked(world, changeable=True)
    await interactions.answers("student-001", interaction, {"text": "Fine"})
    (text,) = await texts_of(world, interaction)
    await interactions.does("chatmod", "publishInteractionText", interaction, textId=text)
    await interactions.answers("student-001", interaction, {"text": " Fine "})
    assert (await texts_of(world, interaction), published(await seen(world, interaction))) == ([text], ["Fine"])
    told = await interactions.answers("student-001", interaction, {"text": "Rude"})
    assert told["cursor"]  # told at once, so that nobody is shown for a second what was withdrawn
    assert published(await seen(world, interaction, "student-002")) == []
    refusal = await interactions.may_not("chatmod", "publishInteractionText", interaction, textId=text)
    assert refusal == ("NOT_FOUND", ["textId"])


async def test_a_survey_publishes_its_open_answers(world: World) -> None:
    """Rules 74, 78: each at its own question."""
    interactions = await meet(world, *PEOPLE)
    interaction = await interactions.opened(**drafted("SURVEY"))
    choice, rating, text = (await seen(world, interaction))["questions"]
    option = choice["options"][1]["id"]
    parts = ({"questionId": choice["id"], "optionIds": [option]}, {"questionId": rating["id"], "rating": 2})
    await interactions.answers("student-001", interaction, *parts, {"questionId": text["id"], "text": "Good"})
    (given,) = await texts_of(world, interaction)
    found = (await interactions.does("chatmod", "publishInteractionText", interaction, textId=given))["interaction"]
    assert [[one["text"] for one in each["published"]] for each in found["questions"]] == [[], [], ["Good"]]
    assert [[one["votes"] for one in each["options"]] for each in found["questions"]] == [
        [0, 1, 0],
        [0, 1, 0, 0, 0],
        [],
    ]


@pytest.mark.parametrize("given", ["another's", "absent", "a word"])
async def test_only_answers_to_it_are_published(world: World, given: str) -> None:
    """Rules 4, 78."""
    interactions, interaction = await asked(world)
    other = await interactions.opened(**drafted("TEXT"))
    await interactions.answers("student-001", other, {"text": "Fine"})
    (elsewhere,) = await texts_of(world, other)
    ids = {"another's": elsewhere, "absent": absent("InteractionText"), "a word": absent("InteractionOption")}
    refusal = await interactions.may_not("chatmod", "publishInteractionText", interaction, textId=ids[given])
    assert refusal == ("NOT_FOUND", ["textId"])


async def test_a_hundred_answers_can_be_published(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 78: each event holds their ids; one that is withdrawn makes room."""
    assert MOST_PUBLISHED == 100
    monkeypatch.setattr("resolvers.interaction_moderation.MOST_PUBLISHED", 1)
    interactions, interaction = await asked(world)
    for who in PEOPLE:
        await interactions.answers(who, interaction, {"text": who})
    first, second = await texts_of(world, interaction)
    await interactions.does("chatmod", "publishInteractionText", interaction, textId=first)
    refusal = await interactions.may_not("chatmod", "publishInteractionText", interaction, textId=second)
    assert refusal == ("CONFLICT", ["textId"])
    await interactions.does("chatmod", "publishInteractionText", interaction, textId=first, published=False)
    await interactions.does("chatmod", "publishInteractionText", interaction, textId=second)


async def test_answers_are_paged(world: World) -> None:
    """Rule 78: in the order in which they were first given; the page of a changed answer stays the same."""
    interactions, interaction = await asked(world, changeable=True)
    for who in (*PEOPLE, "student-001"):
        await interactions.answers(who, interaction, {"text": who})
    first = await answers_of(world, interaction, first=1)
    assert [each["user"]["id"] for each in first] == [await id_of(world, "student-001")]
    assert len(await answers_of(world, interaction)) == 2
