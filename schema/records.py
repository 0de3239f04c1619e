"""A session's whole record, as events, and its reports."""

from typing import Annotated
from uuid import UUID

import strawberry

from models.access.records import RecordAccess, access_record
from models.access.session_reports import ReportAccess, access_report
from models.errors import NotFound
from models.storage.paging import PageArguments
from resolvers.attendance import begin_report
from resolvers.records import begin_record, read_record
from schema.context import Info
from schema.events.entries import event_of
from schema.events.interfaces import Event
from schema.execution.ahead import load_ahead
from schema.types.connections import After, Connection, First, Log, connect
from schema.types.ids import local_id
from schema.types.session_reports import SessionReport


@strawberry.type
class RecordQueries:
    @strawberry.field(
        description="A session's whole record in the log's order, for the gallery's managers: attendance, chat, questions, "
        "interactions, moderation, recordings. It has the backchannel for those who were in it, and never the text of deleted messages. Its first "
        "page is audited. Null where there is no such session, or the viewer may not see it. FORBIDDEN. "
        "`GET /sessions/{id}/record` gives all of it as JSON Lines."
    )
    async def session_record(
        self,
        info: Info,
        session_id: Annotated[strawberry.ID, strawberry.argument(description="The session, running or over.")],
        first: First = None,
        after: After = None,
    ) -> Connection[Event] | None:
        cursors, arguments = info.context.services.cursors, PageArguments(first, after)
        try:
            local = local_id(session_id, "RoomSession", "sessionId")
            access = await _access(info, local, begins=after is None)
        except NotFound:
            return None
        snapshot = info.context.snapshot.seen_as(access.viewer)
        page, log = await read_record(snapshot, access, local, arguments, cursors), Log(access.gallery_id)
        return await load_ahead(info, connect(page, lambda entry: event_of(entry, cursors), log), snapshot)

    @strawberry.field(
        description="What a session was, in tables, while it runs and afterwards. For the gallery's managers and the room's "
        "moderators, by the role that they hold now. Each reading is audited. Null where there is no such session, or the viewer may not see it. FORBIDDEN. `GET /sessions/{id}/reports/…` gives the same as CSV and JSON."
    )
    async def session_report(
        self,
        info: Info,
        session_id: Annotated[strawberry.ID, strawberry.argument(description="The session, running or over.")],
    ) -> SessionReport | None:
        try:
            access = await _begin_report(info, local_id(session_id, "RoomSession", "sessionId"))
        except NotFound:
            return None
        return await load_ahead(info, SessionReport(access=access), info.context.snapshot)


async def _begin_report(info: Info, session_id: UUID) -> ReportAccess:
    database, viewer = info.context.services.database, info.context.viewer
    await database.transact(viewer, "sessionReport", lambda tx: begin_report(tx, session_id))
    # As in `_access`, the snapshot decides.
    return await access_report(info.context.snapshot, session_id, "sessionId")


async def _access(info: Info, session_id: UUID, *, begins: bool) -> RecordAccess:
    if begins:
        database, viewer = info.context.services.database, info.context.viewer
        await database.transact(viewer, "sessionRecord", lambda tx: begin_record(tx, session_id))
    # Access is checked in the snapshot from which the page is read: the viewer may have lost access since the
    # transaction (rule 63).
    return await access_record(info.context.snapshot, session_id, "sessionId")
