"""python -m server run: serve."""

import argparse

from server.metrics import require_free_port
from server.migrated import require_migrated
from server.prepare import prepare
from server.run import run
from server.settings import Settings


def main(settings: Settings, arguments: argparse.Namespace) -> int:
    """Serves until the process is stopped. Raises DatabaseUnusable, and CommandFailed if a port is taken."""
    require_free_port(settings)
    if arguments.prepare:
        prepare(settings)
    require_migrated(settings)
    return run(settings)
