"""One course of the large site: its members and groups, media, playlists and past sessions, in the order of time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import delete, select

from models.database.transaction import Transaction
from models.permissions import Role, Viewer
from models.storage.statements import among
from models.tables.galleries import GalleryRole
from models.tables.media import Media, MediaKind, MediaStatus, ReviewDecision
from models.tables.principals import Principal, PrincipalKind
from models.tables.rates import RateUse
from models.tables.rooms import AssignedRole, FeatureSetting, Room, RoomMode
from resolvers.configuration import RoomChanges
from resolvers.galleries import create_gallery
from resolvers.groups import add_users, create_group
from resolvers.media_changes import NewMedia, add_media
from resolvers.members import set_member, sync_roster
from resolvers.playlists import create_playlist
from resolvers.review import REVIEWED_AT_ONCE, review_media
from resolvers.rooms import configure_room
from server.university.scale import Scale
from server.university.session import Meeting, hold
from server.university.words import course_title, description, media_title

FOUNDER = Viewer(UUID(int=0), "the large site", frozenset({Role.SITE_ADMIN}))
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
MEDIA_COME_WITHIN = 5 * DAY
STILL_WAIT = 5  # as many media of each course still wait for review
KINDS = {MediaKind.VIDEO: 6, MediaKind.IMAGE: 3, MediaKind.AUDIO: 1}
"""The kinds of media, and how often each is."""


@dataclass
class Course:
    """A course that begins at a given time. `step` is told how many steps were done."""

    number: int
    scale: Scale
    begins_at: datetime
    teacher: Viewer
    assistant: Viewer
    students: Sequence[Viewer]
    watching: Sequence[tuple[UUID, GalleryRole]]  # the demo's people, who have a role in each course
    step: Callable[[int], None]

    def __post_init__(self) -> None:
        self._random = Random(self.number)
        self._subject = course_title(self.number).replace("Introduction to ", "")

    async def take_place(self, tx: Transaction) -> None:
        """Adds all of the course."""
        # Each course has its own times, and people are in several. So earlier uses are no measure for this course.
        await tx.execute(delete(RateUse).where(among(RateUse.user_id)), {"ids": self._everybody()})
        founder = tx.at(FOUNDER, self.begins_at)
        gallery_id = await create_gallery(
            founder,
            title=course_title(self.number),
            description=description(self._random),
            external_id=external_id(self.number),
            moderate_media=True,
            managers=[_user(self.teacher.id)],
        )
        await self._admit(founder, gallery_id)
        await configure_room(tx.at(self.teacher, self.begins_at + DAY / 2), gallery_id, self._form())
        room_id = await tx.value(select(Room.id).where(Room.gallery_id == gallery_id))
        await self._add_media(tx, gallery_id)
        await self._meet(tx, room_id)
        await tx.execute(delete(RateUse).where(among(RateUse.user_id)), {"ids": self._everybody()})

    def _everybody(self) -> list[UUID]:
        return [each.id for each in (self.teacher, self.assistant, *self.students)]

    async def _admit(self, tx: Transaction, gallery_id: UUID) -> None:
        """Half of the students are members themselves, the others by groups."""
        alone = self.students[: len(self.students) // 2]
        roster = [(_user(each.id), GalleryRole.CONTRIBUTOR) for each in alone]
        for number in range(self.scale.groups):
            group = await create_group(tx, f"{course_title(self.number)}, group {number + 1}")
            await add_users(tx, group, [each.id for each in self.students[len(alone) + number :: self.scale.groups]])
            roster.append((Principal(PrincipalKind.GROUP, group), GalleryRole.CONTRIBUTOR))
        await sync_roster(tx, gallery_id, roster)
        teacher = tx.at(self.teacher, self.begins_at)
        await set_member(teacher, gallery_id, _user(self.assistant.id), GalleryRole.MODERATOR)
        for user_id, role in self.watching:
            await set_member(teacher, gallery_id, _user(user_id), role)

    def _form(self) -> RoomChanges:
        return RoomChanges(
            expected_version=None,
            enabled=True,
            mode=RoomMode.WEBINAR if self.number % 3 == 0 else RoomMode.INTERACTIVE,
            qna=FeatureSetting.ENABLED,
            group_chat=FeatureSetting.ENABLED,
            assigned={AssignedRole.CHAT_MODERATOR: [_user(self.assistant.id)]},
            end_active_session=False,
        )

    async def _add_media(self, tx: Transaction, gallery_id: UUID) -> None:
        amount = self.scale.media_in(self.number)
        for place in range(amount):
            owner = self.teacher if place % 3 else self._random.choice(self.students)
            at = self.begins_at + DAY + place * MEDIA_COME_WITHIN / amount
            await add_media(tx.at(owner, at), gallery_id, self._medium(place))
            self.step(1)
        evening = self.begins_at + DAY + MEDIA_COME_WITHIN
        await self._review(tx.at(self.assistant, evening), gallery_id)
        teacher, published = tx.at(self.teacher, evening), await _in_state(tx, gallery_id, MediaStatus.PUBLISHED)
        for number in range(self.scale.playlists):
            chosen = self._random.sample(published, min(len(published), 8))
            await create_playlist(teacher, gallery_id, f"Week {number + 1}", description(self._random), chosen)

    def _medium(self, place: int) -> NewMedia:
        (kind,) = self._random.choices(list(KINDS), list(KINDS.values()))
        url = f"https://media.example/{external_id(self.number)}/{place}"
        return NewMedia(
            title=media_title(self._random, self._subject),
            description=description(self._random),
            kind=kind,
            url=url,
            thumbnail_url=f"{url}/thumbnail",
            duration_seconds=None if kind is MediaKind.IMAGE else self._random.randrange(60, 5_400),
            tags=[f"week {place % 15 + 1}", self._subject.lower(), *(["exam"] if place % 7 == 0 else [])],
        )

    async def _review(self, tx: Transaction, gallery_id: UUID) -> None:
        """Publishes most media of students and rejects some. A few still wait."""
        waiting = list(await _in_state(tx, gallery_id, MediaStatus.PENDING))[:-STILL_WAIT]
        refused = set(waiting[::10])
        for begin in range(0, len(waiting), REVIEWED_AT_ONCE):
            some = waiting[begin : begin + REVIEWED_AT_ONCE]
            for decision, media, reason in (
                (ReviewDecision.REJECT, [each for each in some if each in refused], "Please say where it is from."),
                (ReviewDecision.APPROVE, [each for each in some if each not in refused], None),
            ):
                if media:
                    await review_media(tx, gallery_id, media, decision, reason)

    async def _meet(self, tx: Transaction, room_id: UUID) -> None:
        """Holds a session each week, all after the media were reviewed. Every second one is recorded."""
        for week in range(1, self.scale.sessions + 1):
            begins_at = self.begins_at + week * WEEK + self.number % 8 * HOUR
            inside = self._random.sample(self.students, self.scale.inside)
            meeting = Meeting(tx, room_id, self.teacher, self.assistant, inside, begins_at, self._random)
            await hold(meeting, self.scale, is_recorded=week % 2 == 1)
            self.step(self.scale.acts)


def external_id(number: int) -> str:
    """Returns the external id of a course, by which it is known when the site is filled again."""
    return f"large-{number + 1:03}"


def _user(user_id: UUID) -> Principal:
    return Principal(PrincipalKind.USER, user_id)


async def _in_state(tx: Transaction, gallery_id: UUID, status: MediaStatus) -> Sequence[UUID]:
    return await tx.values(
        select(Media.id).where(Media.gallery_id == gallery_id, Media.status == status).order_by(Media.id)
    )
