"""Two servers with one PostgreSQL and one Valkey, as in a deployment: messages posted on one arrive at the other.

All data is new, and is deleted at the end. If you kill a server, its clients resume at the other. Ctrl-C stops
everything.
"""

import argparse
import signal
import sys
from contextlib import ExitStack
from datetime import timedelta

from server.demo_people import PEOPLE
from server.prepare import prepare
from server.settings import Settings
from server.tokens import issue_token
from tests.support.processes import ServerProcess, require_free
from tests.support.services import PostgreSQL, Valkey

TOKEN_FOR = timedelta(hours=12)
PORTS = (8001, 8002)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--ports", nargs=2, type=int, default=PORTS, metavar="PORT", help="where they listen (8001 and 8002)"
    )
    parser.add_argument("--without-servers", action="store_true", help="start PostgreSQL and Valkey only")
    # Ctrl-C and `kill` both stop everything. The handler is set explicitly, because a shell that starts this program in
    # the background makes it ignore Ctrl-C.
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.default_int_handler)
    try:
        with ExitStack() as stack:
            arguments = parser.parse_args()
            serve(stack, [] if arguments.without_servers else arguments.ports)
            stack.callback(patiently)
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except RuntimeError as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


def serve(stack: ExitStack, ports: list[int]) -> None:
    """Starts everything, and prints the addresses."""
    for port in ports:
        require_free(port)
    print("Starting PostgreSQL and Valkey ...", flush=True)
    postgres = stack.enter_context(PostgreSQL())
    valkey = stack.enter_context(Valkey())
    settings = Settings(dev=True, database_url=postgres.create_database("enfilade"), redis_url=valkey.url)
    if ports:
        prepare(settings)
    servers = [stack.enter_context(ServerProcess(settings, port)) for port in ports]
    for server in servers:
        print(f"  {server.url}/graphql   with GraphiQL at {server.url}/ide/")
    print(f"DATABASE_URL={settings.database_url}")
    print(f"REDIS_URL={settings.redis_url}")
    if not servers:
        print(f"PATH={postgres.program('pg_dump').parent}:$PATH")  # a dump needs programs of the server's version
    if servers:
        token = issue_token(settings, "manager", name=PEOPLE["manager"], lifetime=TOKEN_FOR)
        print(f"Authorization: Bearer {token}   (of `manager`)")
    print("Ctrl-C stops everything.", flush=True)


def patiently() -> None:
    """Ignores further Ctrl-C, so that a second one does not interrupt the shutdown and leave something running."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
