"""Which connection is closed for a new one, and which is refused."""

from dataclasses import dataclass, field

from server.addresses import address_of, neighbourhood, networks_of
from server.arrivals import Arrivals
from server.places import SPARE, Places

MANY = 1000


@dataclass(eq=False)
class Connection:
    closed: bool = field(default=False)

    def evict(self) -> None:
        self.closed = True


def entered(places: Places, count: int, host: str = "192.0.2.1", *, working: bool = False) -> list[Connection]:
    """Lets connections enter, which must have a place each."""
    new = [Connection() for _ in range(count)]
    for each in new:
        assert places.enter(each, host) is None
        if working:
            places.works(each)
    return new


def test_the_one_that_was_idle_for_the_longest_time_is_closed_for_a_new_one() -> None:
    places = Places(3, MANY, Arrivals(MANY))
    first, second, third = entered(places, 3)
    places.works(first)
    places.rests(first)
    entered(places, 2)
    assert [each.closed for each in (first, second, third)] == [False, True, True]


def test_a_connection_that_works_is_never_closed_and_a_spare_one_serves_only_probes() -> None:
    places = Places(2, MANY, Arrivals(MANY))
    working = entered(places, 2, working=True)
    spare = entered(places, SPARE)
    assert all(places.serves_only_probes(each) for each in spare)
    entered(places, 1)
    assert [each.closed for each in spare] == [True, *[False] * (SPARE - 1)]
    assert not any(each.closed or places.serves_only_probes(each) for each in working)


def test_a_spare_place_becomes_a_place_when_one_is_free() -> None:
    places = Places(1, MANY, Arrivals(MANY))
    (working,) = entered(places, 1, working=True)
    one, other = entered(places, 2)
    places.leave(working)
    assert not places.serves_only_probes(one)
    assert places.serves_only_probes(other)


def test_an_address_has_a_bound_of_its_own() -> None:
    places = Places(MANY, 2, Arrivals(MANY))
    (idle,) = entered(places, 1)
    entered(places, 1, working=True)
    entered(places, 1, working=True)
    assert idle.closed
    assert places.enter(Connection(), "192.0.2.1") == "One address may have 2 connections at once."
    assert places.enter(Connection(), "192.0.2.2") is None


def test_connections_of_a_trusted_proxy_and_of_no_address_have_no_bound_of_their_own() -> None:
    places = Places(MANY, 1, Arrivals(MANY), networks_of(("192.0.2.0/24",)))
    entered(places, 9, "192.0.2.1", working=True)
    for each in range(9):
        assert places.enter(Connection(), None) is None, each


def test_nothing_is_kept_of_those_that_have_left() -> None:
    places = Places(5, 2, Arrivals(MANY))
    for number in range(50):
        (one,) = entered(places, 1, f"192.0.2.{number % 7}")
        places.leave(one)
        places.leave(one)
    for number in range(50):
        entered(places, 1, f"192.0.2.{number % 7}")
    assert (len(places._held), len(places._idle), len(places._addresses)) == (5, 5, 5)


def test_an_address_is_an_ipv4_address_or_a_network_of_ipv6() -> None:
    same = {neighbourhood(each) for each in ("2001:db8::1", "2001:db8::ffff:1", "2001:0db8:0:0:9::")}
    assert same == {"2001:db8::/64"}
    assert neighbourhood("::ffff:192.0.2.1") == neighbourhood("192.0.2.1") == "192.0.2.1"
    assert neighbourhood("unknown") == "unknown"
    assert address_of({"type": "http", "client": None}) == "local"
