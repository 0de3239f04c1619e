"""Reactions to messages: which ones count, and when events are sent (rules 45, 47, 53, 55, 64)."""

import asyncio
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from models.database.transaction import Transaction
from models.events.chat import MessageReacted
from models.storage.base import new_id
from models.tables.chat import ChatMessage, MessageReaction
from models.tables.deadlines import Deadline, DeadlineKind
from models.tables.people import User
from server.accounts import THE_SERVER
from tests.support.chat import CHAT, TALK, Talk, kinds, talk, told
from tests.support.due_deadlines import after, fall_due
from tests.support.event_streams import is_live
from tests.support.people import events_since, local, log_head
from tests.support.running_session import students
from tests.support.stored_state import fold_all, read_state
from tests.support.world import END, World

EMOJI = ["👍", "🎉", "❤️", "😂", "👀"]


async def counts(room: Talk, who: str, text: str) -> list[tuple[str, int, bool]]:
    """Returns a message's reactions as somebody reads them."""
    found = await room.one(who, text)
    assert found
    return [(each["emoji"], each["count"], each["viewerReacted"]) for each in found["reactions"]]


async def reacted(room: Talk, head: Any) -> list[dict[str, int]]:
    """Returns the reaction totals of the events since then."""
    events = await events_since(room.world, head)
    return [each.message.reactions_told for each in events if isinstance(each, MessageReacted)]


async def test_each_person_counts_once_with_an_emoji(world: World) -> None:
    """Rule 55: for everyone inside, in order of first use; repeating changes nothing; people remove only their own."""
    room = await talk(world, "student-001", "student-002")
    await room.say("student-001", "Hello")
    done = await room.does("student-002", "addReaction", "Hello", emoji="🎉")
    assert done["message"]["reactions"] == [{"emoji": "🎉", "count": 1, "viewerReacted": True}]
    assert (await room.does("student-002", "addReaction", "Hello", emoji="🎉"))["cursor"] is None
    for who in ("student-001", "moderator", "chatmod"):
        await room.does(who, "addReaction", "Hello", emoji="👍")
    await room.does("moderator", "addReaction", "Hello", emoji="🎉")
    assert await counts(room, "student-001", "Hello") == [("🎉", 2, False), ("👍", 3, True)]
    assert await counts(room, "moderator", "Hello") == [("🎉", 2, True), ("👍", 3, True)]
    await room.does("student-002", "removeReaction", "Hello", emoji="🎉")
    assert (await room.does("student-002", "removeReaction", "Hello", emoji="🎉"))["cursor"] is None
    assert (await room.does("student-002", "removeReaction", "Hello", emoji="👍"))["cursor"] is None
    # the first person to use it has removed it
    assert await counts(room, "student-001", "Hello") == [("👍", 3, True), ("🎉", 1, False)]
    (listed,) = await room.said("student-002")
    assert [(each["emoji"], each["count"]) for each in listed["reactions"]] == [("👍", 3), ("🎉", 1)]


async def test_two_spellings_are_one_emoji(world: World) -> None:
    """Rules 20, 55: the fully qualified form is stored."""
    room = await talk(world, "student-001")
    await room.say("student-001", "Hello")
    await room.does("student-001", "addReaction", "Hello", emoji="\u2764")
    await room.does("moderator", "addReaction", "Hello", emoji=" \u2764\ufe0f ")
    assert await counts(room, "student-001", "Hello") == [("\u2764\ufe0f", 2, True)]
    await room.does("student-001", "removeReaction", "Hello", emoji="\u2764\ufe0f")
    assert await counts(room, "student-001", "Hello") == [("\u2764\ufe0f", 1, False)]


async def test_twenty_different_ones_and_no_more(world: World) -> None:
    """Rule 55: a twenty-first is refused for everyone; existing ones can be used, and removing one frees a place."""
    room = await talk(world, "student-001")
    await room.say("student-001", "Hello")
    letters = [chr(0x1F600 + number) for number in range(21)]
    for emoji in letters[:20]:
        await room.does("student-001", "addReaction", "Hello", emoji=emoji)
    for who in ("student-001", "moderator"):
        assert await room.may_not(who, "addReaction", "Hello", emoji=letters[20]) == "CONFLICT"
    await room.does("moderator", "addReaction", "Hello", emoji=letters[3])
    await room.does("student-001", "removeReaction", "Hello", emoji=letters[7])
    await room.does("moderator", "addReaction", "Hello", emoji=letters[20])
    assert len(await counts(room, "moderator", "Hello")) == 20


async def test_what_was_deleted_keeps_its_reactions_and_takes_no_more(world: World) -> None:
    """Rule 46: the deleted message keeps its place; one's own reaction can still be removed."""
    room = await talk(world, "student-001")
    await room.say("student-001", "Hello")
    for who in ("student-001", "moderator"):
        await room.does(who, "addReaction", "Hello", emoji="👍")
    await room.does("student-001", "deleteMessage", "Hello")
    assert await room.may_not("moderator", "addReaction", "Hello", emoji="🎉") == "CONFLICT"
    await room.does("moderator", "removeReaction", "Hello", emoji="👍")
    assert await counts(room, "moderator", "Hello") == [("👍", 1, False)]


async def test_a_burst_is_told_at_once_and_a_second_later(world: World) -> None:
    """Rule 64: at most one event per message and second, and the last total is always sent."""
    people = students(8)
    room = await talk(world, *people)
    for text in ("Hello", "another"):
        await room.say("moderator", text)
    async with world.socket("student-001") as socket:
        stream = await socket.subscribe(CHAT, room=world.room)
        await is_live(stream)
        head = await log_head(world)
        for who in people[:5]:
            await room.does(who, "addReaction", "Hello", emoji="👍")
        await room.does("chatmod", "addReaction", "another", emoji="🎉")
        assert await reacted(room, head) == [{"👍": 1}, {"🎉": 1}]
        assert await after(world, seconds=1.1) == ["MessageReacted"]
        assert await reacted(room, head) == [{"👍": 1}, {"🎉": 1}, {"👍": 5}]
        assert await after(world, seconds=10) == []
        await room.does(people[5], "addReaction", "Hello", emoji="👍")
        assert (await reacted(room, head))[3:] == [{"👍": 6}]
        assert kinds(await told(stream, 4)) == ["MessageReacted"] * 4
    assert await counts(room, "moderator", "Hello") == [("👍", 6, False)]


async def test_what_comes_to_the_same_is_not_told(world: World) -> None:
    """Rule 64: a reaction that is removed within the second sends no event."""
    room = await talk(world, "student-001", "student-002")
    await room.say("moderator", "Hello")
    await room.does("student-001", "addReaction", "Hello", emoji="👍")
    await room.does("student-002", "addReaction", "Hello", emoji="🎉")
    await room.does("student-002", "removeReaction", "Hello", emoji="🎉")
    assert await after(world, seconds=2) == []


@pytest.mark.parametrize("how", ["clearChat", "deleteMessage", "end"])
async def test_what_was_to_be_told_of_a_message_that_is_gone(world: World, how: str) -> None:
    """Rules 40, 46, 47: a cleared message sends no further event; others send their last total, also after the end."""
    room = await talk(world, "student-001", "student-002")
    await room.say("moderator", "Hello")
    for who in ("student-001", "student-002"):
        await room.does(who, "addReaction", "Hello", emoji="👍")
    if how == "end":
        await world.mutate("moderator", END, session=room.meeting.session)
    else:
        await room.does("chatmod", how, *["Hello"] * (how == "deleteMessage"))
    assert await after(world, seconds=2) == ([] if how == "clearChat" else ["MessageReacted"])
    assert await world.database.reads.value(PENDING) == 0


PENDING = select(func.count()).where(Deadline.kind == DeadlineKind.REACTIONS)


@pytest.mark.parametrize("seed", range(2))
async def test_what_was_told_is_what_is_counted_once_all_is_told(world: World, seed: int) -> None:
    """Rules 53, 55, 64: also with simultaneous acts, whether or not deadlines have been processed."""
    random, people = Random(seed), students(6)
    room = await talk(world, *people)
    texts = ["one", "two", "three"]
    for text in texts:
        await room.say("moderator", text)
    before = await read_state(world.database)
    for _ in range(15):
        acts = [one_act(room, random, random.choice(people), random.choice(texts)) for _ in range(4)]
        await asyncio.gather(*acts)
        if random.random() < 0.4:
            world.clock.advance(seconds=random.choice([0.3, 1.2]))
            await fall_due(world)
    assert await fold_all(world.database, before) == await read_state(world.database)
    await after(world, seconds=2)
    assert await world.database.reads.value(PENDING) == 0
    stored = await world.database.reads.rows(select(ChatMessage.id, ChatMessage.reactions_told))
    counted = await rows_by_message(world)
    assert {each: totals for each, totals in stored if totals} == counted
    for text in texts:
        shown = {emoji: count for emoji, count, _ in await counts(room, "moderator", text)}
        assert shown == counted.get(local(room.ids[text]), {})


async def one_act(room: Talk, random: Random, who: str, text: str) -> None:
    verb = random.choice(["addReaction", "addReaction", "removeReaction"])
    given = room.given(verb, text, emoji=random.choice(EMOJI))
    (payload,) = (await room.world.query(who, TALK[verb], input=given)).values()
    assert payload["userErrors"] == []


async def rows_by_message(world: World) -> dict[Any, dict[str, int]]:
    """Counts the reactions of each message from the rows."""
    found: dict[Any, dict[str, int]] = {}
    for row in await world.database.reads.all(select(MessageReaction)):
        of = found.setdefault(row.message_id, {})
        of[row.emoji] = of.get(row.emoji, 0) + 1
    return found


async def test_the_same_reaction_from_two_devices_is_one(world: World) -> None:
    """Rule 55: any number of simultaneous ones count once."""
    room = await talk(world, "student-001")
    await room.say("moderator", "Hello")
    given = room.given("addReaction", "Hello", emoji="👍")
    answers = [world.query("student-001", TALK["addReaction"], input=given) for _ in range(6)]
    for answer in await asyncio.gather(*answers):
        assert answer["addReaction"]["userErrors"] == []
    assert await counts(room, "student-001", "Hello") == [("👍", 1, True)]


async def test_reactions_survive_no_account(world: World) -> None:
    """Rule 49: deleting an account deletes its reactions; its messages stay, with their author's name."""
    room = await talk(world, "student-001")
    await room.say("moderator", "Hello")
    stranger = new_id()

    async def come_and_go(tx: Transaction) -> None:
        someone = await tx.first(select(User).limit(1))
        assert someone
        columns = {column.name: getattr(someone, column.name) for column in User.__table__.columns}
        await tx.add(User, **columns | {"id": stranger, "search_row": columns["search_row"] + 1, "subject": "gone"})
        given = {"message_id": local(room.ids["Hello"]), "user_id": stranger, "emoji": "👍", "reacted_at": tx.now}
        await tx.add(MessageReaction, **given)

    await world.database.transact(THE_SERVER, "test", come_and_go)
    assert await counts(room, "student-001", "Hello") == [("👍", 1, False)]
    gone = delete(User).where(User.id == stranger)
    await world.database.transact(THE_SERVER, "test", lambda tx: tx.execute(gone))
    assert await counts(room, "student-001", "Hello") == []
