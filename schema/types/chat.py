"""Chat messages."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from models.access.chat import DELETE, EDIT, PIN, REACT, UNPIN, MessageAct, may_act_on_message
from models.access.visibility import chat_moderated
from models.database.transaction import Snapshot
from models.storage.base import read_facts
from models.tables import chat
from models.tables.chat import MessageFacts, Spoken
from resolvers import chat as resolvers
from resolvers.reactions import Reaction, reactions_to
from schema.execution.ahead import relation
from schema.types.enums import ChatChannel, ParticipantRole
from schema.types.ids import global_id
from schema.types.links import SessionLink, session_link
from schema.types.node import Node, in_places
from schema.types.people import User, user_link
from schema.types.viewer_can import OfSession, viewer_can_in_session


@strawberry.type(description="How many people react to a message with an emoji.")
class ReactionCount:
    emoji: str = strawberry.field(description="One emoji.")
    count: int = strawberry.field(description="How many people.")
    viewer_reacted: bool = strawberry.field(description="Whether the viewer is one of them.")


def _can(to: MessageAct, description: str) -> Any:
    return viewer_can_in_session(description, lambda message: _asked(to, message.facts, message.spoken))


def _asked(to: MessageAct, message: MessageFacts, spoken: Spoken | None) -> OfSession:
    # Whether it is deleted or cleared is told as it is now, so that counts here too.
    if spoken is not None:
        message = replace(message, deleted_at=spoken.deleted_at, cleared_at=spoken.cleared_at)
    return OfSession(
        message.session_id, lambda room, viewer_id, now: may_act_on_message(to, room, message, viewer_id, now)
    )


@strawberry.type(description="A message in a session's chat, or an announcement.")
class ChatMessage(Node):
    facts: strawberry.Private[MessageFacts]
    spoken: strawberry.Private[Spoken | None]
    channel: ChatChannel = strawberry.field(description="The conversation that it is in.")
    author_name: str = strawberry.field(description="The author's name when it was sent; survives the account.")
    author_roles: list[ParticipantRole] = strawberry.field(description="The author's roles when it was sent.")
    sent_at: datetime = strawberry.field(description="When it was sent.")
    edited_at: datetime | None = strawberry.field(description="When its author edited it last; null if never.")
    deleted_at: datetime | None = strawberry.field(description="When it was deleted; its place stays.")
    cleared_at: datetime | None = strawberry.field(
        description="When it was cleared away; the session's chat moderators alone find it since."
    )
    pinned_at: datetime | None = strawberry.field(description="When it was pinned; null while it is not.")

    session: SessionLink = session_link("The session that it was sent in.", lambda message: message.facts.session_id)
    author: User | None = user_link(
        "The user who sent it; null once that account is gone.", lambda message: message.facts.author_id
    )

    viewer_can_edit: bool = _can(EDIT, "Whether the viewer can edit it now: their own, for 15 minutes.")
    viewer_can_delete: bool = _can(DELETE, "Whether the viewer can delete it now. True also if it is deleted already.")
    viewer_can_pin: bool = _can(PIN, "Whether the viewer can pin it now. True also if it is pinned already.")
    viewer_can_unpin: bool = _can(UNPIN, "Whether the viewer can unpin it now. True also if it is not pinned.")
    viewer_can_react: bool = _can(REACT, "Whether the viewer can add a reaction now.")

    @relation("What was said, plain text. Once deleted or cleared null, but for the session's chat moderators.")
    @staticmethod
    async def text(messages: Sequence["ChatMessage"], snapshot: Snapshot) -> Sequence[str | None]:
        withdrawn = {each.facts.session_id for each in messages if each.spoken and each.spoken.withdrawn}
        reads = await chat_moderated(snapshot, withdrawn)
        return [_words(each.spoken, reads_all=each.facts.session_id in reads) for each in messages]

    @relation("The message that it answers; null once that was cleared, but for the session's chat moderators.")
    @staticmethod
    async def reply_to(
        messages: Sequence["ChatMessage"], snapshot: Snapshot
    ) -> Sequence[Annotated["ChatMessage", strawberry.lazy("schema.types.chat")] | None]:
        return await load_messages(snapshot, [message.facts.reply_to_id for message in messages])

    @relation("How people react to it now, at most 20 emoji, the one that was used first before the others.")
    @staticmethod
    async def reactions(messages: Sequence["ChatMessage"], snapshot: Snapshot) -> Sequence[list[ReactionCount]]:
        found = await reactions_to(snapshot, {message.facts.id for message in messages})
        return [[_reaction_count(each) for each in found.get(message.facts.id, ())] for message in messages]


def _words(spoken: Spoken | None, *, reads_all: bool) -> str | None:
    return spoken.text if spoken and (reads_all or not spoken.withdrawn) else None


def _reaction_count(of: Reaction) -> ReactionCount:
    return ReactionCount(emoji=of.emoji, count=of.count, viewer_reacted=of.viewer_reacted)


def message_node(row: chat.ChatMessage) -> ChatMessage:
    """Returns the message as a node."""
    return message_of(read_facts(MessageFacts, row), read_facts(Spoken, row))


def message_of(of: MessageFacts, spoken: Spoken | None) -> ChatMessage:
    """Returns the message of an event, with its current text."""
    now = spoken or of
    return ChatMessage(
        facts=of,
        spoken=spoken,
        id=global_id("ChatMessage", of.id),
        channel=of.channel,
        author_name=of.author_name,
        author_roles=of.author_roles,
        sent_at=of.sent_at,
        edited_at=now.edited_at,
        deleted_at=now.deleted_at,
        cleared_at=now.cleared_at,
        pinned_at=of.pinned_at,
    )


async def load_messages(snapshot: Snapshot, ids: Sequence[UUID | None]) -> list[ChatMessage | None]:
    """Returns the messages that the viewer may read, in one statement. Each place gets its own node."""
    wanted = {each for each in ids if each}
    found = await resolvers.messages_by_id(snapshot, wanted) if wanted else {}
    return in_places(ids, found, message_node)
