"""Worlds whose limits are small enough to be reached."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from server.settings import Settings
from tests.support.world import World, open_world


@asynccontextmanager
async def small_world(template: Path, folder: Path, **limits: Any) -> AsyncIterator[World]:
    """Serves a copy of the demo on SQLite with these settings. What the limits bound does not depend on the database."""
    path = folder / "enfilade.db"
    shutil.copy(template, path)
    async with open_world(Settings(dev=True, database_url=f"sqlite:///{path}", **limits)) as world:
        yield world
