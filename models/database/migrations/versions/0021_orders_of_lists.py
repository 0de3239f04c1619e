"""Indexes for the sessions of a room by their start, and for its questions by their upvotes."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BY_ID, BY_START = "ix_room_sessions_room_id_id", "ix_room_sessions_room_id_started_at_id"
BY_UPVOTES = "ix_questions_gallery_id_upvotes_id"


def upgrade() -> None:
    op.create_index(BY_START, "room_sessions", ["room_id", "started_at", "id"])
    op.drop_index(BY_ID, "room_sessions")
    op.create_index(BY_UPVOTES, "questions", ["gallery_id", "upvotes", "id"])


def downgrade() -> None:
    op.drop_index(BY_UPVOTES, "questions")
    op.create_index(BY_ID, "room_sessions", ["room_id", "id"])
    op.drop_index(BY_START, "room_sessions")
