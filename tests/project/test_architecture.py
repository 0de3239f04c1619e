"""The shape of the project, which docs/architecture.md describes."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.support.project_files import ROOT, files_in, parsed

LAYERS = ("models", "resolvers", "subscriptions", "schema", "server")
AROUND = ("tests", "bench", "deploy", "docs", "examples", "ide")
NOT_OURS = {"var"}  # data; folders that start with a dot are skipped too
VAGUE = {"base_classes", "common", "helpers", "lib", "managers", "misc", "shared", "utilities", "utils"}
LONGEST = 300
LONGER = {"tests/server/test_auth.py", "tests/server/test_logs.py"}

# The layers that may import a library. Libraries that are not listed may be imported anywhere.
LIBRARIES = {
    "alembic": {"models"},
    "broadcaster": {"subscriptions"},
    "graphql": {"schema", "server"},
    "httptools": {"server"},
    "jwt": {"server"},
    "pydantic_settings": {"server"},
    "redis": {"subscriptions"},
    "sqlalchemy": {"models", "resolvers", "server"},
    "starlette": {"server"},
    "strawberry": {"schema", "server"},
    "uvicorn": {"server"},
    "websockets": {"server"},
}


def ours() -> Iterator[Path]:
    """Yields the Python files of the project, without migrations."""
    return python_files(*LAYERS, *AROUND)


def product() -> Iterator[Path]:
    return python_files(*LAYERS)


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in files_in(folder):
            if path.suffix == ".py" and "versions" not in path.parts:
                yield path.relative_to(ROOT)


@cache
def import_statements(path: Path) -> list[ast.Import | ast.ImportFrom]:
    return [node for node in ast.walk(parsed(path)) if isinstance(node, ast.Import | ast.ImportFrom)]


def imports(path: Path) -> Iterator[str]:
    """Yields the modules that are imported anywhere in the file."""
    for node in import_statements(path):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module
            case ast.ImportFrom():
                yield "."


def test_the_arrows_between_the_layers_are_kept() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    ended = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


def test_the_top_folders_are_the_rooms_of_the_house() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    assert folders - set(LAYERS + AROUND) - NOT_OURS == set()
    assert set(LAYERS) <= folders


def test_no_installed_package_takes_the_name_of_a_layer() -> None:
    # PyPI has packages of these names, such as `schema`; an installed one could shadow ours
    installed = packages_distributions()
    assert {name: installed[name] for name in LAYERS if name in installed} == {}


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_stays_in_its_layers(library: str) -> None:
    users = {path.parts[0] for path in product() for name in imports(path) if name.split(".")[0] == library}
    assert users <= LIBRARIES[library]


def test_imports_are_absolute() -> None:
    assert [str(path) for path in ours() if "." in imports(path)] == []


def test_no_file_imports_from_a_test_file() -> None:
    """Shared code belongs in tests/support/."""
    found = {str(path): [name for name in imported(path) if ".test_" in name] for path in ours()}
    assert {path: names for path, names in found.items() if names} == {}


def imported(path: Path) -> Iterator[str]:
    """Yields what `imports` finds, and each name that is imported from it."""
    yield from imports(path)
    for node in import_statements(path):
        match node:
            case ast.ImportFrom(module=str(module), names=names):
                yield from (f"{module}.{alias.name}" for alias in names)


def test_no_file_is_long() -> None:
    lengths = {str(path): len((ROOT / path).read_text().splitlines()) for path in ours()}
    assert {path: length for path, length in lengths.items() if length > LONGEST and path not in LONGER} == {}


def test_packages_have_nothing_in_their_init() -> None:
    assert [str(path) for path in ours() if path.name == "__init__.py" and (ROOT / path).read_bytes()] == []


def test_files_are_named_by_what_they_are_about() -> None:
    assert [str(path) for path in ours() if path.stem in VAGUE] == []


def test_every_file_begins_with_what_it_is_for() -> None:
    silent = [str(path) for path in product() if path.name != "__init__.py" and not ast.get_docstring(parsed(path))]
    assert silent == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-bench.lock"])
def test_a_lock_pins_with_hashes_and_names_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert re.findall(r"\w://|^-|--(?!hash=sha256:)[a-z]", text, re.MULTILINE) == []
    pins = re.findall(r"^\w\S*", text, re.MULTILINE)
    assert [pin for pin in pins if "==" not in pin] == []
    assert text.count(" \\\n    --hash=") >= len(pins) > 0


def test_the_development_lock_pins_all_that_the_other_does() -> None:
    both = [
        re.findall(r"^\S+==\S+", (ROOT / name).read_text(), re.MULTILINE)
        for name in ("requirements.lock", "requirements-dev.lock")
    ]
    assert set(both[0]) <= set(both[1])
