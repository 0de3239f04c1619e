"""Converts the log's entries to the events that clients see, and decides which stream delivers each event."""

from models.cursors import Cursors
from models.events import chat as chat_events
from models.events import content as content_events
from models.events import crowd_reactions as crowd_events
from models.events import every as events
from models.events import galleries as gallery_events
from models.events import interactions as interaction_events
from models.events import media as media_events
from models.events import questions as question_events
from models.events import recordings as recording_events
from models.events import rooms as room_events
from models.events import sessions as session_events
from models.events import stage as stage_events
from models.events import webhooks as webhook_events
from models.events.log import Entry
from schema.events.chat import CHAT_EVENTS, chat_event_of
from schema.events.content import CONTENT_EVENTS, content_event_of
from schema.events.crowd_reactions import CROWD_EVENTS, crowd_event_of
from schema.events.galleries import GALLERY_EVENTS, gallery_event_of
from schema.events.interactions import INTERACTION_EVENTS, interaction_event_of
from schema.events.interfaces import Checkpoint, Event, Place
from schema.events.media import MEDIA_EVENTS, media_event_of
from schema.events.questions import QUESTION_EVENTS, question_event_of
from schema.events.recordings import RECORDING_EVENTS, recording_event_of
from schema.events.rooms import ROOM_EVENTS, room_event_of
from schema.events.sessions import SESSION_EVENTS, session_event_of
from schema.events.stage import STAGE_EVENTS, stage_event_of
from schema.events.webhooks import WEBHOOK_EVENTS, webhook_event_of
from schema.types.scalars import EventCursor
from subscriptions.delivery import Checkpoint as Rest

EVENT_TYPES = (
    Checkpoint,
    *GALLERY_EVENTS,
    *MEDIA_EVENTS,
    *ROOM_EVENTS,
    *SESSION_EVENTS,
    *STAGE_EVENTS,
    *RECORDING_EVENTS,
    *CHAT_EVENTS,
    *CONTENT_EVENTS,
    *INTERACTION_EVENTS,
    *QUESTION_EVENTS,
    *CROWD_EVENTS,
    *WEBHOOK_EVENTS,
)

_IN_THE_ROOM = (
    room_events.RoomEvent
    | session_events.SessionEvent
    | stage_events.StageEvent
    | recording_events.RecordingEvent
    | chat_events.ChatEvent
    | content_events.ContentEvent
    | interaction_events.InteractionEvent
    | question_events.QuestionEvent
    | crowd_events.ReactionsCounted
    | gallery_events.SiteDefaultsChanged
    | gallery_events.MembershipsChanged
)
_IN_THE_GALLERY = (
    gallery_events.GalleryEvent
    | media_events.MediaEvent
    | webhook_events.WebhookEvent
    | room_events.RoomEvent
    | recording_events.RecordingEvent
    | session_events.SessionStarted
    | session_events.SessionEnded
    | session_events.RoomLocked
    | session_events.RoomUnlocked
)


def is_room_event(event: events.Event) -> bool:
    """Returns whether `roomEvents` delivers the event."""
    return isinstance(event, _IN_THE_ROOM)


def is_gallery_event(event: events.Event) -> bool:
    """Returns whether `galleryEvents` delivers the event."""
    return isinstance(event, _IN_THE_GALLERY)


def is_recording_event(event: events.Event) -> bool:
    """Returns whether `recordings` delivers the event."""
    return isinstance(event, recording_events.RecordingEvent)


def is_question_event(event: events.Event) -> bool:
    """Returns whether `questions` delivers the event."""
    return isinstance(event, question_events.QuestionEvent)


def checkpoint(rest: Rest, cursors: Cursors) -> Checkpoint:
    """Returns the checkpoint. Its cursor is never the same twice, so it does not reveal hidden entries."""
    cursor = EventCursor(cursors.of_rest(rest.gallery_id, rest.position))
    return Checkpoint(gallery_id=rest.gallery_id, cursor=cursor, occurred_at=rest.occurred_at)


def event_of(entry: Entry, cursors: Cursors) -> Event:
    """Returns the entry as the event that clients see."""
    cursor = EventCursor(cursors.of_entry(entry.gallery_id, entry.position))
    at, event = Place(gallery_id=entry.gallery_id, cursor=cursor, occurred_at=entry.occurred_at), entry.event
    if isinstance(event, gallery_events.GalleryEvent):
        return gallery_event_of(event, at)
    if isinstance(event, media_events.MediaEvent):
        return media_event_of(event, at)
    if isinstance(event, webhook_events.WebhookEvent):
        return webhook_event_of(event, at)
    if isinstance(event, room_events.RoomEvent):
        return room_event_of(event, at)
    return _of_meeting(event, entry, at)


def _of_meeting(event: events.OfMeeting, entry: Entry, at: Place) -> Event:
    if isinstance(event, session_events.SessionEvent):
        return session_event_of(event, at)
    if isinstance(event, stage_events.StageEvent):
        return stage_event_of(event, at)
    if isinstance(event, recording_events.RecordingEvent):
        return recording_event_of(event, at)
    if isinstance(event, interaction_events.InteractionEvent):
        return interaction_event_of(event, at)
    if isinstance(event, content_events.ContentEvent):
        return content_event_of(event, at)
    if isinstance(event, question_events.QuestionEvent):
        return question_event_of(event, at)
    if isinstance(event, crowd_events.ReactionsCounted):
        return crowd_event_of(event, at)
    return chat_event_of(event, entry.spoken, at)
