"""The permission matrix of tests/access/test_permissions.py, continued: questions."""

from typing import Any

from tests.support.people import configure, id_of
from tests.support.permission_acts import OF_QUESTIONS
from tests.support.permission_matrix import CALLERS, WORDS, Caller, fill, launch, outcome
from tests.support.questions import DOCUMENTS, replies_in
from tests.support.world import END, World

# The outcome for each caller, from left to right, in a session that somebody else has launched, on another's question.
# A "private" question is not published.
MATRIX = """
                        ask      claim    release  reply    publish  dismiss  reopen   upvote-private  upvote   take-back  claim-published  reply-published
manager                 outside  unseen   unseen   unseen   unseen   unseen   unseen   unseen          unseen   unseen     unseen           unseen
manager-by-group        outside  unseen   unseen   unseen   unseen   unseen   unseen   unseen          unseen   unseen     unseen           unseen
gallery-moderator       outside  unseen   unseen   unseen   unseen   unseen   unseen   unseen          unseen   unseen     unseen           unseen
contributor             outside  unseen   unseen   unseen   unseen   unseen   unseen   unseen          unseen   unseen     unseen           unseen
member                  outside  unseen   unseen   unseen   unseen   unseen   unseen   unseen          unseen   unseen     unseen           unseen
room-moderator          outside  unseen   unseen   unseen   unseen   unseen   unseen   unseen          unseen   unseen     unseen           unseen
room-moderator-inside   yes      unseen   unseen   unseen   unseen   unseen   unseen   unseen          yes      yes        no               no
room-moderator-guest    yes      unseen   unseen   unseen   unseen   unseen   unseen   unseen          yes      yes        no               no
chat-moderator          yes      yes      yes      yes      yes      yes      yes      not-yet         yes      yes        yes              yes
speaker                 yes      unseen   unseen   unseen   unseen   unseen   unseen   unseen          yes      yes        no               no
attendee                yes      unseen   unseen   unseen   unseen   unseen   unseen   unseen          yes      yes        no               no
outsider                unseen   unseen   unseen   unseen   unseen   unseen   unseen   unseen          unseen   unseen     unseen           unseen
media-server            unseen   unseen   unseen   unseen   unseen   unseen   unseen   unseen          unseen   unseen     unseen           unseen
suspended               unknown  unknown  unknown  unknown  unknown  unknown  unknown  unknown         unknown  unknown    unknown          unknown
no-token                unknown  unknown  unknown  unknown  unknown  unknown  unknown  unknown         unknown  unknown    unknown          unknown
site-admin              unseen   unseen   unseen   unseen   unseen   unseen   unseen   unseen          unseen   unseen     unseen           unseen
asker                   yes      no       no       yes      no       no       no       no              no       no         no               yes
"""
ACTS, *ROWS = (line.split() for line in MATRIX.strip().splitlines())
HERE = WORDS | {"CONFLICT": "not-yet"}
ASKER, HELPER = "student-030", "student-029"
PUBLISHED = ("upvote", "take-back", "claim-published", "reply-published")
TAKEN = ("release", "publish", "dismiss")


async def test_what_each_caller_may_do_with_questions(world: World) -> None:
    """Rules 4, 6 to 9, 11, 50, 52: a refusal changes nothing and logs no event."""
    await fill(world)
    await configure(world, qna="ENABLED", chatModeratorIds=[await id_of(world, who) for who in ("chatmod", HELPER)])
    callers = CALLERS | {"asker": Caller(ASKER, inside=True)}
    got = [[name, *await outcomes(world, caller)] for name, caller in callers.items()]
    assert got == ROWS


async def outcomes(world: World, caller: Caller) -> list[str]:
    """Returns the caller's outcome for each act, in a session of their own."""
    session = await launch(world)
    await world.enter(*[caller.who] * caller.inside, ASKER, HELPER)
    got = []
    for act in ACTS:
        given = {"roomId": world.room, "text": "Why?"} if act == "ask" else await prepared(world, caller, act)
        got.append(HERE[await outcome(world, caller, OF_QUESTIONS[act], {"input": given})])
    await world.query("host", END, session=session)
    return got


async def done(world: World, who: str, verb: str, **given: Any) -> dict[str, Any]:
    """Sends a mutation, which must succeed. Returns the question."""
    (payload,) = (await world.query(who, DOCUMENTS[verb], input=given)).values()
    assert payload["userErrors"] == []
    return dict(payload["question"])


async def prepared(world: World, caller: Caller, act: str) -> dict[str, Any]:
    """Brings a question into a state in which the act is possible. Returns valid input."""
    question = (await done(world, ASKER, "askQuestion", roomId=world.room, text="Why?"))["id"]
    answered = await done(world, HELPER, "replyToQuestion", questionId=question, text="So.", settles=True)
    answer = {"replyId": replies_in(answered)[0]["id"]}
    if act in PUBLISHED:
        await done(world, HELPER, "publishAnswer", questionId=question, **answer)
    if act != "reopen":
        await done(world, HELPER, "reopenQuestion", questionId=question)
    if act in TAKEN and caller.who == "chatmod":
        await done(world, caller.who, "claimQuestion", questionId=question)
    more = {"publish": answer, "reply": {"text": "So."}, "reply-published": {"text": "So."}}
    return {"questionId": question, **more.get(act, {})}
