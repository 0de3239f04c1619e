"""Ballots: casting them, announcing totals, and closing polls with a final count (rules 53, 54).

Everything runs under the gallery's lock: a ballot is either cast before the poll closes and counted, or refused.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Update, bindparam, case, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_unless

from models.access.polls import PollAccess, access_poll
from models.access.rates import keep_to_rate
from models.database.transaction import Transaction
from models.errors import AlreadyVoted, Invalid, PollNotOpen, not_found
from models.events.polls import PollChanged, PollClosed
from models.permissions import Permission
from models.storage.base import UtcDateTime, columns, new_id, read_facts
from models.storage.statements import AnyRow, among
from models.tables.deadlines import DeadlineKind, forget_polls
from models.tables.polls import (
    BALLOTS_CAST,
    MOST_OPTIONS,
    VOTES_CAST,
    Poll,
    PollBallot,
    PollChoice,
    PollFacts,
    PollOption,
    PollState,
    Tally,
)
from models.tables.rates import RateKind
from models.values.lists import checked_list
from resolvers.throttle import is_told_now

_CAST = insert_unless(PollBallot).on_conflict_do_nothing(index_elements=[PollBallot.poll_id, PollBallot.user_id])
_CHOOSE = insert(PollChoice)


async def cast_vote(tx: Transaction, poll_id: UUID, option_ids: Sequence[UUID]) -> UUID:
    """Casts the viewer's only ballot, which cannot be changed. Returns the poll's id.

    Raises POLL_NOT_OPEN, ALREADY_VOTED, INVALID, NOT_FOUND (also for an option of another poll), NOT_IN_SESSION,
    SESSION_ENDED, RATE_LIMITED.
    """
    access = await access_poll(tx, poll_id, Permission.ENTER, "input", "pollId")
    if not access.poll.takes_votes(tx.now):
        raise PollNotOpen("This poll is not open.", "input", "pollId")
    _check_choice(access, option_ids)
    await keep_to_rate(tx, RateKind.VOTES, "input", "pollId")
    ballot = {"id": new_id(), "poll_id": poll_id, "user_id": tx.viewer.id}
    if not await tx.execute(_CAST, ballot):
        raise AlreadyVoted("You have already voted in this poll.", "input", "pollId")
    await tx.execute(_CHOOSE, [{"ballot_id": ballot["id"], "option_id": each} for each in option_ids])
    gallery_id, told_at = access.poll.gallery_id, access.told_at
    if await is_told_now(tx, DeadlineKind.POLL_TALLY, poll_id, gallery_id, told_at):
        await _tell(tx, poll_id)
    return poll_id


def _check_choice(access: PollAccess, option_ids: Sequence[UUID]) -> None:
    field = ("input", "optionIds")
    checked_list(option_ids, MOST_OPTIONS, *field)
    for place, each in enumerate(option_ids):
        if each not in access.wording.options:
            raise not_found("option", *field, place)
    if len(option_ids) > 1 and not access.poll.multiple_answers:
        raise Invalid("Choose exactly one option of this poll.", *field)


_NOW = bindparam("now", type_=UtcDateTime())
_POLL = (*columns(PollFacts, Poll), Poll.told_ballots)
_TOLD: Mapping[str, Any] = {"told_ballots": BALLOTS_CAST, "told_at": _NOW}
_TELL = update(Poll).where(Poll.id == bindparam("poll")).values(**_TOLD).returning(*_POLL)
_TELL_VOTES = (
    update(PollOption)
    .where(among(PollOption.poll_id))
    .values(told_votes=VOTES_CAST)
    .returning(PollOption.poll_id, PollOption.position, PollOption.id, PollOption.told_votes)
)
_UNTOLD = select(Poll.id).where(
    Poll.id == bindparam("poll"), Poll.state == PollState.OPEN, Poll.told_ballots < BALLOTS_CAST
)


async def tell_untold(tx: Transaction, poll_id: UUID) -> None:
    """Announces an open poll's totals, if they changed since the last announcement.

    The caller holds the gallery's lock.
    """
    if await tx.value(_UNTOLD, {"poll": poll_id}):
        await _tell(tx, poll_id)


async def _tell(tx: Transaction, poll_id: UUID) -> None:
    for poll, tally in await _count(tx, _TELL, {"poll": poll_id, "now": tx.now}):
        await tx.record(poll.gallery_id, PollChanged(poll=poll, tally=tally))


async def _count(tx: Transaction, change: Update, which: Mapping[str, Any]) -> list[tuple[PollFacts, Tally]]:
    """Runs `change` on polls, and stores their current totals as announced. Returns the polls and totals."""
    polls = await tx.rows(change, which)
    votes: dict[UUID, list[AnyRow]] = {row.id: [] for row in polls}
    for option in await tx.rows(_TELL_VOTES, {"ids": list(votes)}) if polls else ():
        votes[option.poll_id].append(option)
    return [(read_facts(PollFacts, row), _tally(row.told_ballots, votes[row.id])) for row in polls]


def _tally(ballots: int, options: Sequence[AnyRow]) -> Tally:
    in_order = sorted(options, key=lambda option: option.position)
    return Tally(ballots, {option.id: option.told_votes for option in in_order})


# A poll whose time is over closes at `closes_at`, even if it is processed later.
_CLOSED_AT = case((Poll.closes_at < _NOW, Poll.closes_at), else_=_NOW)
_CLOSE = (
    update(Poll)
    .where(Poll.state == PollState.OPEN)
    .values(state=PollState.CLOSED, closed_at=_CLOSED_AT, **_TOLD)
    .returning(*_POLL)
)
_CLOSE_ONE = _CLOSE.where(Poll.id == bindparam("poll"))
_CLOSE_OF_SESSION = _CLOSE.where(Poll.session_id == bindparam("session"))


async def close_poll(tx: Transaction, poll_id: UUID) -> UUID:
    """Closes an open poll, and returns its id. A closed poll stays closed.

    Raises POLL_NOT_OPEN for a draft, NOT_IN_SESSION, SESSION_ENDED.
    """
    access = await access_poll(tx, poll_id, Permission.RUN_POLLS, "input", "pollId")
    if access.poll.state is PollState.DRAFT:
        raise PollNotOpen("This poll has not been opened.", "input", "pollId")
    await close_open_poll(tx, access.poll.gallery_id, poll_id)
    return poll_id


async def close_open_poll(tx: Transaction, gallery_id: UUID, poll_id: UUID) -> None:
    """Closes a poll if it is open. The caller holds its gallery's lock."""
    await _close(tx, gallery_id, _CLOSE_ONE, {"poll": poll_id})


async def close_polls_of(tx: Transaction, gallery_id: UUID, session_id: UUID) -> None:
    """Closes the open polls of a session that ends (rule 38)."""
    await _close(tx, gallery_id, _CLOSE_OF_SESSION, {"session": session_id})


async def _close(tx: Transaction, gallery_id: UUID, change: Update, which: Mapping[str, Any]) -> None:
    closed = sorted(await _count(tx, change, {**which, "now": tx.now}), key=lambda each: each[0].id)
    await forget_polls(tx, [poll.id for poll, _tally in closed])
    await tx.record_many(gallery_id, [PollClosed(poll=poll, tally=tally) for poll, tally in closed])
