"""What counts as this machine: the names and addresses that no other reaches."""

import re
from ipaddress import ip_address

from starlette.requests import Request

_HOST_AND_PORT = re.compile(r"(?:\[([^\]]+)\]|([^:]+))(?::\d+)?")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a host of this name. No name but localhost: it may be looked up as anything."""
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def is_from_here(request: Request) -> bool:
    """Whether a GET was sent on this machine, to this machine, and not by a page from elsewhere.

    The client's address and the host tell of a reverse proxy, and the host of a name that was made to lead here (DNS
    rebinding). A page of another origin sends its Origin, which browsers leave out of a page's own GET.
    """
    host = _HOST_AND_PORT.fullmatch(request.headers.get("host", ""))
    client = request.client
    return (
        host is not None
        and is_loopback(host[1] or host[2])
        and client is not None
        and is_loopback(client.host)
        and "origin" not in request.headers
    )
