"""python -m server schema: print the schema in GraphQL's language."""

import argparse

from schema.root import sdl
from server.settings import Settings


def main(_settings: Settings, _arguments: argparse.Namespace) -> None:
    """Prints the schema."""
    print(sdl(), end="")
