"""What is raised and logged while the database is away."""

import logging
from typing import Any

from models.errors import Unavailable
from models.seldom import Seldom

AWAY = Seldom(logging.getLogger(__name__), "the database does not answer")
BUSY = Seldom(logging.getLogger(__name__), "a statement waited too long, or lost every race")


class Away(Unavailable):
    """The database does not answer at all. Nothing was changed."""


class OutcomeUnknown(Unavailable):
    """The connection broke, or the process had to stop, while COMMIT was on its way. The change may have been committed."""

    def __init__(self, why: str = "the database did not answer") -> None:
        super().__init__(
            f"It is unknown whether this was done: {why}. Read the state, or try again in 2 s with the same idempotencyKey."
        )

    @property
    def extensions(self) -> dict[str, Any]:
        return super().extensions | {"outcome": "UNKNOWN"}


def reason_of(error: BaseException) -> object:
    """Returns the driver's error, whose text has neither the statement nor its parameters."""
    return getattr(error, "orig", error)
