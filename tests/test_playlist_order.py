"""Rule 19: what stays in a playlist keeps its place when the list is saved anew."""

from itertools import combinations, pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from resolvers.playlist_order import FARTHEST, STEP, placed

items = st.lists(st.integers(0, 8).map(lambda number: UUID(int=number)), unique=True, max_size=9)


@given(st.lists(items, min_size=1, max_size=8))
def test_as_many_as_can_be_keep_their_place_and_all_stand_in_order(saves: list[list[UUID]]) -> None:
    """Rule 19: over several saves, as a naive search through all choices has it."""
    places: dict[UUID, int] = {}
    for wanted in saves:
        before, places = places, placed(places, wanted)
        assert list(places) == wanted
        assert all(one < other for one, other in pairwise(places.values()))
        assert len([each for each in wanted if places[each] == before.get(each)]) >= most_in_order(before, wanted)


def most_in_order(before: dict[UUID, int], wanted: list[UUID]) -> int:
    staying = [before[each] for each in wanted if each in before]
    sizes = range(len(staying), -1, -1)
    return next(size for size in sizes if any(list(some) == sorted(some) for some in combinations(staying, size)))


def test_a_gap_that_is_full_puts_all_anew() -> None:
    """Rule 19: which is once in twenty saves that put something into the same gap, and moves nothing out of order."""
    places = placed({}, [UUID(int=0), UUID(int=1)])
    renewed = []
    for number in range(2, 45):
        before, places = places, placed(places, [UUID(int=0), UUID(int=number), *list(places)[1:]])
        assert all(one < other for one, other in pairwise(places.values()))
        if any(places[each] != at for each, at in before.items()):
            renewed.append(number)
    assert renewed
    assert all(later - earlier >= 20 for earlier, later in pairwise([2, *renewed]))


def test_a_list_that_only_ever_moves_on_stays_within_what_is_stored() -> None:
    """Rule 19: five hundred at the end, again and again."""
    places = placed({}, [UUID(int=number) for number in range(500)])
    for start in range(0, 5_000, 250):
        places = placed(places, [UUID(int=number) for number in range(start, start + 500)])
        assert all(abs(each) <= FARTHEST for each in places.values())
    assert max(places.values()) >= STEP
