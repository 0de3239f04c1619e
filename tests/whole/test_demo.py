"""`make demo` on a server of its own: its output, and that it leaves everything as it was."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import DEV, ROOT, Served, Terminal, ask, refused

LEFT = """{ gallery(by: {externalId: "course-101"}) {
  pendingCount media { edges { __typename @skip(if: true) } }
  room { enabled mode qna groupChat speakers { __typename } chatModerators { source } status { state } } } }"""
DEMO = ROOT / "examples" / "demo.py"

pytestmark = pytest.mark.second_tier  # It starts a server and the demo.


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that was started in an empty folder."""
    with Terminal(tmp_path_factory.mktemp("served"), DEV).serving() as served:
        yield served


@pytest.fixture(scope="module")
def demo(served: Served, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The output of `make demo`, without times."""
    terminal = Terminal(tmp_path_factory.mktemp("demo"), DEV)
    ended = terminal.run(sys.executable, DEMO, "--seconds=1", "--pause=0.01", PORT=served.port)
    assert ended.returncode == 0, ended.stderr
    return [line.partition(" ")[2] for line in ended.stdout.splitlines()[1:]]


def test_the_demo_lets_people_come_and_go_and_leaves_all_as_it_was(demo: list[str], served: Served) -> None:
    came = demo[demo.index("Mara Manager sets the room up as it was") + 1 :]
    assert came[0] == "Mara Manager opens the room"
    assert came[-1] == "The room is closed"
    words = (" enters", " leaves", ": ")
    assert [word for word in words if not any(word in line for line in came if "→" not in line)] == []
    gallery = ask(served, served.token, LEFT)["gallery"]
    room = {"enabled": True, "mode": "WEBINAR", "status": {"state": "CLOSED"}}
    talk = {"qna": "SITE_DEFAULT", "groupChat": "SITE_DEFAULT"}
    assigned = {"speakers": [], "chatModerators": [{"source": "ASSIGNED"}]}
    assert gallery == {"pendingCount": 3, "media": {"edges": [{}] * 6}, "room": room | talk | assigned}


def test_the_demo_plays_the_life_of_a_webinar(demo: list[str]) -> None:
    """Rules 37, 41 to 44 and 56 to 58, live: each act, the moderator's events, and what a page shows."""
    assert missing(WEBINAR, told(demo, "— A webinar —", "— An interactive session —")) == []


def test_the_demo_plays_the_life_of_an_interactive_session(demo: list[str]) -> None:
    """Rules 23, 27, 30, 42, 81, 87 and 88, live."""
    played = told(demo, "— An interactive session —", "Mara Manager sets the room up as it was")
    assert missing(INTERACTIVE, played) == []


def test_the_demo_plays_a_conversation(demo: list[str]) -> None:
    """Rules 46, 48, 50 to 54, live: events of a chat moderator, a room moderator and a student."""
    played = told(demo, "Chandra Chatmod enters", "Timo Assistant wants to be asked from now on")
    assert missing(CONVERSATION, played) == []
    of_student = [line for line in played if line.startswith("→ Student 028")]
    hidden = re.compile("backchannel|exam|CLAIMED|DRAFT|asked by Student 027|OPEN.*Garamond [0-9]")
    assert [line for line in of_student if hidden.search(line)] == []


def test_the_demo_reads_a_sessions_record(demo: list[str]) -> None:
    """Rule 48: the manager, who was not inside, reads three messages, but not the fourth, in the backchannel."""
    (line,) = (line for line in demo if "reads the session's record" in line)
    matched = re.fullmatch(r"Mara Manager .+: (\d+) lines, with 3 messages", line)
    assert matched
    assert int(matched[1]) > len(CONVERSATION)


def told(demo: list[str], first: str, last: str) -> list[str]:
    return [line.strip() for line in demo[demo.index(first) : demo.index(last)]]


def missing(expected: list[str], told: list[str]) -> list[str]:
    """Returns the expected lines that are missing, or come before the line expected before them."""
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
    "… STAGE_NOT_OPEN: This stage is by invitation only.",
    "→ Timo Assistant gets HandRaised: Student 022 has a hand up",
    "→ Timo Assistant gets StageChanged: Student 022 is invited to the stage",
    "→ Timo Assistant gets StageChanged: Student 022 is on stage",
    "= stage: Student 022, Student 021",
    "→ Timo Assistant gets ShownChanged: “Grids: the handout”, page 1 of 12",
    "→ Timo Assistant gets ShownChanged: “Grids: the handout”, page 2 of 12",
    "→ Timo Assistant gets ShownChanged: “Grids: the handout”, page 3 of 12",
    "→ Timo Assistant gets ShownEnded: nothing is shown any more",
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
    "→ Timo Assistant gets DevicesChanged: Student 026 has camera ON, microphone ON, screen OFF",
    "= stage: Student 028, Student 027, Student 026, Timo Assistant",
    "→ Visitor 001 gets RoomStatus: OPEN, INTERACTIVE, 4 inside, 4 on stage",
    "→ Timo Assistant gets StageAccessChanged: the stage is BY_REQUEST",
    "→ Timo Assistant gets HandRaised: Student 029 has a hand up",
    "→ Timo Assistant gets StageChanged: Student 029 is invited to the stage",
    "→ Timo Assistant gets StageChanged: Student 029 is not on stage, nor invited",
    "→ Timo Assistant gets ReactionsCounted: 👏 1",
    "→ Timo Assistant gets AllDevicesChanged: OFF now: 0 cameras, 3 microphones, 0 screens",
    "→ Timo Assistant gets ParticipantLeft: Student 027 is gone",
    "= stage: Chandra Chatmod, Student 028, Timo Assistant",
    "… ROOM_HAS_ACTIVE_SESSION: A session is running in this room.",
    "→ Timo Assistant gets SessionEnded: ROOM_DISABLED, at most 6 were inside",
    "→ Visitor 001 gets RoomStatus: DISABLED, INTERACTIVE, 0 inside, 0 on stage",
    "… ROOM_DISABLED: This room is switched off.",
    "→ Visitor 001 gets RoomStatus: CLOSED, INTERACTIVE, 0 inside, 0 on stage",
]

CONVERSATION = [
    "→ Timo Assistant gets ParticipantJoined: Chandra Chatmod is inside as CHAT_MODERATOR",
    "→ Student 028 gets MessagePosted: Student 027, answering Student 026: “The one with two columns.”",
    "→ Student 028 gets MessageReacted: “The one with two columns.” has 👏 1",
    "→ Student 028 gets MessagePinned: “The one with two columns.” stands above the chat",
    "→ Student 028 gets MessagePosted: Student 027: “Who buys my textbooks?”",
    "→ Timo Assistant gets MessageDeleted: a message of Student 027, without its words",
    "→ Chandra Chatmod gets MessageDeleted: a message of Student 027, “Who buys my textbooks?”",
    "→ Student 028 gets MessageDeleted: a message of Student 027, without its words",
    "→ Timo Assistant gets MessagePosted: Chandra Chatmod in the backchannel: “Shall we take questions now?”",
    "→ Student 028 gets Announced: Chandra Chatmod: “Now is the time for questions.”",
    "→ Chandra Chatmod gets QuestionAsked: Student 026 asks “Will this be in the exam?”",
    "→ Chandra Chatmod gets QuestionAsked: Student 027 asks “May I be a day late?”",
    "→ Student 027 gets QuestionChanged: “May I be a day late?” is CLAIMED by Chandra Chatmod",
    "→ Chandra Chatmod gets AnswerPublished: “May I be a day late?”, asked by Student 027: “Yes, with a note to me.”",
    "→ Student 028 gets AnswerPublished: “May I be a day late?”, asked by somebody: “Yes, with a note to me.”",
    "→ Student 028 gets QuestionChanged: “May I be a day late?” is ANSWERED, upvotes: 1",
    "→ Chandra Chatmod gets InteractionChanged: “Which of these has serifs?” is DRAFT, answers: 0, Garamond 0 ✓, Futura 0",
    "→ Student 028 gets InteractionOpened: “Which of these has serifs?” is OPEN, answers: 0, Garamond, Futura",
    "→ Chandra Chatmod gets InteractionChanged: “Which of these has serifs?” is OPEN, answers: 1, Garamond 1 ✓, Futura 0",
    "→ Student 028 gets InteractionChanged: “Which of these has serifs?” is OPEN, answers: 1, Garamond, Futura",
    "… ALREADY_ANSWERED: You have already answered this.",
    "→ Student 028 gets InteractionClosed: “Which of these has serifs?” is CLOSED, answers: 3, Garamond 2 ✓, Futura 1",
    "→ Student 028 gets InteractionChanged: “What makes a poster good?” is OPEN, answers: 1, contrast 1, Rhythm 1",
]


def test_the_demo_shows_approvals_arriving_at_whoever_may_see_them(demo: list[str]) -> None:
    """Rules 16 to 18, live: a moderator sees the pending count, and a member sees approved media and nothing else."""
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


def test_the_demo_says_when_there_is_no_server(tmp_path: Path) -> None:
    told = refused(Terminal(tmp_path, DEV).run(sys.executable, DEMO, PORT="1"), 1)
    assert told.startswith("No server answers at http://127.0.0.1:1. Start `make run`")
