"""Rate limits for mutations that make entries of the log without rows of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

LIMITS = [
    {"kind": "CHANGES", "burst": 300, "per_minute": 120},
    {"kind": "MODERATION", "burst": 300, "per_minute": 120},
    {"kind": "VISITS", "burst": 30, "per_minute": 20},
]
KINDS = [each["kind"] for each in LIMITS]


def upgrade() -> None:
    op.bulk_insert(sa.table("rate_limits", *(sa.column(name) for name in LIMITS[0])), LIMITS)


def downgrade() -> None:
    for table in ("rate_uses", "rate_limits"):
        kinds = sa.table(table, sa.column("kind"))
        op.execute(kinds.delete().where(kinds.c.kind.in_(KINDS)))
