"""The `questions` subscription of a room (rules 45, 50, 52, 60, 61, 63)."""

import pytest

from tests.support.event_streams import Event, beginning, ending, is_live, next_event
from tests.support.people import configure, id_of
from tests.support.questions import (
    ASKER,
    CHATMOD,
    EVERYTHING,
    OTHER,
    QUESTIONS,
    SECOND,
    ask,
    do,
    gather,
    publish,
    replies_in,
    reply,
)
from tests.support.world import END, LEAVE, Subscribed, World


async def told(stream: Subscribed, count: int) -> list[Event]:
    return [await next_event(stream) for _ in range(count)]


def kinds(events: list[Event]) -> list[str]:
    return [event["__typename"] for event in events]


def states(events: list[Event]) -> list[str]:
    return [event["question"]["state"] for event in events]


LIFE = ["QuestionAsked", *["QuestionChanged"] * 2, "AnswerPublished", *["QuestionChanged"] * 3]
STATES = ["PENDING", "CLAIMED", "CLAIMED", "ANSWERED", "ANSWERED", "PENDING", "PENDING"]
THREAD = [0, 0, 1, 1, 1, 1, 2]


async def life(world: World) -> str:
    """Takes a question from claim to answer, publication, upvote, reopening and a further reply. Returns its id."""
    question = (await ask(world))["id"]
    await do(world, CHATMOD, "claimQuestion", question)
    await publish(world, question)
    await do(world, OTHER, "upvoteQuestion", question)
    await do(world, SECOND, "reopenQuestion", question)
    await reply(world, ASKER, question, "And then?")
    return str(question)


@pytest.mark.parametrize("document", [QUESTIONS, EVERYTHING], ids=["questions", "roomEvents"])
async def test_a_thread_is_told_to_its_parties_and_to_all_what_is_published(world: World, document: str) -> None:
    """Rules 50, 52, 63: live and in order, each viewer receives what they may see."""
    await gather(world)
    people = (ASKER, CHATMOD, SECOND, OTHER, "moderator")
    sockets = [world.socket(who) for who in people]
    streams = []
    for socket in sockets:
        streams.append(await (await socket.__aenter__()).subscribe(document, room=world.room))
        await is_live(streams[-1])
    await life(world)
    await ask(world, "moderator", "Is this on?")
    for who, stream in zip(people[:3], streams, strict=False):
        events = await told(stream, 7)
        assert (kinds(events), states(events)) == (LIFE, STATES), who
        assert [len(replies_in(each["question"])) for each in events] == THREAD, who
        assert [each["question"]["upvotes"] for each in events] == [0, 0, 0, 0, 1, 1, 1], who
    for who, stream in zip(people[3:], streams[3:], strict=True):
        events = await told(stream, 2)
        assert (kinds(events), states(events)) == (["AnswerPublished", "QuestionChanged"], ["ANSWERED"] * 2), who
        assert events[1]["question"]["viewerUpvoted"] is (who == OTHER), who
        assert all(each["question"]["publishedAnswer"] == "Because." for each in events), who
    for stream in (*streams[1:3], streams[4]):  # the two chat moderators and the asker
        assert states(await told(stream, 1)) == ["PENDING"]
    for socket in sockets:
        await socket.__aexit__(None, None, None)


@pytest.mark.parametrize(("who", "count"), [(ASKER, 7), (CHATMOD, 7), (OTHER, 2), ("moderator", 2)])
async def test_a_stream_of_questions_goes_on_where_it_was(world: World, who: str, count: int) -> None:
    """Rules 60, 61: from any cursor, also a checkpoint's, each event once and in order, as it was at that time."""
    await gather(world)
    question = await life(world)
    async with world.socket(who) as socket:
        whole = await told(await socket.subscribe(QUESTIONS, room=world.room, after=beginning(world)), count)
        assert kinds(whole) == (LIFE if count == 7 else ["AnswerPublished", "QuestionChanged"])
        if count == 7:
            assert states(whole) == STATES
            assert [len(replies_in(each["question"])) for each in whole] == THREAD
            assert [bool(each["question"]["publishedAnswer"]) for each in whole] == [False] * 3 + [True] * 4
        checkpoint = ""
        for place in range(count):
            rest = await socket.subscribe(QUESTIONS, room=world.room, after=whole[place]["cursor"])
            assert await told(rest, count - 1 - place) == whole[place + 1 :]
            checkpoint = await is_live(rest)
        again = await socket.subscribe(QUESTIONS, room=world.room, after=checkpoint)
        await do(world, CHATMOD, "upvoteQuestion", question)
        assert kinds(await told(again, 1)) == ["QuestionChanged"]
        forged = await socket.subscribe(QUESTIONS, room=world.room, after="x")
        assert await ending(forged) == ([], "CURSOR_INVALID")


async def test_opened_outside_it_begins_to_deliver_on_admission(world: World) -> None:
    """Rule 45: a replay then has what was published before, and nothing else."""
    await gather(world)
    async with world.socket("student-003") as socket:
        stream = await socket.subscribe(QUESTIONS, room=world.room)
        await is_live(stream)
        question = await life(world)
        await world.enter("student-003")
        await do(world, "student-003", "upvoteQuestion", question)
        (event,) = await told(stream, 1)
        assert (event["__typename"], event["question"]["upvotes"]) == ("QuestionChanged", 2)
        replay = await socket.subscribe(QUESTIONS, room=world.room, after=beginning(world))
        assert kinds(await told(replay, 3)) == ["AnswerPublished", "QuestionChanged", "QuestionChanged"]


async def test_a_replaced_answer_is_not_told_again(world: World) -> None:
    """Rule 52: a replay shows the replacement."""
    await gather(world)
    question = (await ask(world))["id"]
    await publish(world, question, "Wrong.")
    await publish(world, question, "Right.")
    async with world.socket(OTHER) as socket:
        replay = await socket.subscribe(QUESTIONS, room=world.room, after=beginning(world))
        events = await told(replay, 2)
        assert [each["question"]["publishedAnswer"] for each in events] == ["Right.", "Right."]


async def test_a_claim_that_returns_is_told(world: World) -> None:
    """Rule 51: to other chat moderators and the asker; other people are told only that somebody left."""
    await gather(world)
    question = (await ask(world))["id"]
    await do(world, CHATMOD, "claimQuestion", question)
    async with world.socket(SECOND) as one, world.socket(ASKER) as another, world.socket(OTHER) as third:
        streams = [await socket.subscribe(EVERYTHING, room=world.room) for socket in (one, another, third)]
        for stream in streams:
            await is_live(stream)
        await world.mutate(CHATMOD, LEAVE, room=world.room)
        for stream in streams[:2]:
            events = await told(stream, 2)
            assert kinds(events) == ["QuestionChanged", "ParticipantLeft"]
            assert (events[0]["question"]["state"], events[0]["question"]["claimedBy"]) == ("PENDING", None)
        assert kinds(await told(streams[2], 1)) == ["ParticipantLeft"]


async def test_whoever_comes_back_as_an_attendee_is_told_no_more(world: World) -> None:
    """Rules 32, 63: thread events stop on entering again, and are not in replays either."""
    await gather(world)
    question = (await ask(world))["id"]
    async with world.socket(CHATMOD) as socket:
        stream = await socket.subscribe(QUESTIONS, room=world.room)
        await is_live(stream)
        await configure(world, chatModeratorIds=[await id_of(world, SECOND)])
        await reply(world, ASKER, question, "Still?")
        await world.mutate(CHATMOD, LEAVE, room=world.room)
        await reply(world, ASKER, question, "Are you there?")
        assert kinds(await told(stream, 2)) == ["QuestionChanged"] * 2  # sent while they were still a chat moderator
        await world.enter(CHATMOD)
        await publish(world, question, who=SECOND)
        for each in (stream, await socket.subscribe(QUESTIONS, room=world.room, after=beginning(world))):
            events = await told(each, 1)
            assert kinds(events) == ["AnswerPublished"]
            assert replies_in(events[0]["question"]) == []


async def test_after_the_end_what_was_told_is_there_to_be_replayed(world: World) -> None:
    """Rules 40, 60."""
    session = await gather(world)
    await life(world)
    await world.mutate("moderator", END, session=session)
    for who, count in ((ASKER, 7), (SECOND, 7), (OTHER, 2)):
        async with world.socket(who) as socket:
            replay = await socket.subscribe(QUESTIONS, room=world.room, after=beginning(world))
            assert len(await told(replay, count)) == count
            await is_live(replay)
