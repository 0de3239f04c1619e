"""Polls, from draft to close (rules 7, 20, 32, 38, 40, 53, 59, 62)."""

from typing import Any

import pytest

from models.tables.polls import OPTION_LIMIT, QUESTION_LIMIT
from tests.support.people import absent, configure, events_since, id_of, log_head
from tests.support.polls import DRAFT, VERBS, Polls, due, listed, meet, options_of, seen, told_of_polls, totals
from tests.support.recordings import kinds
from tests.support.statement_counts import statements_of
from tests.support.stored_state import read_state
from tests.support.world import CONFIGURE, END, LEAVE, World


async def test_a_poll_goes_from_draft_to_open_to_closed(world: World) -> None:
    """Rules 7, 53: a chat moderator creates, opens and closes it."""
    polls = await meet(world, "student-001")
    head = await log_head(world)
    draft = (await polls.does("chatmod", "createPoll", **DRAFT))["poll"]
    assert [option["text"] for option in draft["options"]] == DRAFT["options"]
    assert (draft["question"], draft["state"], totals(draft)) == (DRAFT["question"], "DRAFT", (0, [0, 0, 0]))
    assert (draft["multipleAnswers"], draft["shareResults"]) == (False, False)
    opened = (await polls.does("chatmod", "openPoll", draft["id"]))["poll"]
    assert (opened["state"], opened["closesAt"], opened["closedAt"]) == ("OPEN", None, None)
    assert opened["options"] == draft["options"]
    assert await polls.votes("student-001", draft["id"], 1) == "done"
    closed = (await polls.does("chatmod", "closePoll", draft["id"]))["poll"]
    assert (closed["state"], totals(closed)) == ("CLOSED", (1, [0, 1, 0]))
    assert opened["openedAt"] < closed["closedAt"]
    told = ["PollChanged", "PollOpened", "PollChanged", "PollClosed"]
    assert kinds(await events_since(world, head)) == told
    assert await due(world) == []


CHANGES: dict[str, Any] = {
    "question": "And which of these?",
    "options": ["Bodoni", "Gill Sans"],
    "multipleAnswers": True,
    "shareResults": True,
}


@pytest.mark.parametrize("field", CHANGES)
async def test_a_draft_is_changed_by_what_is_given(world: World, field: str) -> None:
    """Rules 53, 59: omitted fields stay; setting the same value succeeds, changes nothing and sends no event."""
    polls = await meet(world)
    poll = await polls.draft()
    before = await seen(world, poll)
    change = {field: CHANGES[field]}
    first = await polls.does("chatmod", "updatePoll", poll, **change)
    after = first["poll"]
    unchanged = {key: value for key, value in before.items() if key not in ("session", "options")}
    options = [option["text"] for option in after["options"]]
    assert {**after, "options": options} == {**unchanged, "options": DRAFT["options"], **change}
    assert first["cursor"]
    again = await polls.does("chatmod", "updatePoll", poll, **change)
    assert (again["poll"], again["cursor"]) == (after, None)


async def test_what_was_opened_is_fixed(world: World) -> None:
    """Rule 53: a late change is refused with a clear code."""
    polls = await meet(world)
    poll = await polls.opened()
    for _ in range(2):  # first while it is open, then once it is closed
        for verb, given in (("updatePoll", CHANGES), ("updatePoll", {}), ("deletePoll", {})):
            assert await polls.may_not("chatmod", verb, poll, **given) == ("CONFLICT", ["pollId"])
        await polls.does("chatmod", "closePoll", poll)
    assert (await seen(world, poll))["question"] == DRAFT["question"]


async def test_a_draft_is_deleted(world: World) -> None:
    """Rules 4, 53: afterwards its id is unknown."""
    polls = await meet(world)
    poll, other = await polls.draft(), await polls.draft()
    head = await log_head(world)
    assert (await polls.does("chatmod", "deletePoll", poll))["pollId"] == poll
    assert kinds(await events_since(world, head)) == ["PollDeleted"]
    assert await seen(world, poll) is None
    assert [each["id"] for each in await listed(world, "chatmod")] == [other]
    for verb in ("updatePoll", "deletePoll", "openPoll", "closePoll"):
        for gone in (poll, absent("Poll")):
            assert await polls.may_not("chatmod", verb, gone) == ("NOT_FOUND", ["pollId"])


async def test_opening_and_closing_again_changes_nothing(world: World) -> None:
    """Rules 53, 59: another duration is refused, and a closed poll cannot be opened again."""
    polls = await meet(world)
    for duration, other in ((None, 30), (60, None), (60, 61)):
        poll = await polls.draft()
        assert await polls.may_not("chatmod", "closePoll", poll) == ("POLL_NOT_OPEN", ["pollId"])
        opened = await polls.does("chatmod", "openPoll", poll, durationSeconds=duration)
        again = await polls.does("chatmod", "openPoll", poll, durationSeconds=duration)
        assert (again["poll"], again["cursor"], bool(opened["cursor"])) == (opened["poll"], None, True)
        refusal = await polls.may_not("chatmod", "openPoll", poll, durationSeconds=other)
        assert refusal == ("CONFLICT", ["pollId"])
        closed = await polls.does("chatmod", "closePoll", poll)
        again = await polls.does("chatmod", "closePoll", poll)
        assert (again["poll"], again["cursor"], bool(closed["cursor"])) == (closed["poll"], None, True)
        for each in (duration, other):
            assert await polls.may_not("chatmod", "openPoll", poll, durationSeconds=each) == ("CONFLICT", ["pollId"])


TWO = ["one", "two"]
BAD: list[tuple[dict[str, Any], list[str]]] = [
    ({"options": []}, ["options"]),
    ({"options": ["one"]}, ["options"]),
    ({"options": [f"option {number}" for number in range(11)]}, ["options"]),
    ({"options": ["one", "two", " one\u3000"]}, ["options", "2"]),
    ({"options": ["caf\u00e9", "cafe\u0301"]}, ["options", "1"]),
    ({"options": ["one", ""]}, ["options", "1"]),
    ({"options": ["\u200a ", "two"]}, ["options", "0"]),
    ({"options": ["one", "x" * (OPTION_LIMIT + 1)]}, ["options", "1"]),
    ({"options": ["one", "two\nlines"]}, ["options", "1"]),
    ({"options": [*TWO, "\x07"]}, ["options", "2"]),
    ({"question": ""}, ["question"]),
    ({"question": " \n"}, ["question"]),
    ({"question": "x" * (QUESTION_LIMIT + 1)}, ["question"]),
    ({"question": "a\x00b"}, ["question"]),
]


@pytest.mark.parametrize(("given", "field"), BAD)
async def test_what_is_bad_in_a_poll_is_refused_by_name(world: World, given: dict[str, Any], field: list[str]) -> None:
    """Rules 20, 53: each refusal names the field, on creation and on update."""
    polls = await meet(world)
    draft = await polls.draft()
    assert await polls.may_not("chatmod", "createPoll", **DRAFT | given) == ("INVALID", field)
    assert await polls.may_not("chatmod", "updatePoll", draft, **given) == ("INVALID", field)
    for seconds in (9, 0, -1, 86_401):
        refusal = await polls.may_not("chatmod", "openPoll", draft, durationSeconds=seconds)
        assert refusal == ("INVALID", ["durationSeconds"])


async def test_texts_come_back_as_they_are_stored(world: World) -> None:
    """Rule 20: trimmed, NFC, never interpreted; options that only look alike are different."""
    polls = await meet(world)
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
    poll = await polls.draft(question=" Which\r\n of e\u0301? ", options=options)
    found = await seen(world, poll)
    assert found["question"] == "Which\n of \u00e9?"
    assert [option["text"] for option in found["options"]] == ["\u00e9", "\u00c9", *options[2:]]


async def end_session(polls: Polls) -> None:
    await polls.world.mutate("moderator", END, session=polls.session)


async def disable_room(polls: Polls) -> None:
    given = {"galleryId": polls.world.gallery, "enabled": False, "endActiveSession": True}
    await polls.world.mutate("manager", CONFIGURE, input=given)


@pytest.mark.parametrize("end", [end_session, disable_room])
async def test_a_sessions_end_closes_its_open_polls(world: World, end: Any) -> None:
    """Rules 38, 53: all open polls close before SessionEnded, with final totals; drafts and closed polls stay."""
    polls = await meet(world, "student-001")
    closed, draft = await polls.opened(), await polls.draft()
    await polls.does("chatmod", "closePoll", closed)
    before = [await seen(world, each) for each in (closed, draft)]
    timed, open_ended = await polls.opened(60), await polls.opened(multipleAnswers=True)
    assert await polls.votes("student-001", timed, 0) == "done"
    assert await polls.votes("student-001", open_ended, 0, 2) == "done"
    assert await polls.votes("chatmod", open_ended, 0) == "done"
    head = await log_head(world)
    await end(polls)
    told = await events_since(world, head)
    assert told_of_polls(told) == [("PollClosed", 1), ("PollClosed", 2)]
    assert kinds(told)[:3] == ["PollClosed", "PollClosed", "SessionEnded"]
    found = [await seen(world, each) for each in (timed, open_ended)]
    assert [(each["state"], totals(each)) for each in found] == [("CLOSED", (1, [1, 0, 0])), ("CLOSED", (2, [2, 0, 1]))]
    assert found[0]["closedAt"] < found[0]["closesAt"]
    assert [await seen(world, each) for each in (closed, draft)] == before
    assert await due(world) == []


async def test_after_the_end_nothing_is_done_with_polls(world: World) -> None:
    """Rule 40: polls stay readable; people who were inside get SESSION_ENDED, also during the next session."""
    polls = await meet(world, "student-001")
    draft, poll = await polls.draft(), await polls.opened()
    options = await options_of(world, poll)
    await end_session(polls)
    for _ in range(2):
        for of, verb, given in (
            (draft, "updatePoll", CHANGES),
            (draft, "deletePoll", {}),
            (draft, "openPoll", {}),
            (poll, "closePoll", {}),
        ):
            assert await polls.may_not("chatmod", verb, of, **given) == ("SESSION_ENDED", ["pollId"])
        refusal = await polls.may_not("student-001", "castVote", poll, optionIds=options[:1])
        assert refusal == ("SESSION_ENDED", ["pollId"])
        assert [each["state"] for each in await listed(world, "chatmod")] == ["DRAFT", "CLOSED"]
        assert [each["state"] for each in await listed(world, "student-001")] == ["CLOSED"]
        await meet(world)


async def test_who_has_left_reads_polls_and_does_nothing_with_them(world: World) -> None:
    """Rules 36, 53: until they enter again."""
    polls = await meet(world, "student-001")
    draft, poll = await polls.draft(), await polls.opened()
    options = await options_of(world, poll)
    for who in ("chatmod", "student-001"):
        await world.mutate(who, LEAVE, room=world.room)
    assert await polls.may_not("chatmod", "createPoll", **DRAFT) == ("NOT_IN_SESSION", ["roomId"])
    for of, verb in ((draft, "updatePoll"), (draft, "deletePoll"), (draft, "openPoll"), (poll, "closePoll")):
        assert await polls.may_not("chatmod", verb, of) == ("NOT_IN_SESSION", ["pollId"])
    refusal = await polls.may_not("student-001", "castVote", poll, optionIds=options[:1])
    assert refusal == ("NOT_IN_SESSION", ["pollId"])
    assert [len(await listed(world, who)) for who in ("chatmod", "student-001")] == [2, 1]
    await world.enter("chatmod", "student-001")
    await polls.does("chatmod", "openPoll", draft)
    assert await polls.votes("student-001", draft, 0) == "done"


async def test_the_snapshot_says_who_runs_polls(world: World) -> None:
    """Rules 7, 8, 32: for granted and for revoked roles, until leaving."""
    polls = await meet(world, "student-001")
    poll = await polls.opened()
    await configure(world, chatModeratorIds=[await id_of(world, "student-001")])
    for who in ("student-001", "moderator"):
        assert await polls.may_not(who, "createPoll", **DRAFT) == ("FORBIDDEN", ["roomId"])
        assert await polls.may_not(who, "closePoll", poll) == ("FORBIDDEN", ["pollId"])
    draft = await polls.draft()
    for who in ("student-001", "chatmod"):
        await world.mutate(who, LEAVE, room=world.room)
    await world.enter("student-001", "chatmod")
    assert await polls.may_not("chatmod", "createPoll", **DRAFT) == ("FORBIDDEN", ["roomId"])
    assert await polls.may_not("chatmod", "openPoll", draft) == ("NOT_FOUND", ["pollId"])
    assert (await polls.does("student-001", "openPoll", draft))["poll"]["state"] == "OPEN"


@pytest.mark.parametrize("verb", VERBS)
async def test_the_same_key_gives_the_same_result(world: World, verb: str) -> None:
    """Rule 62: also where repeating would be refused; another body is refused."""
    polls = await meet(world)
    given: dict[str, Any] = {"idempotencyKey": "key"}
    poll = "" if verb == "createPoll" else await polls.draft()
    match verb:
        case "createPoll":
            given |= DRAFT
        case "updatePoll":
            given |= CHANGES
        case "castVote" | "closePoll":
            await polls.does("chatmod", "openPoll", poll)
            given |= {"optionIds": (await options_of(world, poll))[:1]} if verb == "castVote" else {}
    before = await read_state(world.database)
    first = await polls.does("chatmod", verb, poll, **given)
    done = await read_state(world.database)
    assert done != before
    assert await polls.does("chatmod", verb, poll, **given) == first
    assert await read_state(world.database) == done
    other = absent("Poll") if poll else ""
    more = {} if poll else {"multipleAnswers": True}
    assert (await polls.may_not("chatmod", verb, other, **given, **more))[0] == "IDEMPOTENCY_MISMATCH"


async def test_what_running_a_poll_costs(world: World) -> None:
    """The number of statements is small and constant."""
    polls = await meet(world)
    poll, other = await polls.draft(), await polls.draft()
    first, second, _third = await options_of(world, poll)
    brief = {
        verb: f"mutation ($input: {verb[0].upper()}{verb[1:]}Input!) {{ {verb}(input: $input) {{ cursor userErrors {{ code }} }} }}"
        for verb in VERBS
    }
    acts: list[tuple[str, str, dict[str, Any]]] = [
        ("chatmod", "createPoll", {"roomId": world.room, **DRAFT}),
        ("chatmod", "updatePoll", {"pollId": poll, "question": "Or which?"}),
        ("chatmod", "updatePoll", {"pollId": other, "options": TWO}),
        ("chatmod", "deletePoll", {"pollId": other}),
        ("chatmod", "openPoll", {"pollId": poll, "durationSeconds": 60}),
        ("chatmod", "castVote", {"pollId": poll, "optionIds": [first]}),  # sends an event at once
        ("moderator", "castVote", {"pollId": poll, "optionIds": [second]}),  # leaves the event to the deadline
        ("chatmod", "closePoll", {"pollId": poll}),
    ]
    costs = []
    for who, verb, given in acts:
        ran = await statements_of(world, who, brief[verb], given)
        costs.append(len([each for each in ran if not each.startswith("BEGIN")]))
    assert max(costs) <= 10, costs
