"""Asking and replying, and who sees questions and replies (rules 45, 47, 50 to 52)."""

import pytest
from sqlalchemy import update

from models.tables.participants import Participant
from models.values.text import MESSAGE_LIMIT
from tests.support.admin_mutations import UPDATE_SITE, as_admin
from tests.support.people import change, configure, id_of, local
from tests.support.questions import (
    ASKER,
    CHATMOD,
    DOCUMENTS,
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
from tests.support.statement_counts import statements_of
from tests.support.world import CONFIGURE, END, ENTER, LEAVE, World


async def test_a_question_is_for_its_asker_and_the_chat_moderators(world: World) -> None:
    """Rules 4, 8, 50: other people, also room moderators, do not see it."""
    session = await gather(world)
    asked = await ask(world, text="Why?")
    assert (asked["state"], asked["text"], replies_in(asked), asked["upvotes"]) == ("PENDING", "Why?", [], 0)
    assert (asked["asker"]["name"], asked["anonymous"], asked["claimedBy"]) == ("Student 001", False, None)
    assert asked["session"] == {"id": session}
    for who in (ASKER, CHATMOD, SECOND):
        assert await seen(world, who, asked["id"]) == asked, who
        assert await listed(world, who) == [asked], who
    for who in ("moderator", OTHER, "manager", "student-003"):
        assert await seen(world, who, asked["id"]) is None, who
        assert await listed(world, who) == [], who


async def test_the_thread_is_read_by_its_parties_alone(world: World) -> None:
    """Rules 49, 50: replies are in order, with their authors and the names these had at the time."""
    await gather(world)
    question = (await ask(world))["id"]
    await reply(world, CHATMOD, question, "Which?")
    await reply(world, ASKER, question, "That one.")
    for who in (ASKER, CHATMOD, SECOND):
        found = await seen(world, who, question)
        assert found
        thread = [(each["text"], each["authorName"], each["byModerator"]) for each in replies_in(found)]
        assert thread == [("Which?", "Chandra Chatmod", True), ("That one.", "Student 001", False)], who
    assert await seen(world, OTHER, question) is None


OFF, ON = [{"qna": state} for state in ("DISABLED", "ENABLED")]


async def test_switched_off_nothing_is_asked_and_threads_go_on(world: World) -> None:
    """Rules 24, 28, 50: the switch takes effect at once, and so does the site's default."""
    session = await gather(world)
    question = (await ask(world))["id"]
    given = {"roomId": world.room, "text": "And why?"}

    async def cannot_ask() -> None:
        refusal = await world.refused(ASKER, DOCUMENTS["askQuestion"], input=given)
        assert (refusal["code"], refusal["field"]) == ("QNA_DISABLED", ["input", "roomId"])

    await configure(world, **OFF)
    await cannot_ask()
    await do(world, CHATMOD, "claimQuestion", question)
    await reply(world, ASKER, question)
    await publish(world, question)
    await do(world, OTHER, "upvoteQuestion", question)
    assert [each["id"] for each in await listed(world, ASKER)] == [question]
    await configure(world, **ON)
    await ask(world)
    await configure(world, qna="SITE_DEFAULT")
    await as_admin(world, UPDATE_SITE, qnaDefault=False)
    await cannot_ask()
    await as_admin(world, UPDATE_SITE, qnaDefault=True)
    await ask(world)
    await world.mutate("moderator", END, session=session)
    await configure(world, **OFF)
    assert len(await listed(world, ASKER)) == 3


async def test_whoever_is_blocked_cannot_ask(world: World) -> None:
    """Rule 47: they still read their earlier questions."""
    session = await gather(world)
    question = await ask(world)
    whose = (Participant.session_id == local(session), Participant.user_id == local(await id_of(world, ASKER)))
    await change(world, update(Participant).where(*whose).values(chat_blocked=True))
    refusal = await world.refused(ASKER, DOCUMENTS["askQuestion"], input={"roomId": world.room, "text": "Why?"})
    assert (refusal["code"], refusal["field"]) == ("CHAT_BLOCKED", ["input", "roomId"])
    assert await listed(world, ASKER) == [question]


async def test_one_asks_inside_alone(world: World) -> None:
    """Rules 30, 37, 40: asking is refused from outside and after the session has ended."""
    given = {"roomId": world.room, "text": "Why?"}
    session = await gather(world, ASKER)
    refusal = await world.refused("student-003", DOCUMENTS["askQuestion"], input=given)
    assert (refusal["code"], refusal["field"]) == ("NOT_IN_SESSION", ["input", "roomId"])
    await world.mutate("moderator", END, session=session)
    assert (await world.refused(ASKER, DOCUMENTS["askQuestion"], input=given))["code"] == "SESSION_ENDED"


@pytest.mark.parametrize("text", ["", " \n", "x" * (MESSAGE_LIMIT + 1), "a\x00b"])
async def test_texts_are_those_of_messages(world: World, text: str) -> None:
    """Rule 20: 1 to 4,000 characters, with line breaks."""
    await gather(world)
    longest = "x" * (MESSAGE_LIMIT - 2) + "\ny"
    asked = await ask(world, text=f" {longest}\n")
    assert asked["text"] == longest
    await reply(world, ASKER, asked["id"], longest)
    given = {"roomId": world.room, "text": text}
    refusal = await world.refused(ASKER, DOCUMENTS["askQuestion"], input=given)
    assert (refusal["code"], refusal["field"]) == ("INVALID", ["input", "text"])
    assert await may_not(world, CHATMOD, "replyToQuestion", asked["id"], "text", text=text) == "INVALID"


async def test_a_session_s_questions_stay_with_those_who_were_in_it(world: World) -> None:
    """Rules 32, 40, 45, 50: later they are read, but not acted on; moderators of the next session do not see them."""
    session = await gather(world, CHATMOD, ASKER, OTHER)
    question = (await ask(world))["id"]
    answer = await publish(world, question)
    private = (await ask(world, text="And that?"))["id"]
    await do(world, CHATMOD, "claimQuestion", private)
    await world.mutate("moderator", END, session=session)
    assert [each["state"] for each in await listed(world, CHATMOD)] == ["ANSWERED", "CLAIMED"]
    for again in range(2):  # first without a running session, then with the next one
        for who, count in {CHATMOD: 2, ASKER: 2, OTHER: 1, "moderator": 1, SECOND: 0}.items():
            assert len(await listed(world, who)) == count, (who, again)
        for verb in ("claimQuestion", "releaseQuestion", "dismissQuestion", "reopenQuestion"):
            assert await may_not(world, CHATMOD, verb, private) == "SESSION_ENDED"
        assert await may_not(world, CHATMOD, "publishAnswer", question, replyId=answer) == "SESSION_ENDED"
        assert await may_not(world, ASKER, "replyToQuestion", private, text="Hello?") == "SESSION_ENDED"
        for verb in ("upvoteQuestion", "removeQuestionUpvote"):
            assert await may_not(world, OTHER, verb, question) == "SESSION_ENDED"
            assert await may_not(world, SECOND, verb, question) == "NOT_FOUND"
        await world.enter("moderator", CHATMOD, SECOND, ASKER, OTHER)


async def test_whoever_left_reads_and_does_nothing(world: World) -> None:
    """Rules 32, 45: asker and chat moderators outside get NOT_IN_SESSION."""
    await gather(world)
    question = (await ask(world))["id"]
    await publish(world, question)
    for who in (ASKER, CHATMOD, OTHER):
        await world.mutate(who, LEAVE, room=world.room)
        assert len(await listed(world, who)) == 1
    assert await may_not(world, CHATMOD, "claimQuestion", question) == "NOT_IN_SESSION"
    assert await may_not(world, ASKER, "replyToQuestion", question, text="So?") == "NOT_IN_SESSION"
    assert await may_not(world, OTHER, "upvoteQuestion", question) == "NOT_IN_SESSION"


async def test_who_reads_threads_is_decided_on_entering(world: World) -> None:
    """Rules 32, 50: somebody who enters again as an attendee reads only their own questions."""
    await gather(world)
    question = (await ask(world))["id"]
    await configure(world, chatModeratorIds=[await id_of(world, OTHER)])
    assert await listed(world, OTHER) == []
    assert len(await listed(world, CHATMOD)) == 1
    for who in (OTHER, CHATMOD):
        await world.mutate(who, LEAVE, room=world.room)
        await world.mutate(who, ENTER, room=world.room)
    assert [each["id"] for each in await listed(world, OTHER)] == [question]
    assert await listed(world, CHATMOD) == []
    await do(world, OTHER, "claimQuestion", question)
    assert await may_not(world, CHATMOD, "claimQuestion", question) == "NOT_FOUND"


async def test_questions_are_paged_as_each_sees_them(world: World) -> None:
    """Rules 19, 50: a page is filled with visible questions, and `hasNextPage` counts only those."""
    await gather(world)
    for number in range(6):
        asked = await ask(world, (ASKER, OTHER)[number % 2], f"Question {number}")
        if number == 3:
            await publish(world, asked["id"])
    document = """query ($room: ID!, $first: Int, $after: String, $states: [QuestionState!]) { room(id: $room) {
      questions(first: $first, after: $after, states: $states) {
        edges { cursor node { text } } pageInfo { hasNextPage endCursor } } } }"""

    async def pages(who: str, *states: str) -> list[list[str]]:
        found, after, more = [], None, True
        while more:
            given = {"first": 2, "after": after, "states": states or None}
            page = (await world.query(who, document, room=world.room, **given))["room"]["questions"]
            found.append([edge["node"]["text"].removeprefix("Question ") for edge in page["edges"]])
            more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
        return found

    assert await pages(CHATMOD) == [["0", "1"], ["2", "3"], ["4", "5"]]
    assert await pages(ASKER) == [["0", "2"], ["3", "4"]]
    assert await pages(OTHER) == [["1", "3"], ["5"]]
    assert await pages("moderator") == [["3"]]
    assert await pages(CHATMOD, "PENDING") == [["0", "1"], ["2", "4"], ["5"]]
    assert await pages(ASKER, "ANSWERED", "DISMISSED") == [["3"]]
    assert await pages("moderator", "PENDING") == [[]]


async def test_what_acts_on_questions_cost(world: World) -> None:
    """The number of statements is small, and does not depend on the number of questions."""
    await gather(world)
    costs = []
    for _ in range(2):
        asked = await statements_of(world, ASKER, DOCUMENTS["askQuestion"], {"roomId": world.room, "text": "Why?"})
        question = (await listed(world, ASKER))[-1]["id"]
        ran = {"askQuestion": asked}
        for who, verb, more in (
            (CHATMOD, "claimQuestion", {}),
            (CHATMOD, "releaseQuestion", {}),
            (CHATMOD, "dismissQuestion", {}),
            (CHATMOD, "reopenQuestion", {}),
            (CHATMOD, "replyToQuestion", {"text": "So."}),
            (CHATMOD, "publishAnswer", {}),
            (OTHER, "upvoteQuestion", {}),
            (OTHER, "removeQuestionUpvote", {}),
        ):
            answer = await seen(world, CHATMOD, question)
            assert answer
            reply_id = {"replyId": replies_in(answer)[-1]["id"]} if verb == "publishAnswer" else {}
            brief = f"mutation ($input: {verb[0].upper()}{verb[1:]}Input!) {{ {verb}(input: $input) {{ question {{ state }} userErrors {{ code }} }} }}"
            ran[verb] = await statements_of(world, who, brief, {"questionId": question, **more, **reply_id})
        costs.append(
            {verb: len([each for each in every if not each.startswith("BEGIN")]) for verb, every in ran.items()}
        )
    assert costs[0] == costs[1]
    assert max(costs[0].values()) <= 10, costs


async def test_disabling_a_room_ends_its_threads_and_keeps_them(world: World) -> None:
    """Rules 21, 50."""
    await gather(world)
    question = (await ask(world))["id"]
    ending = {"galleryId": world.gallery, "enabled": False, "endActiveSession": True}
    await world.mutate("manager", CONFIGURE, input=ending)
    assert await may_not(world, CHATMOD, "claimQuestion", question) == "SESSION_ENDED"
    assert [each["id"] for each in await listed(world, ASKER)] == [question]
