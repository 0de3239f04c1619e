"""A small disk for SQLite's file, which can be filled."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

MEBIBYTES = 256
# The guard unmounts the disk when the run's process has ended, in whatever way.
GUARD = 'read _; umount --lazy "$1"; rmdir "$1"'


class Disk:
    """A tmpfs of its own where this process may mount one (as root does), otherwise a folder, which cannot be filled."""

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="enfilade-disk-"))
        size = f"size={MEBIBYTES}m,mode=700"
        mount = ["mount", "-t", "tmpfs", "-o", size, "enfilade-soak", str(self.folder)]
        self.is_small = shutil.which("mount") is not None and _succeeds(mount)
        if self.is_small:
            guard = ["sh", "-c", GUARD, "guard", str(self.folder)]
            self._guard = subprocess.Popen(guard, stdin=subprocess.PIPE, start_new_session=True)
        return self

    def __exit__(self, *_exc: object) -> None:
        if self.is_small:
            self._guard.communicate(b"\n")
        else:
            shutil.rmtree(self.folder)

    @contextmanager
    def full(self) -> Iterator[None]:
        """Leaves no free byte on the disk."""
        filler = self.folder / "filler"
        try:
            with filler.open("wb") as file:
                _take_all(file.fileno())
            yield
        finally:
            filler.unlink()


def _take_all(file: int) -> None:
    taken, step = 0, MEBIBYTES * 1024 * 1024
    while step >= os.sysconf("SC_PAGE_SIZE"):
        try:
            os.posix_fallocate(file, taken, step)
            taken += step
        except OSError:
            step //= 2


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == 0
