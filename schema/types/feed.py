"""The feed of a session: what was published in it."""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot
from models.storage.statements import AnyRow
from resolvers.feed import FeedKind
from schema.execution.ahead import Loaded, Loader, guaranteed, link
from schema.types.chat import ChatMessage, load_messages
from schema.types.links import InteractionLink, load_linked
from schema.types.questions import Question, load_questions


async def _messages(ids: Sequence[UUID], snapshot: Snapshot) -> Sequence[ChatMessage | None]:
    return await load_messages(snapshot, ids)


async def _questions(ids: Sequence[UUID], snapshot: Snapshot) -> Sequence[Question | None]:
    return await load_questions(snapshot, ids)


async def _interactions(ids: Sequence[UUID], snapshot: Snapshot) -> Sequence[InteractionLink]:
    return guaranteed(await load_linked("Interaction", snapshot, ids))


_INTERACTIONS = Loader(_interactions)
_MESSAGES, _QUESTIONS = Loader(_messages), Loader(_questions)


@strawberry.interface(description="Something that was published in a session.")
class FeedItem(Loaded):
    of: strawberry.Private[UUID]
    published_at: datetime = strawberry.field(description="When it was published.")


@strawberry.type(description="An announcement.")
class FeedAnnouncement(FeedItem):
    message: ChatMessage = link("What was announced.", _MESSAGES, lambda item: item.of)


@strawberry.type(description="A message that is pinned, published when it was pinned.")
class FeedPin(FeedItem):
    message: ChatMessage = link("The message.", _MESSAGES, lambda item: item.of)


@strawberry.type(description="A question whose answer was published; a new answer publishes it anew.")
class FeedAnswer(FeedItem):
    question: Question = link("The question, with the answer.", _QUESTIONS, lambda item: item.of)


@strawberry.type(description="An interaction that was opened.")
class FeedInteraction(FeedItem):
    interaction: InteractionLink = link("The interaction, as it is now.", _INTERACTIONS, lambda item: item.of)


@strawberry.type(description="An answer to an open question of an interaction, which a chat moderator published.")
class FeedText(FeedItem):
    text: str = strawberry.field(description="What was answered, plain text.")
    interaction: InteractionLink = link("The interaction, as it is now.", _INTERACTIONS, lambda item: item.of)


FEED_TYPES: tuple[type[FeedItem], ...] = (FeedAnnouncement, FeedPin, FeedAnswer, FeedInteraction, FeedText)


def feed_item(row: AnyRow) -> FeedItem:
    """Returns an item of the feed."""
    kind = FeedKind(row.kind)
    match kind:
        case FeedKind.ANNOUNCEMENT:
            return FeedAnnouncement(of=row.id, published_at=row.published_at)
        case FeedKind.PIN:
            return FeedPin(of=row.id, published_at=row.published_at)
        case FeedKind.ANSWER:
            return FeedAnswer(of=row.id, published_at=row.published_at)
        case FeedKind.INTERACTION:
            return FeedInteraction(of=row.interaction_id, published_at=row.published_at)
        case FeedKind.TEXT:
            return FeedText(of=row.interaction_id, published_at=row.published_at, text=row.text)
        case _:
            assert_never(kind)
