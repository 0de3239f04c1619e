"""Inserts many users at once, where signing in one by one would take too long."""

from typing import Any

from models.database.transaction import Transaction
from resolvers.people import Profile, user_of_profile
from schema.types.ids import global_id
from server.accounts import THE_SERVER
from tests.support.world import World


async def many_users(world: World, count: int) -> list[str]:
    async def work(tx: Transaction) -> list[Any]:
        return [
            (await user_of_profile(tx, Profile("test", f"many-{each}", f"Many {each}", None, None, None))).id
            for each in range(count)
        ]

    return [global_id("User", each) for each in await world.database.transact(THE_SERVER, "test", work)]
