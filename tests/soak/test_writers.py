"""A writer whose time is over while an act's outcome is unknown begins with that act the next time."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.soak.ground import Place
from tests.soak.history import History, Tried, Unknown, read
from tests.soak.writers import Writer


async def test_an_act_is_repeated_until_its_outcome_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.soak.writers.AGAIN", (0, 0))
    monkeypatch.setattr("tests.soak.writers.PAUSE", (0, 0))
    refusing = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    address = f"http://127.0.0.1:{refusing.sockets[0].getsockname()[1]}"
    history = History(tmp_path / "load.jsonl")
    place = Place("gallery", "room", "session", 0, "")
    writer = Writer("manager-0", place, {"a": address}, lambda _name: "token", history, "seed")
    async with refusing:
        await writer.write(time.time() + 0.2)
        await writer.write(time.time() + 0.2)
        await writer.close()
    history.close()
    notes = list(read(tmp_path))
    assert sum(isinstance(note, Unknown) for note in notes) > 1
    assert len({note.key for note in notes if isinstance(note, Tried)}) == 1
