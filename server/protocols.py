"""What uvicorn needs to know of our protocols and limits."""

import logging
import resource
from contextlib import suppress
from functools import partial
from typing import Any

from server.addresses import networks_of
from server.arrivals import Arrivals
from server.fair_turns import FairTurns
from server.http_protocol import Http
from server.places import SPARE, Places
from server.receiver import Receiver
from server.settings import Settings
from server.transports import limited
from server.websocket_protocol import WebSocket

logger = logging.getLogger(__name__)

ENOUGH_FILES = 65_536
OTHER_FILES = 96
"""How many files the process opens besides its clients' connections and its database's, at most."""
PING_EACH, PING_PATIENCE = 0.5, 0.75
"""In parts of `websocket_ping_seconds`. A client that stops answering is closed 0.75 to 1.25 of it later, depending on
when the next ping was due."""


def protocols(settings: Settings) -> dict[str, Any]:
    """Returns uvicorn's options for the protocols, and for whose word on a client's address is taken."""
    most = min(settings.connections, _open_files() - OTHER_FILES - 2 * settings.database_connections - SPARE)
    if most < settings.connections:
        logger.warning("the limit of open files (ulimit -n) allows only %d connections", most)
    arrivals = Arrivals(settings.address_connections_per_second)
    places = Places(max(1, most), settings.address_connections, arrivals, networks_of(settings.trusted_proxies))
    both = {"places": places, "stall_seconds": settings.stream_stall_seconds}
    http = {"receive_seconds": settings.receive_seconds, "header_bytes": settings.header_bytes, "turns": FairTurns()}
    return {
        "http": partial(Receiver, limited(Http, **both, **http)),
        "ws": limited(WebSocket, **both, frames_per_second=settings.websocket_frames_per_second),
        "ws_max_size": settings.websocket_message_bytes,
        "ws_ping_interval": settings.websocket_ping_seconds * PING_EACH,
        "ws_ping_timeout": settings.websocket_ping_seconds * PING_PATIENCE,
        "proxy_headers": bool(settings.trusted_proxies),
        "forwarded_allow_ips": list(settings.trusted_proxies),
    }


def raise_open_files_limit() -> None:
    """Lets the process open many files, if its hard limit allows it. The soft limit is often 1024, or 256 on macOS."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH_FILES if hard == resource.RLIM_INFINITY else min(hard, ENOUGH_FILES)
    if resource.RLIM_INFINITY != soft < wanted:
        with suppress(ValueError, OSError):  # macOS has a further limit, which it does not tell
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _open_files() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1_000_000 if soft == resource.RLIM_INFINITY else soft
