"""python -m server user show | suspend | unsuspend: what site admins do with users, at the command line."""

import argparse
from collections.abc import Awaitable, Callable
from uuid import UUID

from models.database.database import Database
from models.database.transaction import Transaction
from resolvers.suspensions import suspend_user, unsuspend_user
from server.operator import OPERATOR, with_database
from server.people_found import all_about, user_named
from server.settings import Settings

Change = Callable[[Transaction, UUID], Awaitable[UUID]]
CHANGES: dict[str, tuple[str, Change, str]] = {
    "suspend": ("suspendUser", suspend_user, "Connections end within 5 seconds."),
    "unsuspend": ("unsuspendUser", unsuspend_user, "Requests are accepted within 3 seconds."),
}


def main(settings: Settings, arguments: argparse.Namespace) -> None:
    """Shows the user, after the change if there is one. Raises CommandFailed."""

    async def work(database: Database) -> None:
        user = await user_named(database.reads, arguments.who)
        if arguments.act in CHANGES:
            action, change, told = CHANGES[arguments.act]
            await database.transact(OPERATOR, action, lambda tx: change(tx, user.id))
            print(told)
            user = await user_named(database.reads, arguments.who)
        for heading, value in (await all_about(database.reads, user)).lines().items():
            print(f"{heading:<10} {value or '-'}")

    with_database(settings, work)
