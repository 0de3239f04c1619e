"""Who sees polls and their votes, by every path (rules 4, 8, 32, 45, 48, 53, 54)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select, text

from models.events.log import LogEntry
from models.events.polls import OfPoll
from models.permissions import Viewer
from resolvers.polls import polls_as_told
from server.settings import Settings
from tests.inputs.rows import TYPES
from tests.model.scenes import StillClock
from tests.support.event_streams import beginning, is_live, next_event
from tests.support.people import absent, configure, events_since, id_of, local, log_head
from tests.support.polls import EVENTS, NODE, VERBS, listed, meet, options_of, seen, totals
from tests.support.statement_counts import _counted, counting_query
from tests.support.statement_log import OWN_ACCOUNT
from tests.support.world import END, LEAVE, World, open_world


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    """A server whose clock stands still, except when a test moves it."""
    async with open_world(settings, StillClock()) as world:
        yield world


OTHERS = ("student-001", "moderator")
"""Attendees; in polls, a room moderator is one of them (rule 8)."""


@pytest.mark.parametrize("shared", [False, True])
async def test_results_are_for_chat_moderators_and_once_closed_for_all_where_they_are_shared(
    world: World, shared: bool
) -> None:
    """Rules 8, 54: the number of ballots is for everyone, in lists, through `node` and in the answer to a vote."""
    polls = await meet(world, "student-001", "student-002")
    poll = await polls.opened(shareResults=shared)
    options = await options_of(world, poll)
    for who, place in (("student-001", 0), ("moderator", 2), ("chatmod", 0)):
        voted = await polls.does(who, "castVote", poll, optionIds=[options[place]])
        assert voted["poll"]["viewerVote"] == [{"id": options[place]}]
        assert (totals(voted["poll"])[1] == [None] * 3) is (who != "chatmod")
    for state, visible in (("OPEN", False), ("CLOSED", shared)):
        for who in (*OTHERS, "student-002", "chatmod"):
            shown = (3, [2, 0, 1] if visible or who == "chatmod" else [None] * 3)
            (in_list,) = await listed(world, who)
            assert (await seen(world, poll, who), in_list["state"]) == (in_list, state)
            assert totals(in_list) == shown, who
        if state == "OPEN":
            await polls.does("chatmod", "closePoll", poll)
    assert totals(await seen(world, poll))[1] == [2, 0, 1]


async def test_a_draft_is_for_chat_moderators_alone(world: World) -> None:
    """Rules 4, 8, 53: for other people inside it is absent, in lists, through `node` and for every act."""
    polls = await meet(world, "student-001")
    draft = await polls.draft()
    options = await options_of(world, draft)
    assert [each["id"] for each in await listed(world, "chatmod", "DRAFT")] == [draft]
    for who in OTHERS:
        assert await listed(world, who) == await listed(world, who, "DRAFT") == []
        assert await seen(world, draft, who) is None
        for verb in VERBS:
            if verb == "createPoll":
                continue
            more = {"optionIds": options[:1]} if verb == "castVote" else {}
            answers = [
                await world.ask(who, VERBS[verb], input={"pollId": each, **more}) for each in (draft, absent("Poll"))
            ]
            assert answers[0] == answers[1], verb
            assert answers[0]["data"][verb]["userErrors"][0]["code"] == "NOT_FOUND"
    await polls.does("chatmod", "openPoll", draft)
    for who in OTHERS:
        assert [each["id"] for each in await listed(world, who, "OPEN")] == [draft]


@pytest.mark.parametrize("who", [*OTHERS, "outsider", "student-002"])
async def test_a_hidden_draft_costs_what_an_absent_one_costs(world: World, who: str) -> None:
    """Rule 4: as many statements, through `node` and for every act."""
    polls = await meet(world, "student-001")
    draft = await polls.draft()
    chosen = [absent("PollOption")]
    for verb, document in {**VERBS, "node": NODE}.items():
        if verb == "createPoll":
            continue
        costs = []
        for each in (draft, absent("Poll")):
            given = {"pollId": each} | ({"optionIds": chosen} if verb == "castVote" else {})
            _, ran = await counting_query(world, who, document, input=given, id=each)
            costs.append(len([one for one in ran if not one.startswith("BEGIN")]))
        assert costs[0] == costs[1] > 0, verb


async def test_polls_are_for_those_who_are_or_were_inside(world: World) -> None:
    """Rules 4, 11, 45: late joiners see all polls; members and managers outside, and outsiders, see none."""
    await configure(world, chatModeratorIds=[await id_of(world, "chatmod"), await id_of(world, "guest")])
    polls = await meet(world, "student-001")
    poll = await polls.opened(shareResults=True)
    for who in ("student-002", "manager"):
        assert (await listed(world, who), await seen(world, poll, who)) == ([], None)
        await world.enter(who)
        assert [each["id"] for each in await listed(world, who)] == [poll]
    assert await seen(world, poll, "outsider") is None
    await world.enter("guest")
    assert totals(await seen(world, poll, "guest"))[1] == [0, 0, 0]
    await world.mutate("student-002", LEAVE, room=world.room)
    await world.mutate("moderator", END, session=polls.session)
    for who in ("student-001", "student-002", "manager", "guest"):
        assert [each["id"] for each in await listed(world, who, "CLOSED", "OPEN")] == [poll], who
    await meet(world, "student-003")
    assert await listed(world, "student-003") == []


async def test_who_comes_back_without_the_role_no_longer_sees_drafts_and_votes(world: World) -> None:
    """Rules 32, 54: the latest admission decides."""
    polls = await meet(world)
    draft, poll = await polls.draft(), await polls.opened()
    await configure(world, chatModeratorIds=[])
    assert totals(await seen(world, poll))[1] == [0, 0, 0]
    await world.mutate("chatmod", LEAVE, room=world.room)
    assert await seen(world, draft)
    await world.enter("chatmod")
    assert await seen(world, draft) is None
    assert totals(await seen(world, poll)) == (0, [None] * 3)


async def test_who_voted_what_is_told_to_nobody(world: World) -> None:
    """Rule 54: swapping the ballots of two people changes nothing that other people see."""
    polls = await meet(world, "student-001", "student-002", "student-003")
    one, other = await polls.opened(shareResults=True), await polls.opened(shareResults=True)
    after = beginning(world)
    for poll, places in ((one, (0, 2)), (other, (2, 0))):
        order = list(zip(("student-001", "student-002"), places, strict=True))
        for who, place in order if poll == one else reversed(order):
            assert await polls.votes(who, poll, place) == "done"
        await polls.does("chatmod", "closePoll", poll)
    for who in ("chatmod", "moderator", "student-003"):
        assert like(await seen(world, one, who)) == like(await seen(world, other, who))
        async with world.socket(who) as socket:
            stream = await socket.subscribe(EVENTS, room=world.room, after=after)
            told: dict[str, list[Any]] = {one: [], other: []}
            while [each for each, *_ in told[other]][-1:] != ["PollClosed"]:
                event = await next_event(stream)
                shown = event.get("poll")
                if shown:
                    told[shown["id"]].append((event["__typename"], *like(shown)))
            assert told[one] == told[other]


def like(poll: dict[str, Any]) -> tuple[Any, ...]:
    """Returns what a poll shows, without ids and times."""
    return (
        *totals(poll),
        poll["question"],
        poll["state"],
        poll["viewerVote"],
        [each["text"] for each in poll["options"]],
    )


async def test_ballots_lead_to_no_voter_and_no_voter_is_logged(world: World) -> None:
    """Rule 54: in the schema, the log and the audit records."""
    of = {name: {str(field.type) for field in TYPES[name].fields.values()} for name in ("Poll", "PollOption")}
    assert of["PollOption"] == {"ID!", "String!", "Int"}
    assert of["Poll"] & {"User", "User!", "Participant", "Participant!"} == set()
    polls = await meet(world, "student-001")
    poll = await polls.opened()
    assert await polls.votes("student-001", poll, 1) == "done"
    voter = local(await id_of(world, "student-001"))
    payloads = await world.database.reads.values(select(LogEntry.payload).where(LogEntry.kind.like("Poll%")))
    assert len(payloads) == 3
    assert not [payload for payload in payloads if str(voter) in payload or voter.hex in payload]
    audited = await world.database.reads.values(text("SELECT action FROM audit_records"))
    assert "openPoll" in audited
    assert "castVote" not in audited


async def test_votes_are_told_as_they_are_seen(world: World) -> None:
    """Rules 53, 54, 63: people inside get no results until these are shared; only chat moderators get drafts."""
    polls = await meet(world, "student-001")
    async with world.socket("chatmod") as moderating, world.socket("student-001") as inside:
        streams = [await socket.subscribe(EVENTS, room=world.room) for socket in (moderating, inside)]
        for stream in streams:
            await is_live(stream)
        poll, other = await polls.draft(shareResults=True), await polls.draft()
        await polls.does("chatmod", "updatePoll", poll, question="Or which?")
        await polls.does("chatmod", "deletePoll", other)
        await polls.does("chatmod", "openPoll", poll)
        assert await polls.votes("student-001", poll, 1) == "done"
        await polls.does("chatmod", "closePoll", poll)
        drafts = [await next_event(streams[0]) for _ in range(4)]
        assert [each["__typename"] for each in drafts] == ["PollChanged"] * 3 + ["PollDeleted"]
        assert drafts[3]["pollId"] == other
        chosen = (await options_of(world, poll))[1]
        shown: list[list[list[int | None]]] = [[[0, 0, 0], [0, 1, 0]], [[None] * 3] * 2]
        for stream, votes in zip(streams, shown, strict=True):
            opened, changed, closed = [await next_event(stream) for _ in range(3)]
            assert [each["__typename"] for each in (opened, changed, closed)] == [
                "PollOpened",
                "PollChanged",
                "PollClosed",
            ]
            assert opened["poll"]["question"] == "Or which?"
            assert totals(opened["poll"]) == (0, votes[0])
            assert totals(changed["poll"]) == (1, votes[1])
            assert (closed["poll"]["state"], totals(closed["poll"])) == ("CLOSED", (1, [0, 1, 0]))
            assert changed["poll"]["viewerVote"] == ([{"id": chosen}] if stream is streams[1] else None)


async def test_a_replay_tells_what_was_told_and_no_more(world: World) -> None:
    """Rules 53, 54, 60: with the totals of that time; votes before the close stay hidden, a deleted draft is gone."""
    polls = await meet(world, "student-001")
    head = beginning(world)
    gone = await polls.draft(question="Never mind?")
    await polls.does("chatmod", "deletePoll", gone)
    poll = await polls.opened(shareResults=True)
    assert await polls.votes("student-001", poll, 1) == "done"
    await polls.does("chatmod", "closePoll", poll)
    for who, kinds in {
        "chatmod": ["PollChanged", "PollDeleted", "PollChanged", "PollOpened", "PollChanged", "PollClosed"],
        "moderator": ["PollOpened", "PollChanged", "PollClosed"],
    }.items():
        async with world.socket(who) as socket:
            stream = await socket.subscribe(EVENTS, room=world.room, after=head)
            told: list[dict[str, Any]] = []
            while not told or told[-1]["__typename"] != "PollClosed":
                event = await next_event(stream)
                told += [event] if event["__typename"].startswith("Poll") else []
        assert [each["__typename"] for each in told] == kinds
        if who == "chatmod":
            assert told[0]["poll"] is None
        assert totals(told[-2]["poll"]) == (1, [0, 1, 0] if who == "chatmod" else [None] * 3)
        assert totals(told[-1]["poll"]) == (1, [0, 1, 0])
        assert "Never mind?" not in str(told)


async def test_a_drafts_texts_are_nowhere_in_the_log(world: World) -> None:
    """Rule 54: events contain no texts of polls."""
    polls = await meet(world)
    head = await log_head(world)
    await polls.opened(question="Looked for?", options=["Needle", "Haystack"])
    later = select(LogEntry.payload).where(LogEntry.gallery_id == local(world.gallery), LogEntry.number > head.number)
    payloads = await world.database.reads.values(later)
    assert len(payloads) == 2
    assert not [word for word in ("Looked", "Needle", "Haystack") if word in str(payloads)]


async def test_who_is_told_of_a_poll_has_it_read_in_one_statement(world: World) -> None:
    """Rule 53: without counting, because three hundred people receive the event."""
    polls = await meet(world)
    head = await log_head(world)
    await polls.opened()
    told = [event for event in await events_since(world, head) if isinstance(event, OfPoll)]
    async with world.database.snapshot(Viewer(local(await id_of(world, "chatmod")), "chatmod")) as snapshot:
        with _counted() as ran:
            found = await polls_as_told(snapshot, told)
    assert [each and each.moderated for each in found] == [True, True]
    (read,) = [each for each in ran if not each.startswith(OWN_ACCOUNT)]
    assert "count(" not in read
