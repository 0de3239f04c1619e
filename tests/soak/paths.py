"""Which paths of the server a run has taken, as far as clients can tell: they are derived from its notes."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from tests.soak.history import Acknowledged, Deviated, Fault, Logged, Opened, Told, Tried, read
from tests.soak.profiles import RING
from tests.soak.schedule import Schedule

REPLAY, RING_MISS, LOST_WAKE_UP, RESET, EXPIRED = "replay", "ring miss", "lost wake-up", "reset", "cursor expired"
BROKEN_BUS = {"Valkey killed", "Valkey stopped", "bus black hole", "bus held"}
LONG = 120  # seconds; a shorter run need not take every path


def expected(schedule: Schedule) -> set[str]:
    """Returns the paths that a run with this schedule takes."""
    paths = {REPLAY}
    if "backup restored" in schedule.kinds:
        paths.add(RESET)
    if schedule.seconds >= LONG:
        paths.add(RING_MISS)
        if "retention trimmed" in schedule.kinds:
            paths.add(EXPIRED)
        if "Valkey killed" in schedule.kinds:
            paths.add(LOST_WAKE_UP)
    return paths


def taken(folder: Path) -> Counter[str]:
    """Returns how often the run took each path."""
    run = _Run(folder)
    found: Counter[str] = Counter()
    for note in read(folder):
        match note:
            case Deviated(code="STREAM_RESET"):
                found[RESET] += 1
            case Deviated(code="CURSOR_EXPIRED"):
                found[EXPIRED] += 1
            case Opened():
                run.opened[note.subscriber] = note
            case Told():
                found.update(run.paths_of(note))
    return found


class _Run:
    """What is known of the whole run before its deliveries are looked at."""

    def __init__(self, folder: Path) -> None:
        self.opened: dict[str, Opened] = {}
        self._numbers: dict[str, tuple[str, int]] = {}  # by cursor
        self._server: dict[str, str] = {}  # to which a mutation was sent last, by its key
        self._acknowledged: dict[str, Acknowledged] = {}  # by cursor
        self._broken: list[tuple[float, float]] = []
        self._last: dict[str, int] = {}  # the number of the last entry that each subscriber was told
        self._replayed: set[tuple[str, int]] = set()
        self._missed: set[tuple[str, int]] = set()
        self._read(folder)

    def paths_of(self, told: Told) -> Iterator[str]:
        """Yields the paths that this delivery shows."""
        gallery, number = self._numbers.get(told.cursor, ("", 0))
        opened, stream = self.opened.get(told.subscriber), (told.subscriber, told.attempt)
        if not number or not opened:
            return
        before = self._last.get(told.subscriber, number)
        self._last[told.subscriber] = number
        head = self._head(gallery, opened.at)
        if opened.after and number <= head and stream not in self._replayed:
            self._replayed.add(stream)
            yield REPLAY
            if head - before > RING:
                yield RING_MISS
        if self._was_found_by_polling(told, opened):
            yield LOST_WAKE_UP

    def _was_found_by_polling(self, told: Told, opened: Opened) -> bool:
        written = self._acknowledged.get(told.cursor)
        if not written or self._server.get(written.key) == opened.server:
            return False
        return any(begin < written.at and told.at < end for begin, end in self._broken)

    def _head(self, gallery: str, at: float) -> int:
        """Returns the number of an entry that was in the log at this time: at least the last acknowledged one."""
        times, heads = self._heads.get(gallery, ([], []))
        place = bisect_right(times, at)
        return heads[place - 1] if place else 0

    def _read(self, folder: Path) -> None:
        begun: dict[tuple[str, str], float] = {}
        for note in read(folder):
            match note:
                case Logged():
                    self._numbers[note.cursor] = note.gallery, note.number
                case Tried():
                    self._server[note.key] = note.server
                case Acknowledged(cursor=str(cursor)):
                    self._acknowledged[cursor] = note
                case Fault(phase="begin") if note.kind in BROKEN_BUS:
                    begun[note.kind, note.target] = note.at
                case Fault(phase="end") if note.kind in BROKEN_BUS:
                    self._broken.append((begun[note.kind, note.target], note.at))
        self._heads = self._all_heads()

    def _all_heads(self) -> dict[str, tuple[list[float], list[int]]]:
        """Returns, for each gallery, the times of acknowledgements and the head of the log at these times."""
        written: dict[str, list[tuple[float, int]]] = defaultdict(list)
        for cursor, note in self._acknowledged.items():
            if cursor in self._numbers:
                gallery, number = self._numbers[cursor]
                written[gallery].append((note.at, number))
        heads = {}
        for gallery, each in written.items():
            each.sort()
            heads[gallery] = [at for at, _ in each], list(accumulate((number for _, number in each), max))
        return heads
