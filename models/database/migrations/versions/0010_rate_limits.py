"""Rate limits for mutations of one user that reach many."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KIND = sa.Enum("MESSAGES", "REACTIONS", "QUESTIONS", "VOTES", name="ratekind", native_enum=False, length=32)
LIMITS = [
    {"kind": "MESSAGES", "burst": 10, "per_minute": 60},
    {"kind": "REACTIONS", "burst": 20, "per_minute": 120},
    {"kind": "QUESTIONS", "burst": 5, "per_minute": 10},
    {"kind": "VOTES", "burst": 10, "per_minute": 60},
]


def upgrade() -> None:
    op.create_table(
        "rate_limits",
        sa.Column("kind", KIND, nullable=False),
        sa.Column("burst", sa.Integer(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_rate_limits")),
    )
    op.bulk_insert(sa.table("rate_limits", *(sa.column(name) for name in LIMITS[0])), LIMITS)
    op.create_table(
        "rate_uses",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", KIND, nullable=False),
        sa.Column("full_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_rate_uses_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "kind", name=op.f("pk_rate_uses")),
    )


def downgrade() -> None:
    op.drop_table("rate_uses")
    op.drop_table("rate_limits")
