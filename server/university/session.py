"""One past session of a course: people enter, write, ask, answer a question of the teacher, and leave."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import select

from models.database.transaction import Transaction
from models.permissions import Role, Viewer
from models.tables.chat import ChatChannel
from models.tables.interactions import InteractionKind, InteractionOption, ResultsSharing
from models.tables.questions import QuestionReply
from models.tables.recordings import RecordingState
from resolvers.answer_checks import GivenPart
from resolvers.answers import answer_interaction
from resolvers.chat import post_message
from resolvers.interaction_changes import Settings, create_interaction, open_interaction
from resolvers.interaction_questions import QuestionDraft
from resolvers.questions import ask_question, publish_answer, reply_to_question, upvote_question
from resolvers.reactions import add_reaction
from resolvers.recordings import start_recording
from resolvers.reports import Report, report_recording
from resolvers.sessions import end_session, enter_room, leave_room
from server.university.scale import Scale
from server.university.words import TOPICS, answer, line

MINUTE = timedelta(minutes=1)
MEDIA_SERVER = Viewer(UUID(int=0), "the media server", frozenset({Role.MEDIA_SERVER}))


@dataclass
class Meeting:
    """A session that begins at a given time. `now` is the time in it."""

    tx: Transaction
    room_id: UUID
    teacher: Viewer
    assistant: Viewer
    students: Sequence[Viewer]  # those who come
    now: datetime
    random: Random

    def by(self, viewer: Viewer) -> Transaction:
        """Returns the transaction for this viewer, half a minute later."""
        self.now += MINUTE / 2
        return self.tx.at(viewer, self.now)


async def hold(meeting: Meeting, scale: Scale, *, is_recorded: bool) -> None:
    """Lets the session take place, from its launch to the report of its recording."""
    session_id = (await enter_room(meeting.by(meeting.teacher), meeting.room_id)).session_id
    await enter_room(meeting.by(meeting.assistant), meeting.room_id)
    recording_id = await start_recording(meeting.by(meeting.teacher), session_id) if is_recorded else None
    for student in meeting.students:
        await enter_room(meeting.by(student), meeting.room_id)
    await _write(meeting, scale.messages // 2)
    for _ in range(scale.questions):
        await _ask(meeting)
    await _vote(meeting)
    await _write(meeting, scale.messages - scale.messages // 2)
    for student in meeting.students[::3]:
        await leave_room(meeting.by(student), meeting.room_id)
    await end_session(meeting.by(meeting.teacher), session_id)
    if recording_id:
        await _publish(meeting, recording_id)


async def _write(meeting: Meeting, count: int) -> None:
    last = None
    for number in range(count):
        author, text = meeting.random.choice(meeting.students), line(meeting.random)
        reply_to = last if number % 5 == 4 else None
        last = await post_message(meeting.by(author), meeting.room_id, ChatChannel.GROUP, text, reply_to)
        if number % 4 == 0:
            await add_reaction(meeting.by(meeting.assistant), last, "👍")


async def _ask(meeting: Meeting) -> None:
    """Some questions stay open, some are answered, and some answers are published."""
    asker, *others = meeting.random.sample(meeting.students, min(4, len(meeting.students)))
    is_anonymous = meeting.random.random() < 0.3
    question = await ask_question(meeting.by(asker), meeting.room_id, line(meeting.random), anonymous=is_anonymous)
    fate = meeting.random.random()
    if fate < 0.2:
        return
    await reply_to_question(meeting.by(meeting.assistant), question, answer(meeting.random), settles=True)
    if fate < 0.5:
        return
    reply = await meeting.tx.value(select(QuestionReply.id).where(QuestionReply.question_id == question))
    await publish_answer(meeting.by(meeting.assistant), question, reply)
    for other in others:
        await upvote_question(meeting.by(other), question)


async def _vote(meeting: Meeting) -> None:
    draft = QuestionDraft(line(meeting.random), options=meeting.random.sample(TOPICS, 4))
    shown = Settings(share_results=ResultsSharing.AFTER_CLOSING)
    of = await create_interaction(
        meeting.by(meeting.assistant), meeting.room_id, InteractionKind.CHOICE, [draft], shown
    )
    await open_interaction(meeting.by(meeting.assistant), of, None)
    options = await meeting.tx.values(select(InteractionOption.id).where(InteractionOption.interaction_id == of))
    for student in meeting.students:
        given = GivenPart(option_ids=[meeting.random.choice(options)])
        await answer_interaction(meeting.by(student), of, [given])


async def _publish(meeting: Meeting, recording_id: UUID) -> None:
    ended_at, seconds = meeting.now, int(timedelta(minutes=meeting.random.randrange(40, 90)).total_seconds())
    meeting.now += 30 * MINUTE
    url = f"https://media.example/recordings/{recording_id}"
    report = Report(RecordingState.READY, url, f"{url}/thumbnail", seconds, ended_at, None)
    await report_recording(meeting.by(MEDIA_SERVER), recording_id, report)
