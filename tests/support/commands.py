"""Runs commands as a person in a terminal does, each in its own folder and with only the environment it is given."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.support.measured import measured
from tests.support.services import wait_until

ROOT = Path(__file__).parents[2]
PATIENCE = 60  # seconds; only a command that hangs takes longer
LAST_OF_THE_WELCOME = "to PostgreSQL and Redis."
SERVER = [sys.executable, "-m", "server"]


@dataclass
class Terminal:
    """A working directory and its environment variables."""

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def run(self, *command: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        """Runs the command until it ends. Returns its exit code and output."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment(more),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def server(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Runs `python -m server …` until it ends."""
        return self.run(*SERVER, *arguments, **more)

    @contextmanager
    def serving(self, *command: str | Path, **more: str) -> Iterator["Served"]:
        """Runs a command that serves, from its welcome message on, and stops it at the end."""
        said, logged = self.folder / "said.txt", self.folder / "logged.txt"
        with said.open("w") as out, logged.open("w") as err:
            process = subprocess.Popen(
                command or [*SERVER, "run", "--prepare"],
                cwd=self.folder,
                env=self._environment({"PORT": "0", **more}),
                stdout=out,
                stderr=err,
                process_group=0,
            )
        served = Served(process, said)
        try:
            wait_until(lambda: LAST_OF_THE_WELCOME in said.read_text() or process.poll() is not None, PATIENCE)
            assert process.poll() is None, logged.read_text()
            yield served
        finally:
            served.stop(signal.SIGKILL)

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        # PYTHONPATH is needed because the folder is not the project's; so no .env file or var/ of a developer is used.
        return {"PATH": os.defpath, "PYTHONPATH": str(ROOT), **measured(), **self.variables, **more}


@dataclass
class Served:
    """A server that is up."""

    process: subprocess.Popen[bytes]
    _said: Path

    @property
    def welcome(self) -> str:
        return self._said.read_text()

    @property
    def address(self) -> str:
        port = self._found(r"Enfilade serves http://(?:127\.0\.0\.1|0\.0\.0\.0):(\d+)$")
        return f"http://127.0.0.1:{port}"

    @property
    def port(self) -> str:
        return self.address.rpartition(":")[2]

    @property
    def token(self) -> str:
        return self._found(r"Token +(\S+)$")

    def stop(self, number: signal.Signals) -> int:
        """Sends this signal to the server and its children, as Ctrl-C does, and returns the exit code."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
        return self.process.wait(PATIENCE)

    def _found(self, pattern: str) -> str:
        match = re.search(pattern, self.welcome, re.MULTILINE)
        assert match, self.welcome
        return match[1]


DEV = {"ENFILADE_DEV": "true", "ENFILADE_DRAIN_SECONDS": "0"}


def ask(served: Served, token: str, query: str) -> dict[str, object]:
    headers = {"authorization": f"Bearer {token}"}
    response = httpx.post(f"{served.address}/graphql", json={"query": query}, headers=headers, trust_env=False)
    return dict(response.json()["data"])


def refused(ended: subprocess.CompletedProcess[str], code: int) -> str:
    assert ended.returncode == code, ended.stderr
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    return ended.stderr
