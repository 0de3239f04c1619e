"""All tables, for migrations: importing this module fills Base.metadata."""

from models import audit, chat, galleries, idempotency, log, media, people, rooms, sessions, site
from models.base import Base

__all__ = ["audit", "chat", "galleries", "idempotency", "log", "media", "people", "rooms", "sessions", "site"]

metadata = Base.metadata
