"""Reactions of the crowd: counted for the session, and announced at most once a second (rule 81).

Nothing is stored of a person but the rate limit's bucket. Everything runs under the gallery's lock, as votes do: a count
is announced by exactly one event.
"""

from uuid import UUID

from sqlalchemy import bindparam, delete, select, true, update
from sqlalchemy.dialects.postgresql import insert

from models.access.rates import keep_to_rate
from models.access.rooms import access_room, must_have_entered
from models.database.transaction import Transaction
from models.errors import Invalid
from models.events.crowd_reactions import ReactionsCounted
from models.permissions import Permission
from models.storage.base import UtcDateTime
from models.tables.crowd_reactions import CrowdReaction
from models.tables.deadlines import DeadlineKind
from models.tables.rates import RateKind
from models.tables.sessions import RoomSession
from models.tables.site import Site
from models.values.emoji import one_emoji
from resolvers.throttle import is_told_now

_OF_SESSION = (
    select(Site.reaction_emoji, RoomSession.reactions_told_at)
    .join_from(RoomSession, Site, true())
    .where(RoomSession.id == bindparam("session"))
)
_NEW = insert(CrowdReaction)
_COUNT = _NEW.on_conflict_do_update(
    index_elements=[CrowdReaction.session_id, CrowdReaction.emoji],
    set_={"count": CrowdReaction.count + _NEW.excluded.count},
)
_TAKE = (
    delete(CrowdReaction)
    .where(CrowdReaction.session_id == bindparam("session"))
    .returning(CrowdReaction.emoji, CrowdReaction.count)
)
_TOLD = (
    update(RoomSession)
    .where(RoomSession.id == bindparam("session"))
    .values(reactions_told_at=bindparam("now", type_=UtcDateTime()))
)


async def send_reaction(tx: Transaction, room_id: UUID, emoji: str) -> UUID:
    """Reacts in the room with one of the site's emoji. Returns the viewer's participant id.

    Raises INVALID, NOT_IN_SESSION, SESSION_ENDED, RATE_LIMITED.
    """
    access = await access_room(tx, room_id, Permission.ENTER, "input", "roomId")
    session, participant = must_have_entered(access, "input", "roomId")
    emoji = one_emoji(emoji, "input", "emoji")
    ((known, told_at),) = await tx.rows(_OF_SESSION, {"session": session.id})
    if emoji not in known:
        raise Invalid("This is not one of the site's emoji for reactions.", "input", "emoji")
    await keep_to_rate(tx, RateKind.REACTIONS, "input", "roomId")
    await tx.execute(_COUNT, {"session_id": session.id, "emoji": emoji, "count": 1})
    gallery_id = access.room.gallery_id
    if await is_told_now(tx, DeadlineKind.CROWD_REACTIONS, session.id, gallery_id, told_at):
        await tell_crowd_reactions(tx, gallery_id, session.id)
    return participant.id


async def tell_crowd_reactions(tx: Transaction, gallery_id: UUID, session_id: UUID) -> None:
    """Announces what was not announced yet, if anything. The caller holds the gallery's lock."""
    counts: dict[str, int] = dict(await tx.rows(_TAKE, {"session": session_id}))
    if counts:
        await tx.execute(_TOLD, {"session": session_id, "now": tx.now})
        await tx.record(gallery_id, ReactionsCounted(session_id=session_id, counts=dict(sorted(counts.items()))))
