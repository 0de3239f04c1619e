"""What each fault explains: the codes that clients may meet while it is active, and soon after it.

A code is what docs/subscriptions.md and docs/errors.md say of it. A fault that is not named here explains nothing: a bus
that is away, a link that is only slow, and a trimmed log (whose CURSOR_EXPIRED is checked by numbers) end no stream.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from tests.soak.history import Counted, Fault, Note, Stalled

AFTERMATH = 5.0  # seconds after a fault in which everything has to be well again, as docs/reliability.md says
UNREACHED = {"cut", "no answer", "silence", "close 1006", "close 4408", "close 1013"}
"""The network, or a server that is not there."""
GOES = {"close 1012", "UNAVAILABLE", "status 503"}
"""A server that is told to stop."""
AWAY = {"UNAVAILABLE", "TIMEOUT", "status 503", "close 1013", "silence"}
"""A database that does not answer."""
TOKEN = {"UNAUTHENTICATED", "close 4403", "status 401"}
"""A token that does not hold, as a clock is wrong."""
EXPLAINED: dict[str, set[str]] = {
    **dict.fromkeys(("clients cut", "clients held", "clients cut inside a frame", "clients black hole"), UNREACHED),
    **dict.fromkeys(("server killed", "both servers killed"), UNREACHED),
    **dict.fromkeys(("rolling restart", "servers told to stop"), UNREACHED | GOES),
    "server stopped": UNREACHED | AWAY,
    "clock ahead": TOKEN,
    "clock behind": TOKEN,
    **dict.fromkeys(("PostgreSQL killed", "PostgreSQL stopped", "connections terminated", "tables locked"), AWAY),
    **dict.fromkeys(("database cut", "database held", "database cut inside a frame", "database black hole"), AWAY),
    "answers of commits cut": AWAY,
    # Its readers need no lock, and nothing new on the disk. So they are not silent.
    **dict.fromkeys(("file locked", "disk full"), AWAY - {"silence"}),
    "backup restored": UNREACHED | AWAY,
}
UPGRADE = "old and new version"
OF_SERVERS = {"server killed", "server stopped"}
OF_PEOPLE = {"access revoked", "user suspended", "token expired"}
LOST = TOKEN | {"FORBIDDEN", "NOT_FOUND"}
"""Codes of those whose right has ended."""


@dataclass
class Active:
    """A fault, from its begin to its end."""

    kind: str
    target: str
    begin: float
    end: float = float("inf")


class Causes:
    """When which fault was active."""

    def __init__(self, notes: Iterable[Note]) -> None:
        self._faults: list[Active] = []
        self._processes: set[str] = set()
        self._stalled: list[tuple[float, float]] = []
        self.since = 0.0
        """When the servers began to run the present version. What an older one answers is not this version's fault."""
        running: dict[tuple[str, str], list[Active]] = defaultdict(list)
        for note in notes:
            match note:
                case Fault(phase="begin"):
                    self._faults.append(Active(note.kind, note.target, note.at))
                    running[note.kind, note.target].append(self._faults[-1])
                    if note.kind == UPGRADE:
                        self.since = float("inf")
                case Fault() if running[note.kind, note.target]:
                    running[note.kind, note.target].pop().end = note.at
                    if note.kind == UPGRADE:
                        self.since = note.at + AFTERMATH
                case Counted(name="memory", moment="start"):
                    self._processes.add(note.server)
                case Stalled():
                    self._stalled.append((note.at - note.seconds, note.at))

    def explain(self, code: str, server: str, begin: float, end: float) -> bool:
        """Returns whether a fault on this server's paths explains the code of an act that took from `begin` to `end`."""
        return any(
            code in EXPLAINED.get(each.kind, ()) and self._concerns(each, server)
            for each in self._faults
            if each.begin <= end and begin <= each.end + AFTERMATH
        )

    def ends_rights(self, at: float) -> bool:
        """Returns whether somebody's right was ended about then."""
        return any(each.kind in OF_PEOPLE and each.begin <= at <= each.end + AFTERMATH for each in self._faults)

    def stalled(self, begin: float, end: float) -> float:
        """Returns for how many seconds the run itself stood still in this time."""
        return sum(max(0.0, min(end, until) - max(begin, since)) for since, until in self._stalled)

    def _concerns(self, fault: Active, server: str) -> bool:
        # Clients reach a single process by two links.
        is_single = len(self._processes) == 1 and fault.kind in OF_SERVERS
        return fault.target not in {"a", "b"} or fault.target == server or is_single
