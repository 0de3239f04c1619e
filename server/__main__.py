"""The command line: python -m server run | migrate | seed | token USERNAME | schema | revision NUMBER MESSAGE."""

import argparse
import sys
from collections.abc import Callable
from importlib import import_module

from server.database_unusable import DatabaseUnusable
from server.demo_people import PEOPLE
from server.settings import Settings, SettingsError, load_settings
from server.version import VERSION


def main() -> int:
    arguments = _parser().parse_args()
    try:
        settings = load_settings()
        return _command(arguments.command)(settings, arguments) or 0
    except SettingsError as wrong:
        print(f"Enfilade cannot start:\n{wrong}", file=sys.stderr)
        return 2
    except DatabaseUnusable as why:
        print(why, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _command(name: str) -> Callable[[Settings, argparse.Namespace], int | None]:
    """Returns the command's function. Only this command's module is imported, so that short commands start fast."""
    command: Callable[[Settings, argparse.Namespace], int | None] = import_module(f"server.commands.{name}").main
    return command


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m server", description="Enfilade, a GraphQL API for media galleries."
    )
    parser.add_argument("--version", action="version", version=f"enfilade {VERSION}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text)

    serve = add("run", "Serve. Refuses a database that is not migrated.")
    serve.add_argument(
        "--prepare",
        action="store_true",
        help="first migrate it and, in development mode, add the demo data if there is no gallery yet",
    )
    add("migrate", "Bring the database to the newest schema.")
    add("seed", "Add the demo data, if there is no gallery yet.")
    add("schema", "Print the schema in GraphQL's language.")
    token = add("token", "Print a bearer token (HS256 only), valid for a day.")
    token.add_argument("username", help="the subject; in the demo " + ", ".join(list(PEOPLE)[:5]) + " and so on")
    token.add_argument(
        "--scope", action="append", default=[], help="a scope that it shall have: enfilade:admin, enfilade:media-server"
    )
    revision = add("revision", "Write a migration from how the tables differ from the database.")
    revision.add_argument("number", help="its number, for instance 0002")
    revision.add_argument("message", help="what it does")
    return parser


if __name__ == "__main__":
    sys.exit(main())
