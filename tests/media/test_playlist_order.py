"""Rule 19: media that stay in a playlist keep their position number when the list is saved again."""

from itertools import combinations, pairwise
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from resolvers.playlist_order import FARTHEST, new_places

items = st.lists(st.integers(0, 8).map(lambda number: UUID(int=number)), unique=True, max_size=9)


@given(st.lists(items, min_size=1, max_size=8))
def test_as_many_as_can_be_keep_their_place_and_all_stand_in_order(saves: list[list[UUID]]) -> None:
    """Rule 19: over several saves, compared with an exhaustive search."""
    places: dict[UUID, int] = {}
    for wanted in saves:
        before, places = places, new_places(places, wanted)
        assert list(places) == wanted
        assert all(one < other for one, other in pairwise(places.values()))
        assert len([each for each in wanted if places[each] == before.get(each)]) >= most_in_order(before, wanted)


def most_in_order(before: dict[UUID, int], wanted: list[UUID]) -> int:
    staying = [before[each] for each in wanted if each in before]
    sizes = range(len(staying), -1, -1)
    return next(size for size in sizes if any(list(some) == sorted(some) for some in combinations(staying, size)))


def test_a_gap_that_is_full_puts_all_anew() -> None:
    """Rule 19: all items get new places, and keep their order."""
    places = new_places({}, [UUID(int=0), UUID(int=1)])
    renewed = 0
    for number in range(2, 150):
        before, places = places, new_places(places, [UUID(int=0), UUID(int=number), *list(places)[1:]])
        assert all(one < other for one, other in pairwise(places.values()))
        renewed += any(places[each] != at for each, at in before.items())
    assert 0 < renewed < 30


def test_a_list_that_only_ever_moves_on_stays_within_what_is_stored() -> None:
    """Rule 19: repeatedly, the first items are removed and new ones are added at the end of five hundred."""
    places = new_places({}, [UUID(int=number) for number in range(500)])
    for start in range(0, 5_000, 250):
        places = new_places(places, [UUID(int=number) for number in range(start, start + 500)])
        assert all(abs(each) < FARTHEST for each in places.values())


def test_places_do_not_tell_how_many_stand_between() -> None:
    """Rule 16: an item's place does not depend on how many items come before it, because these may wait for review."""
    alone = [new_places({}, [UUID(int=0)])[UUID(int=0)] for _ in range(400)]
    listed = [UUID(int=number) for number in range(11)]
    of_many = [new_places({}, listed)[listed[Random(seed).randrange(11)]] for seed in range(400)]
    for places in (alone, of_many):
        assert abs(sum(places) / 400) < 2**29 / 4  # this limit is seven standard deviations
        assert len(set(places)) > 390
