"""Indexes for large galleries, and search of names by any part."""

import sqlalchemy as sa
from alembic import op

from models.storage.full_text import search_row
from models.tables.names import name_words
from models.tables.search import stored_words

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MEDIA = sa.table(
    "media",
    sa.column("id", sa.Uuid()),
    sa.column("gallery_id", sa.Uuid()),
    sa.column("kind", sa.String()),
    sa.column("owner_id", sa.Uuid()),
    sa.column("title", sa.String()),
    sa.column("description", sa.String()),
    sa.column("tags", sa.JSON()),
    sa.column("search_words", sa.String()),
)
USERS = sa.table(
    "users",
    sa.column("id", sa.Uuid()),
    sa.column("name_key", sa.String()),
    sa.column("search_words", sa.String()),
    sa.column("search_row", sa.BigInteger()),
)
PRINCIPALS = ("user_id", "group_id")
MEMBERS = {
    "ix_memberships_gallery_id_id": ["gallery_id", "id"],
    "ix_memberships_gallery_id_role_id": ["gallery_id", "role", "id"],
    **{f"ix_memberships_{principal}_role": [principal, "role"] for principal in PRINCIPALS},
}


def upgrade() -> None:
    op.drop_index("ix_media_gallery_id_status", "media")
    unpublished = sa.text("status <> 'PUBLISHED'")
    op.create_index(
        "ix_media_unpublished",
        "media",
        ["gallery_id", "status"],
        postgresql_where=unpublished,
        sqlite_where=unpublished,
    )
    op.create_index("ix_media_gallery_id_duration_seconds_id", "media", ["gallery_id", "duration_seconds", "id"])
    for name, columns in MEMBERS.items():
        op.create_index(name, "memberships", columns)
    for principal in PRINCIPALS:
        op.drop_index(f"ix_memberships_{principal}", "memberships")
    _index_kinds_and_owners()
    op.add_column("users", sa.Column("search_words", sa.String(), nullable=False, server_default=""))
    op.add_column("users", sa.Column("search_row", sa.BigInteger(), nullable=True))
    _index_names()
    with op.batch_alter_table("users") as users:
        users.alter_column("search_row", existing_type=sa.BigInteger(), nullable=False)
        users.alter_column("search_words", existing_type=sa.String(), server_default=None)
        users.create_unique_constraint("uq_users_search_row", ["search_row"])
    if op.get_bind().dialect.name == "sqlite":
        _full_text_of_sqlite()
    else:
        op.execute(
            "CREATE INDEX ix_users_search_words ON users"
            " USING gin (array_to_tsvector(string_to_array(search_words, ' ')))"
        )


def _index_kinds_and_owners() -> None:
    connection = op.get_bind()
    for row in connection.execute(sa.select(MEDIA)).all():
        words = stored_words(row.gallery_id, row.kind, row.owner_id, row.title, row.description, row.tags)
        connection.execute(sa.update(MEDIA).where(MEDIA.c.id == row.id).values(search_words=words))


def _index_names() -> None:
    connection = op.get_bind()
    for row in connection.execute(sa.select(USERS.c.id, USERS.c.name_key)).all():
        values = {"search_words": name_words(row.name_key), "search_row": search_row(row.id)}
        connection.execute(sa.update(USERS).where(USERS.c.id == row.id).values(**values))


def _full_text_of_sqlite() -> None:
    op.execute(
        "CREATE VIRTUAL TABLE users_search USING fts5 (search_words, content='users', content_rowid='search_row')"
    )
    added = "INSERT INTO users_search (rowid, search_words) VALUES (new.search_row, new.search_words);"
    removed = (
        "INSERT INTO users_search (users_search, rowid, search_words)"
        " VALUES ('delete', old.search_row, old.search_words);"
    )
    op.execute(f"CREATE TRIGGER users_search_added AFTER INSERT ON users BEGIN {added} END")
    op.execute(f"CREATE TRIGGER users_search_removed AFTER DELETE ON users BEGIN {removed} END")
    op.execute(
        "CREATE TRIGGER users_search_changed AFTER UPDATE OF search_words ON users"
        f" WHEN old.search_words <> new.search_words BEGIN {removed} {added} END"
    )
    op.execute("INSERT INTO users_search (users_search) VALUES ('rebuild')")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for trigger in ("added", "removed", "changed"):
            op.execute(f"DROP TRIGGER users_search_{trigger}")
        op.execute("DROP TABLE users_search")
    else:
        op.drop_index("ix_users_search_words", "users")
    with op.batch_alter_table("users") as users:
        users.drop_constraint("uq_users_search_row", type_="unique")
        users.drop_column("search_row")
        users.drop_column("search_words")
    for principal in PRINCIPALS:
        op.create_index(f"ix_memberships_{principal}", "memberships", [principal])
    for name in MEMBERS:
        op.drop_index(name, "memberships")
    op.drop_index("ix_media_gallery_id_duration_seconds_id", "media")
    op.drop_index("ix_media_unpublished", "media")
    op.create_index("ix_media_gallery_id_status", "media", ["gallery_id", "status"])
