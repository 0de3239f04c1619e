"""Retries with an idempotency key, as clients on bad networks send them (rule 62)."""

import asyncio
from typing import Any

from tests.support.stored_state import fold_all, read_state
from tests.support.world import World


async def retry(world: World, who: str, verb: str, document: str, given: dict[str, Any]) -> None:
    """Sends a mutation repeatedly with one key, and checks that it runs once, logs once, and answers alike.

    Each answer has the same payload and cursor, also when the retries are simultaneous. Another input with the same key
    is refused.
    """
    keyed = given | {"idempotencyKey": "key"}
    before = await read_state(world.database)
    answers = await asyncio.gather(*(world.query(who, document, input=keyed) for _ in range(5)))
    done = await read_state(world.database)
    assert done == await fold_all(world.database, before) != before
    assert all(answer == answers[0] for answer in answers)
    assert (answers[0][verb]["userErrors"], answers[0][verb]["cursor"] is None) == ([], False)
    assert await world.mutate(who, document, input=keyed) == answers[0][verb]
    assert await read_state(world.database) == done
    refusal = await world.refused(who, document, input=keyed | {next(iter(given)): "another"})
    assert (refusal["code"], refusal["field"]) == ("IDEMPOTENCY_MISMATCH", ["input", "idempotencyKey"])
