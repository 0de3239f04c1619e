"""Whether a process can serve, by part: what /readyz answers."""

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from models.database.away import AWAY
from models.errors import Unavailable
from models.tables.galleries import Gallery

if TYPE_CHECKING:
    from server.app import Process

PATIENCE = 2  # seconds for the database and the bus to answer
OK = "ok"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Readiness:
    """The state of each part: "ok", or what is wrong with it."""

    process: str  # or "stopping"
    database: str  # or "away"
    readers: str  # or "stuck": a reader of the log gets no answer, so its streams receive nothing
    bus: str  # or "away": events arrive by polling, and nothing is lost

    @property
    def serves(self) -> bool:
        """Returns whether clients should come here.

        They may while the bus is away. All processes share the bus, so otherwise all of them would leave the load
        balancer at once, for a delay of some events by a second.
        """
        return self.process == self.database == self.readers == OK

    def as_json(self) -> Mapping[str, object]:
        parts = {name: getattr(self, name) for name in self.__slots__}
        status = "not ready" if not self.serves else "ready" if self.bus == OK else "degraded"
        return {"status": status, "parts": parts}


async def readiness_of(process: "Process") -> Readiness:
    """Returns the state of each part. It takes two seconds at most."""
    found = select(Gallery.id).limit(1)
    database, bus = await asyncio.gather(
        _answers(process.database.reads.value(found), "the database"), _answers(process.bus.healthy(), "the bus")
    )
    return Readiness(
        process="stopping" if process.draining else OK,
        database=OK if database is not False else "away",
        readers="stuck" if process.services.readers.hang() else OK,
        bus=OK if bus else "away",
    )


async def _answers(asked: Awaitable[object], what: str) -> object:
    """Returns the answer, or False if there is none in time."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await asked
    except Unavailable:
        return False  # It is logged where it was raised, at most once a second.
    except TimeoutError as slow:
        AWAY.warn(slow)
        return False
    except Exception:
        logger.exception("%s does not answer", what)
        return False
