"""The commands of `python -m server` and their arguments."""

import argparse
from typing import Any, TypeAlias

from server.demo_people import PEOPLE
from server.version import VERSION

PROGRAM = "python -m server"
WITHOUT_SETTINGS = ("completion", "doctor", "record", "schema")
"""Commands that also run where the settings are wrong."""


def parser(program: str = PROGRAM) -> argparse.ArgumentParser:
    """Returns the parser of the command line."""
    made = argparse.ArgumentParser(prog=program, description="Enfilade, a GraphQL API for media galleries.")
    made.add_argument("--version", action="version", version=f"enfilade {VERSION}")
    commands = made.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for add in (_add_serving, _add_upkeep, _add_operating, _add_record, _add_development):
        add(commands)
    return made


Commands: TypeAlias = Any  # argparse's class of subparsers is private


def _add(commands: Commands, name: str, text: str) -> argparse.ArgumentParser:
    added: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    return added


def _add_serving(commands: Commands) -> None:
    serve = _add(commands, "run", "Serve. Refuses a database that is not migrated.")
    serve.add_argument(
        "--prepare",
        action="store_true",
        help="first migrate it and, in development mode, add the demo data if there is no gallery yet",
    )
    _add(commands, "migrate", "Bring the database to the newest schema.")
    seed = _add(commands, "seed", "Add the demo data, if there is no gallery yet, or a large site.")
    seed.add_argument(
        "--scale",
        choices=["demo", "large"],
        default="demo",
        help="large: 40 courses with the history of six weeks, beside what is there; takes about a minute",
    )


def _add_upkeep(commands: Commands) -> None:
    backup = _add(commands, "backup", "Write a consistent copy of the database, also while servers run.")
    _file(backup, "where to write it")
    backup.add_argument("--force", action="store_true", help="replace the file if it exists")
    restore = _add(commands, "restore", "Replace the content of the database by a backup's.")
    _file(restore, "the backup")
    restore.add_argument("--force", action="store_true", help="also if the database is in use or not empty")
    doctor = _add(
        commands,
        "doctor",
        "Say what is wrong with the settings, the database, the bus, the clock, the keys and the disk.",
    )
    _json(doctor)
    _json(_add(commands, "config", "Print every setting, its value and its source, without secrets."))


def _add_operating(commands: Commands) -> None:
    user = _add(commands, "user", "Show, suspend or unsuspend a user.")
    user.add_argument("act", choices=["show", "suspend", "unsuspend"], help="what to do")
    user.add_argument("who", help="the user's id, subject, username or e-mail address")
    audit = _add(commands, "audit", "Print the audit: who did or tried what by privilege, oldest first.")
    audit.add_argument("--actor", metavar="WHO", help="only what this user did; `operator` is who used these commands")
    audit.add_argument("--action", help="only this mutation, for instance endSession")
    audit.add_argument("--target", metavar="ID", help="only what was done to the object with this id")
    audit.add_argument(
        "--since", metavar="TIME", help="only what was recorded after this, for instance 2026-11-29T08:00Z"
    )
    audit.add_argument("--until", metavar="TIME", help="only what was recorded before this")
    audit.add_argument("--limit", type=_count, metavar="N", help="the newest N; 50 if not given, and all with --export")
    form = audit.add_mutually_exclusive_group()
    form.add_argument("--follow", action="store_true", help="go on, and print what is recorded from now on")
    form.add_argument("--export", choices=["csv", "json"], help="write a file to the standard output")


def _add_record(commands: Commands) -> None:
    record = _add(commands, "record", "Download the whole record of a session from a running server, as JSON Lines.")
    record.add_argument("url", help="https://HOST/sessions/ID/record")
    _file(record, "where to write it")
    record.add_argument("--token-file", metavar="FILE", help="the bearer token; the standard input if not given")
    record.add_argument("--force", action="store_true", help="replace the file if it exists")


def _add_development(commands: Commands) -> None:
    _add(commands, "schema", "Print the schema in GraphQL's language.")
    token = _add(commands, "token", "Print a bearer token (HS256 only), valid for a day.")
    token.add_argument("username", help="the subject; in the demo " + ", ".join(list(PEOPLE)[:5]) + " and so on")
    token.add_argument(
        "--scope", action="append", default=[], help="a scope that it shall have: enfilade:admin, enfilade:media-server"
    )
    revision = _add(commands, "revision", "Write a migration from how the tables differ from the database.")
    revision.add_argument("number", help="its number, for instance 0002")
    revision.add_argument("message", help="what it does")
    completion = _add(
        commands, "completion", "Print the completion of these commands, for `eval` or a file of the shell."
    )
    completion.add_argument("shell", choices=["bash", "zsh"], help="the shell")


def _file(command: argparse.ArgumentParser, text: str) -> None:
    # shtab reads this attribute, so that the shells complete names of files.
    command.add_argument("file", help=text).complete = {"bash": "_shtab_compgen_files", "zsh": "_files"}  # type: ignore[attr-defined]  # shtab looks for it


def _json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print JSON, for programs")


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
