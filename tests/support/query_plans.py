"""The plans of the statements that an operation runs: no growing table is scanned, and few rows are read and sorted."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from schema.context import Context
from schema.root import schema
from server.tokens import issue_token
from tests.support.large_site import LARGE, STUDENT
from tests.support.statement_log import OWN_ACCOUNT, heard
from tests.support.world import World

GROWING = (
    "media",
    "users",
    "memberships",
    "log_entries",
    "room_sessions",
    "questions",
    "chat_messages",
    "audit_records",
)
TOLD = ("Node Type", "Relation Name", "Index Name", "Index Cond", "Filter", "Actual Rows", "Actual Loops")
Statement = tuple[str, Sequence[Any]]


async def check(world: World, statements: Sequence[Statement], most: int) -> None:
    """Checks that no statement scans a table, or reads or sorts more than `most` rows."""
    assert statements
    url = world.settings.database_url
    if url.startswith("sqlite"):
        check_on_sqlite(str(make_url(url).database), statements)
        return
    reader = await asyncpg.connect(url, statement_cache_size=0)
    try:
        for text, parameters in statements:
            for mode in ("force_custom_plan", "force_generic_plan"):
                nodes = nodes_of(await plan_of(reader, text, parameters, mode))
                wrong = [
                    told(node) for node in nodes if is_whole(node) or (rows_of(node) > most and not is_small(node))
                ]
                assert wrong == [], (mode, text)
    finally:
        await reader.close()


def check_on_sqlite(path: str, statements: Sequence[Statement]) -> None:
    with closing(sqlite3.connect(path)) as reader:
        for text, parameters in statements:
            steps = [row[3] for row in reader.execute(f"EXPLAIN QUERY PLAN {text}", tuple(parameters))]
            assert scanned(steps) == [], (text, steps)


def scanned(steps: Sequence[str]) -> list[str]:
    """Returns the steps that scan a whole table, or sort rows outside of a bounded subquery."""
    bounded = any(step.startswith("CO-ROUTINE") for step in steps)
    whole = tuple(f"SCAN {table}" for table in GROWING)
    return [
        step
        for step in steps
        if (step.startswith(whole) and "USING" not in step and "VIRTUAL" not in step)
        or ("TEMP B-TREE" in step and "ORDER BY" in step and not bounded)
    ]


async def plan_of(reader: "asyncpg.Connection[Any]", text: str, parameters: Sequence[Any], mode: str) -> dict[str, Any]:
    await reader.execute(f"SET jit = off; SET plan_cache_mode = {mode}; PREPARE asked AS {text}")
    given = f"({', '.join(map(literal, parameters))})" if parameters else ""
    (plan,) = json.loads(await reader.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE asked{given}"))
    await reader.execute("DEALLOCATE asked")
    return dict(plan["Plan"])


def literal(value: Any) -> str:
    if value is None or isinstance(value, int):
        return "NULL" if value is None else str(value)
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return "'" + text.replace("'", "''") + "'"


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes_of(below)


def is_whole(node: dict[str, Any]) -> bool:
    return node["Node Type"] == "Seq Scan" and node["Relation Name"] in GROWING and node["Actual Loops"] > 0


def told(node: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key in TOLD or key.startswith("Rows Removed")}


def is_small(node: dict[str, Any]) -> bool:
    return node.get("Relation Name") in ("galleries", "groups")  # small tables, which are scanned


def rows_of(node: dict[str, Any]) -> float:
    """Returns the number of rows that the node read, over all its loops."""
    thrown_away = sum(node.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Index Recheck", "Join Filter"))
    return float((node["Actual Rows"] + thrown_away) * node["Actual Loops"])


async def statements_of(world: World, who: str, document: str, variables: dict[str, Any]) -> list[Statement]:
    """Returns the operation's statements on the tables that grow."""
    given = {"course": LARGE, **variables} if "$course" in document else dict(variables)
    if "ownerId" in given.get("filter", {}):
        viewer = await run(world, STUDENT, "{ viewer { id } }", {})
        given["filter"] = {"ownerId": viewer["viewer"]["id"]}
    await run(world, who, document, given)  # first, so that the account is cached
    with heard(Engine, "before_cursor_execute") as calls:
        found = await run(world, who, document, given)
    assert found
    return [(text, parameters) for _, _, text, parameters, *_ in calls if not text.startswith(OWN_ACCOUNT)]


async def run(world: World, who: str, document: str, variables: dict[str, Any]) -> dict[str, Any]:
    account = await world.process.accounts.of_token(issue_token(world.settings, who, name=f"{who} Student"))
    context = Context(world.process.services, account.viewer)
    result = await schema.execute(document, variable_values=variables, context_value=context)
    assert result.errors is None
    return dict(result.data or {})
