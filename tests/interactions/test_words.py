"""Word clouds: words are counted by their folded form, and moderated (rules 74, 80)."""

from typing import Any

from models.events.interactions import InteractionClosed
from models.tables.interactions import WORDS_SHOWN
from server.demo_people import VISITORS
from tests.support.admin_mutations import UPDATE_SITE, as_admin
from tests.support.event_streams import beginning, is_live, next_event
from tests.support.interactions import (
    FOR_ALL,
    Interactions,
    drafted,
    listed,
    meet,
    options_of,
    seen,
    stored,
    words,
)
from tests.support.people import events_since, log_head
from tests.support.running_session import students
from tests.support.world import World

PEOPLE = ("student-001", "student-002", "student-003")


async def cloud(world: World, *people: str, **more: Any) -> tuple[Interactions, str]:
    interactions = await meet(world, *people)
    return interactions, await interactions.opened(**drafted("WORDS", shareResults="LIVE", **more))


async def test_words_are_counted_by_what_they_say(world: World) -> None:
    """Rules 74, 77: case and form do not count, the first spelling is shown; most frequent first."""
    interactions, interaction = await cloud(world, *PEOPLE)
    for who, given in zip(PEOPLE, (["Rhythm", "air"], ["AIR", "\uff52hythm", "line"], ["air"]), strict=True):
        await interactions.answers(who, interaction, {"words": given})
    for who in ("chatmod", "student-001"):
        assert words(await seen(world, interaction, who)) == {"air": 3, "Rhythm": 2, "line": 1}
    await interactions.does("chatmod", "closeInteraction", interaction)
    assert words(await seen(world, interaction, "student-001")) == {"air": 3, "Rhythm": 2, "line": 1}
    assert await stored(world, interaction) == (3, [2, 3, 1])


async def test_words_are_results(world: World) -> None:
    """Rule 78: where results are not shown, an attendee sees no words, except their own."""
    interactions = await meet(world, *PEOPLE)
    interaction = await interactions.opened(**drafted("WORDS", shareResults="AFTER_CLOSING"))
    for who, given in zip(PEOPLE, ("air", "line", "dot"), strict=True):
        await interactions.answers(who, interaction, {"words": [given]})
    found = await seen(world, interaction, "student-001")
    assert words(found) == {}
    assert [each["text"] for each in found["viewerAnswer"]["questions"][0]["options"]] == ["air"]
    assert "line" not in str(found)
    await interactions.does("chatmod", "closeInteraction", interaction)
    assert len(words(await seen(world, interaction, "student-001"))) == 3


async def test_a_hidden_word_disappears_for_all_others(world: World) -> None:
    """Rules 60, 63, 80: from totals, lists, streams and replays; its answers still count; it can be shown again."""
    start = beginning(world)
    interactions, interaction = await cloud(world, *PEOPLE)
    async with world.socket("student-001") as inside, world.socket("chatmod") as moderating:
        streams = [await socket.subscribe(FOR_ALL, room=world.room) for socket in (inside, moderating)]
        since, _moderators = [await is_live(stream) for stream in streams]  # the process remembers what comes now
        await interactions.answers("student-002", interaction, {"words": ["needle", "hay"]})
        assert [await up_to(stream, 1) for stream in streams] == [[["needle", "hay"]]] * 2
        await interactions.does("chatmod", "hideWord", interaction, optionId=(await options_of(world, interaction))[0])
        assert [await up_to(stream, 1) for stream in streams] == [[["hay"]], [["needle", "hay"]]]
        for socket, shown in ((inside, ["hay"]), (moderating, ["needle", "hay"])):
            for after in (start, since):
                replayed = await up_to(await socket.subscribe(FOR_ALL, room=world.room, after=after), 2)
                assert replayed == [shown, shown]
    (in_list,) = await listed(world, "student-001")
    for found in (in_list, await seen(world, interaction, "moderator")):
        assert (words(found), found["answerCount"]) == ({"hay": 1}, 1)
    assert "needle" not in str(in_list)
    (question,) = (await seen(world, interaction))["questions"]
    assert [(each["text"], each["votes"], each["hidden"]) for each in question["options"]] == [
        ("needle", 1, True),
        ("hay", 1, False),
    ]
    again = await interactions.does("chatmod", "hideWord", interaction, optionId=question["options"][0]["id"])
    assert again["cursor"] is None
    own = (await seen(world, interaction, "student-002"))["viewerAnswer"]["questions"][0]["options"]
    assert [(each["text"], each["votes"]) for each in own] == [("needle", None), ("hay", 1)]
    await interactions.does("chatmod", "closeInteraction", interaction)
    restored = await interactions.does(
        "chatmod", "hideWord", interaction, optionId=question["options"][0]["id"], hidden=False
    )
    assert restored["cursor"]
    assert words(await seen(world, interaction, "student-001")) == {"needle": 1, "hay": 1}


async def up_to(stream: Any, changes: int) -> list[list[str]]:
    """Returns the words of the next changes of an open word cloud."""
    found: list[list[str]] = []
    while len(found) < changes:
        event = await next_event(stream)
        if event["__typename"] == "InteractionChanged" and event["interaction"]["state"] == "OPEN":
            found.append(list(words(event["interaction"])))
    return found


async def test_only_words_of_this_cloud_are_hidden(world: World) -> None:
    """Rules 4, 80: an option of another interaction is absent."""
    interactions, interaction = await cloud(world)
    poll = await interactions.opened()
    for of in (interaction, poll):
        refusal = await interactions.may_not("chatmod", "hideWord", of, optionId=(await options_of(world, poll))[0])
        assert refusal == ("NOT_FOUND", ["optionId"])


async def test_the_site_refuses_words(world: World) -> None:
    """Rule 80: in any spelling, by its index, with nothing stored; only site admins read the list."""
    interactions, interaction = await cloud(world, "student-001")
    saved = await as_admin(world, UPDATE_SITE, refusedWords=["Damn", "hell"])
    assert saved["userErrors"] == []
    refusal = await interactions.may_not(
        "student-001", "answerInteraction", interaction, answers=[{"words": ["fine", "DAMN"]}]
    )
    assert refusal == ("INVALID", ["answers", "0", "words", "1"])
    assert (await seen(world, interaction))["answerCount"] == 0
    document = "{ site { refusedWords } }"
    assert (await world.query("manager", document))["site"]["refusedWords"] is None
    assert (await world.query("admin", document, "enfilade:admin"))["site"]["refusedWords"] == ["Damn", "hell"]
    await as_admin(world, UPDATE_SITE, refusedWords=[])
    assert await interactions.answers("student-001", interaction, {"words": ["fine", "DAMN"]})


async def test_the_most_frequent_words_are_shown(world: World) -> None:
    """Rule 80: a hundred of them, in reads and in events; all are counted."""
    crowd = [*students(30), "chatmod", "moderator", "manager", VISITORS[0]]
    interactions, interaction = await cloud(world, *crowd)
    head = await log_head(world)
    for turn, who in enumerate(crowd):
        last = turn == len(crowd) - 1
        given = [f"word {3 * turn}", f"word {3 * turn + 1}", "word 7" if last else f"word {3 * turn + 2}"]
        assert await interactions.tries(who, "answerInteraction", interaction, answers=[{"words": given}]) == "done"
    assert len((await stored(world, interaction))[1]) == 101
    await interactions.does("chatmod", "closeInteraction", interaction)
    found = words(await seen(world, interaction, "student-001"))
    assert (len(found), next(iter(found.items()))) == (WORDS_SHOWN, ("word 7", 2))
    (closed,) = [each for each in await events_since(world, head) if isinstance(each, InteractionClosed)]
    assert len(closed.tally.votes) == WORDS_SHOWN
