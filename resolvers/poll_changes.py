"""Creating, changing, deleting and opening polls, for chat moderators inside (rule 53)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, update

from models.access.polls import PollAccess, access_poll
from models.access.rooms import access_room, must_have_entered
from models.database.transaction import Transaction
from models.errors import Conflict, Invalid
from models.events.polls import PollChanged, PollDeleted, PollOpened
from models.permissions import Permission
from models.storage.base import columns, new_id, read_facts
from models.tables.deadlines import DeadlineKind, set_deadline
from models.tables.polls import Poll, PollFacts, PollOption, PollState, Tally, Wording, clean_options, clean_question

SHORTEST_SECONDS, LONGEST_SECONDS = 10, 86_400


async def create_poll(
    tx: Transaction,
    room_id: UUID,
    question: str,
    options: Sequence[str],
    *,
    multiple_answers: bool,
    share_results: bool,
) -> UUID:
    """Creates a draft in the running session, and returns its id. Raises NOT_IN_SESSION, SESSION_ENDED, INVALID."""
    access = await access_room(tx, room_id, Permission.RUN_POLLS, "input", "roomId")
    session, _participant = must_have_entered(access, "input", "roomId")
    wording = Wording(clean_question(question), _new_options(clean_options(options)))
    row = await tx.add(
        Poll,
        id=new_id(),
        gallery_id=access.room.gallery_id,
        session_id=session.id,
        state=PollState.DRAFT,
        question=wording.question,
        multiple_answers=multiple_answers,
        share_results=share_results,
        opened_at=None,
        closes_at=None,
        closed_at=None,
        told_ballots=0,
        told_at=None,
    )
    await _put_options(tx, row.id, wording.options)
    await _tell_draft(tx, read_facts(PollFacts, row), wording)
    return row.id


async def update_poll(
    tx: Transaction,
    poll_id: UUID,
    question: str | None,
    options: Sequence[str] | None,
    *,
    multiple_answers: bool | None,
    share_results: bool | None,
) -> UUID:
    """Changes a draft, and returns its id. None leaves a value unchanged; `options` replaces the whole list.

    Raises CONFLICT if the poll is not a draft, INVALID.
    """
    access = await _draft(tx, poll_id)
    wording = Wording(
        question=access.wording.question if question is None else clean_question(question),
        options=access.wording.options if options is None else _saved_options(access, clean_options(options)),
    )
    poll = replace(
        access.poll,
        multiple_answers=access.poll.multiple_answers if multiple_answers is None else multiple_answers,
        share_results=access.poll.share_results if share_results is None else share_results,
    )
    if (poll, wording) == (access.poll, access.wording):
        return poll_id
    flags = {"multiple_answers": poll.multiple_answers, "share_results": poll.share_results}
    await _change(tx, poll_id, {"question": wording.question, **flags})
    if wording.options != access.wording.options:
        await tx.execute(delete(PollOption).where(PollOption.poll_id == poll_id))
        await _put_options(tx, poll_id, wording.options)
    await _tell_draft(tx, poll, wording)
    return poll_id


async def delete_poll(tx: Transaction, poll_id: UUID) -> UUID:
    """Deletes a draft, and returns its id. Raises CONFLICT if the poll is not a draft."""
    access = await _draft(tx, poll_id)
    await tx.execute(delete(Poll).where(Poll.id == poll_id))
    await tx.record(access.poll.gallery_id, PollDeleted(poll_id=poll_id, session_id=access.poll.session_id))
    return poll_id


async def open_poll(tx: Transaction, poll_id: UUID, duration_seconds: int | None) -> UUID:
    """Opens a draft for `duration_seconds`, or until a moderator closes it. Returns the poll's id.

    A poll that is already open with the same duration stays open. Raises CONFLICT if the duration differs or the poll
    is closed, INVALID.
    """
    access = await access_poll(tx, poll_id, Permission.RUN_POLLS, "input", "pollId")
    lasts = _duration(duration_seconds)
    if access.poll.takes_votes(tx.now) and _lasts(access.poll) == lasts:
        return poll_id
    _must_be_draft(access)
    closes_at = tx.now + lasts if lasts else None
    opened = await _change(tx, poll_id, {"state": PollState.OPEN, "opened_at": tx.now, "closes_at": closes_at})
    if closes_at:
        await set_deadline(tx, DeadlineKind.POLL_END, poll_id, opened.gallery_id, closes_at)
    await tx.record(opened.gallery_id, PollOpened(poll=opened, tally=access.told))
    return poll_id


def _duration(seconds: int | None) -> timedelta | None:
    if seconds is not None and not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise Invalid("This must be between 10 seconds and 24 hours.", "input", "durationSeconds")
    return None if seconds is None else timedelta(seconds=seconds)


def _lasts(poll: PollFacts) -> timedelta | None:
    return poll.closes_at - poll.opened_at if poll.closes_at and poll.opened_at else None


async def _draft(tx: Transaction, poll_id: UUID) -> PollAccess:
    access = await access_poll(tx, poll_id, Permission.RUN_POLLS, "input", "pollId")
    _must_be_draft(access)
    return access


def _must_be_draft(access: PollAccess) -> None:
    if access.poll.state is not PollState.DRAFT:
        raise Conflict("This poll was already opened.", "input", "pollId")


def _new_options(texts: Sequence[str]) -> dict[UUID, str]:
    return {new_id(): text for text in texts}


def _saved_options(access: PollAccess, texts: Sequence[str]) -> dict[UUID, str]:
    before = access.wording.options
    return before if list(before.values()) == list(texts) else _new_options(texts)


async def _put_options(tx: Transaction, poll_id: UUID, options: dict[UUID, str]) -> None:
    rows = [
        {"id": each, "poll_id": poll_id, "position": place, "text": text, "told_votes": 0}
        for place, (each, text) in enumerate(options.items())
    ]
    await tx.execute(insert(PollOption), rows)


async def _change(tx: Transaction, poll_id: UUID, values: dict[str, Any]) -> PollFacts:
    statement = update(Poll).where(Poll.id == poll_id).values(**values)
    return read_facts(PollFacts, await tx.row(statement.returning(*columns(PollFacts, Poll))))


async def _tell_draft(tx: Transaction, poll: PollFacts, wording: Wording) -> None:
    await tx.record(poll.gallery_id, PollChanged(poll=poll, tally=Tally(0, dict.fromkeys(wording.options, 0))))
