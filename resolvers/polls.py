"""Reading polls: their texts, their current or announced totals, and the viewer's own votes (rules 53, 54)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Uuid, bindparam, case, exists, or_, select
from sqlalchemy.orm import aliased

from models.access.polls import SEES_POLL
from models.access.rights import SEES_ROOM
from models.database.transaction import Snapshot
from models.events.polls import OfPoll
from models.storage.base import columns, read_facts
from models.storage.statements import AnyRow, among
from models.tables.galleries import Gallery
from models.tables.participants import Participant
from models.tables.polls import (
    BALLOTS_CAST,
    VOTES_CAST,
    Poll,
    PollBallot,
    PollChoice,
    PollFacts,
    PollOption,
    PollState,
    Tally,
    Wording,
)


@dataclass(frozen=True, slots=True)
class ReadPoll:
    """A poll as the viewer sees it."""

    poll: PollFacts
    wording: Wording
    tally: Tally
    moderated: bool  # whether the viewer is or was a chat moderator in its session, or reads its record

    @property
    def shows_votes(self) -> bool:
        """Whether the viewer sees results.

        Users who are not moderators see only the shared results of a closed poll (rule 54).
        """
        return self.moderated or (self.poll.share_results and self.poll.state is PollState.CLOSED)


_Viewer = aliased(Participant)
_MODERATED = or_(
    exists().where(
        _Viewer.session_id == Poll.session_id, _Viewer.user_id == bindparam("viewer"), _Viewer.chat_moderates
    ),
    Poll.session_id.is_not_distinct_from(bindparam("record", type_=Uuid())),
)
# This counts only the ballots of open polls: the announced totals of a closed poll are final.
_BALLOTS = case((Poll.state == PollState.OPEN, BALLOTS_CAST), else_=Poll.told_ballots)
_VOTES = case((Poll.state == PollState.OPEN, VOTES_CAST), else_=PollOption.told_votes)
_READ = select(*columns(PollFacts, Poll), Poll.question, _BALLOTS.label("ballots"), _MODERATED.label("moderated"))
_OPTIONS = (
    select(PollOption.poll_id, PollOption.id, PollOption.text, _VOTES.label("votes"))
    .join(Poll, Poll.id == PollOption.poll_id)
    .where(among(PollOption.poll_id))
    .order_by(PollOption.poll_id, PollOption.position)
)
_SEEN = _READ.join(Gallery, Gallery.id == Poll.gallery_id).where(SEES_POLL, SEES_ROOM)
_BY_ID = _SEEN.where(among(Poll.id))
_OF_GALLERIES = _SEEN.where(among(Poll.gallery_id), among(Poll.state, "states")).order_by(Poll.id)


async def polls_by_id(snapshot: Snapshot, ids: Collection[UUID]) -> dict[UUID, ReadPoll]:
    """Returns the polls that the viewer may see, with exact totals. Runs two statements."""
    return await _read(snapshot, await snapshot.rows(_BY_ID, {"ids": list(ids), **_viewer(snapshot)}))


async def polls_of(
    snapshot: Snapshot, galleries: Collection[UUID], states: Sequence[PollState] | None
) -> dict[UUID, list[ReadPoll]]:
    """Returns the polls that the viewer may see in each gallery's room, oldest first.

    None for `states` means all states.
    """
    found: dict[UUID, list[ReadPoll]] = {gallery: [] for gallery in galleries}
    wanted = set(PollState) if states is None else set(states)
    asked = {"ids": list(found), "states": list(wanted), **_viewer(snapshot)}
    for each in (await _read(snapshot, await snapshot.rows(_OF_GALLERIES, asked))).values():
        found[each.poll.gallery_id].append(each)
    return found


async def _read(snapshot: Snapshot, polls: Sequence[AnyRow]) -> dict[UUID, ReadPoll]:
    options: dict[UUID, list[AnyRow]] = {row.id: [] for row in polls}
    for option in await snapshot.rows(_OPTIONS, {"ids": list(options)}) if polls else ():
        options[option.poll_id].append(option)
    return {row.id: _poll(row, options[row.id]) for row in polls}


def _viewer(snapshot: Snapshot) -> dict[str, UUID | None]:
    return {"viewer": snapshot.viewer.id, "record": snapshot.viewer.record_of}


def _poll(row: AnyRow, options: Sequence[AnyRow]) -> ReadPoll:
    return ReadPoll(
        poll=read_facts(PollFacts, row),
        wording=Wording(row.question, {each.id: each.text for each in options}),
        tally=Tally(row.ballots, {each.id: each.votes for each in options}),
        moderated=row.moderated,
    )


# This is one statement without counting, because it runs for each recipient of an event.
_TEXTS = (
    select(Poll.id, Poll.question, _MODERATED.label("moderated"), PollOption.id.label("option_id"), PollOption.text)
    .join(PollOption, PollOption.poll_id == Poll.id)
    .where(among(Poll.id))
    .order_by(Poll.id, PollOption.position)
)


async def polls_as_told(snapshot: Snapshot, events: Sequence[OfPoll]) -> list[ReadPoll | None]:
    """Returns the poll of each event, as it was at the event but with its current texts.

    The caller may see these events. The result is None for a poll that was deleted since.
    """
    texts: dict[UUID, list[AnyRow]] = {}
    asked = {"ids": [each.poll.id for each in events], **_viewer(snapshot)}
    for row in await snapshot.rows(_TEXTS, asked):
        texts.setdefault(row.id, []).append(row)
    return [_as_told(each, texts[each.poll.id]) if each.poll.id in texts else None for each in events]


def _as_told(event: OfPoll, texts: Sequence[AnyRow]) -> ReadPoll:
    wording = Wording(texts[0].question, {row.option_id: row.text for row in texts})
    return ReadPoll(event.poll, wording, event.tally, texts[0].moderated)


_OWN_VOTES = (
    select(PollBallot.poll_id, PollChoice.option_id)
    .join(PollChoice, PollChoice.ballot_id == PollBallot.id)
    .where(among(PollBallot.poll_id), PollBallot.user_id == bindparam("viewer"))
)


async def own_votes(snapshot: Snapshot, polls: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Returns the options that the viewer chose, by poll. Omits polls in which the viewer has not voted."""
    found: dict[UUID, set[UUID]] = {}
    for poll_id, option_id in await snapshot.rows(_OWN_VOTES, {"ids": list(polls), "viewer": snapshot.viewer.id}):
        found.setdefault(poll_id, set()).add(option_id)
    return found
