"""Checks whether a name or address belongs to this machine alone, so that no other machine can reach it."""

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request

REVEALING = {"origin", "forwarded", "x-forwarded-for", "x-real-ip"}
"""The headers that a program or page on this machine does not send with a GET of its own."""
_HOST_AND_PORT = re.compile(r"(?:\[([^\]]+)\]|([^:]+))(?::\d+)?")


def is_loopback(host: str) -> bool:
    """Returns whether only this machine can reach the host.

    The only name that counts is localhost: other names may resolve to any address.
    """
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def is_from_here(request: "Request") -> bool:
    """Returns whether a GET was sent on this machine, to this machine, and not by a page of another origin.

    The client's address, the Host header and forwarding headers reveal a reverse proxy; the Host header also reveals DNS
    rebinding. A page of another origin sends an Origin header, which browsers do not send with a page's own GET.
    """
    host = _HOST_AND_PORT.fullmatch(request.headers.get("host", ""))
    client = request.client
    return (
        host is not None
        and is_loopback(host[1] or host[2])
        and client is not None
        and is_loopback(client.host)
        and not REVEALING & set(request.headers)
    )
