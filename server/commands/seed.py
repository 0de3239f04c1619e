"""python -m server seed: add the demo data, or a large site."""

import argparse
import sys

from server.prepare import seed_database, seed_large_site
from server.settings import Settings


def main(settings: Settings, arguments: argparse.Namespace) -> None:
    """Adds the demo data, unless a gallery exists already, or what is missing of the large site. Raises DatabaseUnusable."""
    if arguments.scale == "large":
        added = seed_large_site(settings)
        told = f"{added.courses} courses were added." if added.courses else "Nothing was added."
        print(told + (f" {added.already} courses were there already." if added.already else ""), file=sys.stderr)
        return
    planted = seed_database(settings)
    print("The demo data is there." if planted else "There is a gallery already; nothing was added.", file=sys.stderr)
