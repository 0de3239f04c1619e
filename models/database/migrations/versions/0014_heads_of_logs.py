"""On SQLite, an entry that is inserted becomes the head of its gallery's log by a trigger.

So an entry is one statement, as it is on PostgreSQL, where one statement can write several tables. A process of an
older version changes the head itself before it inserts the entry, and the trigger then changes nothing. A later
migration that rebuilds `log_entries` must create the trigger again.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TRIGGER = """
CREATE TRIGGER log_entries_head AFTER INSERT ON log_entries
WHEN NEW.number > (SELECT log_head FROM galleries WHERE id = NEW.gallery_id)
BEGIN UPDATE galleries SET log_head = NEW.number, log_mark = NEW.mark WHERE id = NEW.gallery_id; END
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(TRIGGER)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER log_entries_head")
