"""python -m server seed: add the demo data."""

import argparse
import sys

from server.prepare import seed_database
from server.settings import Settings


def main(settings: Settings, _arguments: argparse.Namespace) -> None:
    """Adds the demo data, unless a gallery exists already. Raises DatabaseUnusable."""
    planted = seed_database(settings)
    print("The demo data is there." if planted else "There is a gallery already; nothing was added.", file=sys.stderr)
