"""python -m server schema: print the schema in GraphQL's language."""

import argparse

from schema.root import sdl


def main(_arguments: argparse.Namespace) -> None:
    """Prints the schema."""
    print(sdl(), end="")
