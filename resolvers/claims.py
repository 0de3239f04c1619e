"""Claims of questions by chat moderators: claiming, releasing, dismissing and reopening questions (rule 51).

Everything runs under the gallery's lock, so only one of several concurrent claims succeeds. When a participant leaves,
their claims are released.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, update

from models.access.questions import CLAIM, DISMISS, RELEASE, REOPEN, QuestionAct, access_question
from models.database.transaction import Transaction
from models.events.questions import QuestionChanged
from models.permissions import Permission
from models.storage.base import columns, read_facts
from models.tables.participants import ParticipantFacts
from models.tables.questions import Question, QuestionFacts, QuestionState

FIELD = ("input", "questionId")
UNCLAIMED: dict[str, Any] = {"state": QuestionState.PENDING, "claimed_by": None}


async def claim_question(tx: Transaction, question_id: UUID) -> UUID:
    """Claims a pending question to answer it, and returns its id.

    Raises NOT_FOUND, FORBIDDEN, ALREADY_CLAIMED, SESSION_ENDED.
    """
    question = await _accessed(tx, question_id, CLAIM)
    if question.is_claimed_by(tx.viewer.id):
        return question_id
    return await _tell(tx, question_id, {"state": QuestionState.CLAIMED, "claimed_by": tx.viewer.id})


async def release_question(tx: Transaction, question_id: UUID) -> UUID:
    """Releases the viewer's claim, and returns the question's id.

    Raises ALREADY_CLAIMED (another moderator's claim), CONFLICT (the question is closed).
    """
    question = await _accessed(tx, question_id, RELEASE)
    if question.state is QuestionState.PENDING:
        return question_id
    return await _tell(tx, question_id, UNCLAIMED)


async def dismiss_question(tx: Transaction, question_id: UUID) -> UUID:
    """Dismisses a question, and returns its id.

    Raises ALREADY_CLAIMED (another moderator's claim), CONFLICT (answered).
    """
    question = await _accessed(tx, question_id, DISMISS)
    if question.state is QuestionState.DISMISSED:
        return question_id
    return await _tell(tx, question_id, {"state": QuestionState.DISMISSED})


async def reopen_question(tx: Transaction, question_id: UUID) -> UUID:
    """Makes an answered or dismissed question pending again, and returns its id.

    A pending or claimed question stays unchanged. A published answer stays published.
    """
    question = await _accessed(tx, question_id, REOPEN)
    if question.state in (QuestionState.PENDING, QuestionState.CLAIMED):
        return question_id
    return await _tell(tx, question_id, UNCLAIMED)


async def _accessed(tx: Transaction, question_id: UUID, to: QuestionAct) -> QuestionFacts:
    return (await access_question(tx, question_id, to, *FIELD)).question


async def _tell(tx: Transaction, question_id: UUID, values: Mapping[str, Any]) -> UUID:
    question = await change_question(tx, question_id, values)
    await tx.record(question.gallery_id, QuestionChanged(question=question))
    return question_id


async def change_question(tx: Transaction, question_id: UUID, values: Mapping[str, Any]) -> QuestionFacts:
    """Updates the question's row, and returns its facts."""
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
    """Releases all claims of a participant who leaves in any way."""
    if Permission.ANSWER_QUESTIONS not in leaving.permissions:
        return
    rows = await tx.rows(_RETURN, {"session": leaving.session_id, "who": leaving.user_id})
    returned = sorted((read_facts(QuestionFacts, row) for row in rows), key=lambda question: question.id)
    await tx.record_many(leaving.gallery_id, [QuestionChanged(question=question) for question in returned])
