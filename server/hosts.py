"""Allowed hosts: a request that names another host is refused before anything else looks at it.

So a page of a foreign name that resolves to this server (DNS rebinding) reaches nothing, and no answer depends on a
made-up Host header.
"""

import re
from ipaddress import ip_address

from starlette.responses import PlainTextResponse, Response
from starlette.types import Scope

from server.loopback import is_loopback
from server.places import PROBES
from server.settings import Settings, variable

_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?")
_NOSNIFF = {"x-content-type-options": "nosniff"}


class Hosts:
    """The hosts of this server: those of the setting, or in development mode this machine's names and addresses."""

    def __init__(self, settings: Settings) -> None:
        self._names = frozenset(settings.allowed_hosts)
        self._own = settings.host.lower() if settings.dev and not self._names else None

    def refusal(self, scope: Scope) -> Response | None:
        """Returns the answer to a request or handshake whose Host is not allowed, or None if it is allowed."""
        # Probes use the address of a machine, and their answers depend on no header.
        if scope["path"] in PROBES:
            return None
        given = [value for name, value in scope["headers"] if name == b"host"]
        host = _HOST.fullmatch(given[0].decode("latin-1").lower()) if len(given) == 1 else None
        if host is None:
            return PlainTextResponse("The request needs one Host header with a host in it.\n", 400, _NOSNIFF)
        if not self._allows(host[1] or host[2]):
            told = (
                f"This server does not answer for that host. Its operator can add it to {variable('allowed_hosts')}.\n"
            )
            return PlainTextResponse(told, 421, _NOSNIFF)
        return None

    def _allows(self, host: str) -> bool:
        if self._own is None:
            return host in self._names or "*" in self._names
        # An address is no name that a foreign site could let resolve to this machine.
        return is_loopback(host) or host == self._own or (_is_unspecified(self._own) and _is_address(host))


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def _is_unspecified(host: str) -> bool:
    return _is_address(host) and ip_address(host).is_unspecified
