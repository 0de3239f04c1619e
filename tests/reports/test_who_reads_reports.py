"""Who may read the reports of a session, and what they tell of what it hid (rules 45, 48, 50, 52, 83, 86)."""

from datetime import timedelta

import pytest

from tests.support.audit_records import audited
from tests.support.chat import GONE, talk
from tests.support.people import absent, configure, id_of
from tests.support.questions import ASKER, CHATMOD, OTHER, ask, do, gather, publish
from tests.support.running_session import meet
from tests.support.session_reports import REPORT, download, report, rows
from tests.support.world import END, LEAVE, World

NAMES = ("attendance", "participation", "curve", "chat")


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        ("manager", 200, None),
        ("moderator", 200, None),
        ("chatmod", 403, "FORBIDDEN"),
        ("student-001", 403, "FORBIDDEN"),
        ("outsider", 404, "NOT_FOUND"),
    ],
)
async def test_reports_are_for_managers_and_room_moderators(
    world: World, who: str, status: int, code: str | None
) -> None:
    """Rules 4, 67, 83: every reading and every refusal is audited."""
    session = (await meet(world, "chatmod", "student-001")).session
    if who == "moderator":
        await world.mutate("moderator", END, session=session)  # outside, the stored role counts
    async with audited(world) as audit:
        answer = await download(world, who, session, "attendance.csv")
        told = await world.ask(who, REPORT, session=session)
    assert answer.status_code == status
    assert [error["extensions"]["code"] for error in told.get("errors", ())] == [code] * (code == "FORBIDDEN")
    assert (told["data"]["sessionReport"] is None) is (code is not None)
    role = {"manager": "MANAGER", "moderator": "ROOM_MODERATOR"}.get(who)
    assert audit.lines == [(who, "sessionReport", "READ_REPORTS", "session", role, code or "DONE")] * 2
    if code:
        assert answer.json()["errors"][0]["extensions"]["code"] == code


async def test_what_is_absent_is_answered_as_what_is_hidden(world: World) -> None:
    """Rule 4: whatever the report."""
    session = (await meet(world)).session
    for name in NAMES:
        hidden = await download(world, "outsider", session, f"{name}.json")
        for who, unknown in (("outsider", absent("RoomSession")), ("manager", absent("RoomSession")), ("manager", "x")):
            answer = await download(world, who, unknown, f"{name}.json")
            assert (answer.status_code, answer.json()) == (404, hidden.json())
    for filename in ("attendance", "attendance.xml", "people.csv", ".csv", "attendance.csv.json"):
        assert (await download(world, "manager", session, filename)).status_code == 404


async def test_without_a_good_token_there_is_none(world: World) -> None:
    session = (await meet(world)).session
    bare = await world.http.get(f"/sessions/{session}/reports/chat.csv")
    assert (bare.status_code, bare.headers["www-authenticate"]) == (401, "Bearer")
    stale = world.token("manager", lifetime=timedelta(seconds=-60))
    headers = {"authorization": f"Bearer {stale}"}
    assert (await world.http.get(f"/sessions/{session}/reports/chat.csv", headers=headers)).status_code == 401


async def test_the_role_that_is_held_now_counts(world: World) -> None:
    """Rules 32, 83: for a person inside it is that of the snapshot, afterwards the stored one."""
    await configure(world, roomModeratorIds=[await id_of(world, who) for who in ("moderator", "student-001")])
    session = (await meet(world, "student-001", "student-002")).session
    await configure(world, roomModeratorIds=[await id_of(world, who) for who in ("moderator", "student-002")])
    assert (await download(world, "student-001", session, "curve.csv")).status_code == 200
    assert (await download(world, "student-002", session, "curve.csv")).status_code == 403
    for who in ("student-001", "student-002"):
        await world.mutate(who, LEAVE, room=world.room)
    assert (await download(world, "student-001", session, "curve.csv")).status_code == 403
    assert (await download(world, "student-002", session, "curve.csv")).status_code == 200


async def test_the_chat_is_for_those_who_were_there_and_managers(world: World) -> None:
    """Rules 45, 85: another room moderator gets no transcript, and everything else."""
    said = await talk(world)
    session = said.meeting.session
    await said.say("chatmod", "Good morning")
    await configure(world, roomModeratorIds=[await id_of(world, who) for who in ("moderator", "student-001")])
    for who in ("manager", "moderator"):
        assert [line["text"] for line in await rows(world, who, session, "chat")] == ["Good morning"]
    async with audited(world) as audit:
        refused = await download(world, "student-001", session, "chat.json")
    assert refused.status_code == 403
    assert [line[-1] for line in audit.lines] == ["FORBIDDEN"]
    answer = await world.ask("student-001", REPORT, session=session)
    assert [(error["path"], error["extensions"]["code"]) for error in answer["errors"]] == [
        (["sessionReport", "transcript"], "FORBIDDEN"),
        (["sessionReport", "interactions"], "FORBIDDEN"),
    ]
    assert answer["data"]["sessionReport"]["transcript"] is None
    assert answer["data"]["sessionReport"]["totals"]["messages"] == 1
    assert (await download(world, "student-001", session, "participation.csv")).status_code == 200


async def test_no_report_has_words_that_were_taken_back(world: World) -> None:
    """Rules 46, 47, 85: deleted and cleared ones, and what an edited message said before; also for a chat moderator."""
    await configure(world, roomModeratorIds=[await id_of(world, who) for who in ("moderator", "chatmod")])
    said = await talk(world, "student-001")
    await said.say("student-001", f"{GONE}, cleared")
    await said.does("chatmod", "clearChat", channel="GROUP")
    for text in (f"{GONE}, deleted", f"{GONE}, edited"):
        await said.say("student-001", text)
    await said.does("student-001", "deleteMessage", f"{GONE}, deleted")
    await said.does("student-001", "editMessage", f"{GONE}, edited", text="Never mind")
    for who in ("manager", "moderator", "chatmod"):
        found = await report(world, who, said.meeting.session)
        assert GONE not in str(found)
        assert [line["text"] for line in found["transcript"]] == [None, "Never mind"]
        assert [row["text"] for row in await rows(world, who, said.meeting.session, "chat")] == [None, "Never mind"]
        assert found["totals"]["messages"] == 3


async def test_questions_are_counted_only_where_they_may_be_known(world: World) -> None:
    """Rules 50, 52, 84: a room moderator's report counts published ones, and no report says who asked anonymously."""
    session = await gather(world)
    await ask(world, ASKER)
    published = (await ask(world, ASKER))["id"]
    await publish(world, published)
    await do(world, OTHER, "upvoteQuestion", published)
    secret = (await ask(world, OTHER, anonymous=True))["id"]

    async def counted(who: str) -> tuple[int, list[int]]:
        found = await report(world, who, session)
        asker, other = [await id_of(world, each) for each in (ASKER, OTHER)]
        by = {one["user"]["id"]: one["questions"] for one in found["participation"]}
        return found["totals"]["questions"], [by[asker], by[other]]

    assert await counted("manager") == (3, [2, 0])
    assert await counted("moderator") == (1, [1, 0])
    await publish(world, secret)
    assert await counted("moderator") == (2, [1, 0])
    found = await report(world, "moderator", session)
    assert found["totals"]["upvotes"] == 1
    await configure(world, roomModeratorIds=[await id_of(world, who) for who in ("moderator", CHATMOD)])
    await world.mutate(CHATMOD, LEAVE, room=world.room)
    await world.enter(CHATMOD)
    assert await counted(CHATMOD) == (3, [2, 0])


async def test_nothing_tells_of_the_backchannel(world: World) -> None:
    """Rules 48, 84, 85: neither its messages nor the reactions to them, even to those who were in it."""
    said = await talk(world, "student-001")
    session, before = said.meeting.session, await report(world, "moderator", said.meeting.session)
    await said.say("moderator", "Between us", "BACKCHANNEL")
    await said.does("chatmod", "addReaction", "Between us", emoji="👍")
    after = await report(world, "moderator", session)
    assert (after["participation"], after["transcript"]) == (before["participation"], [])
    await said.say("chatmod", "Hear me", "ANNOUNCEMENTS")
    await said.does("student-001", "addReaction", "Hear me", emoji="👍")
    totals = (await report(world, "moderator", session))["totals"]
    assert (totals["messages"], totals["reactions"]) == (0, 1)
