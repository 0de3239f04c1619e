"""Fills a site of any size by bulk inserts, for tests that compare the cost of queries on a small and a large site.

In each of the two measured galleries, every word, tag, owner, kind and status has at least one page of media, so that a
query returns equally many rows on both. `rare` things have ten media, whatever the size.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import insert

from models.database.database import Database
from models.permissions import Viewer
from models.storage.base import Base, new_id
from models.storage.full_text import search_row
from models.tables.galleries import Gallery, GalleryRole, Membership, MembershipSource
from models.tables.media import Media, MediaKind, MediaStatus
from models.tables.people import Group, GroupMember, User
from models.tables.rooms import FeatureSetting, Room, RoomMode
from models.tables.search import stored_words
from models.values.text import sort_key
from resolvers.people import Profile
from server.settings import Settings

PAGE = 10
AT_ONCE = 5_000
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
LARGE, SMALL = "large", "small"
KEEPER, STUDENT = "keeper", "student"  # manages both measured galleries, is in all others; a member of the two
SYLLABLES = ("ba", "co", "di", "fu", "ge", "ha", "ki", "lo", "mu", "ne", "po", "ra", "si", "ta", "ve", "zo")
_FOUNDER = Viewer(UUID(int=0), "the crowd")

MEDIA = """query ($course: String!, $filter: MediaFilter, $order: MediaOrder! = NEWEST,
    $first: Int, $after: String, $last: Int, $before: String) { gallery(by: {externalId: $course}) { title viewerRole
  media(filter: $filter, orderBy: $order, first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { id title status durationSeconds tags createdAt owner { id name } } }
    pageInfo { hasNextPage hasPreviousPage } } } }"""
PENDING = "query ($course: String!) { gallery(by: {externalId: $course}) { pendingCount } }"
MEMBERS = """query ($course: String!, $role: GalleryRole, $search: String, $first: Int, $after: String) {
  gallery(by: {externalId: $course}) { memberships(role: $role, search: $search, first: $first, after: $after) {
    edges { cursor node { id role principal { ... on User { name } ... on Group { name } } } } pageInfo { hasNextPage } } } }"""
USERS = """query ($search: String, $first: Int, $after: String) { users(search: $search, first: $first, after: $after) {
  edges { cursor node { id name } } pageInfo { hasNextPage } } }"""
GROUPS = """query ($search: String, $first: Int) { groups(search: $search, first: $first) {
  edges { cursor node { id name } } pageInfo { hasNextPage } } }"""
GROUP = """query ($id: ID!, $search: String, $first: Int) { node(id: $id) { ... on Group {
  members(search: $search, first: $first) { edges { node { id name } } pageInfo { hasNextPage } } } } }"""
GALLERIES = """query ($search: String, $order: GalleryOrder! = TITLE, $first: Int, $last: Int) {
  galleries(search: $search, orderBy: $order, first: $first, last: $last) { edges { node { id title viewerRole } }
    pageInfo { hasNextPage } } }"""


@dataclass(frozen=True)
class Size:
    """How many rows of each kind. `media` and `members` are those of the large gallery."""

    media: int
    members: int
    galleries: int
    users: int
    groups: int


async def gather(database: Database, settings: Settings, size: Size) -> None:
    """Fills an empty, migrated database, and updates its statistics."""
    random = Random(1)
    people = list(_users(settings, size.users))
    groups = [_named(f"Group {number:03}") for number in range(size.groups)]
    await _insert(database, User, people)
    await _insert(database, Group, groups)
    inside = ((groups[place % len(groups)], user) for place, user in enumerate(people))
    await _insert(database, GroupMember, ({"group_id": group["id"], "user_id": user["id"]} for group, user in inside))
    courses = [LARGE, SMALL, *(f"other-{number:04}" for number in range(size.galleries - 2))]
    galleries = {course: _gallery(course) for course in courses}
    await _insert(database, Gallery, galleries.values())
    await _insert(database, Room, map(_room, galleries.values()))
    crowds = {LARGE: [*people[:2], *people[2 - size.members :]], SMALL: people[:100]}
    for place, (course, gallery) in enumerate(galleries.items()):
        course_of_many = [people[0], *people[2 + place :: len(people) // 50]]
        await _insert(database, Membership, _memberships(gallery["id"], crowds.get(course, course_of_many), groups))
    amounts = {LARGE: size.media, SMALL: 100}
    for course, gallery in galleries.items():
        await _insert(database, Media, _media(gallery["id"], amounts.get(course, 10), people, random))
    await _count(settings)


async def _insert(database: Database, table: type[Base], rows: Iterable[dict[str, Any]]) -> None:
    waiting = iter(rows)
    while some := list(islice(waiting, AT_ONCE)):
        await database.transact(_FOUNDER, "test", lambda tx, some=some: tx.execute(insert(table), some))  # type: ignore[misc]  # the default argument binds the loop variable


async def _count(settings: Settings) -> None:
    # Autovacuum would do this later. SQLite's plans do not use statistics.
    if not settings.database_url.startswith("sqlite"):
        connection = await asyncpg.connect(settings.database_url)  # on this connection a statement may take long
        await connection.execute("VACUUM ANALYZE")
        await connection.close()


def _users(settings: Settings, amount: int) -> Iterator[dict[str, Any]]:
    for number in range(amount):
        username = {0: KEEPER, 1: STUDENT}.get(number, f"u{number:05}")
        first = "Quentin" if number % (PAGE if number < 100 else 1_000) == 5 else _word(number % 97)
        name = f"{first} {_word(number * 7 % 4_001)} Student"
        profile = Profile(settings.jwt_issuer, username, name, username, f"{username}@school.example", None)
        user_id = new_id()
        identity = {"id": user_id, "search_row": search_row(user_id), "issuer": profile.issuer, "subject": username}
        yield identity | {"suspended_at": None, "created_at": BEGIN} | profile.columns()


def _named(name: str) -> dict[str, Any]:
    return {"id": new_id(), "name": name, "name_key": sort_key(name), "created_at": BEGIN}


def _gallery(course: str) -> dict[str, Any]:
    title = f"Course {course}"
    moments = {"created_at": BEGIN, "updated_at": BEGIN}
    settings = {"title": title, "title_key": sort_key(title), "description": "", "moderate_media": True}
    log = {"log_head": 0, "log_mark": 0, "log_floor": 0}
    return {"id": new_id(), "external_id": course} | settings | moments | log


def _room(gallery: dict[str, Any]) -> dict[str, Any]:
    features = {"qna": FeatureSetting.SITE_DEFAULT, "group_chat": FeatureSetting.SITE_DEFAULT}
    settings = {"enabled": True, "mode": RoomMode.INTERACTIVE, "version": 1, "session_id": None, "updated_at": BEGIN}
    return {"id": new_id(), "gallery_id": gallery["id"]} | features | settings


def _memberships(
    gallery_id: UUID, users: Sequence[dict[str, Any]], groups: Sequence[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    common = {"gallery_id": gallery_id, "source": MembershipSource.ROSTER, "created_at": BEGIN}
    for number, user in enumerate(users):
        role = GalleryRole.MODERATOR if number % max(1, len(users) // PAGE) == 5 else GalleryRole.MEMBER
        role = GalleryRole.MANAGER if number == 0 else role
        yield {"id": new_id(), "user_id": user["id"], "group_id": None, "role": role} | common
    for group in groups[:3]:
        yield {"id": new_id(), "user_id": None, "group_id": group["id"], "role": GalleryRole.MEMBER} | common


def _media(gallery_id: UUID, amount: int, people: Sequence[dict[str, Any]], random: Random) -> Iterator[dict[str, Any]]:
    for place in range(amount):
        medium = new_id()
        title = f"{_word(random.randrange(4_000))} {_word(random.randrange(4_000))} {place}"
        description = " ".join(_description(place, amount, random))
        tags = list(_tags(place, amount))
        status = _status(place, amount)
        kind = MediaKind.IMAGE if _every(place, amount, 10) else random.choice([MediaKind.VIDEO, MediaKind.AUDIO])
        owner = people[_owner(place, amount)]["id"]
        yield {
            "id": medium,
            "gallery_id": gallery_id,
            "title": title,
            "title_key": sort_key(title),
            "description": description,
            "kind": kind,
            "status": status,
            "duration_seconds": random.randrange(7_200),
            "tags": tags,
            "owner_id": owner,
            "url": f"https://media.example/{place}",
            "thumbnail_url": f"https://media.example/{place}/thumbnail",
            "created_at": BEGIN + timedelta(minutes=place),
            "published_at": BEGIN if status is MediaStatus.PUBLISHED else None,
            "search_words": stored_words(gallery_id, kind, owner, title, description, tags),
            "search_row": search_row(medium),
        }


def _every(place: int, amount: int, step: int) -> bool:
    """Returns whether this place is one of every `step`. The step is smaller if less than a page would match."""
    return place % min(step, max(1, amount // PAGE)) == 0


def _description(place: int, amount: int, random: Random) -> Iterator[str]:
    yield from (_word(random.randrange(2_000)) for _ in range(12))
    if _every(place, amount, 5):
        yield "frequent"
    if _every(place, amount, 33):
        yield "sometimes"
    if _every(place + 1, amount, amount):
        yield "rare"
    if place < max(PAGE, amount // 30):
        yield "early"


def _tags(place: int, amount: int) -> Iterator[str]:
    yield f"week {place % 15}"
    if _every(place, amount, 3):
        yield "often used"
    if _every(place + 2, amount, amount):
        yield "seldom used"


def _status(place: int, amount: int) -> MediaStatus:
    if _every(place + 3, amount, 100):
        return MediaStatus.PENDING
    return MediaStatus.REJECTED if _every(place + 4, amount, 100) else MediaStatus.PUBLISHED


def _owner(place: int, amount: int) -> int:
    """Returns the owner's number: the student owns ten media, the keeper 1 %, some fifty others the rest."""
    if _every(place + 6, amount, amount):
        return 1
    return 0 if _every(place + 7, amount, 100) else 2 + place % 50


def _word(number: int) -> str:
    parts = []
    for _ in range(3):
        number, part = divmod(number, len(SYLLABLES))
        parts.append(SYLLABLES[part])
    return "".join(parts).capitalize()
