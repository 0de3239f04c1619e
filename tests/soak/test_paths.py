"""The paths of the server are found in the notes of a run, and not where they were not taken."""

from pathlib import Path

import pytest

from tests.soak.history import Acknowledged, Deviated, Fault, History, Logged, Note, Opened, Told, Tried
from tests.soak.paths import EXPIRED, LOST_WAKE_UP, REPLAY, RESET, RING_MISS, taken
from tests.soak.profiles import RING


def opened(at: float, attempt: int, server: str, after: str | None) -> Opened:
    return Opened(at, "s", attempt, server, "sse", "roomEvents", "room", "g", "viewer", after)


def written(number: int, at: float, server: str = "a") -> list[Note]:
    key, cursor = f"key {number}", f"cursor {number}"
    entry = Logged("g", number, cursor, "MessagePosted", "", "all")
    return [Tried(at, "w", key, "", "postMessage", "g", server), Acknowledged(at, key, cursor), entry]


def told(number: int, at: float, attempt: int = 0) -> Told:
    return Told(at, "s", attempt, f"cursor {number}", "MessagePosted", "", "")


def broken(begin: float, end: float) -> list[Note]:
    return [Fault(begin, "Valkey killed", "Valkey", "begin"), Fault(end, "Valkey killed", "Valkey", "end")]


MANY = [note for number in range(1, RING + 3) for note in written(number, at=number / 100)]
FOUND: list[tuple[list[Note], dict[str, int]]] = [
    ([*written(1, at=2), opened(1, 0, "b", None), told(1, 2.1)], {}),
    ([*written(1, at=2), opened(1, 0, "b", "c"), told(1, 2.1)], {}),  # it went on live
    ([*written(1, 1), *written(2, 2), opened(0, 0, "b", None), told(1, 1.1), opened(3, 1, "b", "c"), told(2, 3.1, 1)], {REPLAY: 1}),
    ([*MANY, opened(0, 0, "b", None), told(1, 0.1), opened(9, 1, "b", "c"), told(2, 9.1, 1)], {REPLAY: 1, RING_MISS: 1}),
    ([*written(1, at=2), *broken(1, 9), opened(0, 0, "b", None), told(1, 3.5)], {LOST_WAKE_UP: 1}),
    ([*written(1, at=2), *broken(1, 3), opened(0, 0, "b", None), told(1, 3.5)], {}),
    ([*written(1, at=2, server="b"), *broken(1, 9), opened(0, 0, "b", None), told(1, 2.1)], {}),
    ([Deviated(1, "s", 0, "STREAM_RESET"), Deviated(1, "s", 1, "CURSOR_EXPIRED")], {RESET: 1, EXPIRED: 1}),
]  # fmt: skip


@pytest.mark.parametrize(("notes", "found"), FOUND)
def test_paths_are_found(notes: list[Note], found: dict[str, int], tmp_path: Path) -> None:
    history = History(tmp_path / "notes.jsonl")
    for note in notes:
        history.note(note)
    history.close()
    assert taken(tmp_path) == found
