"""Questions: asking, replying in threads, publishing answers, and upvoting published questions (rules 50, 52).

resolvers/claims.py has the claims of chat moderators, and resolvers/threads.py reads questions.
"""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_or_not

from models.access.questions import PUBLISH, REPLY, UPVOTE, access_question
from models.access.rates import keep_to_rate
from models.access.rooms import access_room, must_have_entered
from models.database.transaction import Transaction
from models.errors import ChatBlocked, Forbidden, Invalid, QnaDisabled, not_found
from models.events.questions import AnswerPublished, QuestionAsked, QuestionChanged
from models.permissions import Permission
from models.storage.base import columns, new_id, read_facts
from models.tables.questions import Question, QuestionFacts, QuestionReply, QuestionState, QuestionUpvote, ReplyFacts
from models.tables.rates import RateKind
from models.values.text import clean_message
from resolvers.claims import FIELD, change_question


async def ask_question(tx: Transaction, room_id: UUID, text: str, *, anonymous: bool) -> UUID:
    """Asks the running session's chat moderators a question, and returns its id.

    Raises NOT_IN_SESSION, SESSION_ENDED, QNA_DISABLED, CHAT_BLOCKED, INVALID, RATE_LIMITED.
    """
    access = await access_room(tx, room_id, Permission.ENTER, "input", "roomId")
    session, participant = must_have_entered(access, "input", "roomId")
    text = clean_message(text, "input", "text")
    if not access.qna_enabled:
        raise QnaDisabled("Q&A is switched off in this room.", "input", "roomId")
    if participant.chat_blocked:
        raise ChatBlocked("A moderator has blocked you from writing here.", "input", "roomId")
    await keep_to_rate(tx, RateKind.QUESTIONS, "input", "roomId")
    question = QuestionFacts(
        id=new_id(),
        gallery_id=access.room.gallery_id,
        session_id=session.id,
        asker_id=tx.viewer.id,
        anonymous=anonymous,
        state=QuestionState.PENDING,
        claimed_by=None,
        published_reply_id=None,
        published_at=None,
        reply_count=0,
        upvotes=0,
        asked_at=tx.now,
    )
    await tx.execute(insert(Question), asdict(question) | {"text": text})
    await tx.record(question.gallery_id, QuestionAsked(question=question))
    return question.id


async def reply_to_question(tx: Transaction, question_id: UUID, text: str, *, settles: bool) -> UUID:
    """Replies in a question's thread, and returns the question's id.

    A chat moderator's reply claims a pending question, or with `settles` marks it as answered.
    Raises NOT_FOUND, FORBIDDEN, ALREADY_CLAIMED, SESSION_ENDED, INVALID, RATE_LIMITED.
    """
    text = clean_message(text, "input", "text")
    access = await access_question(tx, question_id, REPLY, *FIELD)
    question, by_moderator = access.question, access.by is Permission.ANSWER_QUESTIONS
    if settles and not by_moderator:
        raise Forbidden("Only the chat moderator who answers this question can settle it.", "input", "settles")
    await keep_to_rate(tx, RateKind.MESSAGES, *FIELD)
    values = _taken(tx, question, settles=settles) if by_moderator else {}
    reply = ReplyFacts(
        id=new_id(),
        question_id=question_id,
        place=question.reply_count + 1,
        author_id=tx.viewer.id,
        author_name=tx.viewer.name,
        by_moderator=by_moderator,
        sent_at=tx.now,
    )
    await tx.execute(insert(QuestionReply), asdict(reply) | {"text": text})
    changed = await change_question(tx, question_id, values | {"reply_count": reply.place})
    await tx.record(changed.gallery_id, QuestionChanged(question=changed, reply=reply))
    return question_id


def _taken(tx: Transaction, question: QuestionFacts, *, settles: bool) -> dict[str, Any]:
    if settles:
        return {"state": QuestionState.ANSWERED, "claimed_by": tx.viewer.id}
    if question.state in (QuestionState.PENDING, QuestionState.CLAIMED):
        return {"state": QuestionState.CLAIMED, "claimed_by": tx.viewer.id}
    return {}


async def publish_answer(tx: Transaction, question_id: UUID, reply_id: UUID) -> UUID:
    """Shows the question and this reply to everyone who is or was inside, and returns the question's id.

    The question is marked as answered. A new answer replaces an earlier one. Raises NOT_FOUND, FORBIDDEN,
    ALREADY_CLAIMED, SESSION_ENDED, INVALID.
    """
    question = (await access_question(tx, question_id, PUBLISH, *FIELD)).question
    await _must_be_an_answer(tx, question_id, reply_id)
    if question.published_reply_id != reply_id:
        shown = {"state": QuestionState.ANSWERED, "published_reply_id": reply_id, "published_at": tx.now}
        published = await change_question(tx, question_id, shown)
        await tx.record(published.gallery_id, AnswerPublished(question=published))
    elif question.state is not QuestionState.ANSWERED:
        # Everyone already sees this answer, so only the thread's parties get an event (rule 52).
        changed = await change_question(tx, question_id, {"state": QuestionState.ANSWERED})
        await tx.record(changed.gallery_id, QuestionChanged(question=changed))
    return question_id


_REPLY = select(*columns(ReplyFacts, QuestionReply)).where(
    QuestionReply.id == bindparam("id"), QuestionReply.question_id == bindparam("question")
)


async def _must_be_an_answer(tx: Transaction, question_id: UUID, reply_id: UUID) -> None:
    row = await tx.row(_REPLY, {"id": reply_id, "question": question_id})
    if row is None:
        raise not_found("reply", "input", "replyId")
    if not read_facts(ReplyFacts, row).by_moderator:
        raise Invalid("What the asker wrote is no answer.", "input", "replyId")


_UPVOTE = insert_or_not(QuestionUpvote).on_conflict_do_nothing()
_TAKE_BACK = delete(QuestionUpvote).where(
    QuestionUpvote.question_id == bindparam("question"), QuestionUpvote.user_id == bindparam("who")
)


async def upvote_question(tx: Transaction, question_id: UUID) -> UUID:
    """Upvotes a published question, at most once. Returns the question's id.

    Raises NOT_FOUND, FORBIDDEN (the viewer's own question), CONFLICT (not published), SESSION_ENDED, RATE_LIMITED.
    """
    question = (await access_question(tx, question_id, UPVOTE, *FIELD)).question
    await keep_to_rate(tx, RateKind.ANSWERS, *FIELD)
    upvoted = await tx.execute(_UPVOTE, {"question_id": question_id, "user_id": tx.viewer.id})
    await _count(tx, question, upvoted)
    return question_id


async def remove_question_upvote(tx: Transaction, question_id: UUID) -> UUID:
    """Removes the viewer's upvote, and returns the question's id. Raises the errors of `upvote_question`."""
    question = (await access_question(tx, question_id, UPVOTE, *FIELD)).question
    taken_back = await tx.execute(_TAKE_BACK, {"question": question_id, "who": tx.viewer.id})
    await _count(tx, question, -taken_back)
    return question_id


async def _count(tx: Transaction, question: QuestionFacts, more: int) -> None:
    if more:
        counted = await change_question(tx, question.id, {"upvotes": question.upvotes + more})
        await tx.record(counted.gallery_id, QuestionChanged(question=counted, upvoted=True))
