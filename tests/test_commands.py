"""What a person types: `python -m server …` and the README's commands, from an empty folder."""

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

import httpx
import pytest

from server.settings import variable
from tests.commands import DEV, PATIENCE, ROOT, Served, Terminal

SECRETS = ["cursor_secret", "jwt_secret", "jwt_issuer", "jwt_audience"]
ELSEWHERE = {"ENFILADE_JWT_ALGORITHM": "RS256", "ENFILADE_JWT_JWKS": "https://id.example.org/keys"}
VIEWER = '{ viewer { name } gallery(by: {externalId: "course-101"}) { viewerRole room { id status { state } } } }'
LEFT = """{ gallery(by: {externalId: "course-101"}) {
  pendingCount media { edges { __typename @skip(if: true) } }
  room { enabled mode speakers { __typename } status { state } } } }"""
DEMO = ROOT / "examples" / "demo.py"


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path, DEV)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that was started in an empty folder."""
    with Terminal(tmp_path_factory.mktemp("served"), DEV).serving() as served:
        yield served


@pytest.fixture(scope="module")
def demo(served: Served, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What `make demo` tells, without its times."""
    terminal = Terminal(tmp_path_factory.mktemp("demo"), DEV)
    ended = terminal.run(sys.executable, DEMO, "--seconds=1", "--pause=0.01", PORT=served.port)
    assert ended.returncode == 0, ended.stderr
    return [line.partition(" ")[2] for line in ended.stdout.splitlines()[1:]]


def ask(served: Served, token: str, query: str) -> dict[str, object]:
    headers = {"authorization": f"Bearer {token}"}
    response = httpx.post(f"{served.address}/graphql", json={"query": query}, headers=headers, trust_env=False)
    return dict(response.json()["data"])


def entries(database: Path) -> int:
    with sqlite3.connect(database) as connection:
        (number,) = connection.execute("SELECT count(*) FROM log_entries").fetchone()
    connection.close()
    return int(number)


def refused(ended: subprocess.CompletedProcess[str], code: int) -> str:
    assert ended.returncode == code, ended.stderr
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    return ended.stderr


def test_without_secrets_of_ones_own_it_says_which_variables_to_set(tmp_path: Path) -> None:
    told = refused(Terminal(tmp_path).server("run"), 2)
    assert [name for name in SECRETS if f"{variable(name)}: must be set" not in told] == []
    assert "ENFILADE_DEV=true" in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["run", "seed"])
def test_a_database_that_is_not_migrated_is_refused(terminal: Terminal, command: str) -> None:
    assert refused(terminal.server(command), 1) == ("The database is not migrated: run `python -m server migrate`.\n")


@pytest.mark.parametrize("url", ["postgresql://user:my-password@127.0.0.1:1/none", "postgresql://user:my-password@:x"])
def test_a_database_that_is_not_there_is_said_without_its_password(terminal: Terminal, url: str) -> None:
    told = refused(terminal.server("run", "--prepare", DATABASE_URL=url), 1)
    assert "DATABASE_URL" in told
    assert "my-password" not in told


def test_migrating_and_seeding_again_changes_nothing(terminal: Terminal) -> None:
    database = terminal.folder / "var" / "enfilade.db"
    assert terminal.server("migrate").returncode == 0
    assert terminal.server("seed").stderr == "The demo data is there.\n"
    before = entries(database)
    assert terminal.server("migrate").returncode == 0
    assert terminal.server("seed").stderr == "There is a gallery already; nothing was added.\n"
    assert entries(database) == before > 0


def test_the_printed_schema_is_the_committed_one(terminal: Terminal) -> None:
    assert terminal.server("schema").stdout == (ROOT / "schema" / "schema.graphql").read_text()


def test_the_welcome_names_what_is_there(served: Served) -> None:
    for path in re.findall(r"(/ide/|/schema\.graphql)$", served.welcome, re.MULTILINE):
        assert httpx.get(served.address + path, trust_env=False).status_code == 200
    assert f"{served.address}/graphql" in served.welcome
    assert "DATABASE_URL=postgresql://" in served.welcome
    assert "REDIS_URL=redis://" in served.welcome
    assert ask(served, served.token, VIEWER)["viewer"] == {"name": "Mara Manager"}


def test_a_printed_token_is_good_for_its_account(served: Served, terminal: Terminal) -> None:
    token = terminal.server("token", "student-007").stdout.strip()
    answer = ask(served, token, VIEWER)
    assert answer["viewer"] == {"name": "Student 007"}
    assert answer["gallery"]["viewerRole"] == "CONTRIBUTOR"  # type: ignore[index]  # what is not there fails the test


def test_a_token_is_not_signed_with_what_only_the_issuer_has(terminal: Terminal) -> None:
    assert "HS256" in refused(terminal.server("token", "manager", **ELSEWHERE), 2)


def test_a_token_for_nobody_is_refused(terminal: Terminal) -> None:
    assert "subject" in refused(terminal.server("token", " "), 2)


def test_development_mode_with_an_issuer_elsewhere_serves_and_prints_no_token(terminal: Terminal) -> None:
    with terminal.serving(**ELSEWHERE) as served:
        assert "Token" not in served.welcome
        config = httpx.get(f"{served.address}/ide/config.json", trust_env=False).json()
        assert config["tabs"] == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_to_stop_when_told_to_is_no_failure(terminal: Terminal, number: signal.Signals) -> None:
    with terminal.serving() as served:
        assert served.stop(number) == 0
    assert "Traceback" not in (terminal.folder / "logged.txt").read_text()


def test_a_port_that_is_taken_is_said(terminal: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = terminal.server("run", "--prepare", PORT=port)
    assert ended.returncode == 1
    assert f"If port {port} is taken, PORT=8001 takes another." in ended.stderr


def test_the_demo_lets_people_come_and_go_and_leaves_all_as_it_was(demo: list[str], served: Served) -> None:
    came = demo[demo.index("Mara Manager sets the room up as it was") + 1 :]
    assert came[0] == "Mara Manager opens the room"
    assert came[-1] == "The room is closed"
    words = (" enters", " leaves", ": ")
    assert [word for word in words if not any(word in line for line in came if "→" not in line)] == []
    gallery = ask(served, served.token, LEFT)["gallery"]
    room = {"enabled": True, "mode": "WEBINAR", "speakers": [], "status": {"state": "CLOSED"}}
    assert gallery == {"pendingCount": 3, "media": {"edges": [{}] * 6}, "room": room}


def test_the_demo_plays_the_life_of_a_webinar(demo: list[str]) -> None:
    """Rules 37, 41 to 44 and 56 to 58, live: each act, what the moderator is told of it, and what a page shows."""
    assert missing(WEBINAR, told(demo, "— A webinar —", "— An interactive session —")) == []


def test_the_demo_plays_the_life_of_an_interactive_session(demo: list[str]) -> None:
    """Rules 23, 27, 30 and 42, live."""
    played = told(demo, "— An interactive session —", "Mara Manager sets the room up as it was")
    assert missing(INTERACTIVE, played) == []


def told(demo: list[str], first: str, last: str) -> list[str]:
    return [line.strip() for line in demo[demo.index(first) : demo.index(last)]]


def missing(expected: list[str], told: list[str]) -> list[str]:
    """Those of the lines that are not told, or not after the one before them."""
    lines = iter(told)
    return [line for line in expected if line not in lines]


WEBINAR = [
    "Mara Manager makes the room a webinar with Student 021 as its speaker",
    "→ Timo Assistant gets SessionStarted: WEBINAR, the stage is INVITE_ONLY",
    "→ Visitor 001 gets RoomStatus: OPEN, WEBINAR, 1 inside, 0 on stage, locked",
    "→ Timo Assistant gets ParticipantWaiting: Student 022 waits to be let in",
    "→ Timo Assistant gets ParticipantWaiting: Student 023 waits to be let in",
    "→ Timo Assistant gets ParticipantJoined: Student 022 is inside as ATTENDEE",
    "→ Student 022 gets ParticipantWaiting: Student 022 waits to be let in",
    "→ Student 022 gets ParticipantJoined: Student 022 is inside as ATTENDEE",
    "→ Timo Assistant gets ParticipantLeft: Student 023 is not let in",
    "… ROOM_LOCKED: The room is locked, and you were not let in.",
    "→ Timo Assistant gets RoomUnlocked: newcomers come in again",
    "→ Timo Assistant gets ParticipantJoined: Student 021 is inside as SPEAKER",
    "→ Timo Assistant gets StageChanged: Student 021 is on stage",
    "… STAGE_NOT_OPEN: One comes to this stage by invitation.",
    "→ Timo Assistant gets HandRaised: Student 022 has a hand up",
    "→ Timo Assistant gets StageChanged: Student 022 is invited to the stage",
    "→ Timo Assistant gets StageChanged: Student 022 is on stage",
    "= stage: Student 022, Student 021",
    "→ Visitor 001 gets RecordingStarted: the room is being recorded",
    "→ Visitor 001 gets RoomStatus: OPEN, WEBINAR, 5 inside, 2 on stage, recording",
    "→ Timo Assistant gets StageAccessChanged: the stage is BY_REQUEST",
    "→ Timo Assistant gets StageChanged: Student 022 is not on stage, nor invited",
    "→ Timo Assistant gets ParticipantLeft: Student 025 is removed",
    "… REMOVED_FROM_SESSION: You were removed from this session.",
    "= hands: Student 024",
    "→ Timo Assistant gets HandLowered: Student 024 has no hand up any more",
    "→ Timo Assistant gets RecordingEnded: it is PROCESSING",
    "The media server reports that it is ready",
    "→ Timo Assistant gets RecordingReady: it is READY",
    "Mara Manager removes the recording from the gallery again",
    "→ Timo Assistant gets SessionEnded: ENDED_BY_MODERATOR, at most 5 were inside",
    "→ Visitor 001 gets RoomStatus: CLOSED, WEBINAR, 0 inside, 0 on stage",
]
INTERACTIVE = [
    "→ Timo Assistant gets SessionStarted: INTERACTIVE, the stage is EVERYONE",
    "→ Timo Assistant gets StageChanged: Student 026 is on stage",
    "= stage: Student 028, Student 027, Student 026, Timo Assistant",
    "→ Visitor 001 gets RoomStatus: OPEN, INTERACTIVE, 4 inside, 4 on stage",
    "→ Timo Assistant gets StageAccessChanged: the stage is BY_REQUEST",
    "→ Timo Assistant gets HandRaised: Student 029 has a hand up",
    "→ Timo Assistant gets StageChanged: Student 029 is invited to the stage",
    "→ Timo Assistant gets StageChanged: Student 029 is not on stage, nor invited",
    "→ Timo Assistant gets ParticipantLeft: Student 027 is gone",
    "= stage: Student 028, Timo Assistant",
    "… ROOM_HAS_ACTIVE_SESSION: A session is running in this room.",
    "→ Timo Assistant gets SessionEnded: ROOM_DISABLED, at most 5 were inside",
    "→ Visitor 001 gets RoomStatus: DISABLED, INTERACTIVE, 0 inside, 0 on stage",
    "… ROOM_DISABLED: This room is switched off.",
    "→ Visitor 001 gets RoomStatus: CLOSED, INTERACTIVE, 0 inside, 0 on stage",
]


def test_the_demo_shows_approvals_arriving_at_whoever_may_see_them(demo: list[str]) -> None:
    """Rules 16 to 18, live: a moderator counts what waits, and a member sees what was approved and nothing else."""
    came = demo[demo.index("Mara Manager sets the room up as it was") :]
    stream = [line.strip(" →").partition(" gets ") for line in came if "→" in line]
    round_ends = [told for _, _, told in stream].index("MediaRemoved: it was taken back")
    told = {name: [what for who, _, what in stream[:round_ends] if who == name] for name, _, _ in stream}
    assert told["Timo Assistant"] == [
        *("MediaAdded: “Poster study” is pending", "PendingCountChanged: 4 items pending approval"),
        *("MediaAdded: “Podcast on grids” is pending", "PendingCountChanged: 5 items pending approval"),
        *("MediaAdded: “Time lapse of a mural” is pending", "PendingCountChanged: 6 items pending approval"),
        *("MediaReviewed: “Podcast on grids” is published", "MediaReviewed: “Time lapse of a mural” is published"),
        "PendingCountChanged: 4 items pending approval",
        *("MediaReviewed: “Poster study” is rejected", "PendingCountChanged: 3 items pending approval"),
    ]
    assert told["Visitor 001"] == [line for line in told["Timo Assistant"] if line.endswith("published")]


def test_the_demo_says_when_there_is_no_server(terminal: Terminal) -> None:
    told = refused(terminal.run(sys.executable, DEMO, PORT="1"), 1)
    assert told.startswith("No server answers at http://127.0.0.1:1. Start `make run`")


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
def test_the_readmes_commands_answer(served: Served, terminal: Terminal) -> None:
    query, subscription, page = from_the_shell(served)
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


def from_the_shell(served: Served) -> list[str]:
    """The pieces of shell in the README's part of that name, for this server."""
    part = (ROOT / "README.md").read_text().partition("## From the shell\n")[2].partition("\n## ")[0]
    pieces = re.findall(r"^```\n(.+?)^```", part, re.MULTILINE | re.DOTALL)
    mine = {"http://127.0.0.1:8000": served.address, ".venv/bin/python": shlex.quote(sys.executable)}
    for written, here in mine.items():
        pieces = [piece.replace(written, here) for piece in pieces]
    return pieces
