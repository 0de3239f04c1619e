"""The command line as a whole: it starts fast, the shells complete it, and the settings are shown without secrets."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from server.settings import Settings, variable
from tests.support.commands import DEV, ROOT, Terminal

STARTED = """
import importlib, io, sys
from contextlib import redirect_stdout
import server.__main__ as command_line

def started(words, forbidden):
    sys.argv = ["server", *words]
    with redirect_stdout(io.StringIO()):
        code = command_line.main()
    found = sorted(set(forbidden) & {name.partition(".")[0] for name in sys.modules})
    print(words[0], code, *found)

serving = ["starlette", "uvicorn", "alembic", "redis", "opentelemetry", "websockets"]
heavy = [*serving, "strawberry", "graphql", "broadcaster"]
started(["completion", "bash"], [*heavy, "sqlalchemy", "jwt", "pydantic", "asyncio"])
started(["config"], [*heavy, "sqlalchemy", "jwt"])
started(["token", "manager"], [*heavy, "sqlalchemy"])
started(["backup", "copy"], [*heavy, "sqlalchemy"])
started(["user", "show", "manager"], [*heavy, "asyncpg"])
started(["audit"], [*heavy, "asyncpg"])
started(["migrate"], [*heavy, "asyncpg"])
started(["seed"], [*heavy, "asyncpg"])
started(["schema"], [*serving, "asyncpg"])
"""
COMMANDS = ("completion", "config", "token", "backup", "user", "audit", "migrate", "seed", "schema")


def test_a_command_imports_only_what_it_needs(sqlite_template: Path, tmp_path: Path) -> None:
    """So it starts within half a second, except for `schema`. Each line may have more than the one before."""
    database = tmp_path / "enfilade.db"
    database.write_bytes(sqlite_template.read_bytes())
    terminal = Terminal(tmp_path, DEV | {"DATABASE_URL": f"sqlite:///{database}"})
    ended = terminal.run(sys.executable, "-c", STARTED)
    expected = [f"{name} 0" for name in COMMANDS]
    assert ended.stdout.splitlines() == expected, ended.stderr


def test_every_setting_is_shown_with_its_source_and_no_secret_is(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ENFILADE_JWT_SECRET=a-secret-from-the-file-that-is-long-enough\nPORT=9000\n")
    given = {
        "ENFILADE_CURSOR_SECRET": "a-secret-from-the-environment-that-is-long",
        "DATABASE_URL": "postgresql://somebody:password@db.example.org/enfilade",
        "REDIS_URL": "redis://:hunt/er@3@redis.example.org:6379",
        "PORT": "",
    }
    ended = Terminal(tmp_path, DEV | given).server("config", "--json")
    told = {each["variable"]: (each["value"], each["source"]) for each in json.loads(ended.stdout)}
    assert told.keys() == {variable(name) for name in Settings.model_fields}
    assert told["ENFILADE_CURSOR_SECRET"] == ("(hidden)", "environment")
    assert told["ENFILADE_JWT_SECRET"] == ("(hidden)", ".env")
    assert told["PORT"] == ("9000", ".env")
    assert told["HOST"] == ("127.0.0.1", "default")
    assert told["DATABASE_URL"] == ("postgresql://(hidden)@db.example.org/enfilade", "environment")
    assert told["REDIS_URL"] == ("redis://(hidden)@redis.example.org:6379", "environment")
    table = Terminal(tmp_path, DEV | given).server("config").stdout
    for secret in ("a-secret", "hunt", "somebody"):
        assert secret not in ended.stdout + table
    assert len(table.splitlines()) == len(told)


def completed(shell: str, *words: str) -> list[str]:
    """Returns what the shell offers for the last word."""
    script = f"""eval "$({sys.executable} -m server completion {shell})"
COMP_WORDS=({" ".join(f"'{word}'" for word in words)}); COMP_CWORD={len(words) - 1}
_enfilade_python; printf '%s\\n' "${{COMPREPLY[@]}}"; complete -p python"""
    ended = subprocess.run(
        [shell, "--norc", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert ended.stderr == ""
    *offered, registered = ended.stdout.splitlines()
    assert "_enfilade_python" in registered
    return sorted(filter(None, offered))


BASH = shutil.which("bash")


@pytest.mark.skipif(not BASH, reason="there is no bash")
def test_bash_completes_commands_and_their_arguments() -> None:
    server = (".venv/bin/python", "-m", "server")
    assert completed("bash", *server, "re") == ["record", "restore", "revision"]
    assert completed("bash", *server, "user", "s") == ["show", "suspend"]
    assert completed("bash", *server, "audit", "--e") == ["--export"]
    assert completed("bash", *server, "backup", "pyproj") == ["pyproject.toml"]
    assert completed("bash", "python", "-m", "json.tool", "re") == []
