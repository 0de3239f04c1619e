"""What all mutations on galleries, members, groups and the site share: retries, and the audit record."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from models.tables.audit import AuditRecord
from tests.support.admin_mutations import (
    ADD_USERS,
    ADMIN,
    CREATE_GROUP,
    DELETE,
    DELETE_GROUP,
    REMOVE_MEMBER,
    REMOVE_USERS,
    SET_MEMBER,
    SUSPEND,
    SYNC,
    UNSUSPEND,
    UPDATE,
    UPDATE_GROUP,
    UPDATE_SITE,
    UPSERT,
    new_group,
)
from tests.support.audit_records import records
from tests.support.people import id_of, local, log_head
from tests.support.world import World


@dataclass(frozen=True)
class Act:
    """A mutation, its input, and what its audit record says."""

    document: str
    given: dict[str, Any]
    permission: str
    target: str
    who: str = "admin"
    keyed: bool = field(default=True)

    @property
    def scopes(self) -> tuple[str, ...]:
        return (ADMIN,) if self.who == "admin" else ()


BY_HAND, PEOPLE, SITE = "MANAGE_GALLERY", "MANAGE_PEOPLE", "MANAGE_SITE"
ACTS = {
    "setGalleryMember": Act(
        SET_MEMBER, {"galleryId": "GALLERY", "principalId": "USER", "role": "MEMBER"}, BY_HAND, "gallery", "manager"
    ),
    "removeGalleryMember": Act(
        REMOVE_MEMBER, {"galleryId": "GALLERY", "principalId": "STUDENT"}, BY_HAND, "gallery", "manager"
    ),
    "updateGallery": Act(UPDATE, {"galleryId": "GALLERY", "title": "Other"}, BY_HAND, "gallery", "manager"),
    "deleteGallery": Act(DELETE, {"galleryId": "GALLERY"}, BY_HAND, "gallery", "manager"),
    "syncRoster": Act(SYNC, {"galleryId": "GALLERY", "members": []}, PEOPLE, "gallery"),
    "createGroup": Act(CREATE_GROUP, {"name": "group"}, PEOPLE, "site"),
    "updateGroup": Act(UPDATE_GROUP, {"groupId": "GROUP", "name": "other"}, PEOPLE, "group"),
    "deleteGroup": Act(DELETE_GROUP, {"groupId": "GROUP"}, PEOPLE, "group"),
    "addGroupMembers": Act(ADD_USERS, {"groupId": "GROUP", "userIds": ["USER"]}, PEOPLE, "group"),
    "removeGroupMembers": Act(REMOVE_USERS, {"groupId": "GROUP", "userIds": ["STUDENT"]}, PEOPLE, "group"),
    "upsertUser": Act(UPSERT, {"issuer": "test", "subject": "nora", "name": "Nora"}, PEOPLE, "site"),
    "suspendUser": Act(SUSPEND, {"userId": "USER"}, PEOPLE, "user"),
    "unsuspendUser": Act(UNSUSPEND, {"userId": "USER"}, PEOPLE, "user"),
    "updateSite": Act(UPDATE_SITE, {"qnaDefault": False}, SITE, "site", keyed=False),
}


async def ids(world: World) -> dict[str, str]:
    people = {"USER": await id_of(world, "outsider"), "STUDENT": await id_of(world, "student-001")}
    return people | {"GALLERY": world.gallery, "GROUP": await new_group(world, "assistants", "student-001")}


def filled(given: dict[str, Any], known: dict[str, str]) -> dict[str, Any]:
    def of(value: Any) -> Any:
        return [of(each) for each in value] if isinstance(value, list) else known.get(str(value), value)

    return {name: of(value) for name, value in given.items()}


async def newest(world: World, count: int) -> list[AuditRecord]:
    return (await records(world))[-count:]


@pytest.mark.parametrize("mutation", [name for name, act in ACTS.items() if act.keyed])
async def test_simultaneous_retries_are_one_act_and_get_one_answer(world: World, mutation: str) -> None:
    """Rules 62, 67: the mutation runs once; another body is a mismatch."""
    act = ACTS[mutation]
    given = filled(act.given, await ids(world)) | {"idempotencyKey": "key"}
    count = len(await records(world))
    answers = await asyncio.gather(*(world.query(act.who, act.document, *act.scopes, input=given) for _ in range(6)))
    assert answers[0][mutation]["userErrors"] == []
    assert all(answer == answers[0] for answer in answers)
    assert len(await records(world)) == count + 1
    another = given | {next(iter(given)): "another"}
    refusal = await world.refused(act.who, act.document, *act.scopes, input=another)
    assert refusal["code"] == "IDEMPOTENCY_MISMATCH"


@pytest.mark.parametrize("mutation", ACTS)
async def test_every_act_and_every_refusal_is_recorded(world: World, mutation: str) -> None:
    """Rule 67: with actor, action, target and role; a refusal changes nothing and logs no event."""
    act, known = ACTS[mutation], await ids(world)
    given = filled(act.given, known)
    on = {"gallery": local(world.gallery), "group": local(known["GROUP"]), "user": local(known["USER"]), "site": None}[
        act.target
    ]
    position = await log_head(world)
    await world.refused("student-001", act.document, input=given)
    assert await log_head(world) == position
    await world.mutate(act.who, act.document, *act.scopes, input=given)
    refused, done = await newest(world, 2)
    assert [(each.action, each.permission, each.target, each.target_id) for each in (refused, done)] == [
        (mutation, act.permission, act.target, on)
    ] * 2
    assert (refused.actor_id, refused.role, refused.outcome) == (local(known["STUDENT"]), None, "FORBIDDEN")
    role = "SITE_ADMIN" if act.scopes else "MANAGER"
    assert (done.actor_id, done.role, done.outcome) == (local(await id_of(world, act.who)), role, "DONE")
