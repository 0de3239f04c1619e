"""Indexes for the pages of the audit: by time, and by actor, action and target."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

BY_TIME = ("at", "id")
ORDERS = [BY_TIME, ("actor_id", *BY_TIME), ("action", *BY_TIME), ("target_id", *BY_TIME)]


def upgrade() -> None:
    for columns in ORDERS:
        op.create_index(f"ix_audit_records_{'_'.join(columns)}", "audit_records", list(columns))
    op.drop_index("ix_audit_records_at", "audit_records")


def downgrade() -> None:
    op.create_index("ix_audit_records_at", "audit_records", ["at"])
    for columns in reversed(ORDERS):
        op.drop_index(f"ix_audit_records_{'_'.join(columns)}", "audit_records")
