"""What Alembic runs for each command. The connection is given by models/database/migrate.py, so there is no alembic.ini."""

from collections.abc import Iterator
from typing import Any, Literal

from alembic import context
from alembic.operations.ops import (
    AddColumnOp,
    CreateIndexOp,
    DropColumnOp,
    DropIndexOp,
    MigrateOperation,
    MigrationScript,
    ModifyTableOps,
)
from sqlalchemy.types import TypeDecorator

from models.database.tables import metadata


def render(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Own column types are written as what they store, so that a migration never changes with our code."""
    return f"sa.{item.impl!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether the tables of models/ describe it: SQLite's full-text indexes are made by migrations alone."""
    return kind != "table" or name is None or not name.startswith(("media_search", "users_search"))


# What SQLite does to a table as it is; anything else makes the table anew, in a batch.
IN_PLACE = (AddColumnOp, DropColumnOp, CreateIndexOp, DropIndexOp)


def without_batches(_context: object, _revision: object, scripts: list[MigrationScript]) -> None:
    """Write a batch only for a table that needs one."""
    for script in scripts:
        for ops in (*script.upgrade_ops_list, *script.downgrade_ops_list):
            ops.ops = list(_flattened(ops.ops))


def _flattened(ops: list[MigrateOperation]) -> Iterator[MigrateOperation]:
    for each in ops:
        if isinstance(each, ModifyTableOps) and all(isinstance(one, IN_PLACE) for one in each.ops):
            yield from each.ops
        else:
            yield each


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=render,
    include_name=is_ours,
    process_revision_directives=without_batches,
)

with context.begin_transaction():
    context.run_migrations()
