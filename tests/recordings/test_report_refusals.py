"""Who may report on recordings, and refusals of bad reports (rules 4, 14, 20, 57, 67)."""

from typing import Any

import pytest
from sqlalchemy import select

from models.tables.audit import AuditRecord
from resolvers.reports import REASON_LIMIT
from tests.support.admin_mutations import ADMIN, DELETE
from tests.support.media import new_gallery
from tests.support.people import absent
from tests.support.recordings import (
    FAILED,
    MEDIA_SERVER,
    OUTCOMES,
    PROCESSING,
    READY,
    REPORT,
    START,
    STOP,
    open_session,
    recorded,
    refuse,
    report,
    seen,
    start,
)
from tests.support.world import CONFIGURE, ENTER, World

BAD: list[tuple[dict[str, Any], str]] = [
    ({"state": "RECORDING"}, "state"),
    ({"state": "READY", "durationSeconds": 1}, "url"),
    ({"state": "READY", "url": "https://media.example/x"}, "durationSeconds"),
    ({**READY, "url": "javascript:alert(1)"}, "url"),
    ({**READY, "thumbnailUrl": "data:,x"}, "thumbnailUrl"),
    ({**READY, "durationSeconds": -1}, "durationSeconds"),
    ({"state": "FAILED"}, "failureReason"),
    ({"state": "FAILED", "failureReason": " \n"}, "failureReason"),
    ({"state": "FAILED", "failureReason": "x\x00"}, "failureReason"),
    ({"state": "FAILED", "failureReason": "x" * (REASON_LIMIT + 1)}, "failureReason"),
    ({**FAILED, "url": "x"}, "url"),
    ({**PROCESSING, "endedAt": "0001-01-01T00:00:00+23:59"}, "endedAt"),
]


@pytest.mark.parametrize("known", ["RECORDING", "PROCESSING", "FAILED", "READY"])
async def test_what_is_wrong_in_a_report_is_named(world: World, known: str) -> None:
    """Rules 20, 57: in every state of the recording, which stays as it is."""
    recording = await start(world, "moderator", await open_session(world))
    if known != "RECORDING":
        await report(world, recording, **OUTCOMES[known])
    for said, field in BAD:
        refusal = await refuse(world, recording, **said)
        assert (refusal["code"], refusal["field"]) == ("INVALID", ["input", field]), said
    assert (await seen(world, recording))["state"] == known


async def test_text_of_a_failure_comes_back_as_it_was_given(world: World) -> None:
    """Rule 20: plain text with line breaks, up to its limit."""
    recording = await recorded(world)
    reason = "<b>No</b> space\nleft on \u2068\u202edevice\u202c\u2069" + "!" * (REASON_LIMIT - 34)
    await report(world, recording, state="FAILED", failureReason=f"  {reason} ")
    assert (await seen(world, recording))["failureReason"] == reason


async def test_only_the_media_servers_account_reports(world: World) -> None:
    """Rules 4, 57, 67: FORBIDDEN for people who see the room, NOT_FOUND for others. All are audited."""
    recording = await recorded(world)
    given = {"recordingId": recording, **READY}
    for who, scopes, code in (
        ("manager", (), "FORBIDDEN"),
        ("moderator", (), "FORBIDDEN"),
        ("student-001", (ADMIN,), "FORBIDDEN"),
        ("outsider", (), "NOT_FOUND"),
        ("admin", (ADMIN,), "NOT_FOUND"),
        ("recorder", (), "NOT_FOUND"),
    ):
        refusal = await world.refused(who, REPORT, *scopes, input=given)
        assert (refusal["code"], refusal["field"]) == (code, ["input", "recordingId"]), who
    assert (await refuse(world, absent("Recording"), **READY))["code"] == "NOT_FOUND"
    await report(world, recording, **READY)
    await report(world, recording, **READY)
    asked = select(AuditRecord).where(AuditRecord.action == "reportRecording").order_by(AuditRecord.id)
    told = [(each.permission, each.target, each.role, each.outcome) for each in await world.database.reads.all(asked)]
    codes = ["FORBIDDEN"] * 3 + ["NOT_FOUND"] * 4
    assert told == [
        *(("REPORT_RECORDING", "recording", None, code) for code in codes),
        *[("REPORT_RECORDING", "recording", "MEDIA_SERVER", "DONE")] * 2,
    ]


async def test_the_media_server_sees_no_more_than_what_it_reports(world: World) -> None:
    """Rules 4, 14: its scope includes no access to galleries, rooms or recordings."""
    recording = await recorded(world)
    payload = await report(world, recording, **READY)
    assert (payload["state"], payload["recording"]) == ("READY", None)
    everything = """query ($gallery: ID!, $room: ID!, $recording: ID!) {
      gallery(by: {id: $gallery}) { id } room(id: $room) { id } node(id: $recording) { id } }"""
    ids = {"gallery": world.gallery, "room": world.room, "recording": recording}
    assert set((await world.query("recorder", everything, MEDIA_SERVER, **ids)).values()) == {None}
    for document, given in ((STOP, {"recordingId": recording}), (START, {"sessionId": await open_session(world)})):
        assert (await world.refused("recorder", document, MEDIA_SERVER, input=given))["code"] == "NOT_FOUND"


async def test_a_media_server_that_belongs_to_the_gallery_sees_it_as_any_member(world: World) -> None:
    """Rule 57: scope and membership are independent."""
    recording = await recorded(world)
    given = {"recordingId": recording, **READY}
    payload = await world.mutate("student-001", REPORT, MEDIA_SERVER, input=given)
    assert payload["recording"] == {"id": recording}


async def test_of_a_gallery_that_is_gone_there_is_nothing_to_report(world: World) -> None:
    """Rules 4, 57: its recordings are deleted with it."""
    gallery = await new_gallery(world)
    await world.mutate("manager", CONFIGURE, input={"galleryId": gallery, "enabled": True})
    room = "query ($id: ID!) { gallery(by: {id: $id}) { room { id } } }"
    opened = (await world.query("manager", room, id=gallery))["gallery"]["room"]["id"]
    session = (await world.mutate("manager", ENTER, room=opened))["session"]["id"]
    recording = await start(world, "manager", session)
    await world.mutate("manager", DELETE, input={"galleryId": gallery, "endActiveSession": True})
    assert (await refuse(world, recording, **READY))["code"] == "NOT_FOUND"
