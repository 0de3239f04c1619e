"""Who answers a question: claiming it, giving it back, setting it aside and opening it again (rule 51).

All under the gallery's lock, so of many who claim at once one wins. A claim returns when its owner goes.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, update

from models.access.questions import access_question
from models.database.transaction import Transaction
from models.errors import AlreadyClaimed, Conflict
from models.events.questions import QuestionChanged
from models.permissions import Permission
from models.storage.base import columns, read_facts
from models.tables.participants import ParticipantFacts
from models.tables.questions import Question, QuestionFacts, QuestionState

FIELD = ("input", "questionId")
UNCLAIMED: dict[str, Any] = {"state": QuestionState.PENDING, "claimed_by": None}


async def claim_question(tx: Transaction, question_id: UUID) -> UUID:
    """Take a pending question, to answer it. Gives its id. NOT_FOUND, FORBIDDEN, ALREADY_CLAIMED, SESSION_ENDED."""
    question = await _moderated(tx, question_id)
    if question.is_claimed_by(tx.viewer.id):
        return question_id
    must_be_free(tx, question)
    if question.state in (QuestionState.ANSWERED, QuestionState.DISMISSED):
        raise AlreadyClaimed("This question is closed: open it again first.", *FIELD)
    return await _tell(tx, question_id, {"state": QuestionState.CLAIMED, "claimed_by": tx.viewer.id})


async def release_question(tx: Transaction, question_id: UUID) -> UUID:
    """Give one's claim back. Gives the question's id. ALREADY_CLAIMED (somebody else's), CONFLICT (it is closed)."""
    question = await _moderated(tx, question_id)
    if question.state is QuestionState.PENDING:
        return question_id
    must_be_free(tx, question)
    if question.state is not QuestionState.CLAIMED:
        raise Conflict("This question is closed: nobody claims it.", *FIELD)
    return await _tell(tx, question_id, UNCLAIMED)


async def dismiss_question(tx: Transaction, question_id: UUID) -> UUID:
    """Set a question aside that nobody else has claimed. Gives its id. ALREADY_CLAIMED, CONFLICT (it was answered)."""
    question = await _moderated(tx, question_id)
    if question.state is QuestionState.DISMISSED:
        return question_id
    must_be_free(tx, question)
    if question.state is QuestionState.ANSWERED:
        raise Conflict("This question was answered: open it again first.", *FIELD)
    return await _tell(tx, question_id, {"state": QuestionState.DISMISSED})


async def reopen_question(tx: Transaction, question_id: UUID) -> UUID:
    """Let an answered or dismissed question be pending again; an open one stays as it is. Gives its id.

    What was published of it stays published.
    """
    question = await _moderated(tx, question_id)
    if question.state in (QuestionState.PENDING, QuestionState.CLAIMED):
        return question_id
    return await _tell(tx, question_id, UNCLAIMED)


async def _moderated(tx: Transaction, question_id: UUID) -> QuestionFacts:
    return (await access_question(tx, question_id, Permission.ANSWER_QUESTIONS, *FIELD)).question


def must_be_free(tx: Transaction, question: QuestionFacts) -> None:
    """Refuse what somebody else has claimed; the claim of an account that is gone is nobody's. ALREADY_CLAIMED."""
    if question.state is QuestionState.CLAIMED and question.claimed_by not in (None, tx.viewer.id):
        raise AlreadyClaimed("Somebody else has claimed this question.", *FIELD)


async def _tell(tx: Transaction, question_id: UUID, values: Mapping[str, Any]) -> UUID:
    question = await change_question(tx, question_id, values)
    await tx.record(question.gallery_id, QuestionChanged(question=question))
    return question_id


async def change_question(tx: Transaction, question_id: UUID, values: Mapping[str, Any]) -> QuestionFacts:
    """Change the question's row. Gives what it is now."""
    statement = update(Question).where(Question.id == question_id).values(**values)
    return read_facts(QuestionFacts, await tx.row(statement.returning(*columns(QuestionFacts, Question))))


_RETURN = (
    update(Question)
    .where(
        Question.session_id == bindparam("session"),
        Question.claimed_by == bindparam("who"),
        Question.state == QuestionState.CLAIMED,
    )
    .values(**UNCLAIMED)
    .returning(*columns(QuestionFacts, Question))
)


async def return_claims(tx: Transaction, leaving: ParticipantFacts) -> None:
    """Whoever goes, in whichever way, leaves what they have claimed to the others."""
    if Permission.ANSWER_QUESTIONS not in leaving.permissions:
        return
    rows = await tx.rows(_RETURN, {"session": leaving.session_id, "who": leaving.user_id})
    returned = sorted((read_facts(QuestionFacts, row) for row in rows), key=lambda question: question.id)
    await tx.record_many(leaving.gallery_id, [QuestionChanged(question=question) for question in returned])
