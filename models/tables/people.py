"""Users, whose data come from the claims of their tokens, and groups of users."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from models.storage.base import Base, SortKey


class User(Base):
    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        Index(None, "name_key", "id"),
        Index(
            "ix_users_search_words",
            func.array_to_tsvector(func.string_to_array(text("search_words"), text("' '"))),
            postgresql_using="gin",
        ).ddl_if(dialect="postgresql"),  # on SQLite, a migration creates the table `users_search`
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    issuer: Mapped[str]
    subject: Mapped[str]
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(SortKey)
    username: Mapped[str | None]
    email: Mapped[str | None]
    avatar_url: Mapped[str | None]
    suspended_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    # The trigrams that `models/tables/names.py` makes of the name, and the integer key of SQLite's index.
    search_words: Mapped[str]
    search_row: Mapped[int] = mapped_column(BigInteger, unique=True)


class Group(Base):
    __tablename__ = "groups"
    __table_args__ = (Index(None, "name_key", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(SortKey)
    created_at: Mapped[datetime]


class GroupMember(Base):
    __tablename__ = "group_members"

    group_id: Mapped[UUID] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
