"""`seed --scale large`: a site of a university's size, made by the functions of the mutations."""

import argparse
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from models.tables.galleries import Gallery
from models.tables.rates import RateUse
from server.accounts import THE_SERVER
from server.commands.seed import main
from server.migrated import migrate_database
from server.settings import Settings
from server.university.scale import LARGE, Scale
from server.university.site import Added, add_large_site
from tests.support.commands import ROOT
from tests.support.stored_state import fold_all, read_state
from tests.support.world import World

SMALL = Scale(
    courses=2,
    students=14,
    members=8,
    groups=2,
    media=6,
    media_of_first=24,
    playlists=1,
    sessions=2,
    inside=4,
    messages=6,
    questions=3,
)
COURSE = """query ($course: String!) { gallery(by: {externalId: $course}) {
  title viewerRole pendingCount mediaCount memberships { totalCount } playlists { totalCount }
  sessions(first: 1) { totalCount edges { node { endReason recordings { edges { node { state } } } } } }
  media(first: 1, filter: {statuses: [REJECTED]}) { totalCount } } }"""

pytestmark = pytest.mark.new_database  # It gets more rows than a database should have that is used again.


async def test_the_events_tell_of_all_and_a_second_run_adds_nothing(world: World) -> None:
    """Rule 64: the state before, with the events folded in, equals the state after."""
    before = await read_state(world.database)
    told: list[tuple[int, int]] = []
    added = await add_large_site(world.settings, world.database, SMALL, lambda *each: told.append(each))
    assert added == Added(SMALL.courses, 0)
    after = await read_state(world.database)
    assert await fold_all(world.database, before) == after
    assert len(after) == len(before) + SMALL.courses
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1]
    assert await world.database.reads.values(select(RateUse.user_id)) == []
    assert await add_large_site(world.settings, world.database, SMALL) == Added(0, SMALL.courses)
    assert await read_state(world.database) == after
    await _check_course(world)


async def _check_course(world: World) -> None:
    course = (await world.query("manager", COURSE, course="large-001"))["gallery"]
    members = len(("teacher", "assistant", "manager", "moderator")) + 3  # three students of the demo
    assert course["memberships"]["totalCount"] == SMALL.members // 2 + SMALL.groups + members
    assert (course["title"], course["viewerRole"]) == ("Introduction to Acoustics", "MANAGER")
    assert (course["playlists"]["totalCount"], course["sessions"]["totalCount"]) == (1, 2)
    # One of the two sessions was recorded, and a recording is a medium.
    assert course["mediaCount"] == SMALL.media_of_first + 1
    assert min(course["media"]["totalCount"], course["pendingCount"]) > 0
    (last,) = course["sessions"]["edges"]
    assert last["node"]["endReason"] == "ENDED_BY_MODERATOR"


async def test_a_run_that_was_interrupted_goes_on_with_the_next_course(world: World) -> None:
    two = replace(SMALL, sessions=1, media_of_first=3, media=3, messages=2, questions=1)
    assert await add_large_site(world.settings, world.database, replace(two, courses=1)) == Added(1, 0)
    assert await add_large_site(world.settings, world.database, two) == Added(1, 1)
    gone = delete(Gallery).where(Gallery.external_id == "large-001")
    await world.database.transact(THE_SERVER, "test", lambda tx: tx.execute(gone))
    assert await add_large_site(world.settings, world.database, two) == Added(1, 1)


@pytest.mark.second_tier
def test_the_command_adds_the_numbers_of_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole site, with the rate limits of a new database."""
    file, whole = tmp_path / "new.db", argparse.Namespace(scale="large")
    settings = Settings(dev=True, database_url=f"sqlite:///{file}")
    migrate_database(settings)
    main(settings, whole)
    assert capsys.readouterr().err == f"{LARGE.courses} courses were added.\n"
    page = (ROOT / "docs" / "commands.md").read_text().partition("## A large site\n")[2].partition("\n## ")[0]
    table = re.findall(r"^\| ([\d,]+) \| .+ \| `(\w+)` \|$", page, re.MULTILINE)
    assert len(table) > 10
    with closing(sqlite3.connect(file)) as reading:
        found = [(f"{count_of(reading, name):,}", name) for _number, name in table]
    assert found == table
    main(settings, whole)
    assert capsys.readouterr().err == f"Nothing was added. {LARGE.courses} courses were there already.\n"


def count_of(connection: sqlite3.Connection, table: str) -> int:
    (number,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608  a name in the docs
    return int(number)
