"""The totals of interactions: announcing them, and closing interactions with a final count (rules 76, 77).

Everything runs under the gallery's lock: an answer is either given before the interaction closes and counted, or refused.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Update, bindparam, case, select, update

from models.access.interactions import access_interaction
from models.database.transaction import Transaction
from models.errors import InteractionNotOpen
from models.events.interactions import InteractionChanged, InteractionClosed
from models.permissions import Permission
from models.storage.base import UtcDateTime, columns, read_facts
from models.storage.statements import AnyRow, among
from models.tables.deadlines import forget_interactions
from models.tables.interactions import (
    ANSWERS_GIVEN,
    RIGHT_GIVEN,
    VOTES_GIVEN,
    AnswerText,
    Interaction,
    InteractionFacts,
    InteractionKind,
    InteractionOption,
    InteractionQuestion,
    InteractionState,
    Tally,
    shown_words,
)
from resolvers.throttle import TOLD_EVERY

FIELD = ("input", "interactionId")
Told = tuple[InteractionFacts, Tally]

_NOW = bindparam("now", type_=UtcDateTime())
_INTERACTION = (*columns(InteractionFacts, Interaction), Interaction.told_answers, Interaction.told_right)
_TOLD: Mapping[str, Any] = {"told_answers": ANSWERS_GIVEN, "told_right": RIGHT_GIVEN, "told_at": _NOW}
_TELL = update(Interaction).where(Interaction.id == bindparam("interaction")).values(**_TOLD).returning(*_INTERACTION)
_OPTION = InteractionOption
_TELL_VOTES = (
    update(_OPTION)
    .where(among(_OPTION.interaction_id))
    .values(told_votes=VOTES_GIVEN)
    .returning(_OPTION.interaction_id, _OPTION.position, _OPTION.id, _OPTION.word, _OPTION.hidden, _OPTION.told_votes)
)
_UNTOLD = select(Interaction.id).where(
    Interaction.id == bindparam("interaction"),
    Interaction.state == InteractionState.OPEN,
    Interaction.told_at <= bindparam("told_by", type_=UtcDateTime()),
)
PUBLISHED = (
    select(InteractionQuestion.interaction_id, AnswerText.id)
    .join(InteractionQuestion, InteractionQuestion.id == AnswerText.question_id)
    .where(among(InteractionQuestion.interaction_id), AnswerText.published_at.is_not(None))
    .order_by(AnswerText.published_at, AnswerText.id)
)


async def tell_untold(tx: Transaction, interaction_id: UUID, due_at: datetime) -> None:
    """Announces an open interaction's totals, unless they were announced since the deadline `due_at` was set.

    The caller holds the gallery's lock.
    """
    if await tx.value(_UNTOLD, {"interaction": interaction_id, "told_by": due_at - TOLD_EVERY}):
        await tell(tx, interaction_id)


async def tell(tx: Transaction, interaction_id: UUID, *, rewords: bool = False) -> None:
    """Announces the interaction's current totals. The caller holds the gallery's lock."""
    for facts, tally in await _count(tx, _TELL, {"interaction": interaction_id, "now": tx.now}):
        await tx.record(facts.gallery_id, InteractionChanged(interaction=facts, tally=tally, rewords=rewords))


async def _count(tx: Transaction, change: Update, which: Mapping[str, Any]) -> list[Told]:
    """Runs `change` on interactions, and stores their current totals as announced. Returns both, by id."""
    rows = sorted(await tx.rows(change, which), key=lambda row: row.id)
    options: dict[UUID, list[AnyRow]] = {row.id: [] for row in rows}
    for option in await tx.rows(_TELL_VOTES, {"ids": list(options)}) if rows else ():
        options[option.interaction_id].append(option)
    published = await _published(tx, rows)
    return [
        (read_facts(InteractionFacts, row), _tally(row, options[row.id], published.get(row.id, []))) for row in rows
    ]


async def _published(tx: Transaction, interactions: Sequence[AnyRow]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = {}
    open_ended = [row.id for row in interactions if row.kind in (InteractionKind.TEXT, InteractionKind.SURVEY)]
    for interaction_id, text_id in await tx.rows(PUBLISHED, {"ids": open_ended}) if open_ended else ():
        found.setdefault(interaction_id, []).append(text_id)
    return found


def _tally(row: AnyRow, options: Sequence[AnyRow], published: list[UUID]) -> Tally:
    in_order = sorted(options, key=lambda option: option.position)
    votes = {option.id: option.told_votes for option in in_order}
    shown = shown_words(votes.items()) if row.kind is InteractionKind.WORDS else votes
    hidden = [option.id for option in in_order if option.hidden and option.id in shown]
    return Tally(row.told_answers, shown, row.told_right, hidden, published)


# An interaction whose time is over closes at `closes_at`, even if it is processed later.
_CLOSED_AT = case((Interaction.closes_at < _NOW, Interaction.closes_at), else_=_NOW)
_CLOSE = (
    update(Interaction)
    .where(Interaction.state == InteractionState.OPEN)
    .values(state=InteractionState.CLOSED, closed_at=_CLOSED_AT, **_TOLD)
    .returning(*_INTERACTION)
)
_CLOSE_ONE = _CLOSE.where(Interaction.id == bindparam("interaction"))
_OF_SESSION = Interaction.session_id == bindparam("session")
_CLOSE_OF_SESSION = _CLOSE.where(_OF_SESSION)
_UNSCHEDULE = (
    update(Interaction)
    .where(_OF_SESSION, Interaction.state == InteractionState.SCHEDULED)
    .values(state=InteractionState.DRAFT, opens_at=None, duration_seconds=None)
    .returning(*_INTERACTION)
)


async def close_interaction(tx: Transaction, interaction_id: UUID) -> UUID:
    """Closes an open interaction, and returns its id. A closed one stays closed.

    Raises INTERACTION_NOT_OPEN for one that was not opened, NOT_IN_SESSION, SESSION_ENDED.
    """
    access = await access_interaction(tx, interaction_id, Permission.RUN_INTERACTIONS, *FIELD)
    if access.interaction.is_unopened:
        raise InteractionNotOpen("This has not been opened.", *FIELD)
    await close_open_interaction(tx, access.interaction.gallery_id, interaction_id)
    return interaction_id


async def close_open_interaction(tx: Transaction, gallery_id: UUID, interaction_id: UUID) -> None:
    """Closes an interaction if it is open. The caller holds its gallery's lock."""
    await _close(tx, gallery_id, _CLOSE_ONE, {"interaction": interaction_id})


async def close_interactions_of(tx: Transaction, gallery_id: UUID, session_id: UUID) -> None:
    """Closes the open interactions of a session that ends, and makes scheduled ones drafts (rules 38, 76)."""
    await _close(tx, gallery_id, _CLOSE_OF_SESSION, {"session": session_id})
    scheduled = await _count(tx, _UNSCHEDULE, {"session": session_id})
    await forget_interactions(tx, [each.id for each, _tally in scheduled])
    await tx.record_many(gallery_id, [InteractionChanged(interaction=each, tally=tally) for each, tally in scheduled])


async def _close(tx: Transaction, gallery_id: UUID, change: Update, which: Mapping[str, Any]) -> None:
    closed = await _count(tx, change, {**which, "now": tx.now})
    await forget_interactions(tx, [each.id for each, _tally in closed])
    await tx.record_many(gallery_id, [InteractionClosed(interaction=each, tally=tally) for each, tally in closed])
