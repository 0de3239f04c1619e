"""Commands that a person types: `python -m server …` and those of docs/start.md, in an empty folder."""

import json
import re
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from server.settings import variable
from tests.support.commands import DEV, PATIENCE, ROOT, Served, Terminal, ask, refused
from tests.support.refusals import refusals

SECRETS = ["cursor_secret", "jwt_secret", "jwt_issuer", "jwt_audience"]
ELSEWHERE = {"ENFILADE_JWT_ALGORITHM": "RS256", "ENFILADE_JWT_JWKS": "https://id.example.org/keys"}
VIEWER = '{ viewer { name } gallery(by: {externalId: "course-101"}) { viewerRole room { id status { state } } } }'


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path, DEV)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that was started in an empty folder."""
    with Terminal(tmp_path_factory.mktemp("served"), DEV).serving() as served:
        yield served


def entries(database: Path) -> int:
    with sqlite3.connect(database) as connection:
        (number,) = connection.execute("SELECT count(*) FROM log_entries").fetchone()
    connection.close()
    return int(number)


def test_without_secrets_of_ones_own_it_says_which_variables_to_set(tmp_path: Path) -> None:
    told = refused(Terminal(tmp_path).server("run"), 2)
    assert [name for name in SECRETS if f"{variable(name)}: must be set" not in told] == []
    assert "ENFILADE_DEV=true" in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["run", pytest.param("seed", marks=pytest.mark.second_tier)])
def test_a_database_that_is_not_migrated_is_refused(terminal: Terminal, command: str) -> None:
    assert refused(terminal.server(command), 1) == ("The database is not migrated: run `python -m server migrate`.\n")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:my-password@127.0.0.1:1/none",
        pytest.param("postgresql://user:my-password@:x", marks=pytest.mark.second_tier),
    ],
)
def test_a_database_that_is_not_there_is_said_without_its_password(terminal: Terminal, url: str) -> None:
    told = refused(terminal.server("run", "--prepare", DATABASE_URL=url), 1)
    assert "DATABASE_URL" in told
    assert "my-password" not in told


@pytest.mark.parametrize("command", [["run", "--prepare"], ["migrate"], ["seed"]])
def test_a_folder_that_is_missing_is_said_and_not_made(terminal: Terminal, command: list[str]) -> None:
    folder = terminal.folder / "not mounted"
    told = refused(terminal.server(*command, DATABASE_URL=f"sqlite:///{folder}/x.db"), 1)
    assert (
        told == f"The folder {folder} of DATABASE_URL does not exist. Make it, or name another one in DATABASE_URL.\n"
    )
    assert list(terminal.folder.iterdir()) == []


@pytest.mark.second_tier
def test_migrating_and_seeding_again_changes_nothing(terminal: Terminal) -> None:
    database = terminal.folder / "var" / "enfilade.db"
    assert terminal.server("migrate").returncode == 0
    assert terminal.server("seed").stderr == "The demo data is there.\n"
    before = entries(database)
    assert terminal.server("migrate").returncode == 0
    assert terminal.server("seed").stderr == "There is a gallery already; nothing was added.\n"
    assert entries(database) == before > 0


@pytest.mark.second_tier  # `make check` compares the two as well.
def test_the_printed_schema_is_the_committed_one(terminal: Terminal) -> None:
    assert terminal.server("schema").stdout == (ROOT / "schema" / "schema.graphql").read_text()


def test_the_version_is_the_one_of_the_project_and_of_the_newest_changes(terminal: Terminal) -> None:
    released = re.search(r"^## (\d\S*) - ", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert released
    assert terminal.server("--version").stdout == f"enfilade {released[1]}\n"


def test_the_welcome_names_what_is_there(served: Served) -> None:
    for path in re.findall(r"(/ide/|/schema\.graphql)$", served.welcome, re.MULTILINE):
        assert httpx.get(served.address + path, trust_env=False).status_code == 200
    assert f"{served.address}/graphql" in served.welcome
    assert "DATABASE_URL=postgresql://" in served.welcome
    assert "REDIS_URL=redis://" in served.welcome
    for line in ("Mode          development", "Database      SQLite var/enfilade.db", "Bus           memory"):
        assert line in served.welcome
    assert ask(served, served.token, VIEWER)["viewer"] == {"name": "Mara Manager"}


def test_a_printed_token_is_good_for_its_account(served: Served, terminal: Terminal) -> None:
    token = terminal.server("token", "student-007").stdout.strip()
    answer = ask(served, token, VIEWER)
    assert answer["viewer"] == {"name": "Student 007"}
    assert answer["gallery"]["viewerRole"] == "CONTRIBUTOR"  # type: ignore[index]  # a missing key fails the test


def test_a_token_is_not_signed_with_what_only_the_issuer_has(terminal: Terminal) -> None:
    assert "HS256" in refused(terminal.server("token", "manager", **ELSEWHERE), 2)


def test_a_token_for_nobody_is_refused(terminal: Terminal) -> None:
    assert "subject" in refused(terminal.server("token", " "), 2)


@pytest.mark.second_tier
def test_development_mode_with_an_issuer_elsewhere_serves_and_prints_no_token(terminal: Terminal) -> None:
    with terminal.serving(**ELSEWHERE) as served:
        assert "Token" not in served.welcome
        config = httpx.get(f"{served.address}/ide/config.json", trust_env=False).json()
        assert config["tabs"] == []
        assert config["accounts"] == {}


def scopes_given(served: Served, **headers: str) -> set[str]:
    """Returns the scopes of all tokens on GraphiQL's page, requested with these headers."""
    answer = httpx.get(f"{served.address}/ide/config.json", headers=headers, trust_env=False)
    bearers = [account["token"] for account in answer.json()["accounts"].values()]
    assert bearers
    return {jwt.decode(bearer, options={"verify_signature": False})["scope"] for bearer in bearers}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2:8000", "localhost:8000", "LocalHost", "[::1]:8000"])
def test_the_tour_has_a_site_admin_on_the_own_machine(served: Served, host: str) -> None:
    assert scopes_given(served, host=host) == {"", "enfilade:admin"}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("enfilade.example.org", 421),
        ("127.0.0.1.example.org:8000", 421),
        ("192.168.1.7:8000", 421),
        ("0.0.0.0:8000", 421),
        ("example.org@localhost", 400),
        ("", 400),
    ],
)
def test_under_another_name_there_is_no_page(served: Served, host: str, status: int) -> None:
    answer = httpx.get(f"{served.address}/ide/config.json", headers={"host": host}, trust_env=False)
    assert answer.status_code == status
    assert "token" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"x-forwarded-for": "203.0.113.5"},
        {"x-forwarded-for": "127.0.0.1, 203.0.113.5"},
        {"origin": "https://page.example.org"},
        {"origin": "null"},
    ],
)
def test_a_page_that_is_asked_for_from_elsewhere_gets_no_site_admin(served: Served, headers: dict[str, str]) -> None:
    assert scopes_given(served, **headers) == {""}


def test_development_mode_outside_the_own_machine_is_refused(terminal: Terminal) -> None:
    told = refused(terminal.server("run", "--prepare", HOST="0.0.0.0"), 2)  # noqa: S104  this is refused
    assert "ENFILADE_DEV_OUTSIDE_LOOPBACK=true" in told
    assert list(terminal.folder.iterdir()) == []


@pytest.mark.second_tier
def test_development_mode_outside_by_will_warns_and_gives_no_site_admin(terminal: Terminal) -> None:
    with terminal.serving(HOST="0.0.0.0", ENFILADE_DEV_OUTSIDE_LOOPBACK="true") as served:  # noqa: S104  as a container does
        assert "WARNING" in served.welcome
        assert "Token" not in served.welcome
        assert scopes_given(served) == {""}


@pytest.mark.second_tier
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_to_stop_when_told_to_is_no_failure(terminal: Terminal, number: signal.Signals) -> None:
    with terminal.serving() as served:
        assert served.stop(number) == 0
    assert "Traceback" not in (terminal.folder / "logged.txt").read_text()


@pytest.mark.second_tier
def test_a_port_that_is_taken_is_said(terminal: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = terminal.server("run", "--prepare", PORT=port)
    assert ended.returncode == 1
    assert f"If port {port} is taken, PORT=8001 takes another." in ended.stderr


def test_a_port_of_metrics_that_another_process_has_is_said(terminal: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = terminal.server("run", "--prepare", PORT="0", ENFILADE_METRICS_PORT=port)
    assert ended.returncode == 1
    told = f"ENFILADE_METRICS_PORT={port} cannot be used at 127.0.0.1: Address already in use. Each process needs a port of its own.\n"
    assert ended.stderr == told


@pytest.mark.second_tier
@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
def test_the_readmes_commands_answer(served: Served, terminal: Terminal) -> None:
    query, subscription, _talk, _answer, page = from_the_shell(served)
    answer = terminal.run("sh", "-c", f"{query}\necho\n{page}").stdout
    gallery, of_page = (json.loads(line)["data"]["gallery"] for line in answer.splitlines())
    assert gallery["title"] == "Principles of Design"
    assert (of_page["pendingCount"], len(of_page["media"]["edges"])) == (None, 2)
    stream = subprocess.Popen(
        ["sh", "-c", f"{query}\nexec {subscription.replace('ROOM', gallery['room']['id']).strip()}"],
        cwd=terminal.folder,
        env={**DEV, "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        text=True,
    )
    with stream:
        assert stream.stdout is not None
        lines = iter(stream.stdout.readline, "")
        status = next(line for line in lines if '"roomStatus"' in line)
        stream.terminate()
    assert status.startswith("data: ")
    assert stream.wait(PATIENCE) == -signal.SIGTERM


@pytest.mark.second_tier
@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
def test_the_readmes_talk_is_held_from_two_accounts(served: Served, terminal: Terminal) -> None:
    """Rules 45 and 50: both read the chat; only these two read the thread."""
    _query, _subscription, talk, answer, _page = from_the_shell(served)
    room = ask(served, served.token, VIEWER)["gallery"]["room"]["id"]  # type: ignore[index]  # a missing key fails
    talk = talk.replace("room=ROOM", f"room={room}")
    *acts, seen = answers(terminal, talk)
    assert [refusals(each) for each in acts] == [[]] * 5
    (message,) = (edge["node"] for edge in seen["room"]["messages"]["edges"])
    (asked,) = (edge["node"] for edge in seen["room"]["questions"]["edges"])
    assert message == {"authorName": "Student 001", "text": "Hello!"}
    assert (asked["text"], asked["state"]) == ("Is it in the exam?", "PENDING")
    helper = talk.partition("\nfor who")[0]
    replied, *threads = answers(terminal, helper + "\n" + answer.replace("=QUESTION", f"={asked['id']}"))
    assert refusals(replied) == []
    thread = {
        "text": "Is it in the exam?",
        "state": "ANSWERED",
        "replies": {"edges": [{"node": {"text": "All of it."}}]},
    }
    assert [each["room"]["questions"]["edges"] for each in threads] == [[{"node": thread}], []]


def answers(terminal: Terminal, script: str) -> list[dict[str, Any]]:
    """Returns the data of each line that the script prints."""
    ended = terminal.run("sh", "-c", script)
    return [json.loads(line)["data"] for line in ended.stdout.splitlines()]


def from_the_shell(served: Served) -> list[str]:
    """Returns the shell examples in that section of docs/start.md, for this server."""
    part = (ROOT / "docs/start.md").read_text().partition("## From the shell\n")[2].partition("\n## ")[0]
    pieces = re.findall(r"^```\n(.+?)^```", part, re.MULTILINE | re.DOTALL)
    mine = {"http://127.0.0.1:8000": served.address, ".venv/bin/python": shlex.quote(sys.executable)}
    for written, here in mine.items():
        pieces = [piece.replace(written, here) for piece in pieces]
    return pieces
