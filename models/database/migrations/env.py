"""What Alembic runs for each command. The connection is given by models/database/migrate.py, so there is no alembic.ini."""

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from models.database.tables import metadata


def render(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Own column types are written as what they store, so that a migration never changes with our code."""
    return f"sa.{item.impl!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether the tables of models/ describe it: SQLite's full-text indexes are made by migrations alone."""
    return kind != "table" or name is None or not name.startswith(("media_search", "users_search"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=render,
    include_name=is_ours,
)

with context.begin_transaction():
    context.run_migrations()
