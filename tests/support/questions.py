"""Helpers for tests of questions: documents, and functions for common mutations."""

from typing import Any

from tests.support.people import configure, id_of
from tests.support.world import ENTER, Client, World

ERRORS = "cursor userErrors { code message field }"
NAME = "{ id name }"
QUESTION = f"""id text state anonymous upvotes viewerUpvoted publishedAnswer publishedAt askedAt asker {NAME}
  claimedBy {NAME} replies {{ edges {{ node {{ id text authorName byModerator sentAt author {NAME} }} }} }} session {{ id }}"""
VERBS = (
    *("askQuestion", "claimQuestion", "releaseQuestion", "replyToQuestion", "publishAnswer", "dismissQuestion"),
    *("reopenQuestion", "upvoteQuestion", "removeQuestionUpvote"),
)
DOCUMENTS = {
    verb: f"mutation ($input: {verb[0].upper()}{verb[1:]}Input!) {{ {verb}(input: $input) {{"
    f" question {{ {QUESTION} }} {ERRORS} }} }}"
    for verb in VERBS
}
NODE = f"query ($id: ID!) {{ node(id: $id) {{ ... on Question {{ {QUESTION} }} }} }}"
LISTED = f"""query ($room: ID!, $states: [QuestionState!], $first: Int, $after: String) {{ room(id: $room) {{
  questions(states: $states, first: $first, after: $after) {{
    edges {{ node {{ {QUESTION} }} }} pageInfo {{ hasNextPage hasPreviousPage endCursor }} }} }} }}"""
QUESTIONS = f"""subscription ($room: ID!, $after: EventCursor) {{ questions(roomId: $room, after: $after) {{
  __typename cursor occurredAt
  ... on QuestionAsked {{ question {{ ...What }} }} ... on QuestionChanged {{ question {{ ...What }} }}
  ... on AnswerPublished {{ question {{ ...What }} }} }} }}
  fragment What on Question {{ {QUESTION} }}"""
EVERYTHING = f"""subscription ($room: ID!, $after: EventCursor) {{ roomEvents(roomId: $room, after: $after) {{
  __typename cursor
  ... on QuestionAsked {{ question {{ ...What }} }} ... on QuestionChanged {{ question {{ ...What }} }}
  ... on AnswerPublished {{ question {{ ...What }} }} }} }}
  fragment What on Question {{ {QUESTION} }}"""

ASKER, OTHER, CHATMOD, SECOND = "student-001", "student-002", "chatmod", "student-029"
"""The asker, an attendee who only watches, and the two chat moderators."""
PEOPLE = ("moderator", CHATMOD, SECOND, ASKER, OTHER)


async def gather(world: World, *people: str) -> str:
    """Launches a session with two chat moderators, an asker and an attendee, or with `people`. Returns its id."""
    await configure(world, qna="ENABLED", chatModeratorIds=[await id_of(world, who) for who in (CHATMOD, SECOND)])
    session = (await world.mutate("moderator", ENTER, room=world.room))["session"]["id"]
    await world.enter(*(people or PEOPLE[1:]))
    return str(session)


async def ask(world: World, who: str = ASKER, text: str = "Why?", **more: Any) -> dict[str, Any]:
    """Asks a question. Returns it as the asker sees it."""
    given = {"roomId": world.room, "text": text, **more}
    return dict((await world.mutate(who, DOCUMENTS["askQuestion"], input=given))["question"])


async def do(world: World, who: str, verb: str, question: str, **more: Any) -> dict[str, Any]:
    """Sends a mutation on a question. Returns the question as this person sees it."""
    payload = await world.mutate(who, DOCUMENTS[verb], input={"questionId": question, **more})
    return dict(payload["question"])


async def reply(world: World, who: str, question: str, text: str = "Because.", **more: Any) -> str:
    """Replies to a question. Returns the reply's id."""
    written = await do(world, who, "replyToQuestion", question, text=text, **more)
    return str(replies_in(written)[-1]["id"])


async def publish(world: World, question: str, text: str = "Because.", who: str = CHATMOD) -> str:
    """Answers a question and publishes the answer. Returns the reply's id."""
    answer = await reply(world, who, question, text)
    await do(world, who, "publishAnswer", question, replyId=answer)
    return answer


async def may_not(world: World, who: str, verb: str, question: str, field: str = "questionId", **more: Any) -> str:
    """Sends a mutation, which must be refused, name this field, and change nothing. Returns the code."""
    refusal = await world.refused(who, DOCUMENTS[verb], input={"questionId": question, **more})
    assert refusal["field"] == ["input", field]
    assert refusal["message"].endswith(".")
    return str(refusal["code"])


async def tries(world: Client, who: str, verb: str, **given: Any) -> str:
    """Returns the refusal's code, or "done". Skips the replay check, so that many can run at once."""
    (payload,) = (await world.query(who, DOCUMENTS[verb], input=given)).values()
    return str(payload["userErrors"][0]["code"]) if payload["userErrors"] else "done"


async def seen(world: Client, who: str, question: str) -> dict[str, Any] | None:
    """Returns the question by its id, as `who` sees it."""
    node: dict[str, Any] | None = (await world.query(who, NODE, id=question))["node"]
    return node


async def listed(world: Client, who: str, *states: str) -> list[dict[str, Any]]:
    """Returns the room's questions, as `who` sees them."""
    found = await world.query(who, LISTED, room=world.room, states=list(states) or None)
    return [edge["node"] for edge in found["room"]["questions"]["edges"]]


def replies_in(question: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the replies of a question that was read with `replies { edges { node { … } } }`."""
    return [edge["node"] for edge in question["replies"]["edges"]]
