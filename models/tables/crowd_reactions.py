"""Crowd reactions of a session that were not announced yet (rule 81)."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.storage.base import Base


class CrowdReaction(Base):
    """How often people reacted with one emoji since the last announcement. Nothing says who did."""

    __tablename__ = "crowd_reactions"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("room_sessions.id", ondelete="CASCADE"), primary_key=True)
    emoji: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
