"""A mark of all people's names and pictures, and indexes by which a page's proof is read from few rows.

Triggers change the mark. So the mark also changes with what a process of an older version writes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SHOWN = sa.text("audience IN ('EVERYONE', 'MEMBERS')")
UNPUBLISHED = sa.text("status <> 'PUBLISHED'")
SHOWING = {"users": "name, name_key, avatar_url", "groups": "name, name_key"}
RANDOM = {"sqlite": "random()", "postgresql": "(random() * 9007199254740991)::bigint"}


def upgrade() -> None:
    op.add_column("site", sa.Column("people_mark", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index(
        "ix_log_entries_shown", "log_entries", ["gallery_id", "number"], sqlite_where=SHOWN, postgresql_where=SHOWN
    )
    op.create_index(
        "ix_media_unpublished_own",
        "media",
        ["gallery_id", "owner_id"],
        sqlite_where=UNPUBLISHED,
        postgresql_where=UNPUBLISHED,
    )
    dialect = op.get_bind().dialect.name
    change = f"UPDATE site SET people_mark = {RANDOM[dialect]};"  # noqa: S608  the texts are those above
    if dialect == "postgresql":
        body = f"BEGIN {change} RETURN NULL; END"
        op.execute(f"CREATE FUNCTION change_people_mark() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    for table, columns in SHOWING.items():
        on = f"CREATE TRIGGER {table}_shown AFTER UPDATE OF {columns} ON {table}"
        if dialect == "postgresql":
            op.execute(f"{on} FOR EACH STATEMENT EXECUTE FUNCTION change_people_mark()")
        else:
            op.execute(f"{on} BEGIN {change} END")


def downgrade() -> None:
    is_postgres = op.get_bind().dialect.name == "postgresql"
    for table in SHOWING:
        op.execute(f"DROP TRIGGER {table}_shown" + (f" ON {table}" if is_postgres else ""))
    if is_postgres:
        op.execute("DROP FUNCTION change_people_mark()")
    op.drop_index("ix_media_unpublished_own", "media")
    op.drop_index("ix_log_entries_shown", "log_entries")
    op.drop_column("site", "people_mark")
