"""All tables, for migrations: importing this module fills Base.metadata."""

from models import (
    audit,
    chat,
    deadlines,
    galleries,
    idempotency,
    log,
    media,
    participants,
    people,
    polls,
    questions,
    rates,
    recordings,
    rooms,
    sessions,
    site,
)
from models.base import Base

__all__ = [
    "audit",
    "chat",
    "deadlines",
    "galleries",
    "idempotency",
    "log",
    "media",
    "participants",
    "people",
    "polls",
    "questions",
    "rates",
    "recordings",
    "rooms",
    "sessions",
    "site",
]

metadata = Base.metadata
