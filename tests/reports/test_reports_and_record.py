"""The reports of a lively session equal what the record tells, which these tests compute in another way (rule 86)."""

from collections import Counter
from typing import Any

import pytest

from resolvers.attendance import StayEnd
from tests.support.admission import REMOVE
from tests.support.chat import GONE, TALK
from tests.support.due_deadlines import fall_due
from tests.support.hidden_activity import ASKER, BLOCKED, CHATMOD, OWNER, SECOND, HiddenActivity
from tests.support.people import configure, id_of
from tests.support.session_reports import (
    attendance_in,
    curve_in,
    inside_in,
    last_of_each,
    messages_in,
    moment,
    on_stage_in,
    record,
    report,
    rows,
    seconds,
    transcript_in,
)
from tests.support.visible_activity import ONLOOKER, TALKER, Scene
from tests.support.world import World


class Played:
    """A session that is over, its report as the manager reads it, and its record."""

    session: str
    report: dict[str, Any]
    lines: list[dict[str, Any]]


@pytest.fixture(scope="module")
async def played(lasting_world: World) -> Played:
    world, found = lasting_world, Played()
    await configure(world, qna="ENABLED", chatModeratorIds=[await id_of(world, each) for each in (CHATMOD, SECOND)])
    scene = Scene(world, HiddenActivity(world, ()))
    async for act in scene.play():
        world.clock.advance(seconds=1.3)  # not so long that somebody falls absent
        if act == "what fell due":
            await _lose_two(world, scene)
        if act == "a message after it":
            await _take_back(world)
        if act == "the end":
            found.session = scene.session
            break
    found.report = await report(world, "manager", found.session)
    found.lines = await record(world, "manager", found.session)
    return found


async def _take_back(world: World) -> None:
    """Posts a message and deletes it."""
    message = (await world.post(TALKER, GONE))["message"]["id"]
    await world.mutate(TALKER, TALK["deleteMessage"], input={"messageId": message})


async def _lose_two(world: World, scene: Scene) -> None:
    """Removes one participant, and lets another fall absent."""
    await world.mutate(OWNER, REMOVE, input={"participantId": scene.people[BLOCKED], "ban": False})
    world.clock.advance(seconds=60)
    await world.enter(OWNER, CHATMOD, SECOND, ONLOOKER, ASKER)  # signs of life
    world.clock.advance(seconds=40)
    await fall_due(world)


async def test_attendance_is_what_the_record_tells(lasting_world: World, played: Played) -> None:
    """Rules 83, 86: every stay, its length and end, the highest role and the time on stage."""
    told = [
        {
            "id": one["user"]["id"],
            "highestRole": one["highestRole"],
            "stays": [(stay["joinedAt"], stay["leftAt"], stay["ended"], stay["seconds"]) for stay in one["stays"]],
        }
        for one in played.report["attendance"]
    ]
    assert told == attendance_in(played.lines)
    assert {stay["ended"] for one in played.report["attendance"] for stay in one["stays"]} == {*StayEnd}
    for one in played.report["attendance"]:
        assert one["secondsInside"] == sum(stay["seconds"] for stay in one["stays"])
        up = sum(seconds(*span) for span in on_stage_in(played.lines, one["user"]["id"]))
        assert one["secondsOnStage"] == sum(stay["secondsOnStage"] for stay in one["stays"]) == up
    assert [one["user"]["name"] for one in played.report["attendance"] if one["secondsOnStage"]] != []


async def test_the_peak_and_the_curve_are_what_the_record_tells(lasting_world: World, played: Played) -> None:
    """Rules 84, 86: the highest number inside at once, its first moment, and the highest of each minute."""
    peak = max(count for _, count in inside_in(played.lines))
    first = next(at for at, count in inside_in(played.lines) if count == peak)
    totals, curve = played.report["totals"], played.report["curve"]
    assert (totals["peak"], totals["peakAt"]) == (peak, first)
    assert [minute["inside"] for minute in curve] == curve_in(played.lines)
    assert len(curve) > 1
    begun = moment(played.lines[0]["occurredAt"])
    assert [(moment(minute["beginsAt"]) - begun).total_seconds() for minute in curve] == [
        60 * place for place in range(len(curve))
    ]
    assert totals["people"] == len(played.report["attendance"])


async def test_participation_is_what_the_record_tells(lasting_world: World, played: Played) -> None:
    """Rules 84, 86: the record has no names to reactions and upvotes, so those are compared in sum."""
    told = played.report["participation"]
    posted = messages_in(played.lines)
    assert {one["user"]["id"]: one["messages"] for one in told if one["messages"]} == posted
    asked = last_of_each(played.lines, "question")
    openly = [each["asker"]["id"] for each in asked if each["asker"]]
    assert {one["user"]["id"]: one["questions"] for one in told if one["questions"]} == {
        person: openly.count(person) for person in openly
    }
    said = last_of_each(played.lines, "message")
    reactions = [reaction["count"] for each in said for reaction in each["reactions"]]
    sums = {"messages": posted.total(), "reactions": sum(reactions), "questions": len(asked)}
    sums["upvotes"] = sum(each["upvotes"] for each in asked)
    assert {name: played.report["totals"][name] for name in sums} == sums
    assert min(sums.values()) > 0
    for name in ("messages", "reactions", "upvotes"):
        assert sum(one[name] for one in told) == sums[name]
    assert sum(one["questions"] for one in told) == sums["questions"] - 1  # one was anonymous


async def test_the_transcript_is_what_the_record_tells(lasting_world: World, played: Played) -> None:
    """Rules 46, 85, 86: in order, without the words that were deleted, and without what was cleared."""
    told = [(line["sentAt"], line["authorName"], line["text"]) for line in played.report["transcript"]]
    assert told == transcript_in(played.lines)
    deleted = [line["deletedAt"] is not None for line in played.report["transcript"]]
    assert [line["text"] is None for line in played.report["transcript"]] == deleted
    assert set(deleted) == {True, False}


async def test_the_tables_over_http_have_the_same(lasting_world: World, played: Played) -> None:
    """Rule 86: as CSV and as JSON, which `rows` compares."""
    found = {
        name: await rows(lasting_world, "manager", played.session, name)
        for name in ("attendance", "participation", "curve", "chat", "interactions", "answers")
    }
    attendance = played.report["attendance"]
    stays = [(one["user"]["id"], one["user"]["name"], one["highestRole"], stay["ended"], stay["seconds"])
             for one in attendance for stay in one["stays"]]  # fmt: skip
    columns = ("user", "name", "highest_role", "ended", "seconds")
    assert [tuple(row[name] for name in columns) for row in found["attendance"]] == stays
    for row in found["attendance"]:
        assert 0 <= seconds(row["joined_at"], row["left_at"]) - row["seconds"] <= 1  # they are rounded to milliseconds
    counts = ("messages", "reactions", "questions", "upvotes", "answers")
    assert [[row["user"], *[row[name] for name in counts]] for row in found["participation"]] == [
        [one["user"]["id"], *[one[name] for name in counts]] for one in played.report["participation"]
    ]
    votes = [(option["text"], option["votes"]) for one in played.report["interactions"]
             for question in one["questions"] for option in question["options"]]  # fmt: skip
    assert [(row["option"], row["votes"]) for row in found["interactions"]] == votes
    answers = [(edge["node"]["user"]["id"], [option["text"] for option in edge["node"]["questions"][0]["options"]])
               for one in played.report["interactions"] for edge in one["answers"]["edges"]]  # fmt: skip
    assert [(row["user"], row["given"]) for row in found["answers"]] == answers
    assert [row["inside"] for row in found["curve"]] == [minute["inside"] for minute in played.report["curve"]]
    assert [(row["author"], row["author_name"], row["author_roles"], row["text"]) for row in found["chat"]] == [
        (line["author"]["id"], line["authorName"], line["authorRoles"], line["text"])
        for line in played.report["transcript"]
    ]


async def test_the_results_are_what_the_record_tells(lasting_world: World, played: Played) -> None:
    """Rules 77, 85, 86: the last totals of each interaction, which equal its answers; drafts are not in it."""
    told = last_of_each(played.lines, "interaction")
    opened = [each for each in told if each["openedAt"]]
    found = played.report["interactions"]
    assert [each["id"] for each in found] == [each["id"] for each in opened]
    assert found
    for one, last in zip(found, opened, strict=True):
        assert one["answerCount"] == last["answerCount"] == len(one["answers"]["edges"])
        options = [option for question in one["questions"] for option in question["options"]]
        known = [option for question in last["questions"] for option in question["options"]]
        assert [(each["id"], each["votes"]) for each in options] == [(each["id"], each["votes"]) for each in known]
        chosen = [
            option["text"]
            for edge in one["answers"]["edges"]
            for part in edge["node"]["questions"]
            for option in part["options"]
        ]
        assert {each["text"]: each["votes"] for each in options if each["votes"]} == Counter(chosen)
    assert sum(one["answers"] for one in played.report["participation"]) == sum(each["answerCount"] for each in opened)


@pytest.mark.parametrize("name", ["curve", "attendance", "participation", "transcript"])
async def test_each_list_is_the_same_at_every_page_size(lasting_world: World, played: Played, name: str) -> None:
    """Rule 19."""
    key = {"curve": "beginsAt", "transcript": "sentAt"}.get(name, "user { id }")
    document = f"""query ($session: ID!, $first: Int, $after: String) {{ sessionReport(sessionId: $session) {{
      {name}(first: $first, after: $after) {{ edges {{ cursor node {{ {key} }} }}
        pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }} }}"""

    async def walk(first: int) -> list[Any]:
        found, after = [], None
        while True:
            given = {"session": played.session, "first": first, "after": after}
            page = (await lasting_world.query("manager", document, **given))["sessionReport"][name]
            found += [edge["node"] for edge in page["edges"]]
            assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
            assert page["pageInfo"]["endCursor"] != after
            after = page["pageInfo"]["endCursor"]
            assert after == page["edges"][-1]["cursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return found

    whole = await walk(100)
    assert len(whole) > 1
    assert await walk(1) == await walk(len(whole) - 1) == await walk(len(whole)) == whole
