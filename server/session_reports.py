"""GET /sessions/{id}/reports/{report}.{csv|json}: the reports of a session as tables (rule 86).

A report is computed once, and then written as the client reads. Access and token are checked again for each page.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, aclosing
from dataclasses import dataclass, fields
from functools import partial
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from models.access.session_reports import ReportAccess, access_report, must_read_content, must_read_private
from models.database.database import Database
from models.database.transaction import Snapshot, Transaction
from models.errors import NotFound, Refusal
from models.permissions import Viewer
from models.storage.paging import MAX_SIZE, PageArguments
from resolvers.attendance import Attendance, Attendee, attendance_of, begin_report, names_of
from resolvers.interaction_reports import AnswerLine, ResultLine, answer_lines, reported_interactions, result_lines
from resolvers.interactions import ReadInteraction
from resolvers.participation import Counts, Participation, participation_of
from resolvers.transcripts import TranscriptLine, transcript_of
from schema.types.ids import global_id, local_id
from server.accounts import Account
from server.answers import unauthenticated
from server.exports import STATUS, Export, absent, headers_of, refusal
from server.http_streams import Stream
from server.tables import FORMS, Row, Table

T = TypeVar("T")
Pages = AsyncGenerator[Sequence[Row], None]


@dataclass(frozen=True, slots=True)
class Reading:
    """A viewer who reads the reports of a session."""

    database: Database
    viewer: Viewer
    session: str

    async def begin(self, must: Callable[[ReportAccess], None]) -> None:
        """Checks access and audits the reading (rule 67). Raises NOT_FOUND, FORBIDDEN."""

        async def work(tx: Transaction) -> None:
            must(await begin_report(tx, self._session_id))

        await self.database.transact(self.viewer, "sessionReport", work)

    async def read(self, work: Callable[[Snapshot, ReportAccess], Awaitable[T]]) -> T:
        """Returns what `work` returns in a snapshot, with the access there. Raises NOT_FOUND, FORBIDDEN."""
        async with self.database.snapshot(self.viewer) as snapshot:
            return await work(snapshot, await access_report(snapshot, self._session_id, "sessionId"))

    async def in_pages(self, rows: Iterable[Row]) -> Pages:
        """Yields the rows by pages, also if there are none. Checks access before each page but the first."""
        left = iter(rows)
        yield [*islice(left, MAX_SIZE)]
        while page := [*islice(left, MAX_SIZE)]:
            await self.read(_nothing)
            yield page

    @property
    def _session_id(self) -> UUID:
        return local_id(self.session, "RoomSession", "sessionId")


async def _nothing(_snapshot: Snapshot, _access: ReportAccess) -> None:
    """Reads nothing, because only the access matters."""


async def _attendance(reading: Reading) -> Pages:
    attended = await reading.read(attendance_of)
    async for page in reading.in_pages(row for person in attended.people for row in _stays(person)):
        yield page


def _stays(person: Attendee) -> Iterator[Row]:
    for stay in person.stays:
        yield {**_who(person), "highest_role": person.highest_role, **_values(stay)}


async def _participation(reading: Reading) -> Pages:
    attended, counted = await reading.read(_attended_and_counted)
    rows = (_who(person) | _values(counted.of(person.user_id)) for person in attended.people)
    async for page in reading.in_pages(rows):
        yield page


async def _attended_and_counted(snapshot: Snapshot, access: ReportAccess) -> tuple[Attendance, Participation]:
    return await attendance_of(snapshot, access), await participation_of(snapshot, access)


async def _curve(reading: Reading) -> Pages:
    attended = await reading.read(attendance_of)
    async for page in reading.in_pages(_values(minute) for minute in attended.minutes):
        yield page


async def _chat(reading: Reading) -> Pages:
    after: str | None = None
    while True:
        page = await reading.read(partial(transcript_of, arguments=PageArguments(MAX_SIZE, after)))
        yield [_said(line) for line in page.rows]
        if not page.has_next:
            return
        after = page.cursors[-1]


async def _interactions(reading: Reading) -> Pages:
    async for read in _opened(reading):
        yield [
            _values(line) | {"interaction": global_id("Interaction", line.interaction)} for line in result_lines(read)
        ]


async def _answers(reading: Reading) -> Pages:
    names = await reading.read(names_of)
    yield []
    async for read in _opened(reading):
        after: str | None = None
        while True:
            page = await reading.read(partial(answer_lines, read=read, arguments=PageArguments(MAX_SIZE, after)))
            yield [_answered(line, names) for lines in page.rows for line in lines]
            if not page.has_next:
                break
            after = page.cursors[-1]


async def _opened(reading: Reading) -> AsyncGenerator[ReadInteraction, None]:
    """Yields the session's interactions. A page of them is small, because words can make one large."""
    after: str | None = None
    while True:
        page = await reading.read(partial(reported_interactions, arguments=PageArguments(10, after)))
        for read in page.rows:
            yield read
        if not page.has_next:
            return
        after = page.cursors[-1]


def _answered(line: AnswerLine, names: Mapping[UUID, str]) -> Row:
    user = None if line.user_id is None else global_id("User", line.user_id)
    who = {"user": user, "name": names.get(line.user_id) if line.user_id else None}
    return _values(line) | who | {"interaction": global_id("Interaction", line.interaction)}


def _said(line: TranscriptLine) -> Row:
    author = None if line.author_id is None else global_id("User", line.author_id)
    return {**_values(line), "author": author}


def _values(of: Any) -> dict[str, object]:
    """Returns the fields of facts by name. `dataclasses.asdict` would also copy the values, which takes long."""
    return {name: getattr(of, name) for name in of.__dataclass_fields__}


def _who(person: Attendee) -> dict[str, Any]:
    return {"user": global_id("User", person.user_id), "name": person.name}


def _all_may(_access: ReportAccess) -> None:
    """Allows all who may read reports."""


@dataclass(frozen=True, slots=True)
class Report:
    """The columns of a report, and its rows by pages."""

    columns: Sequence[str]
    pages: Callable[[Reading], Pages]
    must: Callable[[ReportAccess], None] = _all_may  # raises FORBIDDEN for a viewer who may not read this report


_PERSON = ("user", "name")
_STAY = ("joined_at", "left_at", "ended", "seconds", "seconds_on_stage")
_SAID = ("sent_at", "author", "author_name", "author_roles", "text", "edited_at", "deleted_at")
REPORTS: Mapping[str, Report] = {
    "attendance": Report((*_PERSON, "highest_role", *_STAY), _attendance),
    "participation": Report((*_PERSON, *(each.name for each in fields(Counts))), _participation),
    "curve": Report(("begins_at", "inside"), _curve),
    "chat": Report(_SAID, _chat, must_read_content),
    "interactions": Report(tuple(each.name for each in fields(ResultLine)), _interactions, must_read_content),
    "answers": Report(
        ("interaction", "kind", "question", *_PERSON, "answered_at", "given", "right"), _answers, must_read_private
    ),
}


class Reports(Export):
    """The handler of the route."""

    async def begin(self, request: Request, account: Account, held: ExitStack) -> Response:
        filename = request.path_params["report"]
        name, _, form = filename.partition(".")
        if name not in REPORTS or form not in FORMS:
            return absent("report")
        reading = Reading(self._services.database, account.viewer, request.path_params["id"])
        try:
            await reading.begin(REPORTS[name].must)
            pages = REPORTS[name].pages(reading)
            first = await anext(pages)
        except NotFound:
            return absent("session")
        except Refusal as refused:
            return refusal(STATUS[refused.code], _error(refused))
        table = FORMS[form](REPORTS[name].columns)
        return Stream(self.parts(account, table, first, pages), held.pop_all(), headers_of(table.media_type, filename))

    async def parts(
        self, account: Account, table: Table, page: Sequence[Row], following: Pages
    ) -> AsyncGenerator[bytes, None]:
        """Yields the table, one page at a time. `page` is the first one."""
        async with aclosing(following):
            with self._accounts.lease(account) as lease:
                yield table.begin() + table.rows(page)
                try:
                    async for rows in following:
                        if lease.ended.done():
                            yield table.failure(unauthenticated(lease.ended.result()))
                            break
                        yield table.rows(rows)
                        await asyncio.sleep(0)  # on SQLite nothing else suspends, and others have a turn
                except Refusal as refused:
                    yield table.failure(_error(refused))
                yield table.end()


def _error(refused: Refusal) -> dict[str, Any]:
    return {"message": refused.message, "extensions": refused.extensions}
