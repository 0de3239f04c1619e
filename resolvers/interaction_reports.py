"""The results of a session's interactions for its reports, with who answered what (rules 78, 79, 85)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from models.access.session_reports import ReportAccess, must_read_content, must_read_private
from models.database.transaction import Snapshot
from models.storage.paging import Page, PageArguments
from models.tables.interactions import InteractionKind, QuestionWording
from resolvers.given_answers import GivenAnswer, answers_of
from resolvers.interactions import ReadInteraction, interactions_opened_in


async def reported_interactions(
    snapshot: Snapshot, access: ReportAccess, arguments: PageArguments
) -> Page[ReadInteraction]:
    """Returns a page of the interactions that were opened in the session, as the viewer may read them.

    Raises FORBIDDEN, INVALID.
    """
    must_read_content(access)
    return await interactions_opened_in(snapshot, access.session.id, arguments, moderated=access.reads_private)


@dataclass(frozen=True, slots=True)
class ResultLine:
    """An option of a question with its votes, or a question without options. None is what the viewer may not know."""

    interaction: UUID
    kind: InteractionKind
    anonymous: bool
    opened_at: datetime | None
    closed_at: datetime | None
    answers: int
    question: str
    option: str | None = None
    right: bool | None = None
    hidden: bool | None = None
    votes: int | None = None


def result_lines(read: ReadInteraction) -> list[ResultLine]:
    """Returns the results of an interaction, as the viewer sees them."""
    return [line for question in read.questions for line in _of_question(read, question)]


def _of_question(read: ReadInteraction, question: QuestionWording) -> list[ResultLine]:
    of, shows_right = read.interaction, question.kind is InteractionKind.QUIZ and read.shows_solution
    line = ResultLine(of.id, of.kind, of.anonymous, of.opened_at, of.closed_at, read.tally.answers, question.text)
    return [
        replace(
            line,
            option=option.text,
            right=option.is_right if shows_right else None,
            hidden=option.hidden,
            votes=read.votes_of(option.id),
        )
        for option in read.options_of(question)
    ] or [line]


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """What somebody answered to one question. Of an anonymous interaction, neither who nor when is known."""

    interaction: UUID
    kind: InteractionKind
    question: str
    user_id: UUID | None
    answered_at: datetime | None
    given: list[str]
    right: bool | None


async def answer_lines(
    snapshot: Snapshot, access: ReportAccess, read: ReadInteraction, arguments: PageArguments
) -> Page[Sequence[AnswerLine]]:
    """Returns a page of the answers to an interaction, each with a line for each question. Raises FORBIDDEN."""
    must_read_private(access)
    page = (await answers_of(snapshot, [read.interaction.id], arguments))[read.interaction.id]
    return page.of(lambda answer: [_line(read, question, answer) for question in read.questions])


def _line(read: ReadInteraction, question: QuestionWording, answer: GivenAnswer) -> AnswerLine:
    of = read.interaction
    chosen = [each.text for each in answer.options if each.question_id == question.id]
    written = [each.text for each in answer.texts if each.question_id == question.id]
    return AnswerLine(
        interaction=of.id,
        kind=of.kind,
        question=question.text,
        user_id=None if of.anonymous else answer.user_id,
        answered_at=None if of.anonymous else answer.answered_at,
        given=chosen + written,
        right=answer.is_right,
    )
