"""The Dockerfile's steps, run in bare folders: what they make is a server that answers, without tools for building.

There is no container engine in this test. Each stage is a folder, in which its steps run one after the other. What only a container can do, such as
adding a user, is left out by name.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.support.commands import ROOT
from tests.support.services import free_port, wait_until

pytestmark = pytest.mark.second_tier  # it installs what the locks pin, from the registries

ONLY_IN_A_CONTAINER = ("useradd ", "rm -rf /usr/local/")
Step = tuple[str, str]


def steps() -> Iterator[Step]:
    """Yields the instructions, each with what follows it on its line."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", "")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, rest = line.partition(" ")
            yield name, rest.strip()


class Image:
    """The stages as folders. The last one is the image."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stages: dict[str, Path] = {}
        self.here = folder
        self.environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "LOCK": "requirements.lock"}
        self.settings: dict[str, str] = {}
        self.started: dict[str, list[str]] = {}

    def build(self) -> None:
        for name, rest in steps():
            getattr(self, f"_{name.lower()}", self._nothing)(rest)

    def _nothing(self, rest: str) -> None:
        """For a container only: EXPOSE, USER, STOPSIGNAL, and ARG, whose default is above."""

    def _from(self, rest: str) -> None:
        name = rest.partition(" AS ")[2] or "image"
        self.root = self.here = self.stages[name] = self.folder / name
        self.root.mkdir()

    def _workdir(self, rest: str) -> None:
        self.here = self.root / rest.lstrip("/")
        self.here.mkdir(parents=True, exist_ok=True)

    def _copy(self, rest: str) -> None:
        *sources, target = rest.split()
        base = ROOT
        if sources[0].startswith("--from="):
            base = self.stages[sources.pop(0).removeprefix("--from=")]
        found = [path for name in sources for path in sorted(base.glob(name.lstrip("/")))]
        assert found, rest
        for path in found:
            to = self.here / target
            if path.is_dir():
                skipped = shutil.ignore_patterns("node_modules", "dist", "__pycache__")
                shutil.copytree(path, to, symlinks=True, dirs_exist_ok=True, ignore=skipped if base == ROOT else None)
            else:
                to.mkdir(exist_ok=True)
                shutil.copy(path, to)

    def _run(self, rest: str) -> None:
        if not rest.startswith(ONLY_IN_A_CONTAINER):
            command = re.sub(r" && chown .+$", "", rest)
            subprocess.run(["sh", "-ec", command], cwd=self.here, env={**os.environ, **self.environment}, check=True)

    def _env(self, rest: str) -> None:
        self.settings |= dict(each.split("=", 1) for each in shlex.split(rest))

    def _entrypoint(self, rest: str) -> None:
        self.started["entrypoint"] = json.loads(rest)

    def _cmd(self, rest: str) -> None:
        self.started["command"] = json.loads(rest)

    def _healthcheck(self, rest: str) -> None:
        self.started["health"] = json.loads(rest[rest.index("CMD") + 3 :])


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    if shutil.which("npm") is None:
        pytest.skip("npm, which installs GraphiQL's packages, is missing")
    made = Image(tmp_path_factory.mktemp("image"))
    made.build()
    return made


def test_the_image_serves(image: Image) -> None:
    port = free_port()
    settings = {
        **image.settings, "HOST": "127.0.0.1", "PORT": str(port), "ENFILADE_DEV": "true", "PATH": os.environ["PATH"]
    }  # fmt: skip
    entry = image.started["entrypoint"]
    subprocess.run([*entry, "migrate"], cwd=image.here, env=settings, check=True)
    server = subprocess.Popen([*entry, *image.started["command"]], cwd=image.here, env=settings)
    health = [each.replace(":8000", f":{port}") for each in image.started["health"]]
    try:
        # The first start compiles each module.
        wait_until(lambda: subprocess.run(health, cwd=image.here, capture_output=True, check=False).returncode == 0, 90)
        with urlopen(f"http://127.0.0.1:{port}/ide/") as page:
            assert b"<script" in page.read()
    finally:
        server.terminate()
        assert server.wait(30) == 0


def test_the_image_has_no_tools_for_building(image: Image) -> None:
    packages = {
        path.name.partition("-")[0].lower() for path in image.here.glob(".venv/lib/python*/site-packages/*.dist-info")
    }
    assert "uvicorn" in packages
    assert not packages & {"pip", "setuptools", "wheel", "pytest", "mypy"}
    assert not list(image.here.rglob("node_modules"))
    assert not (image.here / "tests").exists()
