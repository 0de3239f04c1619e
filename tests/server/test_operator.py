"""What an operator does with users and the audit at the command line, on both databases (rules 66, 67)."""

import csv
import io
import json
import shlex
import subprocess
from pathlib import Path

import pytest

from models.database.transaction import Act, Transaction
from models.permissions import Permission, Role
from models.tables.audit import DONE
from resolvers.audit import AuditFilter
from server.accounts import THE_SERVER
from server.audit_lines import COLUMNS, Follower, newest
from server.command_failed import CommandFailed
from tests.support.admin_mutations import UPSERT, as_admin
from tests.support.audit_records import records
from tests.support.commands import DEV, PATIENCE, ROOT, SERVER, Terminal
from tests.support.event_streams import EVENTS, is_live, next_event, said
from tests.support.operating import command
from tests.support.people import id_of
from tests.support.world import END, ENTER, World

Capture = pytest.CaptureFixture[str]


async def test_suspending_at_the_command_line_ends_their_sockets_and_no_others(world: World, capsys: Capture) -> None:
    """Two accounts at once. The audit says that the operator did it."""
    await world.enter("moderator", "student-001")
    student = await id_of(world, "student-001")
    async with world.socket("student-001") as theirs, world.socket("moderator") as other:
        stream = await other.subscribe(EVENTS, room=world.room)
        await is_live(stream)
        await command(world.settings, "user", "suspend", "student-001")
        assert await theirs.closed() == 4403
        await world.post("moderator", "We go on.")
        assert said(await next_event(stream)) == "We go on."
    told = capsys.readouterr().out
    assert "Connections end within 5 seconds." in told
    assert "Suspended  since 20" in told
    await command(world.settings, "user", "unsuspend", student)
    assert "Suspended  no" in capsys.readouterr().out
    done = [(row.action, row.role, row.outcome) for row in await records(world) if row.actor_id.int == 0][-2:]
    assert done == [("suspendUser", "SITE_ADMIN", "DONE"), ("unsuspendUser", "SITE_ADMIN", "DONE")]
    assert await world.query("student-001", "{ viewer { name } }") == {"viewer": {"name": "Student 001"}}


async def test_a_user_is_shown_by_whatever_names_them_alone(world: World, capsys: Capture) -> None:
    given = {"issuer": "https://id.example.org", "subject": "7", "name": "Nora", "email": "Nora@example.org"}
    made = (await as_admin(world, UPSERT, **given, username="student-001"))["user"]["id"]
    for who in (made, "7", "nora@EXAMPLE.org"):
        await command(world.settings, "user", "show", who)
        assert f"Id         {made}\n" in capsys.readouterr().out
    with pytest.raises(CommandFailed, match="Several users are called student-001") as several:
        await command(world.settings, "user", "show", "student-001")
    assert made in str(several.value)
    with pytest.raises(CommandFailed, match="There is no user"):
        await command(world.settings, "user", "suspend", "nobody")
    await command(world.settings, "user", "show", "moderator")
    shown = capsys.readouterr().out
    assert "Groups     teaching-assistants\n" in shown
    assert "Galleries  Principles of Design (MODERATOR)\n" in shown


async def meet(world: World) -> str:
    """Returns the id of a session that a student tried to end and the manager ended."""
    session = str((await world.mutate("moderator", ENTER, room=world.room))["session"]["id"])
    await world.refused("student-001", END, session=session)
    await world.mutate("manager", END, session=session)
    return session


async def test_the_audit_is_filtered_and_its_reading_is_in_it(world: World, capsys: Capture) -> None:
    session = await meet(world)

    async def shown(*words: str) -> list[str]:
        capsys.readouterr()
        await command(world.settings, "audit", *words)
        return capsys.readouterr().out.splitlines()

    *_, refused, ended, reading = await shown()
    assert "  FORBIDDEN   endSession  session " + session + "  Student 001, no role" in refused
    assert ended.endswith("Mara Manager, ROOM_MODERATOR")
    assert "  DONE        auditRecords  site  the operator, SITE_ADMIN" in reading
    assert await shown("--actor", "student-001") == [refused]
    assert await shown("--target", session, "--action", "endSession") == [refused, ended]
    assert await shown("--action", "endSession", "--limit", "1") == [ended]
    assert await shown("--action", "endSession", "--until", "2020-01-01") == []
    assert len(await shown("--actor", "operator", "--since", "2020-01-01T00:00Z")) > 3
    for words in (["--since", "yesterday"], ["--until", "0001-01-01T00:00+23:59"], ["--target", "x"]):
        with pytest.raises(CommandFailed, match=words[0]):
            await shown(*words)


async def test_the_whole_audit_is_written_as_a_file(world: World, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """More than a page, oldest first, and safe to open in a spreadsheet."""
    session = await meet(world)
    await world.database.transact(THE_SERVER, "=1+1", crowd)
    await command(world.settings, "audit", "--export", "json")
    written = capsysbinary.readouterr()
    rows = json.loads(written.out)
    assert [row["id"] for row in rows] == [str(row.id) for row in await records(world)]
    assert written.err.decode() == f"Wrote {len(rows)} records.\n"
    assert len(rows) > 250
    assert tuple(rows[0]) == COLUMNS
    (ended,) = [row for row in rows if row["action"] == "endSession" and row["outcome"] == "DONE"]
    assert (ended["actor"], ended["targetId"]) == ("Mara Manager", session)
    await command(world.settings, "audit", "--export", "csv", "--limit", "3")
    table = list(csv.DictReader(io.StringIO(capsysbinary.readouterr().out.decode("utf-8-sig"))))
    assert [row["action"] for row in table] == ["'=1+1", "auditRecords", "auditRecords"]


async def crowd(tx: Transaction) -> None:
    """Writes many records."""
    await tx.write_audit([Act(Permission.MANAGE_SITE, "site", None, Role.SITE_ADMIN)] * 250, DONE)


async def test_who_follows_the_audit_sees_each_record_once(world: World) -> None:
    """More at once than fit a page, and one whose time is earlier than what was shown already."""
    follower = Follower(world.database, AuditFilter())
    await follower.begin()
    assert await follower.new() == []
    await world.database.transact(THE_SERVER, "shown", crowd)
    follower.note(await newest(world.database, AuditFilter(), 250))
    assert await follower.new() == []
    await world.database.transact(THE_SERVER, "test", crowd)
    assert len(await follower.new()) == 250
    world.clock.advance(seconds=-5)
    await world.database.transact(THE_SERVER, "late", crowd)
    assert {row["action"] for row in await follower.new()} == {"late"}
    assert await follower.new() == []


@pytest.mark.second_tier
def test_a_terminal_follows_the_audit(sqlite_template: Path, tmp_path: Path) -> None:
    (tmp_path / "enfilade.db").write_bytes(sqlite_template.read_bytes())
    terminal = Terminal(tmp_path, DEV | {"DATABASE_URL": "sqlite:///enfilade.db"})
    follow = subprocess.Popen(
        [*SERVER, "audit", "--follow", "--limit", "1"],
        cwd=tmp_path, env={**terminal.variables, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with follow:
        assert follow.stdout
        lines = iter(follow.stdout.readline, "")
        assert "auditRecords" in next(lines)
        assert terminal.server("user", "suspend", "student-001").returncode == 0
        assert "suspendUser" in next(lines)
        follow.terminate()
    assert follow.wait(PATIENCE) != 0


@pytest.mark.second_tier
def test_a_reader_that_has_had_enough_is_no_failure_to_tell_of(sqlite_template: Path, tmp_path: Path) -> None:
    (tmp_path / "enfilade.db").write_bytes(sqlite_template.read_bytes())
    terminal = Terminal(tmp_path, DEV | {"DATABASE_URL": "sqlite:///enfilade.db", "PATH": "/usr/bin:/bin"})
    ended = terminal.run(
        "sh", "-c", f"{shlex.join(SERVER)} audit --export csv --limit 1 | true; {shlex.join(SERVER)} audit | head -1"
    )
    assert (ended.stderr, len(ended.stdout.splitlines())) == ("", 1)


def test_a_database_that_is_not_there_or_not_migrated_is_said(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, DEV | {"DATABASE_URL": "sqlite:///none.db"})
    told = terminal.server("user", "show", "manager")
    assert (told.returncode, told.stderr) == (1, "There is no database none.db: run `python -m server migrate`.\n")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "none.db").touch()
    told = terminal.server("audit")
    assert (told.returncode, told.stderr) == (1, "The database is not migrated: run `python -m server migrate`.\n")
