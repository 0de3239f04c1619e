"""Access to polls (rules 4, 53).

Users who are or were inside the session see its polls, and only its chat moderators see drafts. As in
models/access/media.py, the lock statement checks visibility itself, so that hidden and absent polls cost the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.orm import aliased

from models.access.authorise import allow, locking, refused
from models.access.rights import SEES_ROOM, with_rights
from models.access.rooms import ROOM, RoomAccess, must_have_entered, reach_room
from models.database.transaction import Act, Transaction
from models.errors import not_found
from models.permissions import Permission
from models.storage.base import columns, unpack
from models.storage.statements import AnyRow
from models.tables.galleries import Gallery
from models.tables.participants import Participant
from models.tables.polls import Poll, PollFacts, PollOption, PollState, Tally, Wording
from models.tables.rooms import Room


@dataclass(frozen=True, slots=True)
class PollAccess:
    """A poll of the running session, with its texts and the last announced results.

    The viewer is inside the session.
    """

    room: RoomAccess
    poll: PollFacts
    wording: Wording
    told: Tally
    told_at: datetime | None


_Viewer = aliased(Participant)
_MODERATES = or_(Poll.state != PollState.DRAFT, _Viewer.chat_moderates)
SEES_POLL = exists().where(
    _Viewer.session_id == Poll.session_id, _Viewer.user_id == bindparam("viewer"), _Viewer.was_admitted, _MODERATES
)
"""A condition that is used with SEES_ROOM. The viewer is or was inside the poll's session.

For a draft, the viewer is or was a chat moderator in it.
"""

_GALLERY = select(Poll.gallery_id).where(Poll.id == bindparam("id"), SEES_POLL).scalar_subquery()
_LOCK = locking(Gallery.id == _GALLERY, SEES_ROOM)
_ROOM_OF = with_rights(ROOM.where(Room.gallery_id == _GALLERY), _GALLERY)
_OPTION = (Poll.question, Poll.told_ballots, Poll.told_at, PollOption.id, PollOption.text, PollOption.told_votes)
_POLL = (
    select(*columns(PollFacts, Poll), *_OPTION)
    .join(PollOption, PollOption.poll_id == Poll.id)
    .where(Poll.id == bindparam("id"), SEES_POLL)
    .order_by(PollOption.position)
)


async def access_poll(tx: Transaction, poll_id: UUID, permission: Permission, *field: str) -> PollAccess:
    """Returns the poll, if the viewer sees it, holds `permission`, and is inside its session, which must be running.

    Raises NOT_FOUND, FORBIDDEN, SESSION_ENDED, NOT_IN_SESSION.
    """
    act = Act(permission, "poll", poll_id, None)
    room = await reach_room(tx, act, _LOCK, _ROOM_OF, field)
    rows = await tx.rows(_POLL, {"id": poll_id, "viewer": tx.viewer.id})
    if not rows:
        raise refused(tx, act, not_found("poll", *field))
    access = _access(room, rows)
    await allow(tx, act, room.granting(permission), field)
    must_have_entered(room, *field, session_id=access.poll.session_id)
    return access


def _access(room: RoomAccess, rows: Sequence[AnyRow]) -> PollAccess:
    poll, at = unpack(rows[0], 0, PollFacts)
    assert poll
    question, ballots, told_at = rows[0][at : at + 3]
    options = [row[at + 3 :] for row in rows]
    return PollAccess(
        room=room,
        poll=poll,
        wording=Wording(question, {option: text for option, text, _votes in options}),
        told=Tally(ballots, {option: votes for option, _text, votes in options}),
        told_at=told_at,
    )
