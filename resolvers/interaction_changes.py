"""Creating, changing, deleting, scheduling and opening interactions, for chat moderators inside (rules 75, 76)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update

from models.access.interactions import InteractionAccess, access_interaction
from models.access.rooms import access_room, must_have_entered
from models.database.transaction import Transaction
from models.errors import Conflict, Invalid
from models.events.interactions import InteractionChanged, InteractionDeleted, InteractionOpened
from models.permissions import Permission
from models.storage.base import columns, new_id, read_facts
from models.tables.deadlines import DeadlineKind, clear_deadlines, set_deadline
from models.tables.interactions import (
    Interaction,
    InteractionFacts,
    InteractionKind,
    InteractionOption,
    InteractionState,
    QuestionWording,
    ResultsSharing,
    Tally,
    no_votes,
)
from models.values.answers import InGallery
from models.values.checks import all_invalid
from resolvers.interaction_questions import QuestionDraft, are_same, copied, put_questions, replace_questions, written

SHORTEST_SECONDS, LONGEST_SECONDS = 10, 86_400
FIXED_BEFORE = timedelta(minutes=2)
"""How long before its opening a scheduled interaction cannot be changed any more (rule 76)."""
FURTHEST = timedelta(days=1)
"""How far ahead an interaction can be scheduled."""
FIELD = ("input", "interactionId")


@dataclass(frozen=True, slots=True)
class Settings:
    """How an interaction is answered and shown. None leaves a value unchanged."""

    changeable: bool | None = None
    anonymous: bool | None = None
    share_results: ResultsSharing | None = None


async def create_interaction(
    tx: Transaction, room_id: UUID, kind: InteractionKind, drafts: Sequence[QuestionDraft], settings: Settings
) -> UUID:
    """Creates a draft in the running session, and returns its id. Raises NOT_IN_SESSION, SESSION_ENDED, INVALID."""
    access = await access_room(tx, room_id, Permission.RUN_INTERACTIONS, "input", "roomId")
    session, _participant = must_have_entered(access, "input", "roomId")
    facts = _draft(access.room.gallery_id, session.id, kind)
    return await _create(tx, _with(facts, settings), written(kind, drafts))


async def copy_interaction(tx: Transaction, interaction_id: UUID) -> UUID:
    """Creates a draft in the running session with the questions of an earlier interaction of the room. Returns its id.

    Raises NOT_FOUND, NOT_IN_SESSION, SESSION_ENDED.
    """
    access = await access_interaction(tx, interaction_id, Permission.RUN_INTERACTIONS, *FIELD, earlier=True)
    session, _participant = must_have_entered(access.room, *FIELD)
    of = access.interaction
    facts = _draft(of.gallery_id, session.id, of.kind)
    settings = Settings(of.changeable, of.anonymous, of.share_results)
    return await _create(tx, _with(facts, settings), copied(access.questions))


def _draft(gallery_id: UUID, session_id: UUID, kind: InteractionKind) -> InteractionFacts:
    return InteractionFacts(
        id=new_id(),
        gallery_id=gallery_id,
        session_id=session_id,
        kind=kind,
        state=InteractionState.DRAFT,
        changeable=False,
        anonymous=False,
        share_results=ResultsSharing.NEVER,
        opens_at=None,
        duration_seconds=None,
        opened_at=None,
        closes_at=None,
        closed_at=None,
    )


async def _create(tx: Transaction, facts: InteractionFacts, questions: Sequence[QuestionWording]) -> UUID:
    values = {column.key: getattr(facts, column.key) for column in columns(InteractionFacts, Interaction)}
    await tx.add(Interaction, **values, told_answers=0, told_right=0, told_at=None)
    await put_questions(tx, facts.id, questions)
    await _tell_draft(tx, facts, questions)
    return facts.id


async def update_interaction(
    tx: Transaction, interaction_id: UUID, drafts: Sequence[QuestionDraft] | None, settings: Settings
) -> UUID:
    """Changes a draft or a scheduled interaction, and returns its id.

    None leaves a value unchanged; `drafts` replaces all questions. Raises CONFLICT if it was opened, or opens within two
    minutes, INVALID.
    """
    access = await access_interaction(tx, interaction_id, Permission.RUN_INTERACTIONS, *FIELD)
    before = access.interaction
    questions = access.questions if drafts is None else written(before.kind, drafts)
    _must_be_changeable(tx, before)
    reworded = not are_same(questions, access.questions)
    changed = _with(before, settings)
    if changed == before and not reworded:
        return interaction_id
    names = ("changeable", "anonymous", "share_results")
    await _change(tx, interaction_id, {name: getattr(changed, name) for name in names})
    if reworded:
        await replace_questions(tx, interaction_id, questions)
    await _tell_draft(tx, changed, questions if reworded else access.questions)
    return interaction_id


def _with(facts: InteractionFacts, settings: Settings) -> InteractionFacts:
    return replace(
        facts,
        changeable=facts.changeable if settings.changeable is None else settings.changeable,
        anonymous=facts.anonymous if settings.anonymous is None else settings.anonymous,
        share_results=settings.share_results or facts.share_results,
    )


async def delete_interaction(tx: Transaction, interaction_id: UUID) -> InGallery:
    """Deletes a draft or a scheduled interaction. Raises CONFLICT as `update_interaction` does."""
    access = await _unopened(tx, interaction_id)
    of = access.interaction
    await tx.execute(delete(Interaction).where(Interaction.id == interaction_id))
    await _forget_schedule(tx, of)
    await tx.record(of.gallery_id, InteractionDeleted(interaction_id=interaction_id, session_id=of.session_id))
    return InGallery(interaction_id, of.gallery_id)


async def schedule_interaction(
    tx: Transaction, interaction_id: UUID, opens_at: datetime, duration_seconds: int | None
) -> UUID:
    """Schedules a draft, or changes a schedule, and returns the interaction's id. It then opens by itself.

    Raises CONFLICT as `update_interaction` does, INVALID for a time that is not within the next 24 hours.
    """
    access = await access_interaction(tx, interaction_id, Permission.RUN_INTERACTIONS, *FIELD)
    with all_invalid() as check:
        check(_check_opening, tx.now, opens_at)
        check(checked_duration, duration_seconds)
    _must_be_changeable(tx, access.interaction)
    values = {"state": InteractionState.SCHEDULED, "opens_at": opens_at, "duration_seconds": duration_seconds}
    return await _reschedule(tx, access, values)


async def unschedule_interaction(tx: Transaction, interaction_id: UUID) -> UUID:
    """Makes a scheduled interaction a draft again, and returns its id. A draft stays one.

    Raises CONFLICT as `update_interaction` does.
    """
    access = await _unopened(tx, interaction_id)
    values = {"state": InteractionState.DRAFT, "opens_at": None, "duration_seconds": None}
    return await _reschedule(tx, access, values)


async def _reschedule(tx: Transaction, access: InteractionAccess, values: dict[str, Any]) -> UUID:
    of, kind = access.interaction, DeadlineKind.INTERACTION_OPENING
    if replace(of, **values) == of:
        return of.id
    changed = await _change(tx, of.id, values)
    if changed.opens_at:
        await set_deadline(tx, kind, of.id, of.gallery_id, changed.opens_at)
    else:
        await _forget_schedule(tx, of)
    await _tell_draft(tx, changed, access.questions)
    return of.id


async def open_interaction(tx: Transaction, interaction_id: UUID, duration_seconds: int | None) -> UUID:
    """Opens an interaction for `duration_seconds`, or until a moderator closes it. Returns its id.

    One that is already open with the same duration stays open. Raises CONFLICT if the duration differs or it is closed,
    INVALID.
    """
    access = await access_interaction(tx, interaction_id, Permission.RUN_INTERACTIONS, *FIELD)
    lasts, of = checked_duration(duration_seconds), access.interaction
    if of.takes_answers(tx.now) and _lasts(of) == lasts:
        return interaction_id
    _must_be_unopened(of)
    await _forget_schedule(tx, of)
    await _open(tx, of, lasts, no_votes(access.questions))
    return interaction_id


_SCHEDULED = select(*columns(InteractionFacts, Interaction)).where(
    Interaction.id == bindparam("id"), Interaction.state == InteractionState.SCHEDULED
)
_OPTIONS = (
    select(InteractionOption.id)
    .where(InteractionOption.interaction_id == bindparam("id"))
    .order_by(InteractionOption.position)
)


async def open_scheduled(tx: Transaction, interaction_id: UUID) -> None:
    """Opens a scheduled interaction whose time has come. The caller holds its gallery's lock."""
    row = await tx.row(_SCHEDULED, {"id": interaction_id})
    if row is None:
        return
    options = await tx.values(_OPTIONS, {"id": interaction_id})
    lasts = timedelta(seconds=row.duration_seconds) if row.duration_seconds else None
    await _open(tx, read_facts(InteractionFacts, row), lasts, Tally(votes=dict.fromkeys(options, 0)))


async def _open(tx: Transaction, of: InteractionFacts, lasts: timedelta | None, tally: Tally) -> None:
    closes_at = tx.now + lasts if lasts else None
    values = {"state": InteractionState.OPEN, "opened_at": tx.now, "closes_at": closes_at}
    opened = await _change(tx, of.id, values)
    if closes_at:
        await set_deadline(tx, DeadlineKind.INTERACTION_END, of.id, of.gallery_id, closes_at)
    await tx.record(of.gallery_id, InteractionOpened(interaction=opened, tally=tally))


def _check_opening(now: datetime, opens_at: datetime) -> None:
    if not now < opens_at <= now + FURTHEST:
        raise Invalid("This must be in the next 24 hours.", "input", "opensAt")


def checked_duration(seconds: int | None) -> timedelta | None:
    """Returns how long an interaction is open, or None if a moderator closes it. Raises Invalid."""
    if seconds is not None and not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise Invalid("This must be between 10 seconds and 24 hours.", "input", "durationSeconds")
    return None if seconds is None else timedelta(seconds=seconds)


def _lasts(of: InteractionFacts) -> timedelta | None:
    return of.closes_at - of.opened_at if of.closes_at and of.opened_at else None


async def _unopened(tx: Transaction, interaction_id: UUID) -> InteractionAccess:
    access = await access_interaction(tx, interaction_id, Permission.RUN_INTERACTIONS, *FIELD)
    _must_be_changeable(tx, access.interaction)
    return access


def _must_be_changeable(tx: Transaction, of: InteractionFacts) -> None:
    _must_be_unopened(of)
    if of.opens_at and of.opens_at - tx.now < FIXED_BEFORE:
        raise Conflict("This interaction opens within two minutes.", *FIELD)


def _must_be_unopened(of: InteractionFacts) -> None:
    if not of.is_unopened:
        raise Conflict("This interaction was already opened.", *FIELD)


async def _forget_schedule(tx: Transaction, of: InteractionFacts) -> None:
    if of.state is InteractionState.SCHEDULED:
        await clear_deadlines(tx, DeadlineKind.INTERACTION_OPENING, [of.id])


async def _change(tx: Transaction, interaction_id: UUID, values: dict[str, Any]) -> InteractionFacts:
    statement = update(Interaction).where(Interaction.id == interaction_id).values(**values)
    return read_facts(InteractionFacts, await tx.row(statement.returning(*columns(InteractionFacts, Interaction))))


async def _tell_draft(tx: Transaction, of: InteractionFacts, questions: Sequence[QuestionWording]) -> None:
    await tx.record(of.gallery_id, InteractionChanged(interaction=of, tally=no_votes(questions)))
