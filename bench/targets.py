"""What is aimed at, as ratios of figures of one run where that is possible, and what the run gave."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench import fanout, page, posting
from bench.figures import Row
from bench.site import POSTGRESQL, SQLITE

Parts = Mapping[str, Sequence[Row]]


@dataclass(frozen=True)
class Target:
    """A figure of a run and its bound. `figure` raises LookupError if the run did not measure it."""

    name: str
    figure: Callable[[Parts], float]
    most: float | None = None
    least: float | None = None

    def row(self, parts: Parts) -> dict[str, Any] | None:
        """Returns the target with its figure, or None if it was not measured."""
        try:
            figure = self.figure(parts)
        except LookupError:
            return None
        met = figure <= self.most if self.most is not None else figure >= (self.least or 0)
        bound = f"at most {self.most:g}" if self.most is not None else f"at least {self.least:g}"
        return {"target": self.name, "bound": bound, "figure": float(figure), "met": "yes" if met else "no"}


COLUMNS = {"target": "target", "bound": "bound", "figure": "this run", "met": "met"}


def met(parts: Parts) -> list[Row]:
    """Returns a row for each target of which this run has the figures."""
    return [row for target in TARGETS if (row := target.row(parts))]


def one(rows: Iterable[Row], **wanted: Any) -> Row:
    """Returns the row with these values. Raises LookupError if there is none."""
    for row in rows:
        if all(row.get(key) == value for key, value in wanted.items()):
            return row
    raise LookupError(wanted)


def of_fanout(key: str, server: str, to: str, subscribers: int = 300) -> Callable[[Parts], float]:
    """Returns what divides a server's figure by another one's, in the part `fanout`."""

    def figure(parts: Parts) -> float:
        rows = parts["fanout"]
        of, unit = (one(rows, server=each, subscribers=subscribers)[key] for each in (server, to))
        return float(of / unit)

    return figure


def of_page(key: str, server: str, to: str) -> Callable[[Parts], float]:
    """Returns what divides a server's figure by another one's, for the page from PostgreSQL."""

    def figure(parts: Parts) -> float:
        rows = parts["page"]
        of, unit = (one(rows, server=each, database=POSTGRESQL, work="page")[key] for each in (server, to))
        return float(of / unit)

    return figure


def _growth(parts: Parts) -> float:
    few, many = (one(parts["fanout"], server=fanout.OURS, subscribers=count) for count in (100, 2_000))
    return float(many["further_us"] / few["further_us"])


def _idle(parts: Parts) -> float:
    return max(float(row["idle_kib"]) for row in parts["fanout"] if row["server"] == fanout.OURS)


def _grown(work: str) -> Callable[[Parts], float]:
    def figure(parts: Parts) -> float:
        found = [float(row["memory_x"]) for row in parts["endurance"] if row["work"] == work]
        if not found:
            raise LookupError(work)
        return found[-1]

    return figure


def _uncut(parts: Parts) -> float:
    return float(sum(row["subscribers"] - row["cut"] for row in parts["endurance"] if row["work"] == "they are cut"))


def _posts(database: str) -> Callable[[Parts], float]:
    writers = max(posting.WRITERS)
    return lambda parts: float(one(parts["posting"], database=database, subscribers=0, writers=writers)["rate"])


def _beside(what: str) -> Callable[[Parts], float]:
    return lambda parts: float(parts["catching_up"][-1][f"{what}_p99_ms"])


def _faults(parts: Parts) -> float:
    return float(sum(row["lost"] + row["repeated"] + row["disordered"] for row in parts["storm"]))


_HERE = "300 subscribers"
TARGETS = (
    Target(f"{_HERE}: CPU of a delivery, of the raw loop's", of_fanout("cpu_us", fanout.OURS, fanout.LIMIT), most=1.1),
    Target(
        f"{_HERE}: of each further one, of the raw loop's", of_fanout("further_us", fanout.OURS, fanout.LIMIT), most=1.1
    ),
    Target(
        f"{_HERE}: CPU of a delivery, of mercurius's", of_fanout("cpu_us", fanout.OURS, fanout.MERCURIUS), most=0.35
    ),
    Target(f"{_HERE}: stock Strawberry's, of ours", of_fanout("cpu_us", fanout.STOCK, fanout.OURS), least=10),
    Target(f"{_HERE}: p99 to receipt, of mercurius's", of_fanout("p99_ms", fanout.OURS, fanout.MERCURIUS), most=1),
    Target("CPU of each further one at 2,000, of that at 100", _growth, most=1.3),
    Target("an idle subscriber, KiB", _idle, most=40),
    Target("memory after the last event, of that after the first 100,000", _grown("posts"), most=1.02),
    Target("memory after the last clients that stalled, of that after the first", _grown("they are cut"), most=1.02),
    Target("stalled clients that were not cut", _uncut, most=0),
    Target("page: CPU, of the hand-written endpoint's", of_page("cpu_us", page.OURS, page.LIMIT), most=1.4),
    Target("page: CPU, of mercurius's with loaders", of_page("cpu_us", page.OURS, page.MERCURIUS), most=1),
    Target("page: requests/s, of mercurius's with loaders", of_page("rate", page.OURS, page.MERCURIUS), least=1),
    Target("posts/s from 32 writers, SQLite", _posts(SQLITE), least=2_000),
    Target("posts/s from 32 writers, PostgreSQL", _posts(POSTGRESQL), least=800),
    Target("a post beside 28 replays, p99 ms", _beside("post"), most=100),
    Target("a page beside 28 replays, p99 ms", _beside("query"), most=100),
    Target("a connect beside 28 replays, p99 ms", _beside("connect"), most=100),
    Target("storm: lost, repeated or out of order", _faults, most=0),
    Target("webinar: people who did not see all", lambda parts: sum(row["blind"] for row in parts["entering"]), most=0),
)
