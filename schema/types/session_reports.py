"""The reports of a session: attendance, participation, and the transcript of its chat (rules 83 to 85)."""

from collections.abc import Callable, Sequence
from dataclasses import field
from datetime import datetime
from uuid import UUID

import strawberry

from models.access.session_reports import ReportAccess
from models.database.transaction import Snapshot
from models.storage.listed import page_of_list
from models.storage.paging import PageArguments
from resolvers import attendance as stays
from resolvers import participation as counts
from resolvers.attendance import StayEnd, attendance_of
from resolvers.interaction_reports import reported_interactions
from resolvers.participation import participation_of
from resolvers.transcripts import TranscriptLine, transcript_of
from schema.execution.ahead import Loaded, relation
from schema.types.connections import FROM_THE_START, Connection, Log, connect, paged
from schema.types.describe import describe
from schema.types.enums import ParticipantRole
from schema.types.interactions import Interaction, interaction_node
from schema.types.people import User, user_link

describe(
    StayEnd,
    "Why somebody's time inside ended.",
    LEFT="They left.",
    ABSENT="They gave no sign of life for too long.",
    REMOVED="A moderator removed them.",
    SESSION_ENDED="The session ended.",
)


@strawberry.type(description="One time inside.")
class Stay:
    joined_at: datetime = strawberry.field(description="When they came in.")
    left_at: datetime | None = strawberry.field(description="When they went; null while they are inside.")
    ended: StayEnd | None = strawberry.field(description="Why it ended; null while they are inside.")
    seconds: int = strawberry.field(description="How long it was in whole seconds; up to now while they are inside.")
    seconds_on_stage: int = strawberry.field(description="How long they were on stage in it, in whole seconds.")


@strawberry.type(description="Somebody who was admitted to a session, and when they were inside.")
class Attendance(Loaded):
    user_id: strawberry.Private[UUID]
    highest_role: ParticipantRole = strawberry.field(description="The highest role that they had in any stay.")
    seconds_inside: int = strawberry.field(description="The sum of their stays, in seconds.")
    seconds_on_stage: int = strawberry.field(description="How long they were on stage in all stays, in seconds.")
    stays: list[Stay] = strawberry.field(description="Their times inside, the earliest first.")

    user: User | None = user_link("Who they are; null once that account is gone.", lambda one: one.user_id)


@strawberry.type(description="What somebody who was admitted to a session did in it.")
class Participation(Loaded):
    user_id: strawberry.Private[UUID]
    messages: int = strawberry.field(description="Messages in the group chat, also those that were deleted since.")
    reactions: int = strawberry.field(description="Reactions to messages and announcements that stand.")
    questions: int = strawberry.field(
        description="Questions that they did not ask anonymously; for a room moderator who was no chat moderator in the "
        "session and does not manage the gallery, published ones only."
    )
    upvotes: int = strawberry.field(description="Upvotes of published questions that stand.")
    answers: int = strawberry.field(description="Interactions that they answered, without anonymous ones.")
    quiz_points: int | None = strawberry.field(
        description="Quizzes that they answered rightly, without anonymous ones; null for a room moderator who was no chat "
        "moderator in the session and does not manage the gallery."
    )

    user: User | None = user_link("Who they are; null once that account is gone.", lambda one: one.user_id)


@strawberry.type(description="What all who were admitted to a session did in it together.")
class ReportTotals:
    people: int = strawberry.field(description="How many people were admitted.")
    peak: int = strawberry.field(description="The most people who were inside at once.")
    peak_at: datetime | None = strawberry.field(
        description="When the peak was reached first; null where nobody came in."
    )
    messages: int = strawberry.field(description="Messages in the group chat, also those that were deleted since.")
    reactions: int = strawberry.field(description="Reactions to messages and announcements that stand.")
    questions: int = strawberry.field(description="Questions, anonymous ones too; else as in `Participation`.")
    upvotes: int = strawberry.field(description="Upvotes of published questions that stand.")
    answers: int = strawberry.field(description="Answers to interactions, anonymous ones too.")
    quiz_points: int | None = strawberry.field(
        description="Right answers to quizzes, anonymous ones too; null as in `Participation`."
    )


@strawberry.type(description="A minute of a session. The first one begins with the session.")
class MinuteInside:
    begins_at: datetime = strawberry.field(description="When the minute begins.")
    inside: int = strawberry.field(description="The most people who were inside at once in this minute.")


@strawberry.type(description="A message of the group chat, as a transcript has it.")
class TranscriptMessage(Loaded):
    author_id: strawberry.Private[UUID | None]
    sent_at: datetime = strawberry.field(description="When it was sent.")
    author_name: str = strawberry.field(description="The author's name when it was sent; survives the account.")
    author_roles: list[ParticipantRole] = strawberry.field(description="The author's roles when it was sent.")
    text: str | None = strawberry.field(description="What was said, plain text; null once it was deleted.")
    edited_at: datetime | None = strawberry.field(description="When its author edited it last; null if never.")
    deleted_at: datetime | None = strawberry.field(description="When it was deleted; null if it was not.")

    author: User | None = user_link("Who sent it; null once that account is gone.", lambda line: line.author_id)


@strawberry.type(
    description="What a session was, computed from its log and its tables when it is asked for. Times are counted up to now "
    "while it runs."
)
class SessionReport(Loaded):
    access: strawberry.Private[ReportAccess]
    attended: strawberry.Private[stays.Attendance | None] = field(default=None, init=False)
    counted: strawberry.Private[counts.Participation | None] = field(default=None, init=False)

    @relation("How many people came, and what they did together.")
    @staticmethod
    async def totals(reports: Sequence["SessionReport"], snapshot: Snapshot) -> Sequence[ReportTotals]:
        return [_totals(await _attended(one, snapshot), await _counted(one, snapshot)) for one in reports]

    @paged("How many were inside, minute by minute from the session's start.")
    @staticmethod
    async def curve(
        reports: Sequence["SessionReport"],
        snapshot: Snapshot,
        arguments: PageArguments = FROM_THE_START,
    ) -> Sequence[Connection[MinuteInside]]:
        return [
            connect(page_of_list((await _attended(one, snapshot)).minutes, arguments), _minute, _log(one))
            for one in reports
        ]

    @paged("Who was admitted, in the order of their first coming, and when they were inside.")
    @staticmethod
    async def attendance(
        reports: Sequence["SessionReport"],
        snapshot: Snapshot,
        arguments: PageArguments = FROM_THE_START,
    ) -> Sequence[Connection[Attendance]]:
        return [
            connect(page_of_list((await _attended(one, snapshot)).people, arguments), _attendance, _log(one))
            for one in reports
        ]

    @paged("Who was admitted, in the order of their first coming, and what each did.")
    @staticmethod
    async def participation(
        reports: Sequence["SessionReport"],
        snapshot: Snapshot,
        arguments: PageArguments = FROM_THE_START,
    ) -> Sequence[Connection[Participation]]:
        return [
            connect(
                page_of_list((await _attended(one, snapshot)).people, arguments),
                _participation_in(await _counted(one, snapshot)),
                _log(one),
            )
            for one in reports
        ]

    @paged(
        "The group chat, the oldest first. A deleted message is in it without its words, and a cleared one is not. "
        "Null and FORBIDDEN for a room moderator who was never in the session and does not manage the gallery."
    )
    @staticmethod
    async def transcript(
        reports: Sequence["SessionReport"],
        snapshot: Snapshot,
        arguments: PageArguments = FROM_THE_START,
    ) -> Sequence[Connection[TranscriptMessage] | None]:
        return [
            connect(await transcript_of(snapshot, one.access, arguments), _transcript_message, _log(one))
            for one in reports
        ]

    @paged(
        "The interactions that were opened, the earliest first. For managers and for those who were chat moderators in the "
        "session with all results and with who answered what, for other room moderators as they saw them. Null and "
        "FORBIDDEN as `transcript`."
    )
    @staticmethod
    async def interactions(
        reports: Sequence["SessionReport"],
        snapshot: Snapshot,
        arguments: PageArguments = FROM_THE_START,
    ) -> Sequence[Connection[Interaction] | None]:
        return [
            connect(await reported_interactions(snapshot, one.access, arguments), interaction_node, _log(one))
            for one in reports
        ]


def _log(of: SessionReport) -> Log:
    return Log(of.access.gallery_id)


def _minute(of: stays.Minute) -> MinuteInside:
    return MinuteInside(begins_at=of.begins_at, inside=of.inside)


async def _attended(of: SessionReport, snapshot: Snapshot) -> stays.Attendance:
    """Returns the session's attendance, which is computed once for all fields of a report."""
    if of.attended is None:
        of.attended = await attendance_of(snapshot, of.access)
    return of.attended


async def _counted(of: SessionReport, snapshot: Snapshot) -> counts.Participation:
    if of.counted is None:
        of.counted = await participation_of(snapshot, of.access)
    return of.counted


def _totals(attended: stays.Attendance, counted: counts.Participation) -> ReportTotals:
    whole = counted.whole
    return ReportTotals(
        people=len(attended.people),
        peak=attended.peak,
        peak_at=attended.peak_at,
        messages=whole.messages,
        reactions=whole.reactions,
        questions=whole.questions,
        upvotes=whole.upvotes,
        answers=whole.answers,
        quiz_points=whole.quiz_points,
    )


def _attendance(of: stays.Attendee) -> Attendance:
    return Attendance(
        user_id=of.user_id,
        highest_role=of.highest_role,
        seconds_inside=of.seconds_inside,
        seconds_on_stage=of.seconds_on_stage,
        stays=[
            Stay(
                joined_at=stay.joined_at,
                left_at=stay.left_at,
                ended=stay.ended,
                seconds=stay.seconds,
                seconds_on_stage=stay.seconds_on_stage,
            )
            for stay in of.stays
        ],
    )


def _participation_in(counted: counts.Participation) -> Callable[[stays.Attendee], Participation]:
    def of(one: stays.Attendee) -> Participation:
        did = counted.of(one.user_id)
        return Participation(
            user_id=one.user_id,
            messages=did.messages,
            reactions=did.reactions,
            questions=did.questions,
            upvotes=did.upvotes,
            answers=did.answers,
            quiz_points=did.quiz_points,
        )

    return of


def _transcript_message(of: TranscriptLine) -> TranscriptMessage:
    return TranscriptMessage(
        author_id=of.author_id,
        sent_at=of.sent_at,
        author_name=of.author_name,
        author_roles=of.author_roles,
        text=of.text,
        edited_at=of.edited_at,
        deleted_at=of.deleted_at,
    )
