"""How every mutation runs: in one transaction, with refusals in the payload, and once for each idempotency key."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

import orjson
import strawberry
from pydantic import TypeAdapter

from models.database.away import Away, OutcomeUnknown
from models.database.transaction import Transaction
from models.errors import Conflict, Refusal, Unavailable
from models.events.log import Recorded
from models.tables import idempotency
from models.values.text import KEY_LIMIT, clean_line
from schema.context import Info
from schema.execution.ahead import load_ahead
from schema.execution.time_limits import run_to_its_end
from schema.mutations.payloads import Payload
from schema.types.errors import user_errors
from schema.types.scalars import EventCursor

P = TypeVar("P", bound=Payload)
Work = Callable[[Transaction], Awaitable[Any]]


async def mutate(
    info: Info, payload: type[P], outcome: Any, given: Any, work: Work, *, after_conflict: Any = None
) -> P:
    """Runs `work` in a transaction and returns a `payload`, whose fields are loaded in that same transaction.

    `outcome` is the type of what `work` returns. That result is stored under the input's idempotency key, if the input
    has one. After a CONFLICT, the payload shows the current state of `after_conflict`, which stands in for the outcome.
    After UNAVAILABLE, the mutations that follow in the operation are refused as well, without waiting again.
    Raises Away if the database is away before anything of the operation was answered, and OutcomeUnknown.
    """
    context = info.context
    key = getattr(given, "idempotency_key", None)
    queue = getattr(given, "room_id", None)
    fingerprint = "" if key is None else _fingerprint(info.field_name, given)

    running: Transaction | None = None
    answer: P | None = None

    async def work_and_load(tx: Transaction) -> P:
        nonlocal running, answer
        running = tx
        done, recorded = await _once(tx, key, fingerprint, context.services.database.clock(), outcome, work)
        cursor = context.services.cursors.of_entry(recorded.gallery_id, recorded.position) if recorded else None
        answer = await load_ahead(info, payload(outcome=done, cursor=EventCursor(cursor) if cursor else None), tx)
        return answer

    def committing() -> bool:
        return running is not None and running.committing

    async def run() -> P:
        try:
            if context.out_of_reach:
                raise Unavailable
            return await context.services.database.transact(
                context.viewer, info.field_name, work_and_load, queue, repeatable=key is not None
            )
        except asyncio.CancelledError:
            if committing() and answer:
                # SQLite's thread had already begun to commit when it was about to be stopped, and it finished the
                # commit.
                return answer
            raise
        except OutcomeUnknown:
            raise
        except Refusal as refusal:
            context.out_of_reach = isinstance(refusal, Unavailable)
            if isinstance(refusal, Away) and not context.answered:
                raise
            present = after_conflict if isinstance(refusal, Conflict) else None
            async with context.services.database.snapshot(context.viewer) as snapshot:
                return await load_ahead(
                    info, payload(outcome=present, user_errors=user_errors(refusal, info)), snapshot
                )

    answer_or_refusal = await run_to_its_end(run(), context.deadline, committing)
    context.answered = True
    return answer_or_refusal


async def _once(
    tx: Transaction, key: str | None, fingerprint: str, at: datetime, outcome: Any, work: Work
) -> tuple[Any, Recorded | None]:
    if key is None:
        return await work(tx), tx.last
    key = clean_line(key, KEY_LIMIT, "input", "idempotencyKey")
    adapter = _adapter(tuple[outcome, Recorded | None])
    # `tx.now` would be wrong here, because it must be read after the gallery's lock is taken.
    while not await idempotency.claim(tx, tx.viewer.id, key, fingerprint, at):
        kept = await idempotency.recall(tx, tx.viewer.id, key, fingerprint)
        if kept is not None:
            done, recorded = adapter.validate_python(kept["result"])
            return done, recorded
    result = await work(tx), tx.last
    await idempotency.keep(tx, tx.viewer.id, key, {"result": adapter.dump_python(result, mode="json")})
    return result


def _fingerprint(mutation: str, given: Any) -> str:
    body = orjson.dumps([mutation, strawberry.asdict(given)], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(body).hexdigest()


@lru_cache
def _adapter(of: Any) -> TypeAdapter[Any]:
    return TypeAdapter(of)
