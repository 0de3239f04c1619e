"""Site admins read the audit, by actor, action, target and time (rule 67)."""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from models.database.transaction import Act, Transaction
from models.permissions import Permission, Role
from models.tables.audit import DONE
from resolvers.audit import KINDS, target_id
from schema.types.audit import audit_record
from schema.types.nodes import LOADERS
from server.accounts import THE_SERVER
from tests.support.admin_mutations import ADMIN, SUSPEND, as_admin
from tests.support.audit_records import audited, records
from tests.support.people import configure, id_of
from tests.support.query_plans import check
from tests.support.statement_log import heard
from tests.support.world import END, ENTER, World

LIST = """query ($actor: ID, $action: String, $target: ID, $since: DateTime, $until: DateTime, $first: Int, $after: String) {
  auditRecords(actorId: $actor, action: $action, targetId: $target, recordedAfter: $since, recordedBefore: $until,
      first: $first, after: $after) {
    totalCount pageInfo { endCursor hasNextPage }
    edges { node { recordedAt actor { name } action permission targetKind targetId role outcome } } } }"""


async def listed(world: World, document: str = LIST, **given: Any) -> list[dict[str, Any]]:
    """Returns the records, newest first, as a site admin reads them."""
    page = (await world.query("admin", document, ADMIN, **given))["auditRecords"]
    return [edge["node"] for edge in page["edges"]]


@pytest.fixture
async def session(world: World) -> str:
    """The id of a session that the moderator launched, a student tried to end, and the manager ended an hour later."""
    session = (await world.mutate("moderator", ENTER, room=world.room))["session"]["id"]
    await world.refused("student-001", END, session=session)
    world.clock.advance(hours=1)
    await world.mutate("manager", END, session=session)
    return str(session)


async def test_the_audit_says_who_did_what_to_what_by_which_role(world: World, session: str) -> None:
    ended, refused, *_ = await listed(world, target=session)
    assert ended["recordedAt"] > refused["recordedAt"]
    common = {"action": "endSession", "permission": "END_SESSION", "targetKind": "session", "targetId": session}
    assert {key: value for key, value in ended.items() if key != "recordedAt"} == {
        **common, "actor": {"name": "Mara Manager"}, "role": "ROOM_MODERATOR", "outcome": "DONE",
    }  # fmt: skip
    assert {key: value for key, value in refused.items() if key != "recordedAt"} == {
        **common, "actor": {"name": "Student 001"}, "role": None, "outcome": "FORBIDDEN",
    }  # fmt: skip


async def test_filters_narrow_it(world: World, session: str) -> None:
    ended, refused, *_ = await listed(world, target=session)
    (theirs,) = await listed(world, actor=await id_of(world, "student-001"))
    assert theirs == refused
    assert await listed(world, action="endSession") == [ended, refused]
    between = {"since": refused["recordedAt"], "until": ended["recordedAt"]}
    assert await listed(world, **between) == []
    assert ended in await listed(world, since=refused["recordedAt"])
    assert (await listed(world, until=ended["recordedAt"]))[0] == refused
    nothing: tuple[dict[str, str], ...] = ({"action": "nothing"}, {"target": "x"}, {"actor": world.room})
    for given in nothing:
        assert await listed(world, **given) == []


async def test_pages_follow_each_other(world: World, session: str) -> None:
    whole = await listed(world, until=world.clock().isoformat())
    assert len(whole) > 3
    found, after = [], None
    while True:
        given = {"until": world.clock().isoformat(), "first": 2, "after": after}
        page = (await world.query("admin", LIST, ADMIN, **given))["auditRecords"]
        found += [edge["node"] for edge in page["edges"] if edge["node"]["action"] != "auditRecords"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert found == [each for each in whole if each["action"] != "auditRecords"]


async def test_the_first_page_of_a_reading_is_audited_and_so_is_its_refusal(world: World) -> None:
    """Also of a manager, who may search the directory."""
    async with audited(world) as audit:
        page = (await world.query("admin", LIST, ADMIN, first=1))["auditRecords"]
        await world.query("admin", LIST, ADMIN, first=1, after=page["pageInfo"]["endCursor"])
        (error,) = (await world.ask("manager", LIST))["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN"
    assert audit.lines == [
        ("admin", "auditRecords", "READ_AUDIT", "site", "SITE_ADMIN", "DONE"),
        ("manager", "auditRecords", "READ_AUDIT", "site", None, "FORBIDDEN"),
    ]


async def test_a_later_page_is_refused_as_well(world: World) -> None:
    """Access is checked for each page: scopes may differ from one token to the next."""
    await configure(world, qna="DISABLED")
    page = (await world.query("admin", LIST, ADMIN, first=1))["auditRecords"]
    (error,) = (await world.ask("admin", LIST, first=1, after=page["pageInfo"]["endCursor"]))["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"


async def test_targets_have_the_ids_by_which_clients_know_them(world: World, session: str) -> None:
    student = await id_of(world, "student-001")
    await as_admin(world, SUSPEND, userId=student)
    (record, *_) = await listed(world, action="suspendUser")
    assert (record["targetKind"], record["targetId"]) == ("user", student)
    for row in await records(world):
        assert audit_record(row).target_id == target_id(row)
    assert session in {target_id(row) for row in await records(world)}


@pytest.mark.parametrize("given", [{}, {"actor": "USER"}, {"action": "endSession"}, {"target": "SESSION"}])
async def test_a_page_is_read_by_an_index(world: World, session: str, given: dict[str, str]) -> None:
    """Rule 19: no page of a long audit scans or sorts it."""
    known = {"USER": await id_of(world, "manager"), "SESSION": session}
    await world.database.transact(THE_SERVER, "test", crowd)
    with heard(Engine, "before_cursor_execute") as calls:
        await listed(world, PAGE, **{name: known.get(value, value) for name, value in given.items()})
    pages = [(text, parameters) for _, _, text, parameters, *_ in calls if text.startswith("SELECT audit_records")]
    await check(world, pages, 100)


PAGE = LIST.replace("totalCount", "")


async def crowd(tx: Transaction) -> None:
    """Writes many records of others."""
    some = Act(Permission.MANAGE_SITE, "site", None, Role.SITE_ADMIN)
    await tx.write_audit([some] * 3_000, DONE)


def test_every_kind_of_target_is_a_type_of_node() -> None:
    """`targetId` is an id that `node` reads."""
    sources = "".join(path.read_text() for path in Path("models/access").glob("*.py"))
    kinds = set(re.findall(r'Act\([\w.]+, "(\w+)"', sources)) - {"site"}
    assert kinds > {"gallery", "room", "session", "user"}
    assert {KINDS.get(kind, kind.capitalize()) for kind in kinds} <= LOADERS.keys()
