"""python -m server token: print a bearer token."""

import argparse
import sys
from datetime import timedelta

from server.demo_people import PEOPLE
from server.settings import Settings
from server.tokens import issue_token

DAY = timedelta(days=1)


def main(settings: Settings, arguments: argparse.Namespace) -> int:
    """Prints a token of the username. Returns the exit code, which is 2 if there can be no such token."""
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
