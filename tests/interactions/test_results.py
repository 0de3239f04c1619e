"""Who sees interactions and their results, by every path (rules 4, 8, 32, 45, 48, 75, 78)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select, text

from models.events.interactions import OfInteraction
from models.events.log import LogEntry
from models.permissions import Viewer
from resolvers.interactions import interactions_as_told
from server.settings import Settings
from tests.model.scenes import StillClock
from tests.support.event_streams import beginning, is_live, next_event
from tests.support.interactions import EVENTS, NODE, VERBS, choice, choosing, listed, meet, options_of, seen, totals
from tests.support.people import absent, configure, events_since, id_of, local, log_head
from tests.support.statement_counts import _counted, counting_query
from tests.support.statement_log import OWN_ACCOUNT
from tests.support.world import END, LEAVE, World, open_world


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    """A server whose clock stands still, except when a test moves it."""
    async with open_world(settings, StillClock()) as world:
        yield world


OTHERS = ("student-001", "moderator")
"""Attendees; in interactions, a room moderator is one of them (rule 8)."""


@pytest.mark.parametrize("shared", ["NEVER", "AFTER_CLOSING", "LIVE"])
async def test_results_are_for_chat_moderators_and_for_all_as_they_are_shared(world: World, shared: str) -> None:
    """Rules 8, 78: the number of ballots is for everyone, in lists, through `node` and in the answer to a vote."""
    interactions = await meet(world, "student-001", "student-002")
    interaction = await interactions.opened(shareResults=shared)
    options = await options_of(world, interaction)
    for who, place in (("student-001", 0), ("moderator", 2), ("chatmod", 0)):
        voted = await interactions.does(who, "answerInteraction", interaction, answers=choosing([options[place]]))
        assert chosen_in(voted["interaction"]) == [options[place]]
        assert (totals(voted["interaction"])[1] == [None] * 3) is (who != "chatmod" and shared != "LIVE")
    for state, visible in (("OPEN", shared == "LIVE"), ("CLOSED", shared != "NEVER")):
        for who in (*OTHERS, "student-002", "chatmod"):
            shown = (3, [2, 0, 1] if visible or who == "chatmod" else [None] * 3)
            (in_list,) = await listed(world, who)
            assert (await seen(world, interaction, who), in_list["state"]) == (in_list, state)
            assert totals(in_list) == shown, who
        if state == "OPEN":
            await interactions.does("chatmod", "closeInteraction", interaction)
    assert totals(await seen(world, interaction))[1] == [2, 0, 1]


async def test_a_draft_is_for_chat_moderators_alone(world: World) -> None:
    """Rules 4, 8, 75: for other people inside it is absent, in lists, through `node` and for every act."""
    interactions = await meet(world, "student-001")
    draft = await interactions.draft()
    options = await options_of(world, draft)
    assert [each["id"] for each in await listed(world, "chatmod", "DRAFT")] == [draft]
    for who in OTHERS:
        assert await listed(world, who) == await listed(world, who, "DRAFT") == []
        assert await seen(world, draft, who) is None
        for verb in VERBS:
            if verb == "createInteraction":
                continue
            more = needed(verb, options[0])
            answers = [
                await world.ask(who, VERBS[verb], input={"interactionId": each, **more})
                for each in (draft, absent("Interaction"))
            ]
            assert answers[0] == answers[1], verb
            assert answers[0]["data"][verb]["userErrors"][0]["code"] == "NOT_FOUND"
    await interactions.does("chatmod", "openInteraction", draft)
    for who in OTHERS:
        assert [each["id"] for each in await listed(world, who, "OPEN")] == [draft]


def needed(verb: str, option: str) -> dict[str, Any]:
    """Returns what the input of this mutation requires besides the interaction."""
    more: dict[str, dict[str, Any]] = {
        "answerInteraction": {"answers": choosing([option])},
        "scheduleInteraction": {"opensAt": "2030-01-01T00:00:00Z"},
        "hideWord": {"optionId": option},
        "publishInteractionText": {"textId": absent("InteractionText")},
    }
    return more.get(verb, {})


@pytest.mark.parametrize("who", [*OTHERS, "outsider", "student-002"])
async def test_a_hidden_draft_costs_what_an_absent_one_costs(world: World, who: str) -> None:
    """Rule 4: as many statements, through `node` and for every act."""
    interactions = await meet(world, "student-001")
    draft = await interactions.draft()
    for verb, document in {**VERBS, "node": NODE}.items():
        if verb == "createInteraction":
            continue
        costs = []
        for each in (draft, absent("Interaction")):
            given = {"interactionId": each, **needed(verb, absent("InteractionOption"))}
            _, ran = await counting_query(world, who, document, input=given, id=each)
            costs.append(len([one for one in ran if not one.startswith("BEGIN")]))
        assert costs[0] == costs[1] > 0, verb


async def test_polls_are_for_those_who_are_or_were_inside(world: World) -> None:
    """Rules 4, 11, 45: late joiners see all interactions; members and managers outside, and outsiders, see none."""
    await configure(world, chatModeratorIds=[await id_of(world, "chatmod"), await id_of(world, "guest")])
    interactions = await meet(world, "student-001")
    interaction = await interactions.opened(shareResults="AFTER_CLOSING")
    for who in ("student-002", "manager"):
        assert (await listed(world, who), await seen(world, interaction, who)) == ([], None)
        await world.enter(who)
        assert [each["id"] for each in await listed(world, who)] == [interaction]
    assert await seen(world, interaction, "outsider") is None
    await world.enter("guest")
    assert totals(await seen(world, interaction, "guest"))[1] == [0, 0, 0]
    await world.mutate("student-002", LEAVE, room=world.room)
    await world.mutate("moderator", END, session=interactions.session)
    for who in ("student-001", "student-002", "manager", "guest"):
        assert [each["id"] for each in await listed(world, who, "CLOSED", "OPEN")] == [interaction], who
    await meet(world, "student-003")
    assert await listed(world, "student-003") == []


async def test_who_comes_back_without_the_role_no_longer_sees_drafts_and_votes(world: World) -> None:
    """Rules 32, 78: the latest admission decides."""
    interactions = await meet(world)
    draft, interaction = await interactions.draft(), await interactions.opened()
    await configure(world, chatModeratorIds=[])
    assert totals(await seen(world, interaction))[1] == [0, 0, 0]
    await world.mutate("chatmod", LEAVE, room=world.room)
    assert await seen(world, draft)
    await world.enter("chatmod")
    assert await seen(world, draft) is None
    assert totals(await seen(world, interaction)) == (0, [None] * 3)


async def test_who_voted_what_is_told_to_nobody(world: World) -> None:
    """Rule 78: swapping the ballots of two people changes nothing that other people see."""
    interactions = await meet(world, "student-001", "student-002", "student-003")
    one, other = (
        await interactions.opened(shareResults="AFTER_CLOSING"),
        await interactions.opened(shareResults="AFTER_CLOSING"),
    )
    after = beginning(world)
    for interaction, places in ((one, (0, 2)), (other, (2, 0))):
        order = list(zip(("student-001", "student-002"), places, strict=True))
        for who, place in order if interaction == one else reversed(order):
            assert await interactions.votes(who, interaction, place) == "done"
        await interactions.does("chatmod", "closeInteraction", interaction)
    for who in ("chatmod", "moderator", "student-003"):
        assert like(await seen(world, one, who)) == like(await seen(world, other, who))
        async with world.socket(who) as socket:
            stream = await socket.subscribe(EVENTS, room=world.room, after=after)
            told: dict[str, list[Any]] = {one: [], other: []}
            while [each for each, *_ in told[other]][-1:] != ["InteractionClosed"]:
                event = await next_event(stream)
                shown = event.get("interaction")
                if shown:
                    told[shown["id"]].append((event["__typename"], *like(shown)))
            assert told[one] == told[other]


def like(interaction: dict[str, Any]) -> tuple[Any, ...]:
    """Returns what a poll shows, without ids and times."""
    (question,) = interaction["questions"]
    texts = [each["text"] for each in question["options"]]
    return (*totals(interaction), question["text"], texts, interaction["state"], interaction["viewerAnswer"])


def chosen_in(interaction: dict[str, Any]) -> list[str] | None:
    """Returns the options that the viewer chose in a poll."""
    own = interaction["viewerAnswer"]
    return own and [option["id"] for question in own["questions"] for option in question["options"]]


async def test_ballots_lead_to_no_voter_and_no_voter_is_logged(world: World) -> None:
    """Rule 78: in the schema, the log and the audit records."""
    interactions = await meet(world, "student-001")
    interaction = await interactions.opened()
    assert await interactions.votes("student-001", interaction, 1) == "done"
    voter = local(await id_of(world, "student-001"))
    payloads = await world.database.reads.values(select(LogEntry.payload).where(LogEntry.kind.like("Interaction%")))
    assert len(payloads) == 3
    assert not [payload for payload in payloads if str(voter) in payload or voter.hex in payload]
    audited = await world.database.reads.values(text("SELECT action FROM audit_records"))
    assert "openInteraction" in audited
    assert "answerInteraction" not in audited


async def test_votes_are_told_as_they_are_seen(world: World) -> None:
    """Rules 63, 75, 78: people inside get no results until these are shared; only chat moderators get drafts."""
    interactions = await meet(world, "student-001")
    async with world.socket("chatmod") as moderating, world.socket("student-001") as inside:
        streams = [await socket.subscribe(EVENTS, room=world.room) for socket in (moderating, inside)]
        for stream in streams:
            await is_live(stream)
        interaction, other = await interactions.draft(shareResults="AFTER_CLOSING"), await interactions.draft()
        await interactions.does("chatmod", "updateInteraction", interaction, questions=choice("Or which?")["questions"])
        await interactions.does("chatmod", "deleteInteraction", other)
        await interactions.does("chatmod", "openInteraction", interaction)
        assert await interactions.votes("student-001", interaction, 1) == "done"
        await interactions.does("chatmod", "closeInteraction", interaction)
        drafts = [await next_event(streams[0]) for _ in range(4)]
        assert [each["__typename"] for each in drafts] == ["InteractionChanged"] * 3 + ["InteractionDeleted"]
        assert drafts[3]["interactionId"] == other
        chosen = (await options_of(world, interaction))[1]
        shown: list[list[list[int | None]]] = [[[0, 0, 0], [0, 1, 0]], [[None] * 3] * 2]
        for stream, votes in zip(streams, shown, strict=True):
            opened, changed, closed = [await next_event(stream) for _ in range(3)]
            assert [each["__typename"] for each in (opened, changed, closed)] == [
                "InteractionOpened",
                "InteractionChanged",
                "InteractionClosed",
            ]
            assert opened["interaction"]["questions"][0]["text"] == "Or which?"
            assert totals(opened["interaction"]) == (0, votes[0])
            assert totals(changed["interaction"]) == (1, votes[1])
            assert (closed["interaction"]["state"], totals(closed["interaction"])) == ("CLOSED", (1, [0, 1, 0]))
            assert chosen_in(changed["interaction"]) == ([chosen] if stream is streams[1] else None)


async def test_a_replay_tells_what_was_told_and_no_more(world: World) -> None:
    """Rules 60, 75, 78: with the totals of that time; votes before the close stay hidden, a deleted draft is gone."""
    interactions = await meet(world, "student-001")
    head = beginning(world)
    gone = await interactions.draft(text="Never mind?")
    await interactions.does("chatmod", "deleteInteraction", gone)
    interaction = await interactions.opened(shareResults="AFTER_CLOSING")
    assert await interactions.votes("student-001", interaction, 1) == "done"
    await interactions.does("chatmod", "closeInteraction", interaction)
    for who, kinds in {
        "chatmod": [
            "InteractionChanged",
            "InteractionDeleted",
            "InteractionChanged",
            "InteractionOpened",
            "InteractionChanged",
            "InteractionClosed",
        ],
        "moderator": ["InteractionOpened", "InteractionChanged", "InteractionClosed"],
    }.items():
        async with world.socket(who) as socket:
            stream = await socket.subscribe(EVENTS, room=world.room, after=head)
            told: list[dict[str, Any]] = []
            while not told or told[-1]["__typename"] != "InteractionClosed":
                event = await next_event(stream)
                told += [event] if event["__typename"].startswith("Interaction") else []
        assert [each["__typename"] for each in told] == kinds
        if who == "chatmod":
            assert told[0]["interaction"] is None
        assert totals(told[-2]["interaction"]) == (1, [0, 1, 0] if who == "chatmod" else [None] * 3)
        assert totals(told[-1]["interaction"]) == (1, [0, 1, 0])
        assert "Never mind?" not in str(told)


async def test_a_drafts_texts_are_nowhere_in_the_log(world: World) -> None:
    """Rule 78: events contain no texts of interactions."""
    interactions = await meet(world)
    head = await log_head(world)
    await interactions.opened(text="Looked for?", options=["Needle", "Haystack"])
    later = select(LogEntry.payload).where(LogEntry.gallery_id == local(world.gallery), LogEntry.number > head.number)
    payloads = await world.database.reads.values(later)
    assert len(payloads) == 2
    assert not [word for word in ("Looked", "Needle", "Haystack") if word in str(payloads)]


async def test_who_is_told_of_a_poll_has_it_read_in_one_statement(world: World) -> None:
    """Rule 77: without counting, because three hundred people receive the event."""
    interactions = await meet(world)
    head = await log_head(world)
    await interactions.opened()
    told = [event for event in await events_since(world, head) if isinstance(event, OfInteraction)]
    async with world.database.snapshot(Viewer(local(await id_of(world, "chatmod")), "chatmod")) as snapshot:
        with _counted() as ran:
            found = await interactions_as_told(snapshot, told)
    assert [each and each.moderated for each in found] == [True, True]
    (read,) = [each for each in ran if not each.startswith(OWN_ACCOUNT)]
    assert "count(" not in read
