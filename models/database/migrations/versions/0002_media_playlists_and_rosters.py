"""Full-text search over media, playlists, and roster memberships beside manual ones."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MEDIA = sa.table(
    "media",
    sa.column("id", sa.Uuid()),
    sa.column("search_row", sa.BigInteger()),
)


def upgrade() -> None:
    for kind in ("user", "group"):
        op.drop_index(f"ix_memberships_gallery_id_{kind}_id", "memberships")
        columns = ["gallery_id", f"{kind}_id", "source"]
        op.create_index(f"ix_memberships_gallery_id_{kind}_id_source", "memberships", columns, unique=True)
    _playlists()
    op.add_column("media", sa.Column("search_words", sa.String(), nullable=False, server_default=""))
    op.add_column("media", sa.Column("search_row", sa.BigInteger(), nullable=True))
    _number_what_is_there()
    with op.batch_alter_table("media") as media:
        media.alter_column("search_row", existing_type=sa.BigInteger(), nullable=False)
        media.alter_column("search_words", existing_type=sa.String(), server_default=None)
        media.create_unique_constraint("uq_media_search_row", ["search_row"])
    if op.get_bind().dialect.name == "sqlite":
        _full_text_of_sqlite()
    else:
        op.execute(
            "CREATE INDEX ix_media_search_words ON media"
            " USING gin (array_to_tsvector(string_to_array(search_words, ' ')))"
        )


def _playlists() -> None:
    op.create_table(
        "playlists",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gallery_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["gallery_id"], ["galleries.id"], name=op.f("fk_playlists_gallery_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playlists")),
    )
    op.create_index(op.f("ix_playlists_gallery_id_id"), "playlists", ["gallery_id", "id"])
    op.create_table(
        "playlist_items",
        sa.Column("playlist_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("media_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media.id"], name=op.f("fk_playlist_items_media_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["playlist_id"], ["playlists.id"], name=op.f("fk_playlist_items_playlist_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("playlist_id", "position", name=op.f("pk_playlist_items")),
    )
    op.create_index(op.f("ix_playlist_items_media_id"), "playlist_items", ["media_id"])


def _number_what_is_there() -> None:
    """Sets `search_row` of existing media. Migration 0004 writes the words of all media, so they are left out here."""
    connection = op.get_bind()
    for media_id in connection.execute(sa.select(MEDIA.c.id)).scalars().all():
        number = {"search_row": media_id.int & (2**63 - 1)}
        connection.execute(sa.update(MEDIA).where(MEDIA.c.id == media_id).values(**number))


def _full_text_of_sqlite() -> None:
    op.execute(
        "CREATE VIRTUAL TABLE media_search USING fts5 (search_words, content='media', content_rowid='search_row')"
    )
    added = "INSERT INTO media_search (rowid, search_words) VALUES (new.search_row, new.search_words);"
    removed = (
        "INSERT INTO media_search (media_search, rowid, search_words)"
        " VALUES ('delete', old.search_row, old.search_words);"
    )
    op.execute(f"CREATE TRIGGER media_search_added AFTER INSERT ON media BEGIN {added} END")
    op.execute(f"CREATE TRIGGER media_search_removed AFTER DELETE ON media BEGIN {removed} END")
    op.execute(
        "CREATE TRIGGER media_search_changed AFTER UPDATE OF search_words ON media"
        f" WHEN old.search_words <> new.search_words BEGIN {removed} {added} END"
    )
    op.execute("INSERT INTO media_search (media_search) VALUES ('rebuild')")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for trigger in ("added", "removed", "changed"):
            op.execute(f"DROP TRIGGER media_search_{trigger}")
        op.execute("DROP TABLE media_search")
    else:
        op.drop_index("ix_media_search_words", "media")
    with op.batch_alter_table("media") as media:
        media.drop_constraint("uq_media_search_row", type_="unique")
        media.drop_column("search_row")
        media.drop_column("search_words")
    op.drop_table("playlist_items")
    op.drop_table("playlists")
    for kind in ("user", "group"):
        op.drop_index(f"ix_memberships_gallery_id_{kind}_id_source", "memberships")
        op.create_index(
            f"ix_memberships_gallery_id_{kind}_id", "memberships", ["gallery_id", f"{kind}_id"], unique=True
        )
