"""The entries of the log as items that subscribers share, and who sees more of an entry than others."""

from dataclasses import replace
from functools import partial

from models.access.visibility import Visibility
from models.audiences import Audience
from models.cursors import Cursors
from models.events import every as events
from models.events.chat import OfMessage
from models.events.galleries import MembershipsChanged
from models.events.interactions import OfInteraction
from models.events.log import Entry
from models.permissions import Viewer
from schema.events.entries import checkpoint, event_of
from schema.events.interfaces import Event
from schema.execution.renderings import ANYBODY, Told
from subscriptions.delivery import Checkpoint


class ToldEvent(Told[Event]):
    """An event, or a checkpoint."""

    def cursor_of(self, made: Event) -> str:
        return made.cursor


def told_of(item: Entry | Checkpoint, cursors: Cursors) -> ToldEvent:
    """Returns the item to tell. There is one for each entry, as long as the process remembers the entry."""
    if isinstance(item, Checkpoint):
        return ToldEvent("Checkpoint", partial(checkpoint, item, cursors))
    told: ToldEvent | None = item.made.get("told")
    if told is None:
        event = partial(event_of, item, cursors)
        told = item.made["told"] = ToldEvent(type_name(item.event), event, _viewer(item.event))
    return told


def type_name(event: events.Event) -> str:
    """Returns the name of the event's GraphQL type."""
    return "AccessChanged" if isinstance(event, MembershipsChanged) else event.kind


def _viewer(event: events.Event) -> Viewer:
    if isinstance(event, OfMessage) and event.audience.audience is Audience.INSIDE:
        # All who see the entry read the session's chat, and so also the message that it answers.
        return replace(ANYBODY, record_of=event.session_id)
    return ANYBODY


def differs(item: Entry | Checkpoint) -> bool:
    """Returns whether some of those who see the entry may see more of it than others, whatever is selected."""
    if isinstance(item, Checkpoint):
        return False
    withdrawn = item.spoken is not None and item.spoken.withdrawn
    return withdrawn or isinstance(item.event, OfInteraction) or _answers(item.event)


def sees_more(entry: Entry, visible: Visibility) -> bool:
    """Returns whether this viewer may see more of an entry that differs than its shared rendering shows.

    Chat moderators read withdrawn messages and the results of an interaction. The backchannel is read by moderators alone.
    """
    event = entry.event
    in_backchannel = event.audience.audience is Audience.BACKCHANNEL
    return event.session_id in visible.chat_moderated or (in_backchannel and _answers(event))


def _answers(event: events.Event) -> bool:
    return isinstance(event, OfMessage) and event.message.reply_to_id is not None
