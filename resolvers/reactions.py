"""Reactions to messages: each user's emoji, and the counts that are announced (rules 45, 47, 55)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, case, delete, func, insert, select

from models.access.chat import REACT, TAKE_BACK, MessageAccess, access_message
from models.access.rates import keep_to_rate
from models.database.transaction import Snapshot, Transaction
from models.errors import Conflict
from models.events.chat import MessageReacted
from models.storage.base import columns, unpack
from models.storage.statements import among
from models.tables.chat import ChatMessage, MessageFacts, MessageReaction
from models.tables.deadlines import DeadlineKind
from models.tables.rates import RateKind
from models.values.emoji import one_emoji
from resolvers.chat import change_message
from resolvers.throttle import is_told_now

EMOJI_LIMIT = 20
"""The maximum number of different emoji on a message."""
_FIELD = ("input", "messageId")


@dataclass(frozen=True, slots=True)
class Reaction:
    """The number of users who reacted to a message with an emoji, and whether the viewer did."""

    emoji: str
    count: int
    viewer_reacted: bool


async def add_reaction(tx: Transaction, message_id: UUID, emoji: str) -> UUID:
    """Reacts to a message, at most once with each emoji. Returns the message's id.

    Raises NOT_FOUND, FORBIDDEN, SESSION_ENDED, NOT_IN_SESSION, CHAT_DISABLED, CHAT_BLOCKED, INVALID, CONFLICT (deleted,
    cleared, or with 20 other emoji), RATE_LIMITED.
    """
    emoji = one_emoji(emoji, "input", "emoji")
    access = await access_message(tx, message_id, REACT, *_FIELD)
    counted = await _counted(tx, message_id)
    if emoji not in counted and len(counted) >= EMOJI_LIMIT:
        raise Conflict(f"This message already has {EMOJI_LIMIT} different reactions.", "input", "emoji")
    if emoji not in counted or not counted[emoji].viewer_reacted:
        await keep_to_rate(tx, RateKind.REACTIONS, *_FIELD)
        given = {"message_id": message_id, "user_id": tx.viewer.id, "emoji": emoji, "reacted_at": tx.now}
        await tx.execute(_INSERT, given)
        await _tell(tx, access, _totals(counted) | {emoji: _count(counted, emoji) + 1})
    return message_id


async def remove_reaction(tx: Transaction, message_id: UUID, emoji: str) -> UUID:
    """Removes the viewer's reaction, and returns the message's id. This works even where no reaction can be added.

    Raises NOT_FOUND, FORBIDDEN, SESSION_ENDED, NOT_IN_SESSION, INVALID, CONFLICT (cleared).
    """
    emoji = one_emoji(emoji, "input", "emoji")
    access = await access_message(tx, message_id, TAKE_BACK, *_FIELD)
    mine = {"of_message": message_id, "viewer": tx.viewer.id, "of_emoji": emoji}
    if await tx.execute(_DELETE, mine):
        await _tell(tx, access, _totals(await _counted(tx, message_id)))
    return message_id


async def tell_reactions(tx: Transaction, gallery_id: UUID, message_id: UUID) -> None:
    """Announces a message's reactions if they changed since the last announcement and the message was not cleared."""
    row = await tx.row(_TOLD, {"id": message_id})
    message = unpack(row, 0, MessageFacts)[0] if row else None
    if message is None or message.cleared_at is not None:
        return
    totals = _totals(await _counted(tx, message_id))
    if totals != message.reactions_told:
        await _record(tx, gallery_id, message_id, totals)


_TOLD = select(*columns(MessageFacts, ChatMessage)).where(ChatMessage.id == bindparam("id"))
_INSERT = insert(MessageReaction)
_DELETE = delete(MessageReaction).where(
    MessageReaction.message_id == bindparam("of_message"),
    MessageReaction.user_id == bindparam("viewer"),
    MessageReaction.emoji == bindparam("of_emoji"),
)


async def _tell(tx: Transaction, access: MessageAccess, totals: Mapping[str, int]) -> None:
    of, told_at = access.message.id, access.reactions_told_at
    if await is_told_now(tx, DeadlineKind.REACTIONS, of, access.gallery_id, told_at):
        await _record(tx, access.gallery_id, of, totals)


async def _record(tx: Transaction, gallery_id: UUID, message_id: UUID, totals: Mapping[str, int]) -> None:
    told = await change_message(tx, message_id, {"reactions_told": totals, "reactions_told_at": tx.now})
    await tx.record(gallery_id, MessageReacted(message=told))


def _totals(counted: Mapping[str, Reaction]) -> dict[str, int]:
    return {emoji: each.count for emoji, each in counted.items()}


def _count(counted: Mapping[str, Reaction], emoji: str) -> int:
    return counted[emoji].count if emoji in counted else 0


_COUNTED = (
    select(
        MessageReaction.message_id,
        MessageReaction.emoji,
        func.count(),
        func.max(case((MessageReaction.user_id == bindparam("viewer"), 1), else_=0)),
    )
    .where(among(MessageReaction.message_id))
    .group_by(MessageReaction.message_id, MessageReaction.emoji)
    .order_by(func.min(MessageReaction.reacted_at), MessageReaction.emoji)
)


async def _counted(tx: Transaction, message_id: UUID) -> dict[str, Reaction]:
    return {each.emoji: each for each in (await reactions_to(tx, [message_id])).get(message_id, ())}


async def reactions_to(snapshot: Snapshot, messages: Collection[UUID]) -> dict[UUID, list[Reaction]]:
    """Returns the reactions to each message, in the order in which the emoji were first used. Runs one statement."""
    found: dict[UUID, list[Reaction]] = {}
    given = {"ids": list(messages), "viewer": snapshot.viewer.id}
    for message_id, emoji, count, mine in await snapshot.rows(_COUNTED, given):
        found.setdefault(message_id, []).append(Reaction(emoji, count, bool(mine)))
    return found
