"""The feed of a session: what was published in it, in order, and nothing that was taken back (rule 82)."""

from typing import Any

import pytest

from tests.support.chat import Talk, talk
from tests.support.interactions import answers_of, drafted, meet
from tests.support.people import configure
from tests.support.questions import ask, publish, reply
from tests.support.questions import do as on_question
from tests.support.world import LEAVE, World

FEED = """query ($session: ID!, $first: Int, $after: String) { node(id: $session) { ... on RoomSession {
  feed(first: $first, after: $after) { edges { cursor node { __typename publishedAt
    ... on FeedAnnouncement { message { text } } ... on FeedPin { message { text pinnedAt } }
    ... on FeedInteraction { interaction { openedAt questions { text } } } ... on FeedText { text interaction { kind } }
    ... on FeedAnswer { question { text publishedAnswer publishedAt } } } }
    pageInfo { hasNextPage hasPreviousPage endCursor } } } } }"""
ONE = "student-001"


async def feed(world: World, who: str, session: str, **page: Any) -> list[tuple[str, str]]:
    """Returns the kind and the text of each item that `who` reads. Checks that they are in order."""
    found = (await world.query(who, FEED, session=session, **page))["node"]["feed"]
    nodes = [edge["node"] for edge in found["edges"]]
    times = [node["publishedAt"] for node in nodes]
    assert times == sorted(times)
    return [(node["__typename"].removeprefix("Feed"), said(node)) for node in nodes]


def said(node: dict[str, Any]) -> str:
    if "text" in node:
        return str(node["text"])
    if "interaction" in node:
        assert node["publishedAt"] == node["interaction"]["openedAt"]
        return str(node["interaction"]["questions"][0]["text"])
    what = node.get("message") or node["question"]
    assert node["publishedAt"] == what.get("pinnedAt", what.get("publishedAt", node["publishedAt"]))
    return str(what.get("publishedAnswer") or what["text"])


async def lively(world: World) -> Talk:
    """Publishes an announcement, a pinned message and an answer, in this order."""
    said = await talk(world, ONE, qna="ENABLED")
    await said.say(ONE, "Slides are here")
    await said.say("chatmod", "We begin", "ANNOUNCEMENTS")
    await said.does("chatmod", "pinMessage", "Slides are here")
    await publish(world, (await ask(world, ONE))["id"])
    return said


PUBLISHED = [("Announcement", "We begin"), ("Pin", "Slides are here"), ("Answer", "Because.")]


async def test_it_has_what_was_published_in_the_order_of_publication(world: World) -> None:
    """Rule 82: for everyone inside alike, and for those who left."""
    said = await lively(world)
    await said.say(ONE, "Hello")
    await said.say("moderator", "Between us", "BACKCHANNEL")
    await said.does("chatmod", "pinMessage", "Between us")
    await ask(world, ONE)
    for who in ("moderator", "chatmod", ONE):
        assert await feed(world, who, said.meeting.session) == PUBLISHED
    await world.mutate(ONE, LEAVE, room=world.room)
    assert await feed(world, ONE, said.meeting.session) == PUBLISHED


async def test_what_is_taken_back_is_gone(world: World) -> None:
    """Rules 46, 47, 82: unpinned, deleted, cleared; also for chat moderators."""
    said = await lively(world)
    session = said.meeting.session
    await said.does("chatmod", "unpinMessage", "Slides are here")
    assert [kind for kind, _ in await feed(world, ONE, session)] == ["Announcement", "Answer"]
    await said.does("chatmod", "pinMessage", "Slides are here")
    assert [kind for kind, _ in await feed(world, ONE, session)] == ["Announcement", "Answer", "Pin"]
    await said.does("chatmod", "deleteMessage", "We begin")
    await said.does("chatmod", "clearChat", channel="GROUP")
    for who in (ONE, "chatmod"):
        assert await feed(world, who, session) == [("Answer", "Because.")]


async def test_a_new_answer_publishes_a_question_anew(world: World) -> None:
    """Rules 52, 82: it moves to the end. What is written in its thread afterwards changes nothing."""
    said = await lively(world)
    first, second = (await ask(world, ONE))["id"], (await ask(world, ONE))["id"]
    await publish(world, first, "First")
    await publish(world, second, "Second")
    await publish(world, first, "Again")
    await on_question(world, ONE, "replyToQuestion", first, text="Thanks")
    await reply(world, "chatmod", second, "In private")
    answers = [text for kind, text in await feed(world, ONE, said.meeting.session) if kind == "Answer"]
    assert answers == ["Because.", "Second", "Again"]


async def test_it_has_interactions_once_they_are_open_and_published_texts(world: World) -> None:
    """Rules 75, 78, 82: no drafts, for chat moderators neither, and of the answers only what was published."""
    put = await meet(world, ONE)
    await put.draft()
    asked = await put.opened(**drafted("TEXT"))
    await put.answers(ONE, asked, {"text": "In private"})
    await put.answers("moderator", asked, {"text": "For all"})
    text = next(
        part["text"]["id"]
        for answer in await answers_of(world, asked)
        for part in answer["questions"]
        if part["text"]["text"] == "For all"
    )
    opened = [("Interaction", "TEXT?")]
    assert await feed(world, ONE, put.session) == await feed(world, "chatmod", put.session) == opened
    await put.does("chatmod", "publishInteractionText", asked, textId=text)
    for who in (ONE, "chatmod"):
        assert await feed(world, who, put.session) == [*opened, ("Text", "For all")]


@pytest.mark.parametrize("who", ["manager", "student-002"])
async def test_it_is_empty_for_those_who_were_not_inside(world: World, who: str) -> None:
    """Rules 45, 82: as the chat is."""
    said = await lively(world)
    assert await feed(world, who, said.meeting.session) == []
    await world.enter(who)
    assert await feed(world, who, said.meeting.session) == PUBLISHED


async def test_it_is_the_same_at_every_page_size(world: World) -> None:
    """Rules 19, 82: its cursors are places in an order."""
    said = await lively(world)
    session, pages, after = said.meeting.session, [], None
    while True:
        page = (await world.query(ONE, FEED, session=session, first=1, after=after))["node"]["feed"]
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        pages += await feed(world, ONE, session, first=1, after=after)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert pages == PUBLISHED
    await configure(world, groupChat="DISABLED")
    assert await feed(world, ONE, session) == PUBLISHED
