"""Results of interactions in reports: answers by name, points, and what stays hidden (rules 78 to 80, 84, 85)."""

from typing import Any

from tests.support.audit_records import records
from tests.support.interactions import Interactions, choosing, drafted, meet, options_of
from tests.support.people import configure, id_of
from tests.support.session_reports import REPORT, download, report, rows
from tests.support.world import World

ONE, OTHER = "student-001", "student-002"


async def quizzed(world: World, **more: Any) -> Interactions:
    """Puts a quiz, which one person answers rightly and another wrongly. Beside it is a draft, which no report has."""
    put = await meet(world, ONE, OTHER)
    await put.draft()
    quiz = await put.opened(**drafted("QUIZ", **more))
    assert [await put.votes(who, quiz, place) for who, place in ((ONE, 0), (OTHER, 1))] == ["done"] * 2
    await put.does("chatmod", "closeInteraction", quiz)
    return put


async def test_who_answered_what_is_for_managers_and_chat_moderators(world: World) -> None:
    """Rules 78, 85: by name, in GraphQL and as a table. A room moderator gets neither names nor unshared results."""
    put = await quizzed(world)
    expected = [("Student 001", ["Garamond"], True), ("Student 002", ["Futura"], False)]
    await configure(world, roomModeratorIds=[await id_of(world, who) for who in ("moderator", "chatmod")])
    await world.enter("chatmod")
    table = await rows(world, "manager", put.session, "answers")
    assert [(row["name"], row["given"], row["right"]) for row in table] == expected
    (one,) = (await report(world, "manager", put.session))["interactions"]
    assert [edge["node"]["right"] for edge in one["answers"]["edges"]] == [True, False]
    assert (one["answerCount"], one["rightCount"]) == (2, 1)
    (one,) = (await report(world, "moderator", put.session))["interactions"]
    assert (one["answers"], one["rightCount"]) == (None, None)
    assert {option["votes"] for option in one["questions"][0]["options"]} == {None}
    assert (await download(world, "moderator", put.session, "answers.csv")).status_code == 403
    table = await rows(world, "moderator", put.session, "interactions")
    assert [(row["option"], row["right"], row["votes"]) for row in table] == [
        ("Garamond", True, None), ("Futura", False, None), ("Bodoni", False, None),
    ]  # fmt: skip


async def test_results_that_were_shared_are_in_every_report(world: World) -> None:
    """Rules 78, 85."""
    put = await quizzed(world, shareResults="AFTER_CLOSING")
    for who in ("manager", "moderator"):
        table = await rows(world, who, put.session, "interactions")
        assert [row["votes"] for row in table] == [1, 1, 0]
        assert {row["answers"] for row in table} == {2}


async def test_quiz_points_are_for_those_who_may_know_who_answered_what(world: World) -> None:
    """Rules 79, 84."""
    put = await quizzed(world)

    async def points(who: str) -> tuple[int | None, list[tuple[int, int | None]]]:
        found = await report(world, who, put.session)
        people = [await id_of(world, each) for each in (ONE, OTHER)]
        by = {one["user"]["id"]: (one["answers"], one["quizPoints"]) for one in found["participation"]}
        return found["totals"]["quizPoints"], [by[each] for each in people]

    assert await points("manager") == (1, [(1, 1), (1, 0)])
    assert await points("moderator") == (None, [(1, None), (1, None)])


async def test_nobody_learns_who_answered_anonymously(world: World) -> None:
    """Rules 78, 84, 85: neither name nor time, nor a count by person."""
    put = await quizzed(world, anonymous=True)
    table = await rows(world, "manager", put.session, "answers")
    assert [(row["user"], row["name"], row["answered_at"]) for row in table] == [(None, None, None)] * 2
    found = await report(world, "manager", put.session)
    assert [edge["node"]["user"] for edge in found["interactions"][0]["answers"]["edges"]] == [None, None]
    assert {(one["answers"], one["quizPoints"]) for one in found["participation"]} == {(0, 0)}
    assert (found["totals"]["answers"], found["totals"]["quizPoints"]) == (2, 1)


async def test_every_kind_has_its_rows(world: World) -> None:
    """Rules 74, 80, 85: a row for each option, word and open question; a hidden word only for chat moderators."""
    put = await meet(world, ONE)
    survey = await put.opened(**drafted("SURVEY"))
    questions = (await put.does("chatmod", "closeInteraction", survey))["interaction"]["questions"]
    again = await put.opened(**drafted("SURVEY"))
    asked = await world.query("chatmod", ASKED, id=again)
    one, two, three = asked["node"]["questions"]
    parts = [*choosing([one["options"][0]["id"]], one["id"]), {"questionId": two["id"], "rating": 3}]
    await put.answers(ONE, again, *parts, {"questionId": three["id"], "text": "=Fine"})
    words = await put.opened(**drafted("WORDS", shareResults="LIVE"))
    await put.answers(ONE, words, {"words": ["Serif", "Ugly"]})
    hidden = (await options_of(world, words))[1]
    await put.does("chatmod", "hideWord", words, optionId=hidden)
    table = await rows(world, "manager", put.session, "interactions")
    assert len([row for row in table if row["interaction"] == survey]) == sum(
        len(each["options"]) or 1 for each in questions
    )
    assert [(row["option"], row["hidden"]) for row in table if row["kind"] == "WORDS"] == [
        ("Serif", False), ("Ugly", True),
    ]  # fmt: skip
    seen = await rows(world, "moderator", put.session, "interactions")
    assert [row["option"] for row in seen if row["kind"] == "WORDS"] == ["Serif"]
    given = (await download(world, "manager", put.session, "answers.json")).json()
    assert [row["given"] for row in given] == [["Garamond"], ["3"], ["=Fine"], ["Serif", "Ugly"]]
    assert b"'=Fine" in (await download(world, "manager", put.session, "answers.csv")).content


ASKED = "query ($id: ID!) { node(id: $id) { ... on Interaction { questions { id options { id } } } } }"


async def test_interactions_are_for_those_who_were_there_and_managers(world: World) -> None:
    """Rules 75, 85: as the transcript."""
    put = await quizzed(world)
    await configure(world, roomModeratorIds=[await id_of(world, who) for who in ("moderator", "student-003")])
    before = len(await records(world))
    for name in ("interactions", "answers"):
        assert (await download(world, "student-003", put.session, f"{name}.csv")).status_code == 403
    assert [each.outcome for each in (await records(world))[before:]] == ["FORBIDDEN"] * 2
    answer = await world.ask("student-003", REPORT, session=put.session)
    assert {error["path"][1] for error in answer["errors"]} == {"transcript", "interactions"}
