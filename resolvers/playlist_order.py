"""Positions of a playlist's items.

Items that stay in order keep their positions, so that paging can continue (rule 19). Positions are visible in page
cursors, and hidden items (those that wait for review, rule 16) have positions between visible ones. So positions are
drawn uniformly from a range that does not depend on the number of items: visible positions do not reveal whether there
are hidden items.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import pairwise
from secrets import SystemRandom
from uuid import UUID

FARTHEST = 2**31 - 1
WHOLE = range(-(2**29), 2**29)
AT_AN_END = 2**24

_RANDOM = SystemRandom()


def new_places(before: Mapping[UUID, int], wanted: Sequence[UUID]) -> dict[UUID, int]:
    """Returns a position for each of `wanted`, growing in their order.

    As many items as possible keep their position in `before`. If the new items do not fit into a gap, all items get new
    positions.
    """
    keeping = _growing([before.get(each) for each in wanted])
    known = [(at, before[wanted[at]]) for at in keeping]
    if not known:
        return _anew(wanted)
    start, end = (-1, known[0][1] - AT_AN_END), (len(wanted), known[-1][1] + AT_AN_END)
    places: list[int] = []
    for (here, low), (there, high) in pairwise([start, *known, end]):
        gap, needed = range(low + 1, high), there - here - 1
        if needed > len(gap):
            return _anew(wanted)
        places += [*sorted(_RANDOM.sample(gap, needed)), high]
    fits = all(abs(place) < FARTHEST for place in places[:-1])
    return dict(zip(wanted, places[:-1], strict=True)) if fits else _anew(wanted)


def _anew(wanted: Sequence[UUID]) -> dict[UUID, int]:
    return dict(zip(wanted, sorted(_RANDOM.sample(WHOLE, len(wanted))), strict=True))


def _growing(values: Sequence[int | None]) -> list[int]:
    """Returns the indexes of a longest increasing subsequence, by patience sorting (Fredman 1975)."""
    tails: list[int] = []  # the lowest last value of the subsequences of each length
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
