"""Rate limits for mutations that make rows, and for hands."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

LIMITS = [
    {"kind": "HANDS", "burst": 20, "per_minute": 60},
    {"kind": "IMPORTS", "burst": 50_000, "per_minute": 6_000},
    {"kind": "MEDIA", "burst": 300, "per_minute": 120},
    {"kind": "MEMBERS", "burst": 1_000, "per_minute": 300},
    {"kind": "PLAYLISTS", "burst": 60, "per_minute": 60},
    {"kind": "POLLS", "burst": 60, "per_minute": 60},
    {"kind": "RECORDINGS", "burst": 20, "per_minute": 20},
]
KINDS = [each["kind"] for each in LIMITS]


def upgrade() -> None:
    op.bulk_insert(sa.table("rate_limits", *(sa.column(name) for name in LIMITS[0])), LIMITS)


def downgrade() -> None:
    for table in ("rate_uses", "rate_limits"):
        kinds = sa.table(table, sa.column("kind"))
        op.execute(kinds.delete().where(kinds.c.kind.in_(KINDS)))
