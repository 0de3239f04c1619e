"""Rule 64: applies events to a state, as a client does. A new kind of event must be handled here, or mypy fails."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, assert_never
from uuid import UUID

from models.cursors import Position
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
from models.events.every import Event
from models.tables.chat import MessageFacts
from models.tables.content import ContentFacts, ShownFacts
from models.tables.galleries import MembershipFacts
from models.tables.interactions import InteractionFacts, Tally
from models.tables.media import MediaFacts, PlaylistFacts
from models.tables.participants import OFF_STAGE, Device, DeviceState, ParticipantFacts, ParticipantState
from models.tables.questions import QuestionFacts, ReplyFacts
from models.tables.recordings import RecordingFacts, RecordingState
from models.tables.rooms import AssignmentFacts, RoomFacts
from models.tables.sessions import SessionFacts
from models.tables.site import LimitFacts
from models.tables.webhooks import WebhookFacts


@dataclass(frozen=True)
class GalleryState:
    """The state of one gallery, as far as its log tells it."""

    position: Position
    title: str
    description: str
    moderate_media: bool
    qna_default: bool
    group_chat_default: bool
    room_limits: tuple[LimitFacts, ...]
    reaction_emoji: tuple[str, ...]
    memberships: Mapping[UUID, MembershipFacts]
    media: Mapping[UUID, MediaFacts]
    pending_count: int
    playlists: Mapping[UUID, PlaylistFacts]
    room: RoomFacts | None
    assignments: tuple[AssignmentFacts, ...]
    sessions: Mapping[UUID, SessionFacts]
    participants: Mapping[UUID, ParticipantFacts]
    recordings: Mapping[UUID, RecordingFacts]
    messages: Mapping[UUID, MessageFacts]
    content: Mapping[UUID, ContentFacts]
    shown: Mapping[UUID, ShownFacts]  # by session, as it was published last (docs/decisions/0013)
    # With the totals that were published last (docs/decisions/0013).
    interactions: Mapping[UUID, tuple[InteractionFacts, Tally]]
    questions: Mapping[UUID, QuestionFacts]
    replies: Mapping[UUID, ReplyFacts]
    webhooks: Mapping[UUID, WebhookFacts]


def fold(state: GalleryState, event: Event) -> GalleryState:
    """Returns the state after the event."""
    match event:
        case gallery_events.GalleryChanged():
            return replace(state, title=event.title, description=event.description, moderate_media=event.moderate_media)
        case gallery_events.SiteDefaultsChanged():
            qna, chat, limits = event.qna_default, event.group_chat_default, tuple(event.room_limits)
            emoji = tuple(event.reaction_emoji)
            return replace(state, qna_default=qna, group_chat_default=chat, room_limits=limits, reaction_emoji=emoji)
        case gallery_events.MembershipsChanged():
            kept = {key: one for key, one in state.memberships.items() if key not in event.removed}
            return replace(state, memberships=kept | {one.id: one for one in event.saved})
        case media_events.MediaAdded() | media_events.MediaReviewed() | media_events.MediaChanged():
            return replace(state, media={**state.media, event.media.id: event.media})
        case media_events.MediaRemoved():
            return _media_removed(state, event.media.id)
        case media_events.PendingCountChanged():
            return replace(state, pending_count=event.pending_count)
        case media_events.PlaylistSaved():
            return replace(state, playlists={**state.playlists, event.playlist.id: event.playlist})
        case media_events.PlaylistDeleted():
            others = {key: one for key, one in state.playlists.items() if key != event.playlist_id}
            return replace(state, playlists=others)
        case webhook_events.WebhookDeleted(webhook=gone):
            return replace(state, webhooks={key: one for key, one in state.webhooks.items() if key != gone.id})
        case webhook_events.OfWebhook(webhook=webhook):
            return replace(state, webhooks={**state.webhooks, webhook.id: webhook})
        case room_events.RoomConfigured():
            return replace(state, room=event.room)
        case room_events.AccessChanged():
            return replace(state, assignments=tuple(event.assignments))
        case session_events.SessionStarted():
            session = event.session
            assert state.room
            room = replace(state.room, session_id=session.id)
            return replace(state, room=room, sessions={**state.sessions, session.id: session})
        case session_events.SessionEnded():
            return _session_ended(state, event.session)
        case session_events.RoomLocked() | session_events.RoomUnlocked() | stage_events.StageAccessChanged():
            return replace(state, sessions={**state.sessions, event.session.id: event.session})
        case stage_events.AllDevicesChanged():
            return _devices_changed(state, event)
        case crowd_events.ReactionsCounted():
            return state  # nothing that is read: the counts are of the last second
        case session_events.OfParticipant():
            return _moved(state, event)
        case recording_events.OfRecording():
            return _recorded(state, event.recording)
        case chat_events.ChatCleared():
            return _cleared(state, event)
        case chat_events.OfMessage():
            return replace(state, messages={**state.messages, event.message.id: event.message})
        case content_events.OfItem() | content_events.ShownChanged() | content_events.ShownEnded():
            return _content_changed(state, event)
        case interaction_events.OfInteraction():
            after = event.interaction, event.tally
            return replace(state, interactions={**state.interactions, event.interaction.id: after})
        case interaction_events.InteractionDeleted():
            left = {key: one for key, one in state.interactions.items() if key != event.interaction_id}
            return replace(state, interactions=left)
        case question_events.OfQuestion():
            return _asked(state, event)
        case _:
            assert_never(event)


def _content_changed(state: GalleryState, event: content_events.ContentEvent) -> GalleryState:
    match event:
        case content_events.ContentRemoved(item=item):
            return replace(state, content={key: one for key, one in state.content.items() if key != item.id})
        case content_events.OfItem(item=item):
            return replace(state, content={**state.content, item.id: item})
        case content_events.ShownChanged(shown=shown):
            return replace(state, shown={**state.shown, shown.session_id: shown})
        case content_events.ShownEnded(session_id=ended):
            return replace(state, shown={key: one for key, one in state.shown.items() if key != ended})
        case _:
            assert_never(event)


def _media_removed(state: GalleryState, media_id: UUID) -> GalleryState:
    # A removed medium also leaves its playlists, and later items move up.
    media = {key: one for key, one in state.media.items() if key != media_id}
    playlists = {
        key: replace(one, media_ids=[each for each in one.media_ids if each != media_id])
        for key, one in state.playlists.items()
    }
    return replace(state, media=media, playlists=playlists)


def _session_ended(state: GalleryState, session: SessionFacts) -> GalleryState:
    gone = (ParticipantState.ADMITTED, ParticipantState.WAITING)

    def after(one: ParticipantFacts) -> ParticipantFacts:
        if one.session_id != session.id or one.state not in gone:
            return one
        # People who wait keep the end of their earlier time inside.
        left_before = one.state is ParticipantState.WAITING and one.was_admitted
        left_at = one.left_at if left_before else session.ended_at
        left = replace(one, state=ParticipantState.LEFT, left_at=left_at, waiting_since=None, permissions_stale=False)
        return replace(left, **OFF_STAGE | devices_off(one))

    people = {key: after(one) for key, one in state.participants.items()}
    return replace(state, sessions={**state.sessions, session.id: session}, participants=people)


def devices_off(one: ParticipantFacts) -> dict[str, Any]:
    """Returns the devices of a participant who has left the stage: off, or still blocked (rule 88)."""
    blocked = DeviceState.BLOCKED
    return {each.column: blocked if one.state_of(each) is blocked else DeviceState.OFF for each in Device}


def _moved(state: GalleryState, event: session_events.OfParticipant) -> GalleryState:
    one, counts = event.participant, event.counts
    session = replace(state.sessions[one.session_id], **asdict(counts))
    people = {**state.participants, one.id: one}
    return replace(state, participants=people, sessions={**state.sessions, session.id: session})


def _devices_changed(state: GalleryState, event: stage_events.AllDevicesChanged) -> GalleryState:
    people = dict(state.participants)
    for device in Device:
        now: dict[str, Any] = {device.column: event.state}
        known = [each for each in getattr(event, device.column) if each in people]
        people |= {each: replace(people[each], **now) for each in known}
    return replace(state, participants=people)


def _recorded(state: GalleryState, one: RecordingFacts) -> GalleryState:
    session = state.sessions[one.session_id]
    running = one.id if one.state is RecordingState.RECORDING else None
    if running or session.recording_id == one.id:
        session = replace(session, recording_id=running)
    recordings = {**state.recordings, one.id: one}
    return replace(state, recordings=recordings, sessions={**state.sessions, session.id: session})


def _cleared(state: GalleryState, event: chat_events.ChatCleared) -> GalleryState:
    place = event.session_id, event.channel
    messages = {
        key: replace(one, cleared_at=one.cleared_at or event.cleared_at)
        if (one.session_id, one.channel) == place
        else one
        for key, one in state.messages.items()
    }
    return replace(state, messages=messages)


def _asked(state: GalleryState, event: question_events.QuestionEvent) -> GalleryState:
    reply = event.reply if isinstance(event, question_events.QuestionChanged) else None
    replies = {**state.replies, reply.id: reply} if reply else state.replies
    return replace(state, questions={**state.questions, event.question.id: event.question}, replies=replies)
