"""Bad values for the inputs of questions; see tests/inputs/rows.py."""

from collections.abc import Mapping
from typing import Any

from models.values.text import KEY_LIMIT
from tests.inputs.rows import NOTHING_MORE, Row, cursor, events, message, no_id, size, text
from tests.support.people import absent

TO_QUESTION = tuple(
    f"{verb}Input"
    for verb in (
        *("ClaimQuestion", "ReleaseQuestion", "ReplyToQuestion", "PublishAnswer", "DismissQuestion", "ReopenQuestion"),
        *("UpvoteQuestion", "RemoveQuestionUpvote"),
    )
)
STATES: tuple[object, ...] = (None, [], ["PENDING"], ["PENDING", "ANSWERED"] * 20_000)


def question_rows(ids: Mapping[str, str]) -> dict[str, Row]:
    """Returns the rows for questions."""
    room, session, question = ids["room"], ids["session"], ids["question"]
    a_room = no_id(room, session, absent("Room"))
    a_question = no_id(question, session, room, absent("Question"), absent("QuestionReply"))
    return {
        "Room.questions(states:)": Row(good=STATES),
        "Room.questions(first:)": size(),
        "Room.questions(after:)": cursor(),
        "Subscription.questions(roomId:)": a_room,
        "Subscription.questions(after:)": events(),
        "AskQuestionInput.roomId": a_room,
        "AskQuestionInput.text": message(),
        "AskQuestionInput.anonymous": NOTHING_MORE,
        "ReplyToQuestionInput.text": message(),
        "ReplyToQuestionInput.settles": NOTHING_MORE,
        "PublishAnswerInput.replyId": no_id(absent("QuestionReply"), question, absent("QuestionReply")),
        **{f"{each}.questionId": a_question for each in TO_QUESTION},
        **{f"{each}.idempotencyKey": text(KEY_LIMIT) for each in (*TO_QUESTION, "AskQuestionInput")},
    }


GOOD: dict[str, dict[str, Any]] = {
    **{each: {"questionId": "question"} for each in TO_QUESTION},
    "AskQuestionInput": {"roomId": "room", "text": "Never asked."},
    "ReplyToQuestionInput": {"questionId": "question", "text": "Never said."},
    "PublishAnswerInput": {"questionId": "question", "replyId": absent("QuestionReply")},
}
"""Inputs that would succeed, except for the value under test. Ids are given by their names in `World.ids`."""
