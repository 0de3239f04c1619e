"""Alembic runs this file for each command. There is no alembic.ini: models/database/migrate.py passes the connection."""

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
    """Returns the storage type of our column types, so that a migration does not change with our code."""
    return f"sa.{item.impl!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Returns whether models/ declares the table. SQLite's full-text tables exist only in migrations."""
    return kind != "table" or name is None or not name.startswith(("media_search", "users_search"))


# SQLite makes these changes to an existing table. For any other change, Alembic creates the table again, in a batch.
IN_PLACE = (AddColumnOp, DropColumnOp, CreateIndexOp, DropIndexOp)


def without_batches(_context: object, _revision: object, scripts: list[MigrationScript]) -> None:
    """Removes the batch around changes that need none."""
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
    on_version_apply=context.config.attributes.get("on_version_apply"),
)

with context.begin_transaction():
    context.run_migrations()
