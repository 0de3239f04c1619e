"""Questions and their threads."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import strawberry

from models.access.questions import (
    CLAIM,
    DISMISS,
    PUBLISH,
    RELEASE,
    REOPEN,
    REPLY,
    UPVOTE,
    QuestionAct,
    may_act_on_question,
)
from models.database.transaction import Snapshot
from models.storage.paging import PageArguments
from models.tables import questions
from resolvers import threads
from resolvers.threads import QuestionView
from schema.execution.ahead import Loaded, relation
from schema.types.connections import FROM_THE_START, Connection, Log, connect, paged
from schema.types.enums import QuestionState
from schema.types.ids import global_id
from schema.types.links import SessionLink, session_link
from schema.types.node import Node, in_places
from schema.types.people import User, user_link
from schema.types.viewer_can import OfSession, viewer_can_in_session


@strawberry.type(description="What was written in a question's thread.")
class QuestionReply(Loaded):
    author_id: strawberry.Private[UUID | None]
    id: strawberry.ID = strawberry.field(description="What `publishAnswer` names it by.")
    author_name: str = strawberry.field(
        description="The author's name when it was sent; survives the account. Empty in a session's record where the asker "
        "is anonymous."
    )
    by_moderator: bool = strawberry.field(description="Whether it is an answer, which can be published.")
    text: str = strawberry.field(description="What was written, plain text.")
    sent_at: datetime = strawberry.field(description="When it was sent.")

    author: User | None = user_link(
        "The user who wrote it; null once that account is gone.", lambda reply: reply.author_id
    )


def _can(to: QuestionAct, description: str) -> Any:
    return viewer_can_in_session(description, lambda question: _asked(to, question.view.question))


def _asked(to: QuestionAct, question: questions.QuestionFacts) -> OfSession:
    return OfSession(
        question.session_id, lambda room, viewer_id, at: may_act_on_question(to, room, question, viewer_id, at)
    )


@strawberry.type(
    description="A question to the session's chat moderators. It opens a thread between them and the asker; others see "
    "nothing of it until an answer is published, and then question and answer."
)
class Question(Node):
    view: strawberry.Private[QuestionView]
    anonymous: bool = strawberry.field(description="Whether the asker is kept from all but the chat moderators.")
    text: str = strawberry.field(description="What is asked, plain text.")
    state: QuestionState = strawberry.field(
        description="Its state; always ANSWERED for those who are not in its thread."
    )
    published_answer: str | None = strawberry.field(description="The answer that is shown to all, plain text.")
    published_at: datetime | None = strawberry.field(
        description="Since when that answer is shown; null until one is published."
    )
    upvotes: int = strawberry.field(description="How many would have asked the same.")
    asked_at: datetime = strawberry.field(description="When it was asked.")

    session: SessionLink = session_link("The session.", lambda question: question.view.question.session_id)
    asker: User | None = user_link(
        "The user who asked; null once that account is gone, and for an anonymous question where the viewer is not in its thread.",
        lambda question: question.view.asker_id,
    )
    claimed_by: User | None = user_link(
        "The chat moderator who took it last; null outside of the thread.", lambda question: question.view.claimed_by
    )

    viewer_can_reply: bool = _can(REPLY, "Whether the viewer can write in its thread now.")
    viewer_can_claim: bool = _can(CLAIM, "Whether the viewer can take it now. True also if they have taken it already.")
    viewer_can_release: bool = _can(RELEASE, "Whether the viewer can give it back now. True also if it is pending.")
    viewer_can_dismiss: bool = _can(DISMISS, "Whether the viewer can set it aside now. True also if it is dismissed.")
    viewer_can_reopen: bool = _can(REOPEN, "Whether the viewer can open it again. True also if it is open.")
    viewer_can_publish: bool = _can(PUBLISH, "Whether the viewer can publish an answer to it now.")
    viewer_can_upvote: bool = _can(UPVOTE, "Whether the viewer can upvote it now, and take that back.")

    @paged(
        "What was written in its thread, in order; empty for those who are not in it. In an event, as it was at the event."
    )
    @staticmethod
    async def replies(
        questions: Sequence["Question"],
        snapshot: Snapshot,
        arguments: PageArguments = FROM_THE_START,
    ) -> Sequence[Connection[QuestionReply]]:
        views = [each.view for each in questions]
        pages = await threads.replies_of(snapshot, views, arguments)
        return [
            connect(page, partial(reply_node, view), Log(view.question.gallery_id))
            for view, page in zip(views, pages, strict=True)
        ]

    @relation("Whether the viewer has upvoted it, as of now.")
    @staticmethod
    async def viewer_upvoted(questions: Sequence["Question"], snapshot: Snapshot) -> Sequence[bool]:
        ids = [each.view.question.id for each in questions]
        mine = await threads.upvoted(snapshot, ids)
        return [each in mine for each in ids]


def question_node(view: QuestionView) -> Question:
    """Returns the question as a node."""
    of = view.question
    return Question(
        view=view,
        id=global_id("Question", of.id),
        anonymous=of.anonymous,
        text=view.text,
        state=view.state,
        published_answer=view.answer,
        published_at=of.published_at,
        upvotes=of.upvotes,
        asked_at=of.asked_at,
    )


def reply_node(view: QuestionView, row: questions.QuestionReply) -> QuestionReply:
    """Returns a reply in the thread."""
    named = row.by_moderator or not view.question.anonymous or view.names_asker
    return QuestionReply(
        author_id=row.author_id if named else None,
        id=global_id("QuestionReply", row.id),
        author_name=row.author_name if named else "",
        by_moderator=row.by_moderator,
        text=row.text,
        sent_at=row.sent_at,
    )


async def load_questions(snapshot: Snapshot, ids: Sequence[UUID | None]) -> list[Question | None]:
    """Returns the questions that the viewer sees, in the form that the viewer sees. Each place gets its own node."""
    wanted = {each for each in ids if each}
    found = await threads.questions_by_id(snapshot, wanted) if wanted else {}
    return in_places(ids, found, question_node)
