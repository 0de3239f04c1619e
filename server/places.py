"""The places of this process: how many connections it holds in all, and of each address, with room kept for probes.

A connection that waits for a request or for connection_init is idle. Where there is no place for a new connection, the
one that has been idle for the longest time is closed. So connections that send nothing lock nobody out.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Protocol

from server.addresses import Network, is_within, neighbourhood
from server.arrivals import Arrivals

SPARE = 16
"""How many further connections the process takes while all places are taken. They are for probes."""
PROBES = ("/healthz", "/readyz")
"""The paths of probes."""


class Connection(Protocol):
    """A connection that has a place."""

    def evict(self) -> None:
        """Closes the connection at once."""


Idle = OrderedDict[Connection, None]


@dataclass(slots=True)
class _Address:
    name: str
    held: int = 0
    idle: Idle = field(default_factory=OrderedDict)


class Places:
    """Counts the connections of a process, and closes idle ones for new ones.

    Connections of trusted proxies have no bounds for their address.
    """

    def __init__(self, most: int, most_of_address: int, arrivals: Arrivals, proxies: tuple[Network, ...] = ()) -> None:
        self.most = most
        self._most_of_address = most_of_address
        self._arrivals = arrivals
        self._proxies = proxies
        self._held: dict[Connection, _Address] = {}
        self._spare: Idle = OrderedDict()
        self._idle: Idle = OrderedDict()
        self._addresses: dict[str, _Address] = {}

    def holder(self, host: str | None) -> str | None:
        """Returns the address whose bounds a connection from this host counts in, or None if it counts in none."""
        return None if host is None or is_within(host, self._proxies) else neighbourhood(host)

    def enter(self, connection: Connection, host: str | None) -> str | None:
        """Takes a place for a new connection, which is idle. Returns None, or why its address may not have one more."""
        name = neighbourhood(host or "")
        address = self._addresses.get(name) or _Address(name)
        if self.holder(host):
            if not self._arrivals.allow(name):
                return f"One address may open {self._arrivals.per_second} connections a second."
            if address.held >= self._most_of_address and not self._evict(address.idle):
                return f"One address may have {self._most_of_address} connections at once."
        self._addresses[name] = address
        address.held += 1
        if len(self._held) - len(self._spare) >= self.most and not self._evict(self._idle):
            self._enter_spare(connection)
        self._held[connection] = address
        self.rests(connection)
        return None

    def leave(self, connection: Connection) -> None:
        """Frees the place of a connection, if it has one."""
        address = self._held.pop(connection, None)
        if address is None:
            return
        self._spare.pop(connection, None)
        self.works(connection, address)
        address.held -= 1
        if not address.held:
            del self._addresses[address.name]

    def rests(self, connection: Connection) -> None:
        """Notes that the connection is idle from now on."""
        address = self._held.get(connection)
        if address and connection not in self._spare:
            self._idle[connection] = address.idle[connection] = None

    def works(self, connection: Connection, address: _Address | None = None) -> None:
        """Notes that the connection has a request or an acknowledged socket. It is not closed for others any more."""
        address = address or self._held.get(connection)
        self._idle.pop(connection, None)
        if address:
            address.idle.pop(connection, None)

    def serves_only_probes(self, connection: Connection) -> bool:
        """Returns whether the connection has no place but a spare one, because all places are taken."""
        if connection not in self._spare or len(self._held) - len(self._spare) >= self.most:
            return connection in self._spare
        del self._spare[connection]
        return False

    def _enter_spare(self, connection: Connection) -> None:
        if len(self._spare) >= SPARE:
            self._evict(self._spare)
        self._spare[connection] = None

    def _evict(self, idle: Idle) -> bool:
        if not idle:
            return False
        oldest = next(iter(idle))
        self.leave(oldest)
        oldest.evict()
        return True
