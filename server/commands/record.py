"""python -m server record: download a session's whole record from a running server."""

import argparse
import json
import sys
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from server.command_failed import CommandFailed
from server.progress import Progress, Tell
from server.whole_file import whole_file

TOTAL = "x-total-count"  # as server/record.py sends it; importing it would import the whole server


def main(arguments: argparse.Namespace) -> None:
    """Writes the record. Raises CommandFailed, also for a record that ended too early."""
    file, url = Path(arguments.file), arguments.url
    if not url.startswith(("http://", "https://")):
        raise CommandFailed("The address must begin with http:// or https://.")
    given = Path(arguments.token_file).read_text() if arguments.token_file else sys.stdin.readline()
    asked = Request(url, headers={"Authorization": f"Bearer {given.strip()}"})  # noqa: S310  the scheme is checked above
    with whole_file(file, force=arguments.force) as part, Progress("Downloading") as progress:
        try:
            with urlopen(asked) as answer, part.open("wb") as written:  # noqa: S310  likewise
                events = _copy(answer, int(answer.headers.get(TOTAL, 0)), written, progress.tell)
        except HTTPError as refused:
            raise CommandFailed(f"The server answers {refused.code}: {_message(refused.read())}") from refused
        except (OSError, HTTPException) as trouble:
            raise CommandFailed(f"The record cannot be downloaded: {trouble}") from trouble
    print(f"Wrote {file}, {events} events.", file=sys.stderr)


def _copy(answer: Any, total: int, written: IO[bytes], tell: Tell) -> int:
    """Returns how many events were written."""
    number = 0
    for number, line in enumerate(answer, 1):
        if line.startswith(b'{"errors":'):
            raise CommandFailed(f"The server ended the record after {number - 1} events: {_message(line)}")
        written.write(line)
        tell(number, total)
    return number


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["errors"][0]["message"])
    except (ValueError, LookupError, TypeError):
        return "no error of Enfilade's"
