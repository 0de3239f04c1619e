"""Chat messages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from models import chat
from models.base import facts
from models.chat import MessageFacts
from models.transaction import Snapshot
from resolvers import chat as resolvers
from schema.ahead import relation
from schema.enums import ChatChannel, ParticipantRole
from schema.ids import global_id
from schema.node import Node, in_places
from schema.people import User, user_link


@strawberry.type(description="A message in a session's chat.")
class ChatMessage(Node):
    facts: strawberry.Private[MessageFacts]
    channel: ChatChannel = strawberry.field(description="The conversation that it is in.")
    author_name: str = strawberry.field(description="The author's name when it was sent; survives the account.")
    author_roles: list[ParticipantRole] = strawberry.field(description="The author's roles when it was sent.")
    text: str | None = strawberry.field(description="What was said, plain text; null once deleted.")
    sent_at: datetime = strawberry.field(description="When it was sent.")
    deleted_at: datetime | None = strawberry.field(description="When it was deleted.")

    author: User | None = user_link(
        "Whoever sent it; null once that account is gone.", lambda message: message.facts.author_id
    )

    @relation("The message that it answers.")
    @staticmethod
    async def reply_to(
        messages: Sequence["ChatMessage"], snapshot: Snapshot
    ) -> Sequence[Annotated["ChatMessage", strawberry.lazy("schema.chat")] | None]:
        return await load_messages(snapshot, [message.facts.reply_to_id for message in messages])


def message_node(row: chat.ChatMessage) -> ChatMessage:
    """The message as a node."""
    return message_of(facts(MessageFacts, row), row.text)


def message_of(of: MessageFacts, text: str | None) -> ChatMessage:
    """The message of an event, with the text that it has now."""
    return ChatMessage(
        facts=of,
        id=global_id("ChatMessage", of.id),
        channel=of.channel,
        author_name=of.author_name,
        author_roles=of.author_roles,
        text=text,
        sent_at=of.sent_at,
        deleted_at=of.deleted_at,
    )


async def load_messages(snapshot: Snapshot, ids: Sequence[UUID | None]) -> list[ChatMessage | None]:
    """The messages that the viewer may read, in one statement. Each place gets a node of its own."""
    wanted = {each for each in ids if each}
    found = await resolvers.messages_by_id(snapshot, wanted) if wanted else {}
    return in_places(ids, found, message_node)
