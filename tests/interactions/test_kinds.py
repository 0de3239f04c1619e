"""Each kind of interaction, from draft to close, in one world (rules 53, 74, 77, 78)."""

from typing import Any

import pytest

from tests.support.interactions import (
    ASKED,
    Interactions,
    answers_of,
    drafted,
    listed,
    meet,
    options_of,
    seen,
    stored,
    totals,
    words,
)
from tests.support.people import id_of
from tests.support.world import World

KINDS = [*ASKED, "SURVEY"]
PEOPLE = ("student-001", "student-002", "student-003")


@pytest.fixture(scope="module")
async def interactions(lasting_world: World) -> Interactions:
    """A running session for all tests, each of which has interactions of its own."""
    return await meet(lasting_world, *PEOPLE)


async def parts(interactions: Interactions, interaction: str, turn: int) -> list[dict[str, Any]]:
    """Returns a valid answer to each question, which depends on `turn`."""
    asked = (await seen(interactions.world, interaction))["questions"]
    return [{"questionId": each["id"], **_part(each, turn)} for each in asked]


def _part(question: dict[str, Any], turn: int) -> dict[str, Any]:
    match question["kind"]:
        case "RATING":
            return {"rating": 1 + turn}
        case "TEXT":
            return {"text": f"Answer {turn}"}
        case "WORDS":
            return {"words": ["Air", f"word {turn}"]}
        case "VOTE":
            return {}
    return {"optionIds": [question["options"][turn]["id"]]}


@pytest.mark.parametrize("kind", KINDS)
async def test_each_kind_is_drafted_answered_and_closed(
    lasting_world: World, interactions: Interactions, kind: str
) -> None:
    """Rules 53, 74, 77, 78: totals equal the stored answers; chat moderators see who answered what."""
    world = lasting_world
    interaction = await interactions.opened(**drafted(kind, shareResults="AFTER_CLOSING"))
    found = await seen(world, interaction)
    assert found["kind"] == kind
    assert [each["kind"] for each in found["questions"]] == (
        ["CHOICE", "RATING", "TEXT"] if kind == "SURVEY" else [kind]
    )
    for turn, who in enumerate(PEOPLE):
        answer = await parts(interactions, interaction, turn)
        told = await interactions.answers(who, interaction, *answer)
        assert told["interaction"]["viewerAnswer"]
        refusal = await interactions.may_not(who, "answerInteraction", interaction, answers=answer)
        assert refusal == ("ALREADY_ANSWERED", ["interactionId"])
    closed = (await interactions.does("chatmod", "closeInteraction", interaction))["interaction"]
    count, votes = totals(closed)
    assert count == 3
    assert sorted(votes, key=str) == sorted((await stored(world, interaction))[1], key=str)
    assert totals(await seen(world, interaction, "student-001")) == (count, votes)
    given = await answers_of(world, interaction)
    assert [each["user"]["id"] for each in given] == [await id_of(world, who) for who in PEOPLE]
    for who in ("student-001", "moderator"):
        assert await answers_of(world, interaction, who) is None


@pytest.mark.parametrize("kind", KINDS)
async def test_an_anonymous_answer_has_no_name_for_anybody(
    lasting_world: World, interactions: Interactions, kind: str
) -> None:
    """Rule 78: not even for chat moderators; the answer itself is theirs to read, and one's own is one's own."""
    world = lasting_world
    interaction = await interactions.opened(**drafted(kind, anonymous=True))
    answer = await parts(interactions, interaction, 1)
    await interactions.answers("student-001", interaction, *answer)
    (given,) = await answers_of(world, interaction)
    assert given["user"] is None
    assert len(given["questions"]) == len(answer)
    assert (await seen(world, interaction, "student-001"))["viewerAnswer"]
    assert await id_of(world, "student-001") not in str(await seen(world, interaction))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_changeable_answer_is_replaced(lasting_world: World, interactions: Interactions, kind: str) -> None:
    """Rule 77: until closing; totals equal the stored answers after each change."""
    world = lasting_world
    interaction = await interactions.opened(**drafted(kind, changeable=True))
    before = (await seen(world, interaction))["questions"]
    for turn in (0, 2, 2, 1):
        given = await interactions.answers("student-001", interaction, *await parts(interactions, interaction, turn))
        found = await seen(world, interaction)
        assert found["answerCount"] == (await stored(world, interaction))[0] == 1
        assert sum(each or 0 for each in totals(found)[1]) == sum(
            each or 0 for each in (await stored(world, interaction))[1]
        )
        assert given["interaction"]["viewerAnswer"] == (await seen(world, interaction, "student-001"))["viewerAnswer"]
    if kind == "CHOICE":
        assert totals(found) == (1, [0, 1, 0])
    if kind == "WORDS":
        assert words(found) == {"Air": 1, "word 1": 1}
    assert [each["id"] for each in found["questions"]] == [each["id"] for each in before]
    await interactions.does("chatmod", "closeInteraction", interaction)
    again = await interactions.may_not(
        "student-001", "answerInteraction", interaction, answers=await parts(interactions, interaction, 1)
    )
    assert again == ("INTERACTION_NOT_OPEN", ["interactionId"])


@pytest.mark.parametrize("kind", KINDS)
async def test_a_copy_asks_the_same_again(lasting_world: World, interactions: Interactions, kind: str) -> None:
    """Rule 75: as a draft with new ids, without answers; the original stays."""
    world = lasting_world
    interaction = await interactions.opened(**drafted(kind, changeable=True, shareResults="LIVE"))
    await interactions.answers("student-001", interaction, *await parts(interactions, interaction, 1))
    copy = (await interactions.does("chatmod", "copyInteraction", interaction))["interaction"]
    original = await seen(world, interaction)
    assert (copy["state"], copy["answerCount"], copy["viewerAnswer"]) == ("DRAFT", 0, None)
    assert (copy["kind"], copy["changeable"], copy["shareResults"]) == (kind, True, "LIVE")
    assert {each["id"] for each in copy["questions"]} & {each["id"] for each in original["questions"]} == set()
    assert asked_in(copy) == asked_in(original)
    await interactions.does("chatmod", "deleteInteraction", copy["id"])
    assert await seen(world, interaction) == original


def asked_in(interaction: dict[str, Any]) -> list[Any]:
    """Returns the questions without ids and results."""
    names = ("kind", "text", "multipleAnswers", "lowestLabel", "highestLabel", "emoji", "explanation")
    return [
        (
            [each[name] for name in names],
            [(one["text"], one["right"]) for one in each["options"] if each["kind"] != "WORDS"],
        )
        for each in interaction["questions"]
    ]


async def test_a_rating_has_its_mean(lasting_world: World, interactions: Interactions) -> None:
    """Rules 74, 78: for those who see the results; null without answers."""
    world = lasting_world
    interaction = await interactions.opened(**drafted("RATING", shareResults="LIVE"))
    (question,) = (await seen(world, interaction))["questions"]
    assert (question["average"], [each["text"] for each in question["options"]]) == (None, ["1", "2", "3", "4", "5"])
    assert (question["lowestLabel"], question["highestLabel"]) == ("Dull", "Bright")
    for who, value in zip(PEOPLE, (1, 4, 5), strict=True):
        await interactions.answers(who, interaction, {"rating": value})
    for who in ("chatmod", "student-001"):
        (question,) = (await seen(world, interaction, who))["questions"]
        assert question["average"] == pytest.approx(10 / 3)
    hidden = await interactions.opened(**drafted("RATING"))
    await interactions.answers("student-001", hidden, {"rating": 2})
    assert (await seen(world, hidden, "student-001"))["questions"][0]["average"] is None


async def test_the_list_is_paged_and_filtered(lasting_world: World, interactions: Interactions) -> None:
    """Rule 75: by state and kind, oldest first."""
    world = lasting_world
    document = """query ($room: ID!, $kinds: [InteractionKind!], $first: Int, $after: String) { room(id: $room) {
      interactions(kinds: $kinds, first: $first, after: $after) { pageInfo { endCursor hasNextPage } edges { node { id } } } } }"""
    mine = [await interactions.draft(**drafted("VOTE")) for _ in range(3)]
    every, after = list[str](), None
    while True:
        page = (await world.query("chatmod", document, room=world.room, kinds=["VOTE"], first=2, after=after))["room"][
            "interactions"
        ]
        every += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert [each for each in every if each in mine] == mine
    assert set(mine) <= {each["id"] for each in await listed(world, "chatmod", "DRAFT")}
    assert await options_of(world, mine[0])
    for each in mine:
        await interactions.does("chatmod", "deleteInteraction", each)
