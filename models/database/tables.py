"""All tables, for migrations. Importing this module fills Base.metadata."""

from models.events import log
from models.storage.base import Base
from models.tables import (
    audit,
    chat,
    content,
    crowd_reactions,
    deadlines,
    galleries,
    idempotency,
    interactions,
    media,
    participants,
    people,
    questions,
    rates,
    recordings,
    rooms,
    sessions,
    site,
    webhooks,
)

__all__ = [
    "audit",
    "chat",
    "content",
    "crowd_reactions",
    "deadlines",
    "galleries",
    "idempotency",
    "interactions",
    "log",
    "media",
    "participants",
    "people",
    "questions",
    "rates",
    "recordings",
    "rooms",
    "sessions",
    "site",
    "webhooks",
]

metadata = Base.metadata
