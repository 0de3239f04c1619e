"""Where a playlist's items stand: what stays in order keeps its place, so that a page that was begun goes on (rule 19)."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import pairwise
from uuid import UUID

STEP = 2**20
"""How far apart new items are put, so that others fit between: twenty times in one gap before all are put anew."""

FARTHEST = 2**31 - 1 - STEP


def placed(before: Mapping[UUID, int], wanted: Sequence[UUID]) -> dict[UUID, int]:
    """A place for each of `wanted`, growing in their order. As many as can be keep the place that `before` gives them."""
    keeping = _growing([before.get(each) for each in wanted])
    known = [(at, before[wanted[at]]) for at in keeping]
    first, last = (known[0], known[-1]) if known else ((0, 0), (0, 0))
    start = (-1, first[1] - STEP * (first[0] + 1))
    end = (len(wanted), last[1] + STEP * (len(wanted) - last[0]))
    places: list[int] = []
    for (here, low), (there, high) in pairwise([start, *known, end]):
        places += [low + (high - low) * (at - here) // (there - here) for at in range(here + 1, there + 1)]
    places = places[: len(wanted)]
    fits = all(one < other for one, other in pairwise(places)) and all(abs(each) < FARTHEST for each in places)
    return dict(zip(wanted, places if fits else range(0, STEP * len(wanted), STEP), strict=True))


def _growing(values: Sequence[int | None]) -> list[int]:
    """Indexes of a longest growing run of values, by patience sorting (Fredman 1975)."""
    tails: list[int] = []  # the lowest value that ends a run of each length
    at_tail: list[int] = []
    earlier: dict[int, int | None] = {}
    for at, value in enumerate(values):
        if value is None:
            continue
        length = bisect_left(tails, value)
        tails[length : length + 1] = [value]
        at_tail[length : length + 1] = [at]
        earlier[at] = at_tail[length - 1] if length else None
    run: list[int] = []
    at_last = at_tail[-1] if at_tail else None
    while at_last is not None:
        run.append(at_last)
        at_last = earlier[at_last]
    return run[::-1]
