"""The Makefile, in a copy of the project: it installs what is missing, and says what it cannot install."""

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support import measured
from tests.support.commands import DEV, PATIENCE, ROOT, Terminal

COPIED = (
    ".ci",
    "examples",
    "ide",
    "models",
    "resolvers",
    "schema",
    "server",
    "subscriptions",
    "Makefile",
    "pyproject.toml",
)
LOCKS = ("requirements.lock", "requirements-dev.lock")
TARGETS = {
    "run", "demo", "pair", "test", "test-everything", "fuzz", "soak", "audit", "coverage", "check", "lint", "types", "sdl", "schema", "migration", "ide", "lock",
}  # fmt: skip
NOT_COPIED = shutil.ignore_patterns("node_modules", "dist", "__pycache__")

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="there is no make")


@pytest.fixture
def checkout(tmp_path: Path) -> Terminal:
    """A copy of the project without any setup."""
    for name in COPIED + LOCKS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=NOT_COPIED)
        else:
            shutil.copy(source, tmp_path / name)
    return Terminal(tmp_path, DEV | {"PYTHONPATH": "", measured.NAME: ""})  # the copy is gone when coverage reports


@pytest.fixture
def installed(checkout: Terminal) -> Terminal:
    """A copy with the virtualenv of these tests, and without Node.js in its PATH."""
    (checkout.folder / ".venv").symlink_to(sys.prefix)
    tools = checkout.folder / "tools"
    tools.mkdir()
    for tool in ("rm", "mkdir"):
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    checkout.variables = {**checkout.variables, "PATH": str(tools)}
    return checkout


def make(*targets: str) -> list[str]:
    """Returns the command line, which takes the virtualenv as it is."""
    as_they_are = ("made", "run", "dev")
    return [str(shutil.which("make")), *targets, *[f"--assume-old=.venv/{stamp}" for stamp in as_they_are]]


def python(folder: Path, script: str) -> str:
    """Writes a `python` that runs this script first. Returns its path."""
    path = folder / "python"
    path.write_text(f'#!/bin/sh\n{script}\nexec "{sys.executable}" "$@"\n')
    path.chmod(0o755)
    return str(path)


def test_make_alone_lists_its_targets_with_a_line_each(checkout: Terminal) -> None:
    listed = dict(re.findall(r"^make ([\w-]+) +(\S.+)$", checkout.run("make").stdout, re.MULTILINE))
    assert listed.keys() >= TARGETS


@pytest.mark.second_tier
def test_make_run_serves_without_node_and_the_page_says_so(installed: Terminal) -> None:
    with installed.serving(*make("run")) as served:
        page = httpx.get(f"{served.address}/ide/", trust_env=False)
        tabs = httpx.get(f"{served.address}/ide/config.json", trust_env=False).json()["tabs"]
        served.stop(signal.SIGINT)
    assert "make ide" in page.text
    assert [tab["title"] for tab in tabs][:2] == ["Gallery", "FindPeople"]
    assert served.welcome.startswith("No GraphiQL: it is built by Node.js")
    assert (installed.folder / "var" / "enfilade.db").exists()


def test_make_ide_without_node_fails_and_says_why(installed: Terminal) -> None:
    ended = installed.run(*make("ide"))
    assert ended.returncode != 0
    assert "Node.js 20.19" in ended.stdout


def test_make_demo_before_make_run_says_so(checkout: Terminal) -> None:
    ended = checkout.run("make", "demo")
    assert ended.returncode != 0
    assert ended.stdout == "Start `make run` first, in another terminal.\n"


WAITING = ["sh", str(ROOT / ".ci" / "waiting.sh"), "Installing"]


@pytest.mark.parametrize(("code", "last"), [(0, r"Installing … \d+ s"), (3, "Installing … failed")])
def test_a_terminal_shows_for_how_long_something_is_being_installed(code: int, last: str) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*WAITING, "sh", "-c", f"read -r go; exit {code}"], stdin=subprocess.PIPE, stdout=theirs
    ) as step:
        os.close(theirs)
        shown = os.read(ours, 1_000).decode()
        step.communicate(b"go\n", PATIENCE)
    while not shown.endswith("\n"):
        shown += os.read(ours, 1_000).decode()
    os.close(ours)
    assert step.returncode == code
    assert re.match(r"\r\x1b\[KInstalling … \d+ s", shown)
    assert re.fullmatch(last, shown.rpartition("\x1b[K")[2].strip())


def test_elsewhere_a_line_says_what_is_being_installed(checkout: Terminal) -> None:
    ended = checkout.run(*WAITING, "sh", "-c", "echo done; exit 3")
    assert (ended.stdout, ended.returncode) == ("Installing …\ndone\n", 3)


MIGRATION = '''"""Say "hello" & go."""

import sqlalchemy as sa
from alembic import op

revision = "0099"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chat_messages", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_chat_messages_told_at"), "chat_messages", ["told_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_chat_messages_told_at"), table_name="chat_messages")
    op.drop_column("chat_messages", "told_at")
'''


@pytest.mark.second_tier
def test_make_migration_writes_one_as_a_person_would(installed: Terminal) -> None:
    """It contains the difference to an empty database, without batches, and its message ends with one full stop."""
    table = installed.folder / "models" / "tables" / "chat.py"
    column = "    told_at: Mapped[datetime | None] = mapped_column(index=True)\n"
    table.write_text(table.read_text().replace("    text: Mapped", f"{column}    text: Mapped"))
    versions = installed.folder / "models" / "database" / "migrations" / "versions"
    before = max(path.name[:4] for path in versions.glob("[0-9]*.py"))
    ended = installed.run(*make("migration", "NUMBER=0099", 'MESSAGE=Say "hello" & go.'))
    assert ended.returncode == 0, ended.stderr
    (written,) = versions.glob("0099_*.py")
    assert written.read_text() == MIGRATION.format(before=before)
    assert list((installed.folder / "var").iterdir()) == []


@pytest.mark.parametrize(
    ("flaw", "told"),
    [
        ('case "$2" in *version_info*) exit 1;; esac', "Python 3.11 or newer"),
        ('case "$2" in *ensurepip*) exit 1;; esac', "apt install python3-venv"),
    ],
)
def test_a_python_that_does_not_do_is_said(checkout: Terminal, flaw: str, told: str) -> None:
    ended = checkout.run("make", "run", f"PYTHON={python(checkout.folder, flaw)}")
    assert ended.returncode != 0
    assert told in ended.stdout
    assert not (checkout.folder / ".venv").exists()


@pytest.mark.second_tier
def test_a_virtualenv_that_was_left_half_made_is_made_anew(checkout: Terminal) -> None:
    dead = checkout.folder / ".venv" / "bin" / "python"
    dead.parent.mkdir(parents=True)
    dead.write_text("half a file")
    assert checkout.run("make", ".venv/made", f"PYTHON={sys.executable}").returncode == 0
    assert checkout.run(dead, "-m", "pip", "--version").returncode == 0


def test_ci_runs_what_a_person_runs() -> None:
    script = ROOT / ".ci" / "run"
    targets = ("check", "contract", "site", "test", "test-everything", "audit")
    assert script.read_text().splitlines()[-6:] == [f"make {target}" for target in targets]
    assert os.access(script, os.X_OK)


def test_the_hosted_workflow_runs_what_ci_runs() -> None:
    assert "run: bash .ci/run\n" in (ROOT / ".github" / "workflows" / "ci.yml").read_text()


def test_the_hooks_before_a_commit_are_the_parts_of_make_check() -> None:
    hooks = re.findall(r"entry: make (.+)", (ROOT / ".pre-commit-config.yaml").read_text())
    (parts,) = re.findall(r"^check: (.+?) ##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert hooks == parts.split()
