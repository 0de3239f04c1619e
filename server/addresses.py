"""Clients' addresses, as the bounds for each address count them."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.types import Scope

LOCAL = "local"
"""The address of clients without one, for example on a Unix socket."""
Network = IPv4Network | IPv6Network


@lru_cache(maxsize=4096)
def neighbourhood(host: str) -> str:
    """Returns what counts as one address: an IPv4 address, or the /64 network of an IPv6 address.

    A provider gives a whole /64 to one customer, who could otherwise take a new address for each connection.
    """
    address = _parsed(host)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address) if address else host


def address_of(scope: Scope) -> str:
    """Returns the address that sent a request. Behind trusted proxies it is the forwarded one."""
    client = scope.get("client")
    return neighbourhood(client[0]) if client else LOCAL


def is_within(host: str, networks: tuple[Network, ...]) -> bool:
    """Returns whether the host is in one of the networks."""
    address = _parsed(host) if networks else None
    return address is not None and any(address in each for each in networks)


def networks_of(proxies: tuple[str, ...]) -> tuple[Network, ...]:
    """Returns addresses and networks in text as networks. Raises ValueError if one is neither."""
    return tuple(ip_network(each) for each in proxies)


def _parsed(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
