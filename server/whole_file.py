"""Writing a file that is either whole or not there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.command_failed import CommandFailed


@contextmanager
def whole_file(file: Path, *, force: bool) -> Iterator[Path]:
    """Yields the path to write to, and gives it the file's name at the end. Raises CommandFailed.

    Without `force` a file that exists is refused. Only the owner may read it: it has what many people wrote.
    """
    if file.exists() and not force:
        raise CommandFailed(f"{file} exists already. --force replaces it.")
    if not file.parent.is_dir():
        raise CommandFailed(f"The folder {file.parent} does not exist. Make it first.")
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        yield part
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
