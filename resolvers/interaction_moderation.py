"""What chat moderators decide about answers: which texts are published, and which words are hidden (rules 78, 80).

Both are announced at once, with the current totals.
"""

from uuid import UUID

from sqlalchemy import bindparam, func, select, update

from models.access.interactions import access_interaction
from models.database.transaction import Transaction
from models.errors import Conflict, not_found
from models.permissions import Permission
from models.storage.base import UtcDateTime
from models.tables.interactions import MOST_PUBLISHED, AnswerText, InteractionOption, InteractionQuestion
from resolvers.tallies import tell

FIELD = ("input", "interactionId")

_WORD = select(InteractionOption.hidden).where(
    InteractionOption.id == bindparam("option"),
    InteractionOption.interaction_id == bindparam("of"),
    InteractionOption.word.is_not(None),
)
_HIDE = (
    update(InteractionOption).where(InteractionOption.id == bindparam("option")).values(hidden=bindparam("is_hidden"))
)


async def hide_word(tx: Transaction, interaction_id: UUID, option_id: UUID, *, hidden: bool) -> UUID:
    """Hides a word of a word cloud from all but chat moderators, or shows it again. Returns the interaction's id.

    Raises NOT_FOUND for what is no word of this interaction, NOT_IN_SESSION, SESSION_ENDED.
    """
    await access_interaction(tx, interaction_id, Permission.RUN_INTERACTIONS, *FIELD)
    before = await tx.value(_WORD, {"option": option_id, "of": interaction_id})
    if before is None:
        raise not_found("word", "input", "optionId")
    if before != hidden:
        await tx.execute(_HIDE, {"option": option_id, "is_hidden": hidden})
        await tell(tx, interaction_id, rewords=True)
    return interaction_id


_OF = select(InteractionQuestion.id).where(InteractionQuestion.interaction_id == bindparam("of"))
_IS_HERE = AnswerText.question_id.in_(_OF)
_TEXT = select(AnswerText.published_at).where(AnswerText.id == bindparam("answer_text"), _IS_HERE)
_PUBLISHED = select(func.count()).where(_IS_HERE, AnswerText.published_at.is_not(None))
_PUBLISH = (
    update(AnswerText)
    .where(AnswerText.id == bindparam("answer_text"))
    .values(published_at=bindparam("now", type_=UtcDateTime()))
)


async def publish_text(tx: Transaction, interaction_id: UUID, text_id: UUID, *, published: bool) -> UUID:
    """Shows an answer to an open question to everyone inside, or withdraws it. Returns the interaction's id.

    Raises NOT_FOUND for what is no answer of this interaction, CONFLICT if 100 answers are published, NOT_IN_SESSION,
    SESSION_ENDED.
    """
    await access_interaction(tx, interaction_id, Permission.RUN_INTERACTIONS, *FIELD)
    row = await tx.row(_TEXT, {"answer_text": text_id, "of": interaction_id})
    if row is None:
        raise not_found("answer", "input", "textId")
    if (row.published_at is not None) == published:
        return interaction_id
    if published and await tx.value(_PUBLISHED, {"of": interaction_id}) >= MOST_PUBLISHED:
        raise Conflict(f"At most {MOST_PUBLISHED} answers of an interaction can be published.", "input", "textId")
    await tx.execute(_PUBLISH, {"answer_text": text_id, "now": tx.now if published else None})
    await tell(tx, interaction_id, rewords=not published)
    return interaction_id
