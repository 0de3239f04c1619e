"""The complete record of a session, for managers, as JSON Lines and as a connection (rules 4, 46, 48, 67)."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from models.events import log
from models.tables.audit import AuditRecord
from server.record import DOCUMENT, Records
from tests.support.audit_records import records
from tests.support.chat import GONE, Talk
from tests.support.event_streams import gallery_id
from tests.support.interactions import Interactions
from tests.support.people import absent, id_of
from tests.support.questions import ASKER, CHATMOD, OTHER, ask, do, gather, replies_in
from tests.support.recordings import READY, report, start, stop
from tests.support.running_session import Meeting
from tests.support.world import END, ENTER, LEAVE, World

PAGE = """query ($session: ID!, $first: Int, $after: String) {
  sessionRecord(sessionId: $session, first: $first, after: $after) {
    edges { cursor node { __typename cursor occurredAt ... on MessagePosted { message { text } } } }
    pageInfo { hasNextPage hasPreviousPage endCursor } } }"""


async def export(world: World, who: str, session: str, *scopes: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {world.token(who, *scopes)}"}
    return await world.http.get(f"/sessions/{session}/record", headers=headers)


async def lines(world: World, who: str, session: str) -> list[dict[str, Any]]:
    response = await export(world, who, session)
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in response.text.splitlines()]


async def pages(world: World, who: str, session: str, first: int) -> list[dict[str, Any]]:
    """Returns all nodes, read page by page."""
    found, after = [], None
    while True:
        record = (await world.query(who, PAGE, session=session, first=first, after=after))["sessionRecord"]
        assert record["pageInfo"]["hasPreviousPage"] is (after is not None)
        assert [edge["cursor"] for edge in record["edges"]] == [edge["node"]["cursor"] for edge in record["edges"]]
        found += [edge["node"] for edge in record["edges"]]
        after = record["pageInfo"]["endCursor"]
        if not record["pageInfo"]["hasNextPage"]:
            return found


async def lively(world: World) -> str:
    """Plays and ends a session with all kinds of activity. Returns its id."""
    entered = await world.mutate("moderator", ENTER, room=world.room)
    session = str(entered["session"]["id"])
    await world.enter("chatmod", "student-001")
    await world.post("student-001", "Good morning")
    await world.post("moderator", "Between us", "BACKCHANNEL")
    recording = await start(world, "moderator", session)
    await world.mutate("student-001", LEAVE, room=world.room)
    await stop(world, "moderator", recording)
    await world.mutate("moderator", END, session=session)
    await report(world, recording, **READY)
    await world.enter("moderator")  # starts the next session, which is not part of this record
    await world.post("moderator", "Good afternoon")
    return session


async def test_it_tells_all_of_a_session_in_the_logs_order(world: World) -> None:
    """Rule 48: without the backchannel, for a manager who was not inside; and nothing of other sessions."""
    session = await lively(world)
    told = await lines(world, "manager", session)
    assert [line["__typename"] for line in told] == [
        "SessionStarted",
        *["ParticipantJoined"] * 3,
        "MessagePosted",
        "RecordingStarted",
        "ParticipantLeft",
        "RecordingEnded",
        "SessionEnded",
        "RecordingReady",
    ]
    assert [line["message"]["text"] for line in told if "message" in line] == ["Good morning"]
    people = {line["participant"]["user"]["name"] for line in told if "participant" in line}
    assert people == {"Timo Assistant", "Chandra Chatmod", "Student 001"}
    assert told[-1]["recording"]["media"]["id"]
    assert "Between us" not in json.dumps(told)


@pytest.mark.parametrize("first", [1, 3, 100])
async def test_the_connection_gives_the_same_page_by_page(world: World, first: int) -> None:
    session = await lively(world)
    told = await lines(world, "manager", session)
    found = await pages(world, "manager", session, first)
    of_both = ("__typename", "cursor", "occurredAt")
    assert [[each[name] for name in of_both] for each in found] == [[line[name] for name in of_both] for line in told]


async def test_the_backchannel_is_in_it_for_whoever_was_in_that(world: World) -> None:
    """Rule 48: by the snapshot; a manager is a room moderator (rule 9)."""
    await world.enter("manager")
    session = await lively(world)
    told = await lines(world, "manager", session)
    assert [line["message"]["text"] for line in told if "message" in line] == ["Good morning", "Between us"]


async def test_what_people_said_asked_and_voted_is_in_it(world: World) -> None:
    """Rules 46, 50, 52, 78: no deleted text, all threads, no anonymous askers, and votes without voters."""
    session = await gather(world)
    talk = Talk(Meeting(world, session))
    await talk.say(OTHER, "Good morning")
    await talk.say(OTHER, GONE, to="Good morning")
    await talk.does(OTHER, "deleteMessage", GONE)
    question = (await ask(world, ASKER, anonymous=True))["id"]
    await do(world, CHATMOD, "replyToQuestion", question, text="Because.")
    await do(world, ASKER, "replyToQuestion", question, text="Thanks.")
    poll = await Interactions(world, session).opened()
    assert await Interactions(world, session).votes(OTHER, poll, 1) == "done"
    await Interactions(world, session).does(CHATMOD, "closeInteraction", poll)
    told = await lines(world, "manager", session)
    of = {kind: [line for line in told if line["__typename"] == kind] for kind in {each["__typename"] for each in told}}
    assert GONE not in json.dumps(told)
    assert [line["message"]["replyTo"] for line in of["MessagePosted"]] == [None, {"id": talk.ids["Good morning"]}]
    thread = of["QuestionChanged"][-1]["question"]
    assert (thread["asker"], thread["state"]) == (None, "CLAIMED")
    assert [(reply["text"], reply["authorName"]) for reply in replies_in(thread)] == [
        ("Because.", "Chandra Chatmod"),
        ("Thanks.", ""),
    ]
    asker = await id_of(world, ASKER)
    assert asker not in json.dumps([of["QuestionAsked"], of["QuestionChanged"]])
    assert [option["votes"] for option in of["InteractionClosed"][0]["interaction"]["questions"][0]["options"]] == [
        0,
        1,
        0,
    ]
    assert await id_of(world, OTHER) not in json.dumps([line for line in told if "interaction" in line])


async def test_a_running_sessions_record_tells_what_has_happened(world: World) -> None:
    entered = await world.mutate("moderator", ENTER, room=world.room)
    told = await lines(world, "manager", entered["session"]["id"])
    assert [line["__typename"] for line in told] == ["SessionStarted", "ParticipantJoined"]


async def test_it_outlives_the_logs_retention(world: World) -> None:
    """Pruning removes the log for streams, but not for the record."""
    session = await lively(world)
    told = await lines(world, "manager", session)
    floor = await world.database.transact(
        (await world.process.accounts.of_token(world.token("manager"))).viewer,
        "upkeep",
        lambda tx: log.prune(tx, gallery_id(world), 1, tx.now),
    )
    assert floor > len(told)
    assert await lines(world, "manager", session) == told


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        ("moderator", 403, "FORBIDDEN"),
        ("chatmod", 403, "FORBIDDEN"),
        ("student-001", 403, "FORBIDDEN"),
        ("outsider", 404, "NOT_FOUND"),
    ],
)
async def test_it_is_for_managers_alone(world: World, who: str, status: int, code: str) -> None:
    """Rules 4, 67: refusals are audited; people who do not see the gallery are told that there is no session."""
    session = await lively(world)
    refused = await export(world, who, session)
    assert refused.status_code == status
    assert [error["extensions"]["code"] for error in refused.json()["errors"]] == [code]
    assert (await newest(world)).outcome == code
    answer = await world.ask(who, PAGE, session=session)
    assert answer["data"] == {"sessionRecord": None}
    assert [error["extensions"]["code"] for error in answer.get("errors", ())] == [code] * (code == "FORBIDDEN")


async def newest(world: World) -> AuditRecord:
    return (await records(world))[-1]


async def test_what_is_absent_is_answered_as_what_is_hidden(world: World) -> None:
    """Rule 4."""
    session = await lively(world)
    hidden = await export(world, "outsider", session)
    for who, unknown in (("outsider", absent("RoomSession")), ("manager", absent("RoomSession")), ("manager", "x")):
        answer = await export(world, who, unknown)
        assert (answer.status_code, answer.json()) == (hidden.status_code, hidden.json())


async def test_a_site_admin_alone_sees_no_record(world: World) -> None:
    """Rule 14."""
    session = await lively(world)
    assert (await export(world, "admin", session, world.settings.admin_scope)).status_code == 404


async def test_reading_it_is_audited_once(world: World) -> None:
    """Rule 67: with the first page, not with later ones."""
    session = await lively(world)
    before = len(await records(world))
    await pages(world, "manager", session, first=2)
    await export(world, "manager", session)
    done = (await records(world))[before:]
    assert [(each.permission, each.target, each.outcome) for each in done] == [("READ_RECORDS", "session", "DONE")] * 2


async def test_a_cursor_of_elsewhere_is_refused(world: World) -> None:
    """Rule 61."""
    session = await lively(world)
    for after in ("x", "", "A" * 200):
        answer = await world.ask("manager", PAGE, session=session, after=after)
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["CURSOR_INVALID"]


async def test_without_a_good_token_there_is_none(world: World) -> None:
    session = await lively(world)
    bare = await world.http.get(f"/sessions/{session}/record")
    assert (bare.status_code, bare.headers["www-authenticate"]) == (401, "Bearer")
    stale = world.token("manager", lifetime=timedelta(seconds=-60))
    late = await world.http.get(f"/sessions/{session}/record", headers={"authorization": f"Bearer {stale}"})
    assert late.status_code == 401


async def test_its_form(world: World) -> None:
    answer = await export(world, "manager", await lively(world))
    assert answer.headers["content-type"] == "application/jsonl"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text.endswith("}\n")


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.record.DOCUMENT", DOCUMENT.replace("first: 100", "first: 1"))


@pytest.mark.usefixtures("short_pages")
async def test_no_page_is_read_before_the_one_before_it_was_taken(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a client that reads slowly, or disconnects, costs at most one page of memory."""
    session, asked = await lively(world), 0
    handler, page = Records(world.process.services, world.process.accounts, world.process.shares), Records.page

    async def counted(self: Records, *given: Any) -> dict[str, Any]:
        nonlocal asked
        asked += 1
        return await page(self, *given)

    monkeypatch.setattr(Records, "page", counted)
    account = await world.process.accounts.of_token(world.token("manager"))
    record = handler.lines(account, session, await handler.page(account, session, None))
    for pages_taken in range(1, 5):
        await anext(record)
        assert asked == pages_taken
    await record.aclose()


@pytest.mark.usefixtures("short_pages")
async def test_a_token_that_ends_meanwhile_ends_it_with_an_error(world: World) -> None:
    """Rule 66: the last line is an error, so the reader knows that the record is incomplete."""
    session = await lively(world)
    handler = Records(world.process.services, world.process.accounts, world.process.shares)
    account = await world.process.accounts.of_token(world.token("manager"))
    record = handler.lines(account, session, await handler.page(account, session, None))
    await anext(record)
    await world.suspend("manager")
    await world.process.accounts._end_suspended()
    (last,) = [json.loads(line) async for line in record]
    assert last["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
