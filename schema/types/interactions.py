"""Interactions, their questions and their answers."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot
from models.events.interactions import OfInteraction
from models.storage.paging import EMPTY, Page, PageArguments
from models.tables.interactions import OptionWording, QuestionWording
from resolvers import given_answers
from resolvers import interactions as resolvers
from resolvers.given_answers import GivenAnswer
from resolvers.interactions import ReadInteraction
from schema.execution.ahead import Loaded, relation
from schema.types.connections import FROM_THE_START, Connection, Log, connect, paged
from schema.types.enums import InteractionKind, InteractionState, ResultsSharing
from schema.types.ids import global_id
from schema.types.links import SessionLink, session_link
from schema.types.node import Node, in_places
from schema.types.people import User, user_link

_QUIZ, _RATING, _VOTE = (
    InteractionKind.QUIZ, InteractionKind.RATING, InteractionKind.VOTE,
)  # fmt: skip


@strawberry.type(description="What can be chosen for a question; of a word cloud, a word that was given.")
class InteractionOption:
    local: strawberry.Private[UUID]
    text: str = strawberry.field(
        description="What it says: of a RATING its value, of a VOTE the emoji, of WORDS the first spelling."
    )
    votes: int | None = strawberry.field(
        description="How many answers chose it; null while the viewer may not see the results."
    )
    right: bool | None = strawberry.field(
        description="Whether it is right; null where this is no quiz, and for all but chat moderators until it closes."
    )
    hidden: bool = strawberry.field(
        description="Whether a chat moderator has hidden this word from everyone else; always false for others."
    )

    @strawberry.field(description="What `answerInteraction` and `hideWord` take.")
    def id(self) -> strawberry.ID:
        return global_id("InteractionOption", self.local)


@strawberry.type(description="What somebody wrote in answer to an open question.")
class InteractionText:
    local: strawberry.Private[UUID]
    text: str = strawberry.field(description="Plain text, at most 1,000 characters.")

    @strawberry.field(description="What `publishInteractionText` takes.")
    def id(self) -> strawberry.ID:
        return global_id("InteractionText", self.local)


@strawberry.type(description="A question of an interaction. Its texts and options are fixed once it is open.")
class InteractionQuestion:
    local: strawberry.Private[UUID]
    kind: InteractionKind = strawberry.field(description="How it is answered; never SURVEY.")
    text: str = strawberry.field(description="What is asked, plain text.")
    options: list[InteractionOption] = strawberry.field(
        description="What can be chosen, in order; of a RATING its values. Of WORDS the 100 words that were given most "
        "often, empty while the viewer may not see the results. Empty for TEXT."
    )
    multiple_answers: bool = strawberry.field(description="Whether an answer may choose several options.")
    lowest_label: str | None = strawberry.field(
        description="What 1 means on the scale of a RATING; null where not said."
    )
    highest_label: str | None = strawberry.field(
        description="What the highest value of a RATING means; null where not said."
    )
    emoji: str | None = strawberry.field(description="What a VOTE is given with; null for other kinds.")
    explanation: str | None = strawberry.field(
        description="Why the right options of a QUIZ are right; null where not said, and for all but chat moderators until "
        "it closes."
    )
    average: float | None = strawberry.field(
        description="The mean of a RATING; null without answers, for other kinds, and while the viewer may not see the "
        "results."
    )
    published: list[InteractionText] = strawberry.field(
        description="The answers to a TEXT question that a chat moderator has published, in that order; at most 100."
    )

    @strawberry.field(description="What `answerInteraction` takes.")
    def id(self) -> strawberry.ID:
        return global_id("InteractionQuestion", self.local)


@strawberry.type(description="What an answer holds for one question.")
class AnsweredQuestion:
    question: strawberry.Private[UUID]
    options: list[InteractionOption] = strawberry.field(
        description="What was chosen; of a RATING its value, of WORDS the words; empty for TEXT."
    )
    text: InteractionText | None = strawberry.field(description="What was written; null except for TEXT.")

    @strawberry.field(description="Which question.")
    def question_id(self) -> strawberry.ID:
        return global_id("InteractionQuestion", self.question)


@strawberry.type(description="Somebody's answer to all questions of an interaction.")
class InteractionAnswer(Loaded):
    user_id: strawberry.Private[UUID | None]
    answered_at: datetime = strawberry.field(description="When it was given, or changed last.")
    right: bool | None = strawberry.field(
        description="Whether exactly the right options of a quiz were chosen; null where this is no quiz, and for all but "
        "chat moderators until it closes."
    )
    questions: list[AnsweredQuestion] = strawberry.field(description="What it holds for each question, in order.")

    user: User | None = user_link(
        "The person who answered; null where the interaction is anonymous, and once that account is gone.",
        lambda answer: answer.user_id,
    )


@strawberry.type(
    description="Something that chat moderators put to everyone inside: a poll, a quiz, a rating, an open question, a word "
    "cloud, a crowd vote, or a survey of several questions."
)
class Interaction(Node):
    read: strawberry.Private[ReadInteraction]
    kind: InteractionKind = strawberry.field(description="What it is.")
    state: InteractionState = strawberry.field(description="How far it is.")
    questions: list[InteractionQuestion] = strawberry.field(
        description="What is asked, in order: one question, of a SURVEY up to 20."
    )
    changeable: bool = strawberry.field(description="Whether answers can be changed until it closes.")
    anonymous: bool = strawberry.field(description="Whether even chat moderators do not see who answered what.")
    share_results: ResultsSharing = strawberry.field(description="When everyone inside sees the results.")
    answer_count: int = strawberry.field(description="How many have answered.")
    right_count: int | None = strawberry.field(
        description="How many have answered a quiz rightly; null where this is no quiz, while the viewer may not see the "
        "results, and for all but chat moderators until it closes."
    )
    opens_at: datetime | None = strawberry.field(
        description="When it opens by itself; null where it was not scheduled."
    )
    opened_at: datetime | None = strawberry.field(description="When it was opened; null before.")
    closes_at: datetime | None = strawberry.field(
        description="When its time is over: from then on it takes no answers. Null where somebody has to close it."
    )
    closed_at: datetime | None = strawberry.field(description="When it was closed; null before.")

    session: SessionLink = session_link("The session that it is of.", lambda each: each.read.interaction.session_id)

    @relation("What the viewer answered; null where they have not. Nobody else sees this.")
    @staticmethod
    async def viewer_answer(
        interactions: Sequence["Interaction"], snapshot: Snapshot
    ) -> Sequence[InteractionAnswer | None]:
        own = await given_answers.own_answers(snapshot, {each.read.interaction.id for each in interactions})
        found = [own.get(each.read.interaction.id) for each in interactions]
        return [
            _answer_node(each.read, answer) if answer else None
            for each, answer in zip(interactions, found, strict=True)
        ]

    @paged(
        "All answers, in the order in which they were first given. For chat moderators, and in the session's record; null "
        "for everyone else."
    )
    @staticmethod
    async def answers(
        interactions: Sequence["Interaction"],
        snapshot: Snapshot,
        arguments: PageArguments = FROM_THE_START,
    ) -> Sequence[Connection[InteractionAnswer] | None]:
        ids = list({each.read.interaction.id for each in interactions if each.read.moderated})
        pages = await given_answers.answers_of(snapshot, ids, arguments)
        return [_answers(each.read, pages) if each.read.moderated else None for each in interactions]


def _answers(read: ReadInteraction, pages: dict[UUID, Page[GivenAnswer]]) -> Connection[InteractionAnswer]:
    of, log = read.interaction, Log(read.interaction.gallery_id)
    return connect(pages.get(of.id, EMPTY), lambda answer: _answer_node(read, answer), log)


def _answer_node(read: ReadInteraction, answer: GivenAnswer) -> InteractionAnswer:
    return InteractionAnswer(
        user_id=None if read.interaction.anonymous else answer.user_id,
        answered_at=answer.answered_at,
        right=answer.is_right if read.shows_solution else None,
        questions=[_answered(read, question, answer) for question in read.questions],
    )


def _answered(read: ReadInteraction, question: QuestionWording, answer: GivenAnswer) -> AnsweredQuestion:
    right = {option.id: option.is_right for option in question.options}
    chosen = [
        OptionWording(each.id, each.text, right.get(each.id, False), each.hidden)
        for each in answer.options
        if each.question_id == question.id
    ]
    texts = [InteractionText(local=each.id, text=each.text) for each in answer.texts if each.question_id == question.id]
    return AnsweredQuestion(
        question=question.id,
        options=[_option(read, question, each) for each in chosen],
        text=texts[0] if texts else None,
    )


def _option(read: ReadInteraction, question: QuestionWording, option: OptionWording) -> InteractionOption:
    counted = read.moderated or not option.hidden
    return InteractionOption(
        local=option.id,
        text=option.text,
        votes=read.votes_of(option.id) if counted else None,
        right=option.is_right if question.kind is _QUIZ and read.shows_solution else None,
        hidden=option.hidden and read.moderated,
    )


def _question(read: ReadInteraction, question: QuestionWording) -> InteractionQuestion:
    options = [_option(read, question, each) for each in read.options_of(question)]
    return InteractionQuestion(
        local=question.id,
        kind=question.kind,
        text=question.text,
        options=options,
        multiple_answers=question.multiple_answers,
        lowest_label=question.lowest_label,
        highest_label=question.highest_label,
        emoji=options[0].text if question.kind is _VOTE else None,
        explanation=question.explanation if read.shows_solution else None,
        average=_average(options) if question.kind is _RATING else None,
        published=[
            InteractionText(local=each.id, text=each.text) for each in read.published if each.question_id == question.id
        ],
    )


def _average(values: Sequence[InteractionOption]) -> float | None:
    given = sum(each.votes or 0 for each in values)
    return sum(value * (each.votes or 0) for value, each in enumerate(values, 1)) / given if given else None


def interaction_node(read: ReadInteraction) -> Interaction:
    """Returns the interaction as a node."""
    of = read.interaction
    shows_right = of.kind is _QUIZ and read.shows_results and read.shows_solution
    return Interaction(
        read=read,
        id=global_id("Interaction", of.id),
        kind=of.kind,
        state=of.state,
        questions=[_question(read, each) for each in read.questions],
        changeable=of.changeable,
        anonymous=of.anonymous,
        share_results=of.share_results,
        answer_count=read.tally.answers,
        right_count=read.tally.right if shows_right else None,
        opens_at=of.opens_at,
        opened_at=of.opened_at,
        closes_at=of.closes_at,
        closed_at=of.closed_at,
    )


async def load_interactions(snapshot: Snapshot, ids: Sequence[UUID | None]) -> list[Interaction | None]:
    """Returns the interactions that the viewer may see. Each place gets its own node."""
    found = await resolvers.interactions_by_id(snapshot, {each for each in ids if each})
    return in_places(ids, found, interaction_node)


async def load_interactions_as_told(snapshot: Snapshot, events: Sequence[OfInteraction]) -> list[Interaction | None]:
    """Returns the interaction of each event, as it was at the event, or None if it has been deleted since."""
    return [interaction_node(each) if each else None for each in await resolvers.interactions_as_told(snapshot, events)]
