"""The addresses that the server may connect to for others: those of the public internet (rule 95)."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address
_NOT_PUBLIC = [
    ip_network(each)
    for each in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; clouds have metadata here
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's own services, under an address that looks public
        "169.254.0.0/16",  # link-local; clouds have metadata here
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays to 6to4
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "2001::/23",  # protocols' own, such as Teredo, which holds IPv4 addresses
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which holds IPv4 addresses
        "3fff::/20",  # documentation
    )
]
# All other IPv6 addresses are loopback, private, link-local, multicast, mapped IPv4, NAT64, or not given to anyone.
_GLOBAL_UNICAST = ip_network("2000::/3")


def is_public(address: Address) -> bool:
    """Returns whether the address is of the public internet, and holds no other address."""
    if address.version == 6 and (address not in _GLOBAL_UNICAST or address.scope_id is not None):
        return False
    return not any(address in network for network in _NOT_PUBLIC)


class Reachable:
    """The addresses that webhooks may be sent to: public ones, and those of the operator's `networks`."""

    def __init__(self, networks: Iterable[str] = ()) -> None:
        self._networks = [ip_network(each) for each in networks]

    def allows(self, address: Address) -> bool:
        """Returns whether the server may connect to the address."""
        return is_public(address) or any(address in network for network in self._networks)

    def may_be(self, host: str) -> bool:
        """Returns whether a host may have such an address. Names are only known when they are resolved."""
        try:
            return self.allows(ip_address(host))
        except ValueError:
            return True
