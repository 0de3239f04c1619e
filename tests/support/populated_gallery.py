"""Adds more of everything around the demo's gallery with the real functions, for tests that count statements."""

from uuid import UUID

from sqlalchemy import select

from models.database.transaction import Transaction
from models.permissions import Role, Viewer
from models.storage.sealing import Sealer
from models.tables.chat import ChatChannel
from models.tables.content import ContentKind
from models.tables.galleries import GalleryRole, MembershipSource
from models.tables.interactions import InteractionKind
from models.tables.media import MediaKind
from models.tables.people import Group, User
from models.tables.principals import Principal, PrincipalKind
from models.tables.rooms import AssignedRole, Room
from models.tables.sessions import SessionEndReason
from resolvers.answer_checks import GivenPart
from resolvers.answers import answer_interaction
from resolvers.chat import post_message
from resolvers.chat_moderation import delete_message
from resolvers.configuration import RoomChanges
from resolvers.galleries import create_gallery
from resolvers.groups import add_users, create_group
from resolvers.hands import raise_hand
from resolvers.interaction_changes import Settings, create_interaction, open_interaction
from resolvers.interaction_questions import QuestionDraft
from resolvers.interactions import interactions_by_id
from resolvers.media_changes import NewMedia, add_media
from resolvers.members import add_members
from resolvers.new_content import NewContent
from resolvers.people import user_of_profile
from resolvers.playlists import create_playlist
from resolvers.questions import ask_question, reply_to_question
from resolvers.reactions import add_reaction
from resolvers.recordings import end_recording, start_recording
from resolvers.rooms import configure_room
from resolvers.sessions import close_session, enter_room
from resolvers.shelf import add_content
from resolvers.stage import request_stage
from resolvers.webhooks import Checking, GivenWebhook, WebhookRules, create_webhook, order_test
from server.demo import profile_of
from tests.support.people import local
from tests.support.world import World

ON_STAGE = 5
"""People of each lot who are on stage; a webinar's stage holds two lots."""
CHECKING = Checking(WebhookRules(Sealer("a key of tests")), lambda name, _place: name, lambda text: text)
WEBHOOKS = 3
"""At most so many of each lot, because a gallery has at most ten."""
SPARE = "the spare ones"
"""The group of users without any role."""


async def add_crowd(world: World, number: int, more: int) -> None:
    """Adds lot `number`, with `more` each of people, groups, galleries, media, playlists, sessions and so on."""

    async def work(tx: Transaction) -> None:
        manager = await tx.first(select(User).where(User.subject == "manager"))
        assert manager
        founder = Viewer(manager.id, manager.name, frozenset({Role.SITE_ADMIN}))
        users, spare = [
            [await user_of_profile(tx, profile_of(world.settings, f"{name}-{number}-{one}")) for one in range(more)]
            for name in ("crowd", "spare")
        ]
        tx.viewer = founder
        await _add_spare(tx, [user.id for user in spare])
        await _Lot(tx, founder, users).add(number, local(world.gallery), local(world.room))

    await world.database.transact(Viewer(UUID(int=0), "test"), "test", work)


async def _add_spare(tx: Transaction, users: list[UUID]) -> None:
    group: UUID | None = await tx.value(select(Group.id).where(Group.name == SPARE))
    await add_users(tx, group or await create_group(tx, SPARE), users)


class _Lot:
    def __init__(self, tx: Transaction, founder: Viewer, users: list[User]) -> None:
        self._tx = tx
        self._founder = founder
        self._users = users
        self._people: list[Principal] = []

    async def add(self, number: int, gallery: UUID, room: UUID) -> None:
        ids = [user.id for user in self._users]
        groups = [await create_group(self._tx, f"group {number} {one}") for one in range(len(ids))]
        for group in groups:
            await add_users(self._tx, group, [*ids, self._founder.id])
        users = [Principal(PrincipalKind.USER, user) for user in ids]
        self._people = users + [Principal(PrincipalKind.GROUP, group) for group in groups]
        await self._fill(gallery)
        await self._meet(gallery, room)
        for one in range(len(ids)):
            self._tx.viewer = self._founder
            another = await self._gallery(f"Gallery {number} {one}")
            await self._fill(another)

    async def _gallery(self, title: str) -> UUID:
        mine = [Principal(PrincipalKind.USER, self._founder.id)]
        return await create_gallery(
            self._tx, title=title, description="", external_id=None, moderate_media=True, managers=mine
        )

    async def _fill(self, gallery: UUID) -> None:
        managing = [(each, GalleryRole.MANAGER) for each in self._people]
        await add_members(self._tx, gallery, managing, MembershipSource.MANUAL)
        assigned = dict.fromkeys(AssignedRole, self._people)
        await configure_room(self._tx, gallery, RoomChanges(None, True, None, None, None, assigned, False))
        media = [await self._medium(gallery, user) for user in self._users]
        self._tx.viewer = self._founder
        for user in self._users:
            await create_playlist(self._tx, gallery, f"Playlist of {user.name}", "", media)
        room = await self._tx.value(select(Room.id).where(Room.gallery_id == gallery))
        for user in self._users[:WEBHOOKS]:
            await self._webhook(gallery, user)
        for medium in media:
            await add_content(self._tx, room, NewContent(ContentKind.MEDIA, None, None, None, medium, None))

    async def _webhook(self, gallery: UUID, user: User) -> None:
        given = GivenWebhook(f"Of {user.name}", "https://receiver.example/", [], None)
        made = await create_webhook(self._tx, gallery, given, CHECKING)
        for _ in range(2):
            await order_test(self._tx, made.id)

    async def _medium(self, gallery: UUID, owner: User) -> UUID:
        self._tx.viewer = Viewer(owner.id, owner.name)
        return await add_media(
            self._tx,
            gallery,
            NewMedia(f"By {owner.name}", "", MediaKind.AUDIO, "https://media.example/", None, 1, ["x"]),
        )

    async def _meet(self, gallery: UUID, room: UUID) -> None:
        """Runs a session for each user; the last one stays open."""
        tx = self._tx
        running = None
        for _ in self._users:
            if running:
                await close_session(tx, gallery, running, SessionEndReason.ENDED_BY_MODERATOR)
            for place, user in enumerate(self._users):
                tx.viewer = Viewer(user.id, user.name)
                await enter_room(tx, room)
                if place < ON_STAGE:
                    await request_stage(tx, room)
                await raise_hand(tx, room)
            tx.viewer = self._founder
            running = (await enter_room(tx, room)).session_id
            await self._record(running)
            await self._ask(room)
            said = await post_message(tx, room, ChatChannel.GROUP, "Hello", None)
            for user in self._users:
                tx.viewer = Viewer(user.id, user.name)
                await self._record(running)
                await self._ask(room)
            said = await post_message(tx, room, ChatChannel.GROUP, "Hello", said)
            await add_reaction(tx, said, "\U0001f44d")
            await delete_message(tx, await post_message(tx, room, ChatChannel.GROUP, "Hello", said))
            tx.viewer = self._founder

    async def _ask(self, room: UUID) -> None:
        asking = QuestionDraft("Yes?", options=["Yes", "No"], multiple_answers=True)
        poll = await create_interaction(self._tx, room, InteractionKind.CHOICE, [asking], Settings())
        (question,) = (await interactions_by_id(self._tx, [poll]))[poll].questions
        await open_interaction(self._tx, poll, None)
        await answer_interaction(self._tx, poll, [GivenPart(option_ids=[each.id for each in question.options])])
        for text in ("Why?", "How?"):
            asked = await ask_question(self._tx, room, text, anonymous=False)
            await reply_to_question(self._tx, asked, f"{text} Anyone?", settles=False)

    async def _record(self, session: UUID) -> None:
        await end_recording(self._tx, await start_recording(self._tx, session))
