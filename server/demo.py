"""The demo data, which follow the guide that this project started from, and the demo users."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from models.database.database import Database
from models.database.transaction import Transaction
from models.events.galleries import MembershipsChanged
from models.permissions import Role, Viewer
from models.storage.base import new_id
from models.tables.content import ContentItem, ContentKind
from models.tables.galleries import Gallery, GalleryRole, MembershipSource
from models.tables.media import Media, MediaKind
from models.tables.people import Group, GroupMember, User
from models.tables.principals import Principal, PrincipalKind
from models.tables.rooms import AssignedRole, FeatureSetting, Room, RoomMode
from models.values.global_ids import write as global_id
from models.values.text import sort_key
from resolvers.configuration import RoomChanges
from resolvers.galleries import create_gallery
from resolvers.media_changes import NewMedia, add_media
from resolvers.members import add_members
from resolvers.new_content import NewContent
from resolvers.people import Profile, user_of_profile
from resolvers.playlists import create_playlist
from resolvers.rooms import configure_room
from resolvers.shelf import add_content
from server.demo_people import PEOPLE, STUDENTS, VISITORS
from server.progress import Tell, ignore
from server.settings import Settings

COURSE = "course-101"
ASSISTANTS = "teaching-assistants"
PUBLISHED = [
    ("Lecture: Principles of Design", 26),
    ("Introduction to Video Production", 754),
    ("Creating Digital Illustrations: Tools and Techniques", 1_312),
]
PENDING: list[tuple[str, str, MediaKind, int | None]] = [
    ("Poster draft, second try", "student-001", MediaKind.IMAGE, None),
    ("My interview on typography", "student-002", MediaKind.AUDIO, 431),
    ("Stop motion: a paper crane", "student-003", MediaKind.VIDEO, 58),
]
TITLES = [title for title, *_ in (*PUBLISHED, *PENDING)]
PLAYLIST = "Start here"
HANDOUT = "Grids: the handout"
SHELF: list[tuple[ContentKind, str, str | None, int | None]] = [
    (ContentKind.DOCUMENT, HANDOUT, "https://files.example/grids.pdf", 12),
    (ContentKind.LINK, "The reading list", "https://files.example/reading", None),
    (ContentKind.SCREEN, "The presenter's screen", None, None),
]


async def seed(settings: Settings, database: Database, tell: Tell = ignore) -> bool:
    """Adds the demo data in one transaction, unless a gallery exists already. Returns whether it was added."""
    founder = Viewer(UUID(int=0), "the demo", frozenset({Role.SITE_ADMIN}))

    async def work(tx: Transaction) -> bool:
        if await tx.value(select(Gallery.id).limit(1)):
            return False
        await _plant(tx, settings, tell)
        return True

    return await database.transact(founder, "seed", work)


async def _plant(tx: Transaction, settings: Settings, tell: Tell) -> None:
    total = len(PEOPLE) + len(TITLES)
    users = {}
    for number, username in enumerate(PEOPLE, 1):
        users[username] = await user_of_profile(tx, profile_of(settings, username))
        tell(number, total)
    manager = Principal(PrincipalKind.USER, users["manager"].id)
    about = "Lectures, tutorials and student work of the course, and its meeting room."
    gallery_id = await create_gallery(
        tx,
        title="Principles of Design",
        description=about,
        external_id=COURSE,
        moderate_media=True,
        managers=[manager],
    )
    assistants = await tx.add(Group, id=new_id(), name=ASSISTANTS, name_key=sort_key(ASSISTANTS), created_at=tx.now)
    await tx.add(GroupMember, group_id=assistants.id, user_id=users["moderator"].id)
    members = {"moderator": GalleryRole.MODERATOR, "chatmod": GalleryRole.MEMBER}
    for username in STUDENTS:
        members[username] = GalleryRole.CONTRIBUTOR
    belonging = [(Principal(PrincipalKind.USER, users[username].id), role) for username, role in members.items()]
    saved = await add_members(tx, gallery_id, belonging, MembershipSource.MANUAL)
    visitors = [(Principal(PrincipalKind.USER, users[username].id), GalleryRole.MEMBER) for username in VISITORS]
    saved += await add_members(tx, gallery_id, visitors, MembershipSource.ROSTER)
    await tx.record(gallery_id, MembershipsChanged(saved=saved, removed=[]))
    media = await _add_media(tx, gallery_id, users)
    tell(total, total)
    tx.viewer = Viewer(users["manager"].id, users["manager"].name)
    await create_playlist(tx, gallery_id, PLAYLIST, "The first week, in its order.", media[: len(PUBLISHED)])
    await configure_room(tx, gallery_id, _form(assistants.id, users["chatmod"].id))
    room_id = await tx.value(select(Room.id).where(Room.gallery_id == gallery_id))
    for kind, title, url, pages in SHELF:
        await add_content(tx, room_id, NewContent(kind, title, url, pages, None, None))
    await add_content(tx, room_id, NewContent(ContentKind.MEDIA, None, None, None, media[0], None))


def _form(assistants: UUID, chatmod: UUID) -> RoomChanges:
    return RoomChanges(
        expected_version=None,
        enabled=True,
        mode=RoomMode.WEBINAR,
        qna=None,
        group_chat=FeatureSetting.SITE_DEFAULT,
        assigned={
            AssignedRole.ROOM_MODERATOR: [Principal(PrincipalKind.GROUP, assistants)],
            AssignedRole.CHAT_MODERATOR: [Principal(PrincipalKind.USER, chatmod)],
        },
        end_active_session=False,
    )


async def _add_media(tx: Transaction, gallery_id: UUID, users: Mapping[str, User]) -> list[UUID]:
    added = []
    published: list[tuple[str, str, MediaKind, int | None]] = [
        (title, "manager", MediaKind.VIDEO, length) for title, length in PUBLISHED
    ]
    for number, (title, owner, kind, length) in enumerate(published + PENDING, 1):
        tx.viewer = Viewer(users[owner].id, users[owner].name)
        new = NewMedia(
            title=title,
            description="",
            kind=kind,
            url=f"https://media.example/{number}",
            thumbnail_url=f"https://media.example/{number}/thumbnail",
            duration_seconds=length,
            tags=["design"],
        )
        added.append(await add_media(tx, gallery_id, new))
    return added


def profile_of(settings: Settings, username: str) -> Profile:
    """Returns the profile in a development token for this username. The username is the subject."""
    return Profile(
        issuer=settings.jwt_issuer,
        subject=username,
        name=PEOPLE.get(username, username),
        username=username,
        email=None,
        avatar_url=None,
    )


async def example_ids(database: Database) -> dict[str, str]:
    """Returns the ids that examples use, by `gallery`, `room`, `group:NAME`, `user:NAME`, `media:TITLE`, `content:TITLE`.

    The result is empty without the demo gallery, and does not contain objects that were removed.
    """
    reads = database.reads
    found = await reads.row(
        select(Gallery.id, Room.id).join(Room, Room.gallery_id == Gallery.id).where(Gallery.external_id == COURSE)
    )
    if not found:
        return {}
    assistants = await reads.rows(select(Group.name, Group.id).where(Group.name == ASSISTANTS))
    people = await reads.rows(select(User.subject, User.id).where(User.subject.in_(PEOPLE)))
    media = await reads.rows(select(Media.title, Media.id).where(Media.gallery_id == found[0], Media.title.in_(TITLES)))
    shelf = await reads.rows(
        select(ContentItem.title, ContentItem.id).where(
            ContentItem.gallery_id == found[0], ContentItem.title.in_([title for _kind, title, *_ in SHELF])
        )
    )
    return {
        "gallery": global_id("Gallery", found[0]),
        "room": global_id("Room", found[1]),
        **{f"group:{name}": global_id("Group", id_) for name, id_ in assistants},
        **{f"user:{username}": global_id("User", id_) for username, id_ in people},
        **{f"media:{title}": global_id("Media", id_) for title, id_ in media},
        **{f"content:{title}": global_id("ContentItem", id_) for title, id_ in shelf},
    }
