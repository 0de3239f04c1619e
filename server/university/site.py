"""The large site: as much as a university has, to try searches, lists and sizing with. It is added course by course.

Everything happens by the functions of the mutations, with made-up times in the weeks before. So the log tells of it as
of any other history. A course is one transaction: nobody sees a part of it, and the next run continues where one ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from random import Random
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

from models.database.database import Database, Work
from models.database.transaction import Transaction
from models.permissions import Viewer
from models.tables.galleries import Gallery, GalleryRole
from resolvers.people import Profile, user_of_profile
from server.demo import profile_of
from server.demo_people import STUDENTS
from server.progress import Tell, ignore
from server.settings import Settings
from server.university.course import FOUNDER, WEEK, Course, external_id
from server.university.scale import Scale
from server.university.words import full_name

T = TypeVar("T")

AT_ONCE = 100  # people in a transaction
WATCHING = {
    "manager": GalleryRole.MANAGER,
    "moderator": GalleryRole.MODERATOR,
    **dict.fromkeys(STUDENTS[:3], GalleryRole.CONTRIBUTOR),
}
"""The demo's people who have a role in each course, because there are tokens for them."""


@dataclass(frozen=True, slots=True)
class Added:
    """How many courses were added, and how many were there already."""

    courses: int
    already: int


async def add_large_site(settings: Settings, database: Database, scale: Scale, tell: Tell = ignore) -> Added:
    """Adds the courses that are not there yet. Other galleries stay as they are."""
    ids = {external_id(number): number for number in range(scale.courses)}
    there = set(await database.reads.values(select(Gallery.external_id).where(Gallery.external_id.in_(ids))))
    missing = [number for each, number in ids.items() if each not in there]
    if missing:
        steps = Steps(scale.people + sum(map(scale.steps_of, missing)), tell)
        people = await _people(settings, database, scale, steps)
        for number in missing:
            await _transact(database, _course(number, scale, people, database.clock(), steps).take_place)
    return Added(len(missing), len(there))


class Steps:
    """Counts the steps that are done."""

    def __init__(self, total: int, tell: Tell) -> None:
        self._done, self._total, self._tell = 0, total, tell

    def did(self, number: int) -> None:
        self._done += number
        self._tell(self._done, self._total)


@dataclass(frozen=True, slots=True)
class People:
    """The users of the large site."""

    teachers: Sequence[Viewer]
    assistants: Sequence[Viewer]
    students: Sequence[Viewer]
    watching: Sequence[tuple[UUID, GalleryRole]]


async def _people(settings: Settings, database: Database, scale: Scale, steps: Steps) -> People:
    random = Random(0)

    async def users(kind: str, count: int) -> list[Viewer]:
        made = []
        profiles = [_profile(settings, f"{kind}-{number + 1:04}", full_name(random)) for number in range(count)]
        for begin in range(0, count, AT_ONCE):
            made += await _transact(database, partial(_users, profiles=profiles[begin : begin + AT_ONCE]))
            steps.did(len(made) - begin)
        return made

    known = await _transact(database, partial(_users, profiles=[profile_of(settings, each) for each in WATCHING]))
    return People(
        teachers=await users("teacher", scale.courses),
        assistants=await users("assistant", scale.courses),
        students=await users("person", scale.students),
        watching=[(user.id, role) for user, role in zip(known, WATCHING.values(), strict=True)],
    )


def _profile(settings: Settings, username: str, name: str) -> Profile:
    return Profile(settings.jwt_issuer, username, name, username, f"{username}@university.example", None)


async def _users(tx: Transaction, profiles: Sequence[Profile]) -> list[Viewer]:
    users = [await user_of_profile(tx, each) for each in profiles]
    return [Viewer(user.id, user.name) for user in users]


def _course(number: int, scale: Scale, people: People, now: datetime, steps: Steps) -> Course:
    return Course(
        number=number,
        scale=scale,
        begins_at=now - (scale.sessions + 1) * WEEK,  # the last session was in the last week
        teacher=people.teachers[number],
        assistant=people.assistants[number],
        students=Random(number).sample(people.students, scale.members),
        watching=people.watching,
        step=steps.did,
    )


async def _transact(database: Database, work: Work[T]) -> T:
    return await database.transact(FOUNDER, "seed", work)
