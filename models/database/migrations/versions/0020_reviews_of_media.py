"""What was decided about a medium, by whom and why, and when the medium changed last.

Decisions from before are taken from the log, as far as it was kept, and their reviewers from the audit records.
"""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MOMENT, ID = sa.DateTime(timezone=True), sa.Uuid()
NEW: dict[str, Any] = {"updated_at": MOMENT, "reviewed_at": MOMENT, "reviewer_id": ID, "review_reason": sa.String()}
MEDIA = sa.table("media", sa.column("id", ID), *(sa.column(name, of) for name, of in NEW.items()))
LOG = sa.table(
    "log_entries",
    *(sa.column(name) for name in ("gallery_id", "number", "kind", "payload")),
    sa.column("occurred_at", MOMENT),
)
AUDIT = sa.table(
    "audit_records",
    *(sa.column(name) for name in ("permission", "target", "outcome")),
    *(sa.column(name, ID) for name in ("target_id", "actor_id")),
)
REVIEWS = sa.select(LOG.c.payload, LOG.c.occurred_at).where(LOG.c.kind == "MediaReviewed")
REVIEWERS = sa.select(AUDIT.c.target_id, AUDIT.c.actor_id).where(
    AUDIT.c.permission == "REVIEW_MEDIA", AUDIT.c.target == "media", AUDIT.c.outcome == "DONE"
)
REVIEWED = (
    MEDIA.update()
    .where(MEDIA.c.id == sa.bindparam("medium"))
    .values(updated_at=sa.bindparam("at"), reviewed_at=sa.bindparam("at"))
    .values(reviewer_id=sa.bindparam("reviewer"), review_reason=sa.bindparam("reason"))
)


def upgrade() -> None:
    for name, of in NEW.items():
        op.add_column("media", sa.Column(name, of, nullable=True))
    connection = op.get_bind()
    reviewers = {row.target_id: row.actor_id for row in connection.execute(REVIEWERS)}
    reviews = [_review(row, reviewers) for row in connection.execute(REVIEWS)]
    if reviews:
        connection.execute(REVIEWED, reviews)


def _review(row: sa.Row[Any], reviewers: Mapping[UUID, UUID]) -> dict[str, Any]:
    event = json.loads(row.payload)
    medium = UUID(event["media"]["id"])
    return {
        "medium": medium,
        "at": row.occurred_at,
        "reviewer": reviewers.get(medium),
        "reason": event.get("reason"),
    }


def downgrade() -> None:
    for name in NEW:
        op.drop_column("media", name)
