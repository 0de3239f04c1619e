"""Events of every kind are read from the log exactly as they were recorded (rules 48, 59, 63, 64)."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any, TypeVar, get_args, get_type_hints
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.audiences import EVERYBODY, EVERYBODY_INSIDE, EVERYONE, Audience, AudienceKey
from models.cursors import Cursors, Position
from models.events import chat as chat_events
from models.events import content as content_events
from models.events import crowd_reactions as crowd_events
from models.events import galleries as gallery_events
from models.events import interactions as interaction_events
from models.events import media as media_events
from models.events import questions as question_events
from models.events import recordings as recording_events
from models.events import rooms as room_events
from models.events import sessions as session_events
from models.events import stage as stage_events
from models.events import webhooks as webhook_events
from models.events.every import Event, decode, encode
from models.events.log import Entry
from models.events.recordings import RecordingEvent
from models.tables.chat import ChatChannel, MessageFacts
from models.tables.content import ContentFacts, ShownFacts
from models.tables.galleries import MembershipFacts
from models.tables.interactions import InteractionFacts
from models.tables.media import MediaFacts, PlaylistFacts
from models.tables.participants import ParticipantFacts, ParticipantRole
from models.tables.questions import QuestionFacts, ReplyFacts
from models.tables.recordings import RecordingFacts
from models.tables.rooms import AssignmentFacts, AssignmentSource, RoomFacts
from models.tables.sessions import SessionFacts
from models.tables.webhooks import WebhookFacts
from schema.events.entries import event_of
from tests.support.event_folding import GalleryState, fold
from tests.support.event_streams import TOLD_AS

F = TypeVar("F")
moments = st.datetimes(timezones=st.just(UTC))
numbers = st.floats(allow_nan=False, allow_infinity=False)
OF_HINT: dict[object, st.SearchStrategy[Any]] = {
    datetime: moments,
    datetime | None: st.none() | moments,
    float | None: st.none() | numbers,
}


def any_facts(of: type[F], **given: st.SearchStrategy[Any]) -> st.SearchStrategy[F]:
    """Returns a strategy that sets every field, including fields that have a default or are added later."""
    values = {name: OF_HINT.get(hint, st.from_type(hint)) for name, hint in get_type_hints(of).items()}
    return st.builds(of, **values | given)


roles = st.fixed_dictionaries({"role": st.sampled_from(ParticipantRole), "source": st.sampled_from(AssignmentSource)})
rooms = any_facts(RoomFacts)
sessions = any_facts(SessionFacts)
participants = any_facts(ParticipantFacts, role_sources=st.lists(roles))
recordings = any_facts(RecordingFacts)
interactions = any_facts(InteractionFacts)
items = any_facts(ContentFacts)
shown = any_facts(ShownFacts)
messages = any_facts(MessageFacts)
questions = any_facts(QuestionFacts)
replies = any_facts(ReplyFacts)
assignments = any_facts(AssignmentFacts)
members = any_facts(MembershipFacts)
media = any_facts(MediaFacts)
playlists = any_facts(PlaylistFacts)
webhooks = any_facts(WebhookFacts)
EVENTS: dict[type[Event], st.SearchStrategy[Event]] = {
    gallery_events.GalleryChanged: st.builds(gallery_events.GalleryChanged),
    gallery_events.SiteDefaultsChanged: st.builds(gallery_events.SiteDefaultsChanged),
    gallery_events.MembershipsChanged: st.builds(gallery_events.MembershipsChanged, saved=st.lists(members)),
    media_events.MediaAdded: st.builds(media_events.MediaAdded, media=media),
    media_events.MediaReviewed: st.builds(media_events.MediaReviewed, media=media),
    media_events.MediaChanged: st.builds(media_events.MediaChanged, media=media),
    media_events.MediaRemoved: st.builds(media_events.MediaRemoved, media=media),
    media_events.PendingCountChanged: st.builds(media_events.PendingCountChanged),
    media_events.PlaylistSaved: st.builds(media_events.PlaylistSaved, playlist=playlists),
    media_events.PlaylistDeleted: st.builds(media_events.PlaylistDeleted),
    webhook_events.WebhookSaved: st.builds(webhook_events.WebhookSaved, webhook=webhooks),
    webhook_events.WebhookDisabled: st.builds(webhook_events.WebhookDisabled, webhook=webhooks),
    webhook_events.WebhookDeleted: st.builds(webhook_events.WebhookDeleted, webhook=webhooks),
    room_events.RoomConfigured: st.builds(room_events.RoomConfigured, room=rooms),
    room_events.AccessChanged: st.builds(room_events.AccessChanged, assignments=st.lists(assignments)),
    session_events.SessionStarted: st.builds(session_events.SessionStarted, session=sessions),
    session_events.SessionEnded: st.builds(session_events.SessionEnded, session=sessions),
    session_events.RoomLocked: st.builds(session_events.RoomLocked, session=sessions),
    session_events.RoomUnlocked: st.builds(session_events.RoomUnlocked, session=sessions),
    session_events.ParticipantWaiting: st.builds(session_events.ParticipantWaiting, participant=participants),
    session_events.ParticipantJoined: st.builds(session_events.ParticipantJoined, participant=participants),
    session_events.ParticipantLeft: st.builds(session_events.ParticipantLeft, participant=participants),
    session_events.ParticipantChanged: st.builds(session_events.ParticipantChanged, participant=participants),
    stage_events.StageAccessChanged: st.builds(stage_events.StageAccessChanged, session=sessions),
    stage_events.StageChanged: st.builds(stage_events.StageChanged, participant=participants),
    stage_events.HandRaised: st.builds(stage_events.HandRaised, participant=participants),
    stage_events.HandLowered: st.builds(stage_events.HandLowered, participant=participants),
    stage_events.DevicesChanged: st.builds(stage_events.DevicesChanged, participant=participants),
    stage_events.AllDevicesChanged: st.builds(stage_events.AllDevicesChanged),
    crowd_events.ReactionsCounted: st.builds(crowd_events.ReactionsCounted),
    recording_events.RecordingStarted: st.builds(recording_events.RecordingStarted, recording=recordings),
    recording_events.RecordingEnded: st.builds(recording_events.RecordingEnded, recording=recordings),
    recording_events.RecordingReady: st.builds(recording_events.RecordingReady, recording=recordings),
    recording_events.RecordingFailed: st.builds(recording_events.RecordingFailed, recording=recordings),
    **{kind: st.builds(kind, message=messages) for kind in get_args(chat_events.AboutMessage)},
    chat_events.ChatCleared: st.builds(chat_events.ChatCleared, cleared_at=moments),
    **{kind: st.builds(kind, item=items) for kind in get_args(content_events.ContentEvent)[:3]},
    content_events.ShownChanged: st.builds(content_events.ShownChanged, shown=shown),
    content_events.ShownEnded: st.builds(content_events.ShownEnded),
    interaction_events.InteractionOpened: st.builds(interaction_events.InteractionOpened, interaction=interactions),
    interaction_events.InteractionChanged: st.builds(interaction_events.InteractionChanged, interaction=interactions),
    interaction_events.InteractionClosed: st.builds(interaction_events.InteractionClosed, interaction=interactions),
    interaction_events.InteractionDeleted: st.builds(interaction_events.InteractionDeleted),
    question_events.QuestionAsked: st.builds(question_events.QuestionAsked, question=questions),
    question_events.QuestionChanged: st.builds(
        question_events.QuestionChanged, question=questions, reply=st.none() | replies
    ),
    question_events.AnswerPublished: st.builds(question_events.AnswerPublished, question=questions),
}
any_event = st.one_of(*EVENTS.values())


def test_every_kind_of_event_is_tested_here() -> None:
    assert set(EVENTS) == set(get_args(Event))


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
@settings(max_examples=30)
@given(data=st.data())
def test_what_is_read_is_what_was_recorded(kind: type[Event], data: st.DataObject) -> None:
    event = data.draw(EVENTS[kind])
    read = decode(encode(event))
    assert type(read) is kind
    assert read == event
    assert read.kind == kind.__name__
    assert (read.audience, read.subject_id) == (event.audience, event.subject_id)
    assert read.changes_access_of == event.changes_access_of


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
@settings(max_examples=5)
@given(data=st.data())
def test_clients_know_it_by_its_own_name(kind: type[Event], data: st.DataObject) -> None:
    """Without a GraphQL type of its name, a kind could be recorded but never sent."""
    event = data.draw(EVENTS[kind])
    told = event_of(Entry(UUID(int=1), Position(1, 1), datetime.now(UTC), event, None), Cursors("secret" * 6))
    assert type(told).__name__ == TOLD_AS.get(kind.__name__, kind.__name__)


EMPTY = GalleryState(
    position=Position(0, 0),
    title="",
    description="",
    moderate_media=False,
    qna_default=True,
    group_chat_default=True,
    room_limits=(),
    reaction_emoji=(),
    memberships={},
    media={},
    pending_count=0,
    playlists={},
    room=None,
    assignments=(),
    sessions={},
    participants={},
    recordings={},
    messages={},
    content={},
    shown={},
    interactions={},
    questions={},
    replies={},
    webhooks={},
)


@given(st.lists(any_event, max_size=8), sessions, rooms)
def test_events_that_were_stored_fold_to_the_same_state(
    happened: list[Event], session: SessionFacts, room: RoomFacts
) -> None:
    """Rule 64: a replay of the log leads to the same state as the live events."""
    start = replace(EMPTY, room=room, sessions={session.id: session})
    live = replayed = start
    for event in happened:
        told = in_session(event, session.id)
        live, replayed = fold(live, told), fold(replayed, decode(encode(told)))
    assert replayed == live


def in_session(event: Event, session_id: UUID) -> Event:
    """Returns the event with the id of a session that the state knows."""
    if isinstance(event, session_events.OfParticipant):
        return replace(event, participant=replace(event.participant, session_id=session_id))
    if isinstance(event, RecordingEvent):
        return replace(event, recording=replace(event.recording, session_id=session_id))
    return event


def test_no_event_holds_text_that_must_be_able_to_vanish() -> None:
    """Rule 46: texts of messages, questions and replies are stored only in their own rows, not in events."""
    for of in (MessageFacts, QuestionFacts, ReplyFacts):
        assert not {field.name for field in fields(of)} & {"text", "reason", "title"}


@given(st.one_of(*(EVENTS[kind] for kind in get_args(chat_events.ChatEvent))))
def test_what_happens_in_a_conversation_is_for_those_of_its_channel_and_session(event: Event) -> None:
    """Rules 45 and 48."""
    assert isinstance(event, chat_events.ChatEvent)
    among = event.channel is ChatChannel.BACKCHANNEL
    assert event.audience == AudienceKey(Audience.BACKCHANNEL if among else Audience.INSIDE, event.session_id)
    if isinstance(event, chat_events.AboutMessage):
        assert (event.channel, event.session_id) == (event.message.channel, event.message.session_id)
        assert event.subject_id == event.message.id


MOVED = session_events.ParticipantWaiting | session_events.ParticipantJoined | session_events.ParticipantLeft


@given(any_event)
def test_an_event_tells_whose_view_it_may_change(event: Event) -> None:
    """Rule 63: readers check rights again after these events, and after no others."""
    if isinstance(event, MOVED):
        assert event.changes_access_of == event.participant.user_id
    elif isinstance(event, room_events.AccessChanged | gallery_events.MembershipsChanged):
        assert event.changes_access_of is EVERYBODY
        assert event.audience == EVERYONE
    elif isinstance(event, stage_events.StageChanged):
        assert event.changes_access_of == (event.participant.user_id if event.lets_show else None)
    elif isinstance(event, session_events.SessionEnded):
        assert event.changes_access_of is EVERYBODY_INSIDE
    else:
        assert event.changes_access_of is None


@given(any_event)
def test_who_waits_is_told_of_to_moderators_alone(event: Event) -> None:
    """Rules 37, 47: people inside receive no events about waiting or declined people, and others none about blocks."""
    if isinstance(event, session_events.ParticipantChanged) and event.of_chat:
        of = event.participant
        assert event.audience == AudienceKey(Audience.THREAD, of.session_id, of.user_id)
    elif isinstance(event, session_events.OfParticipant):
        hidden = isinstance(event, session_events.ParticipantWaiting | session_events.ParticipantChanged)
        hidden = hidden or (isinstance(event, session_events.ParticipantLeft) and event.waited)
        person = AudienceKey(Audience.PERSON, event.participant.user_id)
        assert event.audience == (person if hidden else AudienceKey(Audience.PEOPLE, event.participant.session_id))
