"""Reports as files: CSV that is safe in a spreadsheet, JSON, and what happens to a download that cannot go on (rule 86)."""

import csv
import io
import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from models.tables.galleries import GalleryRole
from models.tables.people import User
from server.session_reports import REPORTS, Reading, Reports
from server.tables import FORMS, Csv, Json, Table
from tests.support.people import change, give_role
from tests.support.running_session import meet
from tests.support.session_reports import cells, download
from tests.support.world import World

FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\tx",
    "\rx",
    ' ="x"',
    "x;=1",
    "x|@a",
    "x\n-1",
    "x\n\t+1",
    "\uff1d1",
)
DELIMITERS, SIGNS, TABS = ",;\t|", "=+-@\uff1d", "\t\r"
texts = st.text(st.sampled_from("=+-@\uff1d,;|\t \"'\r\nax\u00e9\U0001f469"), max_size=12)


def formulas_in(file: str) -> list[str]:
    """Returns the cells that a spreadsheet would take for formulas, also if another character separates its cells."""
    by = {each: csv.reader(io.StringIO(file, newline=""), delimiter=each) for each in DELIMITERS}
    found = [(each, cell) for each, rows in by.items() for row in rows for cell in row]
    return [
        cell
        for each, cell in found
        if cell.lstrip(" ").startswith(tuple(SIGNS)) or (each == "," and cell.startswith(tuple(TABS)))
    ]


@given(st.lists(st.tuples(texts, texts), max_size=3))
def test_no_cell_is_a_formula_and_no_text_is_lost(said: list[tuple[str, str]]) -> None:
    rows = [{"name": one, "text": other, "count": 0} for one, other in said]
    table = Csv(("name", "text", "count"))
    file = (table.begin() + table.rows(rows) + table.end()).decode("utf-8-sig")
    assert formulas_in(file) == []
    read = list(csv.reader(io.StringIO(file, newline=""), strict=True))
    assert read[0] == ["name", "text", "count"]
    assert [[each.replace("'", "") for each in row] for row in read[1:]] == [
        [one.replace("'", ""), other.replace("'", ""), "0"] for one, other in said
    ]
    as_json = Json(("name", "text", "count"))
    assert json.loads(as_json.begin() + as_json.rows(rows) + as_json.end()) == rows


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_gets_an_apostrophe(text: str) -> None:
    table = Csv(("text",))
    (row,) = cells(table.begin() + table.rows([{"text": text}]))
    assert row["text"].replace("'", "") == text
    assert row["text"].count("'") >= 1


def test_what_is_no_formula_stays_as_it_is() -> None:
    table = Csv(("text",))
    for text in ("a - b", "2+2=4", "me@example.org", "'quoted'", "a\nb", 'say "x"', "50 % off", "\u00e9=\u00e8"):
        (row,) = cells(table.begin() + table.rows([{"text": text}]))
        assert row["text"] == text


async def test_names_and_words_of_participants_begin_no_formula(world: World) -> None:
    """Rule 86: in each report as CSV; JSON has the texts as they are."""
    meeting = await meet(world, "student-001")
    await change(world, update(User).where(User.subject == "student-001").values(name='=HYPERLINK("http://a.example")'))
    for text in FORMULAS:
        await world.post("moderator", text.strip())
    for name in REPORTS:
        file = (await download(world, "moderator", meeting.session, f"{name}.csv")).content.decode("utf-8-sig")
        assert formulas_in(file) == [], name
    told = (await download(world, "moderator", meeting.session, "chat.json")).json()
    assert [row["text"] for row in told] == [text.strip() for text in FORMULAS]
    people = (await download(world, "moderator", meeting.session, "participation.json")).json()
    assert people[1]["name"] == '=HYPERLINK("http://a.example")'


async def test_the_form_of_a_file(world: World) -> None:
    """Rule 86: media types, names and headers, also of a table without rows."""
    session = (await meet(world)).session
    for form, media_type in (
        ("csv", "text/csv; charset=utf-8; header=present"),
        ("json", "application/json; charset=utf-8"),
    ):
        answer = await download(world, "manager", session, f"chat.{form}")
        assert answer.headers["content-type"] == media_type
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-disposition"] == f'attachment; filename="chat.{form}"'
    assert answer.json() == []
    lines = (await download(world, "manager", session, "attendance.csv")).content.decode("utf-8-sig").split("\r\n")
    assert lines[0] == "user,name,highest_role,joined_at,left_at,ended,seconds,seconds_on_stage"
    assert len(lines) == 3
    assert lines[2] == ""


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.session_reports.MAX_SIZE", 1)


async def begun(world: World, session: str, name: str, form: str) -> AsyncGenerator[bytes, None]:
    """Returns the parts of a report that the manager downloads."""
    process = world.process
    account = await process.accounts.of_token(world.token("manager"))
    pages = REPORTS[name].pages(Reading(world.database, account.viewer, session))
    table: Table = FORMS[form](REPORTS[name].columns)
    handler = Reports(process.services, process.accounts, process.shares)
    return handler.parts(account, table, await anext(pages), pages)


def last_row(form: str, file: bytes) -> Any:
    """Returns the last row of a file."""
    return json.loads(file)[-1] if form == "json" else list(csv.reader(io.StringIO(file.decode("utf-8-sig"))))[-1]


def code_of(row: Any) -> str:
    """Returns the code of an error that is a row."""
    return str(row["errors"][0]["extensions"]["code"] if isinstance(row, dict) else row[1])


@pytest.mark.usefixtures("short_pages")
@pytest.mark.parametrize("name", ["attendance", "chat"])
async def test_a_table_that_cannot_go_on_ends_with_an_error(world: World, name: str) -> None:
    """Rules 63, 66, 86: the token ends, or the role is lost; the last row says so."""
    session = (await meet(world, "student-001", "student-002")).session
    for text in ("One", "Two", "Three"):
        await world.post("student-001", text)
    for form in FORMS:
        expired = await begun(world, session, name, form)
        first = await anext(expired)
        (lease,) = world.process.accounts._leases
        lease.end("The token has expired.")
        file = first + b"".join([part async for part in expired])
        assert code_of(last_row(form, file)) == "UNAUTHENTICATED"
        demoted = await begun(world, session, name, form)
        first = await anext(demoted)
        await give_role(world, "manager", GalleryRole.MEMBER)
        file = first + b"".join([part async for part in demoted])
        await give_role(world, "manager", GalleryRole.MANAGER)
        assert code_of(last_row(form, file)) == "FORBIDDEN"
