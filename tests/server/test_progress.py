"""Long work shows on a terminal how far it is and how much time is left, and nothing anywhere else."""

import io
import os
import pty
import shutil
import subprocess
from pathlib import Path

import pytest

from models.database import migrate
from server.demo import seed
from server.open_database import open_database
from server.progress import ERASE, Progress, size
from server.settings import Settings
from tests.support.commands import DEV, PATIENCE, ROOT, SERVER


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_terminal_is_told_the_share_and_the_time_that_is_left() -> None:
    stream, clock = Terminal(), Clock()
    with Progress("Copying", stream, clock) as progress:
        progress.tell(0, 200)
        for clock.now, done in ((1, 10), (1.05, 11), (60, 100), (90, 200)):
            progress.tell(done, 200)
    drawn = stream.getvalue().split(ERASE)
    assert drawn == ["", "Copying    0%", "Copying    5%  0:00:19 left", "Copying   50%  0:01:00 left", "Copying  100%  0:00:00 left", ""]  # fmt: skip


def test_nothing_is_drawn_where_nobody_looks() -> None:
    stream = io.StringIO()
    with Progress("Copying", stream) as progress:
        progress.tell(1, 2)
    assert stream.getvalue() == ""


def test_an_amount_that_is_not_known_or_too_small_does_no_harm() -> None:
    stream = Terminal()
    with Progress("Copying", stream) as progress:
        progress.tell(3, 0)
    with Progress("Copying", stream) as progress:
        progress.tell(3, 2)
    assert "100%" in stream.getvalue()


def test_sizes_are_said_in_words() -> None:
    assert [size(each) for each in (0, 999, 1_000, 696_320, 58_700_000_000)] == [
        "0 bytes", "999 bytes", "1.0 KB", "696.3 KB", "58.7 GB",
    ]  # fmt: skip


async def test_migrating_and_seeding_tell_how_far_they_are(tmp_path: Path) -> None:
    settings, told = Settings(dev=True, database_url=f"sqlite:///{tmp_path / 'new.db'}"), list[tuple[int, int]]()
    await migrate.upgrade(settings.database_url, lambda *each: told.append(each))
    assert told == [(done, len(told)) for done in range(1, len(told) + 1)]
    assert len(told) > 20
    told.clear()
    database = open_database(settings)
    try:
        assert await seed(settings, database, lambda *each: told.append(each))
    finally:
        await database.close()
    assert told == sorted(told)
    assert len(told) > 30
    assert told[-1][0] == told[-1][1]


COMMANDS = {
    "backup": (["backup", "copy"], "Backing up  100%", "Wrote copy, "),
    "audit": (["audit", "--export", "csv"], "Writing the audit  100%", "Wrote "),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_on_a_terminal_shows_it_and_leaves_one_line(sqlite_template: Path, tmp_path: Path, name: str) -> None:
    words, share, last = COMMANDS[name]
    database = shutil.copy(sqlite_template, tmp_path / "copied.db")
    ours, theirs = pty.openpty()
    environment = {**DEV, "PATH": os.defpath, "PYTHONPATH": str(ROOT), "DATABASE_URL": f"sqlite:///{database}"}
    with (tmp_path / "out").open("wb") as out:
        subprocess.run(
            [*SERVER, *words], cwd=tmp_path, env=environment, stdout=out, stderr=theirs, check=True, timeout=PATIENCE
        )
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    os.close(theirs)
    assert share in shown
    assert shown.rpartition("\x1b[K")[2].startswith(last)
