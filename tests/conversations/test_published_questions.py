"""Publishing answers, and upvoting published questions (rule 52)."""

from tests.support.people import absent, events_since, log_head
from tests.support.questions import (
    ASKER,
    CHATMOD,
    OTHER,
    SECOND,
    ask,
    do,
    gather,
    listed,
    may_not,
    publish,
    replies_in,
    reply,
    seen,
)
from tests.support.running_session import kinds
from tests.support.world import LEAVE, World


async def test_publishing_shows_question_and_answer_to_all(world: World) -> None:
    """Rule 52: to everyone who is or was inside, and to late joiners, but without the thread."""
    await gather(world, CHATMOD, ASKER, OTHER)
    question = (await ask(world, text="Why?"))["id"]
    await reply(world, CHATMOD, question, "Between us: I forgot.")
    await publish(world, question, "Because.")
    await world.mutate(OTHER, LEAVE, room=world.room)
    await world.enter("student-003")
    for who in ("moderator", OTHER, "student-003"):
        (found,) = await listed(world, who)
        assert found == await seen(world, who, question), who
        assert (found["text"], found["publishedAnswer"], found["state"]) == ("Why?", "Because.", "ANSWERED"), who
        assert (found["asker"]["name"], found["claimedBy"], replies_in(found)) == ("Student 001", None, []), who
        assert found["publishedAt"], who
    assert await listed(world, "student-004") == []
    party = await seen(world, ASKER, question)
    assert party
    assert [each["text"] for each in replies_in(party)] == ["Between us: I forgot.", "Because."]


async def test_what_goes_on_in_the_thread_changes_nothing_for_others(world: World) -> None:
    """Rule 52: later replies, reopening, claims, dismissal, and publishing the same answer again."""
    await gather(world)
    question = (await ask(world))["id"]
    answer = await publish(world, question)
    published = [await seen(world, who, question) for who in ("moderator", OTHER)]
    for who, verb, more in (
        (ASKER, "replyToQuestion", {"text": "Really?"}),
        (CHATMOD, "replyToQuestion", {"text": "Really."}),
        (SECOND, "reopenQuestion", {}),
        (SECOND, "claimQuestion", {}),
        (SECOND, "publishAnswer", {"replyId": answer}),
        (SECOND, "reopenQuestion", {}),
        (SECOND, "dismissQuestion", {}),
    ):
        head = await log_head(world)
        await do(world, who, verb, question, **more)
        assert kinds(await events_since(world, head)) == ["QuestionChanged"], verb
        assert [await seen(world, each, question) for each in ("moderator", OTHER)] == published, verb
        assert (await listed(world, OTHER, "ANSWERED")) == published[1:], verb
        assert await listed(world, OTHER, "PENDING", "CLAIMED", "DISMISSED") == [], verb
    assert [each["state"] for each in await listed(world, ASKER)] == ["DISMISSED"]


async def test_another_answer_takes_the_place_of_the_published_one(world: World) -> None:
    """Rule 52: the replaced answer is no longer shown; publishing the same answer again sends no event."""
    await gather(world)
    question = (await ask(world))["id"]
    first = await publish(world, question, "Wrong.")
    head = await log_head(world)
    await do(world, CHATMOD, "publishAnswer", question, replyId=first)
    assert await events_since(world, head) == []
    await publish(world, question, "Right.")
    assert kinds(await events_since(world, head)) == ["QuestionChanged", "AnswerPublished"]
    found = await seen(world, OTHER, question)
    assert found
    assert found["publishedAnswer"] == "Right."


async def test_only_a_moderators_reply_of_that_thread_can_be_published(world: World) -> None:
    """Rule 52."""
    await gather(world)
    question, another = [(await ask(world, text=text))["id"] for text in ("Why?", "How?")]
    own = await reply(world, ASKER, question, "Please.")
    foreign = await reply(world, CHATMOD, another, "So.")
    for wrong in (foreign, absent("QuestionReply"), question, "no id"):
        assert await may_not(world, CHATMOD, "publishAnswer", question, "replyId", replyId=wrong) == "NOT_FOUND"
    assert await may_not(world, CHATMOD, "publishAnswer", question, "replyId", replyId=own) == "INVALID"
    assert await may_not(world, ASKER, "publishAnswer", question, replyId=own) == "FORBIDDEN"


async def test_published_questions_are_upvoted_once_and_not_by_the_asker(world: World) -> None:
    """Rule 52: one upvote per user, which can be taken back and given again; everyone inside is told."""
    await gather(world)
    question = (await ask(world))["id"]
    assert await may_not(world, OTHER, "upvoteQuestion", question) == "NOT_FOUND"
    assert await may_not(world, "moderator", "removeQuestionUpvote", question) == "NOT_FOUND"
    assert await may_not(world, CHATMOD, "upvoteQuestion", question) == "CONFLICT"
    assert await may_not(world, ASKER, "upvoteQuestion", question) == "FORBIDDEN"
    await publish(world, question)
    assert await may_not(world, ASKER, "upvoteQuestion", question) == "FORBIDDEN"
    head = await log_head(world)
    for who in (OTHER, OTHER, CHATMOD, "moderator"):
        upvoted = await do(world, who, "upvoteQuestion", question)
        assert upvoted["viewerUpvoted"], who
    assert upvoted["upvotes"] == 3
    assert kinds(await events_since(world, head)) == ["QuestionChanged"] * 3
    for _ in range(2):
        back = await do(world, OTHER, "removeQuestionUpvote", question)
        assert (back["upvotes"], back["viewerUpvoted"]) == (2, False)
    assert kinds(await events_since(world, head)) == ["QuestionChanged"] * 4
    assert (await do(world, OTHER, "upvoteQuestion", question))["upvotes"] == 3
    (asked,) = await listed(world, ASKER)
    assert (asked["upvotes"], asked["viewerUpvoted"]) == (3, False)


async def test_a_chat_moderator_may_ask_and_answer_it_by_claiming_it(world: World) -> None:
    """Rules 50, 51: before they claim it, their replies count as the asker's and claim nothing."""
    await gather(world)
    question = (await ask(world, CHATMOD, "What is asked most?"))["id"]
    own = await reply(world, CHATMOD, question, "That is:")
    assert await may_not(world, CHATMOD, "publishAnswer", question, "replyId", replyId=own) == "INVALID"
    refused = await may_not(world, CHATMOD, "replyToQuestion", question, "settles", text="So.", settles=True)
    assert refused == "FORBIDDEN"
    (found,) = await listed(world, CHATMOD)
    assert (found["state"], replies_in(found)[0]["byModerator"]) == ("PENDING", False)
    await do(world, CHATMOD, "claimQuestion", question)
    await publish(world, question)
    assert [each["publishedAnswer"] for each in await listed(world, OTHER)] == ["Because."]
