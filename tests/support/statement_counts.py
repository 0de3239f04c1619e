"""Counts the statements that an operation runs."""

from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Engine, event

from models.permissions import Role, Viewer
from schema.context import Context
from schema.root import schema
from tests.support.admin_mutations import ADMIN
from tests.support.statement_log import OWN_ACCOUNT
from tests.support.world import World

COUNTED: ContextVar[list[str] | None] = ContextVar("COUNTED", default=None)


def _note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
    seen = COUNTED.get()
    if seen is not None:
        seen.append(statement)


@contextmanager
def _counted() -> Iterator[list[str]]:
    # A context variable, because operations that run at the same time are not counted.
    event.listen(Engine, "before_cursor_execute", _note)
    seen: list[str] = []
    token = COUNTED.set(seen)
    try:
        yield seen
    finally:
        COUNTED.reset(token)
        event.remove(Engine, "before_cursor_execute", _note)


async def statements_of(world: World, who: str, document: str, given: dict[str, Any], *scopes: str) -> list[str]:
    """Runs a mutation, which must succeed. Returns its SQL without BEGIN and COMMIT. "admin" is a site admin."""
    data, seen = await _counting(world, who, document, {"input": given}, *scopes)
    (payload,) = data.values()
    assert payload["userErrors"] == []
    return [statement for statement in seen if not statement.startswith(OWN_ACCOUNT)]


async def statements(world: World, viewer: Viewer, document: str, of: str) -> list[str]:
    """Returns the SQL that an operation on this id runs until its first answer, whatever that is."""
    with _counted() as seen:
        context = Context(world.process.services, viewer)
        async with aclosing(
            await schema.stream(document, variable_values={"id": of}, context_value=context)
        ) as answers:
            await anext(answers)
    return seen


async def counting_query(world: World, who: str, document: str, **variables: Any) -> tuple[dict[str, Any], list[str]]:
    """Runs a query, which must succeed. Returns its data, and its SQL without BEGIN and COMMIT."""
    data, seen = await _counting(world, who, document, variables)
    return data, [statement for statement in seen if not statement.startswith(OWN_ACCOUNT)]


async def _counting(
    world: World, who: str, document: str, variables: dict[str, Any], *scopes: str
) -> tuple[dict[str, Any], list[str]]:
    scopes = (ADMIN,) if who == "admin" else scopes
    viewer = (await world.process.accounts.of_token(world.token(who, *scopes))).viewer
    assert (Role.SITE_ADMIN in viewer.site_roles) is (ADMIN in scopes)
    with _counted() as seen:
        context = Context(world.process.services, viewer)
        result = await schema.execute(document, variable_values=variables, context_value=context)
    assert result.errors is None, result.errors
    assert result.data
    return result.data, seen
