"""The shelf of a room, what a session shows, and who may show."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

KINDS = sa.Enum(
    "MEDIA", "DOCUMENT", "IMAGE", "LINK", "WHITEBOARD", "SCREEN", name="contentkind", native_enum=False, length=32
)
MOMENT = sa.DateTime(timezone=True)
LIMITS = [
    {"kind": "CONTENT", "burst": 200, "per_minute": 60},
    {"kind": "SHOWING", "burst": 120, "per_minute": 1_200},
]


def upgrade() -> None:
    for table, column in (("rooms", "shelf_visible"), ("participants", "may_show")):
        op.add_column(table, sa.Column(column, sa.Boolean(), nullable=False, server_default=sa.false()))
    _items()
    _shown()
    op.bulk_insert(sa.table("rate_limits", *(sa.column(name) for name in LIMITS[0])), LIMITS)


def _foreign(table: str, column: str, target: str, on_delete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"), ondelete=on_delete)


def _items() -> None:
    op.create_table(
        "content_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gallery_id", sa.Uuid(), nullable=False),
        sa.Column("kind", KINDS, nullable=False),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("page_count", sa.Integer(), nullable=True),
        sa.Column("media_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("added_at", MOMENT, nullable=False),
        _foreign("content_items", "gallery_id", "galleries.id"),
        _foreign("content_items", "media_id", "media.id", "SET NULL"),
        _foreign("content_items", "added_by", "users.id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_items")),
    )
    op.create_index(op.f("ix_content_items_gallery_id_position"), "content_items", ["gallery_id", "position"])
    op.create_index(op.f("ix_content_items_media_id"), "content_items", ["media_id"])


def _shown() -> None:
    op.create_table(
        "shown_content",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("gallery_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("kind", KINDS, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("page_count", sa.Integer(), nullable=True),
        sa.Column("media_id", sa.Uuid(), nullable=True),
        sa.Column("duration_seconds", sa.Integer(), nullable=True),
        sa.Column("shown_by", sa.Uuid(), nullable=False),
        sa.Column("by_moderator", sa.Boolean(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("playing", sa.Boolean(), nullable=True),
        sa.Column("position_seconds", sa.Double(), nullable=True),
        sa.Column("rate", sa.Double(), nullable=True),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("told_position_seconds", sa.Double(), nullable=True),
        sa.Column("told_set_at", MOMENT, nullable=False),
        sa.Column("told_version", sa.Integer(), nullable=False),
        sa.Column("told_at", MOMENT, nullable=False),
        _foreign("shown_content", "session_id", "room_sessions.id"),
        _foreign("shown_content", "gallery_id", "galleries.id"),
        _foreign("shown_content", "item_id", "content_items.id", "SET NULL"),
        _foreign("shown_content", "media_id", "media.id", "SET NULL"),
        _foreign("shown_content", "shown_by", "participants.id"),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_shown_content")),
    )
    op.create_index(op.f("ix_shown_content_item_id"), "shown_content", ["item_id"])
    op.create_index(op.f("ix_shown_content_media_id"), "shown_content", ["media_id"])


def downgrade() -> None:
    op.execute("DELETE FROM deadlines WHERE kind = 'SHOWN_SEEK'")
    for table in ("rate_uses", "rate_limits"):
        op.execute(f"DELETE FROM {table} WHERE kind IN ('CONTENT', 'SHOWING')")  # noqa: S608  the names are above
    op.drop_table("shown_content")
    op.drop_table("content_items")
    op.drop_column("participants", "may_show")
    op.drop_column("rooms", "shelf_visible")
