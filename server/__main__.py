"""The command line: python -m server run | migrate | seed | token USERNAME | schema | revision MESSAGE."""

import argparse
import asyncio
import sys
from collections.abc import Callable
from datetime import timedelta

from models.database import migrate
from schema.root import sdl
from server.auth import issue_token
from server.demo import PEOPLE
from server.prepare import DatabaseUnusable, migrate_database, prepare, require_migrated, seed_database
from server.run import run
from server.settings import Settings, SettingsError, load_settings
from server.version import VERSION

DAY = timedelta(days=1)


def main() -> int:
    arguments = _parser().parse_args()
    try:
        settings = load_settings()
    except SettingsError as wrong:
        return _cannot_start(wrong)
    command: Callable[[Settings, argparse.Namespace], int | None] = arguments.command
    try:
        return command(settings, arguments) or 0
    except SettingsError as wrong:
        return _cannot_start(wrong)
    except DatabaseUnusable as why:
        print(why, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _cannot_start(wrong: SettingsError) -> int:
    print(f"Enfilade cannot start:\n{wrong}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m server", description="Enfilade, a GraphQL API for media galleries."
    )
    parser.add_argument("--version", action="version", version=f"enfilade {VERSION}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(
        name: str, text: str, command: Callable[[Settings, argparse.Namespace], int | None]
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=command)
        return added

    serve = add("run", "Serve. Refuses a database that is not migrated.", _run)
    serve.add_argument(
        "--prepare",
        action="store_true",
        help="first migrate it and, in development mode, add the demo data if there is no gallery yet",
    )
    add("migrate", "Bring the database to the newest schema.", lambda settings, _: migrate_database(settings))
    add("seed", "Add the demo data, if there is no gallery yet.", lambda settings, _: _seed(settings))
    add("schema", "Print the schema in GraphQL's language.", lambda _settings, _: print(sdl(), end=""))
    token = add("token", "Print a bearer token (HS256 only), valid for a day.", _token)
    token.add_argument("username", help="the subject; in the demo " + ", ".join(list(PEOPLE)[:5]) + " and so on")
    token.add_argument(
        "--scope", action="append", default=[], help="a scope that it shall have: enfilade:admin, enfilade:media-server"
    )
    revision = add("revision", "Write a migration from how the tables differ from the database.", _revision)
    revision.add_argument("number", help="its number, for instance 0002")
    revision.add_argument("message", help="what it does")
    return parser


def _run(settings: Settings, arguments: argparse.Namespace) -> int:
    if arguments.prepare:
        prepare(settings)
    require_migrated(settings)
    return run(settings)


def _seed(settings: Settings) -> None:
    planted = seed_database(settings)
    print("The demo data is there." if planted else "There is a gallery already; nothing was added.", file=sys.stderr)


def _token(settings: Settings, arguments: argparse.Namespace) -> int:
    if settings.jwt_algorithm != "HS256":
        print("Tokens are signed elsewhere: only HS256's secret is known here.", file=sys.stderr)
        return 2
    name = PEOPLE.get(arguments.username, arguments.username)
    try:
        print(issue_token(settings, arguments.username, name=name, scopes=arguments.scope, lifetime=DAY))
    except ValueError as refusal:
        print(refusal, file=sys.stderr)
        return 2
    return 0


def _revision(settings: Settings, arguments: argparse.Namespace) -> None:
    asyncio.run(migrate.revision(settings.database_url, arguments.message, arguments.number))


if __name__ == "__main__":
    sys.exit(main())
