"""One of the servers under test. A supervisor would start it again when it does not come up, so `start` does."""

import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from server.settings import Settings, variable, written
from tests.support.processes import ROOT, ServerProcess
from tests.support.services import wheel

SUPERVISED_SECONDS = 120
REAL_TIME = "+0"


class SoakServer(ServerProcess):
    """`root` is the folder of the code that it runs: another one has an older version."""

    # On a machine that is busy. If it were killed after less and started again, it would never come up.
    seconds_to_start = 90.0

    def __init__(self, name: str, settings: Settings, keep: Path, root: Path = ROOT, clock: Path | None = None) -> None:
        super().__init__(settings)
        self.name = name
        self.root = root
        self.bug: str | None = None
        self.started = 0  # how often a process came up
        self._kept_log = keep / f"server-{name}.log"
        self._clock = clock

    def start(self) -> None:
        """Starts it again and again until it answers, as while its database is away it refuses to start."""
        deadline = time.monotonic() + SUPERVISED_SECONDS
        while True:
            try:
                super().start()
            except (RuntimeError, TimeoutError):
                if time.monotonic() > deadline:
                    raise
            else:
                self.started += 1
                return

    def stop(self) -> None:
        if self.folder and (self.folder / "log").exists():
            with self._kept_log.open("ab") as kept, (self.folder / "log").open("rb") as log:
                shutil.copyfileobj(log, kept)
        super().stop()

    def kill(self) -> None:
        pid = self._process.pid if self._process else 0
        super().kill()
        for left in Path("/dev/shm").glob(f"*faketime_*_{pid}"):  # noqa: S108  what libfaketime leaves of a killed process
            left.unlink(missing_ok=True)

    def end_after_sigterm(self, seconds: float) -> int | None:
        """Waits until the process has ended by itself. Returns its exit code, or None if it had to be killed."""
        assert self._process
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        code = self._process.poll()
        self.kill()
        return code

    def set_clock(self, offset: str) -> None:
        """Moves the process's wall clock. libfaketime reads the file again each second."""
        assert self._clock
        self._clock.write_text(f"{offset}\n")

    def _command(self, folder: Path) -> list[str | Path]:
        return [sys.executable, "-m", "tests.soak.seeded_bugs", self.bug] if self.bug else super()._command(folder)

    def _surroundings(self, folder: Path) -> dict[str, Any]:
        surroundings = super()._surroundings(folder)
        surroundings["env"] |= {"PYTHONPATH": str(self.root)}
        if self._clock:
            self.set_clock(REAL_TIME)
            surroundings["env"] |= faked_time(self._clock)
        return surroundings


def faked_time(clock: Path) -> dict[str, str]:
    library = wheel("libfaketime") / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"
    every = {"FAKETIME_CACHE_DURATION": "1", "DONT_FAKE_MONOTONIC": "1"}
    # Otherwise it delays waits that have a timeout, and Python's threads then wait for each other for seconds.
    every |= {"FAKETIME_FORCE_MONOTONIC_FIX": "0"}
    return {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(clock), **every}


def run_command(settings: Settings, root: Path, folder: Path, *arguments: str) -> None:
    """Runs `python -m server …` of the code in `root`, in a folder without an .env file. Raises if it fails."""
    given = {variable(name): written(getattr(settings, name)) for name in ("dev", "database_url")}
    subprocess.run(
        [sys.executable, "-m", "server", *arguments], cwd=folder, env=given | {"PYTHONPATH": str(root)}, check=True
    )
