"""A schedule can be repeated, and a long one has every kind of fault."""

import pytest

from tests.soak.profiles import PROFILES
from tests.soak.schedule import KINDS, Schedule


@pytest.mark.parametrize("profile", PROFILES)
def test_the_same_seed_makes_the_same_faults(profile: str) -> None:
    assert Schedule(7, profile, 60).parts == Schedule(7, profile, 60).parts
    assert Schedule(7, profile, 60).parts != Schedule(8, profile, 60).parts


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("seed", range(20))
def test_ten_minutes_have_every_kind_again_and_again(profile: str, seed: int) -> None:
    schedule = Schedule(seed, profile, 600, older=True)
    planned = [fault.kind for faults in schedule.parts.values() for fault in faults]
    assert schedule.left_out == []
    assert min(planned.count(kind) for kind in planned if not kind.is_once) >= 3
    assert [kind.name for kind in planned if kind.is_first] == ["old and new version"]
    assert schedule.parts["servers"][0].kind.is_first


@pytest.mark.parametrize("profile", PROFILES)
def test_a_short_run_says_what_it_leaves_out(profile: str) -> None:
    schedule = Schedule(1, profile, 15)
    assert schedule.left_out
    assert schedule.kinds | set(schedule.left_out) == {kind.name for kind in KINDS if profile in kind.profiles}
    ends = [fault.at + fault.seconds for faults in schedule.parts.values() for fault in faults]
    assert max(ends) <= 15


def test_kinds_have_different_names() -> None:
    names = [kind.name for kind in KINDS]
    assert len(names) == len(set(names))
