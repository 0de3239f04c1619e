"""Answering an interaction (rule 77). Everything runs under the gallery's lock."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_unless

from models.access.interactions import InteractionAccess, access_interaction
from models.access.rates import keep_to_rate
from models.database.transaction import Transaction
from models.errors import AlreadyAnswered, InteractionNotOpen
from models.permissions import Permission
from models.storage.base import UtcDateTime, new_id
from models.storage.statements import among
from models.tables.deadlines import DeadlineKind
from models.tables.interactions import (
    AnswerChoice,
    AnswerText,
    InteractionAnswer,
    InteractionKind,
    InteractionOption,
    OptionWording,
)
from models.tables.rates import RateKind
from models.tables.site import Site
from resolvers.answer_checks import Answer, GivenPart, Word, checked
from resolvers.interaction_questions import option_row
from resolvers.tallies import tell
from resolvers.throttle import is_told_now

FIELD = ("input", "interactionId")

_REFUSED_WORDS = select(Site.refused_words)
_GIVE = insert_unless(InteractionAnswer).on_conflict_do_nothing(
    index_elements=[InteractionAnswer.interaction_id, InteractionAnswer.user_id]
)
_GIVE_AGAIN = (
    update(InteractionAnswer)
    .where(InteractionAnswer.interaction_id == bindparam("of"), InteractionAnswer.user_id == bindparam("viewer"))
    .values(answered_at=bindparam("now", type_=UtcDateTime()), is_right=bindparam("right"))
    .returning(InteractionAnswer.id)
)


async def answer_interaction(tx: Transaction, interaction_id: UUID, given: Sequence[GivenPart]) -> UUID:
    """Stores the viewer's answer to all questions of an interaction, and returns the interaction's id.

    Where the interaction is `changeable`, a further answer replaces the earlier one. Raises INTERACTION_NOT_OPEN,
    ALREADY_ANSWERED, INVALID, NOT_FOUND (also for an option of another interaction), NOT_IN_SESSION, SESSION_ENDED,
    RATE_LIMITED.
    """
    access = await access_interaction(tx, interaction_id, Permission.ENTER, *FIELD)
    of, kind = access.interaction, DeadlineKind.INTERACTION_TALLY
    if not of.takes_answers(tx.now):
        raise InteractionNotOpen("This takes no answers.", *FIELD)
    refused_words = await tx.value(_REFUSED_WORDS) if of.kind is InteractionKind.WORDS else ()
    answer = checked(access.questions, given, refused_words)
    await keep_to_rate(tx, RateKind.ANSWERS, *FIELD)
    withdrawn = await _store(tx, access, answer)
    if withdrawn or await is_told_now(tx, kind, of.id, of.gallery_id, access.told_at):
        await tell(tx, of.id, rewords=withdrawn)
    return interaction_id


async def _store(tx: Transaction, access: InteractionAccess, answer: Answer) -> bool:
    """Stores the answer in place of an earlier one. Returns whether this withdraws a text that was published."""
    of, texts, withdrawn = access.interaction, answer.texts, False
    row = {"id": new_id(), "interaction_id": of.id, "user_id": tx.viewer.id, "answered_at": tx.now}
    answer_id = row["id"]
    if not await tx.execute(_GIVE, row | {"is_right": answer.is_right}):
        if not of.changeable:
            raise AlreadyAnswered("You have already answered this.", *FIELD)
        again = {"of": of.id, "viewer": tx.viewer.id, "now": tx.now, "right": answer.is_right}
        answer_id = await tx.value(_GIVE_AGAIN, again)
        texts, withdrawn = await _take_back(tx, answer_id, texts)
    options = answer.options + await _words(tx, access, answer.words)
    if options:
        await tx.execute(insert(AnswerChoice), [{"answer_id": answer_id, "option_id": each} for each in options])
    if texts:
        await tx.execute(insert(AnswerText), [_text_row(answer_id, *each) for each in texts.items()])
    return withdrawn


def _text_row(answer_id: object, question_id: UUID, text: str) -> dict[str, object]:
    return {"id": new_id(), "answer_id": answer_id, "question_id": question_id, "text": text, "published_at": None}


_CHOICES = delete(AnswerChoice).where(AnswerChoice.answer_id == bindparam("answer"))
_TEXTS = select(AnswerText).where(AnswerText.answer_id == bindparam("answer"))
_FORGET_TEXTS = delete(AnswerText).where(among(AnswerText.id))


async def _take_back(tx: Transaction, answer_id: UUID, texts: dict[UUID, str]) -> tuple[dict[UUID, str], bool]:
    """Deletes what an earlier answer has otherwise. Returns the new texts, and whether a published one is gone.

    A text that is given again stays as it is, and so it stays published.
    """
    await tx.execute(_CHOICES, {"answer": answer_id})
    stored = await tx.all(_TEXTS, {"answer": answer_id}) if texts else ()
    gone = [each for each in stored if texts[each.question_id] != each.text]
    if gone:
        await tx.execute(_FORGET_TEXTS, {"ids": [each.id for each in gone]})
    left = {each.question_id for each in stored} - {each.question_id for each in gone}
    withdrawn = any(each.published_at for each in gone)
    return {question: text for question, text in texts.items() if question not in left}, withdrawn


_KNOWN = select(InteractionOption.word, InteractionOption.id).where(
    InteractionOption.interaction_id == bindparam("of"), among(InteractionOption.word, "words")
)
_HOW_MANY = select(func.count()).where(InteractionOption.interaction_id == bindparam("of"))


async def _words(tx: Transaction, access: InteractionAccess, words: Sequence[Word]) -> list[UUID]:
    """Returns the options for these words. A word that nobody has given before becomes an option."""
    if not words:
        return []
    of, (question,) = access.interaction.id, access.questions
    asked = {"of": of, "words": [each.word for each in words]}
    known = {row.word: row.id for row in await tx.rows(_KNOWN, asked)}
    new = [each for each in words if each.word not in known]
    if new:
        place = await tx.value(_HOW_MANY, {"of": of})
        options = [OptionWording(new_id(), each.text, is_right=False) for each in new]
        rows = [
            option_row(of, question.id, place + turn, option, each.word)
            for turn, (option, each) in enumerate(zip(options, new, strict=True))
        ]
        await tx.execute(insert(InteractionOption), rows)
        known |= {each.word: option.id for option, each in zip(options, new, strict=True)}
    return [known[each.word] for each in words]
