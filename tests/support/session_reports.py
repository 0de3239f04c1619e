"""Helpers for tests of reports: reading them, and computing them from the record in another way (rule 86)."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

import httpx

from tests.support.world import World

PAGE = "pageInfo { hasNextPage endCursor }"
REPORT = f"""query ($session: ID!) {{ sessionReport(sessionId: $session) {{
  totals {{ people peak peakAt messages reactions questions upvotes answers quizPoints }}
  curve(first: 100) {{ edges {{ node {{ beginsAt inside }} }} {PAGE} }}
  attendance(first: 100) {{ edges {{ node {{ user {{ id name }} highestRole secondsInside secondsOnStage
    stays {{ joinedAt leftAt ended seconds secondsOnStage }} }} }} {PAGE} }}
  participation(first: 100) {{ edges {{ node {{ user {{ id name }} messages reactions questions upvotes answers quizPoints }} }} {PAGE} }}
  transcript(first: 100) {{ edges {{ node {{
    sentAt author {{ id }} authorName authorRoles text editedAt deletedAt }} }} {PAGE} }}
  interactions(first: 5) {{ edges {{ node {{ id kind state anonymous answerCount rightCount
    questions {{ kind text options {{ id text votes right hidden }} }}
    answers(first: 10) {{ edges {{ node {{ user {{ id }} right questions {{ options {{ text }} text {{ text }} }} }} }} }} }} }} {PAGE} }} }} }}"""
LISTS = ("curve", "attendance", "participation", "transcript", "interactions")
HIGH_TO_LOW = ("ROOM_MODERATOR", "CHAT_MODERATOR", "SPEAKER", "ATTENDEE")
Line = dict[str, Any]


async def report(world: World, who: str, session: str) -> dict[str, Any]:
    """Returns the whole report as this person reads it, with its lists as lists of nodes."""
    found: dict[str, Any] = (await world.query(who, REPORT, session=session))["sessionReport"]
    return found | {name: [edge["node"] for edge in found[name]["edges"]] for name in LISTS}


async def download(world: World, who: str, session: str, filename: str) -> httpx.Response:
    """Requests a report over HTTP."""
    return await world.http.get(f"/sessions/{session}/reports/{filename}", headers=world.credentials(who))


async def rows(world: World, who: str, session: str, name: str) -> list[Line]:
    """Returns a report's rows, which are the same as CSV and as JSON."""
    of_json = await download(world, who, session, f"{name}.json")
    assert of_json.status_code == 200, of_json.text
    of_csv = await download(world, who, session, f"{name}.csv")
    found: list[Line] = of_json.json()
    assert [as_cells(row) for row in found] == cells(of_csv.content)
    return found


def cells(content: bytes) -> list[dict[str, str]]:
    """Returns the rows of a CSV file, which begins with a byte order mark."""
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def as_cells(row: Line) -> dict[str, str]:
    """Returns a row of JSON as its cells in CSV, if no text in it begins a formula."""
    return {name: _as_cell(value) for name, value in row.items()}


def _as_cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case list():
            return ", ".join(value)
    return str(value)


async def record(world: World, who: str, session: str) -> list[Line]:
    """Returns the lines of the session's record."""
    answer = await world.http.get(f"/sessions/{session}/record", headers=world.credentials(who))
    return [json.loads(line) for line in answer.text.splitlines()]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def stays_in(lines: list[Line]) -> dict[str, list[Line]]:
    """Returns each person's stays, as the record of a session that is over tells them."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        at, person = line["occurredAt"], line.get("participant", {}).get("user", {}).get("id")
        match line["__typename"]:
            case "ParticipantJoined":
                found.setdefault(person, []).append({"from": at, "to": None, "roles": line["participant"]["roles"]})
            case "ParticipantLeft" if line["participant"]["state"] != "DECLINED" and found.get(person):
                if found[person][-1]["to"] is None:
                    state = line["participant"]["state"]
                    found[person][-1] |= {"to": at, "ended": "ABSENT" if line["absent"] else state}
            case "SessionEnded":
                for stays in found.values():
                    if stays[-1]["to"] is None:
                        stays[-1] |= {"to": at, "ended": "SESSION_ENDED"}
    return found


def on_stage_in(lines: list[Line], person: str) -> list[tuple[str, str]]:
    """Returns when the person was on stage, as times from and to."""
    seen = [
        (line["occurredAt"], bool(line.get("participant", {}).get("onStage")))
        for line in lines
        if line.get("participant", {}).get("user", {}).get("id") == person or line["__typename"] == "SessionEnded"
    ]
    return [(since, until) for (since, is_up), (until, _) in pairwise(seen) if is_up]


def seconds(since: str, until: str) -> int:
    return int((moment(until) - moment(since)).total_seconds())


def attendance_in(lines: list[Line]) -> list[Line]:
    """Returns the attendance, as the record tells it."""
    return [
        {
            "id": person,
            "highestRole": min((role for stay in stays for role in stay["roles"]), key=HIGH_TO_LOW.index),
            "stays": [(stay["from"], stay["to"], stay["ended"], seconds(stay["from"], stay["to"])) for stay in stays],
        }
        for person, stays in stays_in(lines).items()
    ]


def inside_in(lines: list[Line]) -> Iterator[tuple[str, int]]:
    """Yields how many were inside, whenever that changed."""
    for line in lines:
        if "participantCount" in line:
            yield line["occurredAt"], line["participantCount"]
        elif line["__typename"] == "SessionEnded":
            yield line["occurredAt"], 0


def curve_in(lines: list[Line]) -> list[int]:
    """Returns the highest number inside in each minute of the session."""
    started, ended = (
        moment(line["occurredAt"]) for line in lines if line["__typename"] in ("SessionStarted", "SessionEnded")
    )
    places = [(int((moment(at) - started).total_seconds() // 60), count) for at, count in inside_in(lines)]
    return [
        max([count for place, count in places if place == minute] + [c for p, c in places if p < minute][-1:])
        for minute in range(int((ended - started).total_seconds() // 60) + 1)
    ]


def messages_in(lines: list[Line]) -> Counter[str]:
    """Returns how many messages each person posted in the group chat."""
    posted = [line["message"] for line in lines if line["__typename"] == "MessagePosted"]
    return Counter(each["author"]["id"] for each in posted if each["channel"] == "GROUP")


def last_of_each(lines: list[Line], what: str) -> list[Line]:
    """Returns each message, or question, as its last event tells it."""
    return list({line[what]["id"]: line[what] for line in lines if line.get(what)}.values())


def transcript_in(lines: list[Line]) -> list[tuple[str, str, str | None]]:
    """Returns the time, author and text of each message that was not cleared, in order."""
    posted = [line["message"] for line in lines if line["__typename"] == "MessagePosted"]
    return [
        (each["sentAt"], each["authorName"], each["text"])
        for each in posted
        if each["channel"] == "GROUP" and each["clearedAt"] is None
    ]
