"""Acts that change what a gallery's page shows, to some people or to all, in any order."""

from collections.abc import Awaitable, Callable
from itertools import count
from random import Random
from typing import Any

from server.tokens import issue_token
from tests.support import admin_mutations as admin
from tests.support import media, playlists, recordings
from tests.support.admission import LOCK, UNLOCK
from tests.support.hidden_activity import do
from tests.support.people import id_of
from tests.support.running_session import VERBS
from tests.support.world import CONFIGURE, END, ENTER, LEAVE, POST, World

Act = Callable[[], Awaitable[object]]
RENAMED, ADDED = "student-020", "outsider"


class PageActs:
    """The acts by name. Each of them can follow each other one."""

    def __init__(self, world: World, random: Random) -> None:
        self._world = world
        self._random = random
        self._numbers = count(1)
        self._session: str | None = None
        self._recording: str | None = None
        self.all: dict[str, Act] = {
            name: getattr(self, name)
            for name in dir(self)
            if not name.startswith("_") and name != "all" and callable(getattr(self, name))
        }

    async def _do(self, who: str, document: str, *scopes: str, **given: Any) -> dict[str, Any]:
        (payload,) = (await self._world.query(who, document, *scopes, input=given)).values()
        assert payload["userErrors"] == [], (document, payload)
        return dict(payload)

    async def _admin(self, document: str, **given: Any) -> dict[str, Any]:
        return await self._do("admin", document, admin.ADMIN, **given)

    async def _in_room(self, who: str, document: str) -> dict[str, Any]:
        return await do(self._world, who, document, room=self._world.room)

    def _new(self, what: str) -> str:
        return f"{what} {next(self._numbers)}"

    async def _add(self, who: str, title: str) -> str:
        new = {**media.GOOD, "galleryId": self._world.gallery, "title": title}
        return str((await self._do(who, media.ADD, **new))["media"]["id"])

    async def _review(self, medium: str, decision: str) -> None:
        reviewed = {"galleryId": self._world.gallery, "mediaIds": [medium], "decision": decision}
        await self._do("moderator", media.REVIEW, **reviewed)

    async def publish_media(self) -> None:
        await self._add("manager", self._new("A film"))

    async def change_media(self) -> None:
        medium = await self._add("manager", self._new("A film"))
        await self._do("manager", media.UPDATE, mediaId=medium, title=self._new("A better film"), tags=["new"])

    async def remove_media(self) -> None:
        await self._do("manager", media.REMOVE, mediaId=await self._add("manager", self._new("A film")))

    async def add_own_media(self) -> None:
        """The medium waits for review, unless the gallery does not moderate."""
        medium = await self._add("student-010", self._new("My film"))
        await self._do("student-010", media.UPDATE, mediaId=medium, description=self._new("This is mine"))

    async def remove_own_media(self) -> None:
        await self._do("student-010", media.REMOVE, mediaId=await self._add("student-010", self._new("My film")))

    async def decide_on_media(self) -> None:
        await self._moderated(moderate=True)
        await self._review(await self._add("student-011", self._new("A film of us")), "APPROVE")
        await self._review(await self._add("student-011", self._new("A bad film")), "REJECT")

    async def save_playlist(self) -> None:
        medium = await self._add("manager", self._new("A film"))
        new = {"galleryId": self._world.gallery, "title": self._new("List"), "description": "", "mediaIds": [medium]}
        saved = (await self._do("manager", playlists.CREATE, **new))["playlist"]["id"]
        if self._random.random() < 0.5:
            await self._do("manager", playlists.UPDATE, playlistId=saved, title=self._new("List, changed"), mediaIds=[])
        else:
            await self._do("manager", playlists.DELETE, playlistId=saved)

    async def change_role(self) -> None:
        role = self._random.choice(["MEMBER", "CONTRIBUTOR", "MODERATOR"])
        await self._set_role(await id_of(self._world, "visitor-002"), role)

    async def add_and_remove_member(self) -> None:
        who = await id_of(self._world, ADDED)
        await self._set_role(who, "MEMBER")
        if self._random.random() < 0.5:
            await self._do("manager", admin.REMOVE_MEMBER, galleryId=self._world.gallery, principalId=who)

    async def _set_role(self, principal: str, role: str) -> None:
        given = {"galleryId": self._world.gallery, "principalId": principal, "role": role}
        await self._do("manager", admin.SET_MEMBER, **given)

    async def sync_roster(self) -> None:
        people = ["visitor-003", self._random.choice(["visitor-001", ADDED])]
        members = [{"principalId": await id_of(self._world, who), "role": "MEMBER"} for who in people]
        await self._admin(admin.SYNC, galleryId=self._world.gallery, members=members)

    async def change_group(self) -> None:
        group = (await self._admin(admin.CREATE_GROUP, name=self._new("Group")))["group"]["id"]
        users = {"groupId": group, "userIds": [await id_of(self._world, ADDED)]}
        await self._set_role(group, "MODERATOR")
        await self._admin(admin.ADD_USERS, **users)
        await self._admin(admin.UPDATE_GROUP, groupId=group, name=self._new("Group, renamed"))
        if self._random.random() < 0.5:
            await self._admin(admin.REMOVE_USERS, **users)
        else:
            await self._admin(admin.DELETE_GROUP, groupId=group)

    async def rename_group(self) -> None:
        group = (await self._admin(admin.CREATE_GROUP, name=self._new("Group")))["group"]["id"]
        await self._set_role(group, "MEMBER")
        await self._admin(admin.UPDATE_GROUP, groupId=group, name=self._new("Group, renamed"))

    async def sign_in_with_another_name(self) -> None:
        token = issue_token(self._world.settings, RENAMED, name=self._new("Student"), now=self._world.clock)
        headers = {"authorization": f"Bearer {token}"}
        await self._world.http.post("/graphql", json={"query": "{ viewer { id } }"}, headers=headers)

    async def upsert_user(self) -> None:
        person = {"issuer": self._world.settings.jwt_issuer, "subject": RENAMED, "name": self._new("A student")}
        await self._admin(admin.UPSERT, **person, avatarUrl=f"https://pictures.example/{next(self._numbers)}")

    async def change_gallery(self) -> None:
        await self._moderated(moderate=self._random.random() < 0.7)

    async def _moderated(self, *, moderate: bool) -> None:
        new = {"title": self._new("Design"), "description": self._new("About"), "moderateMedia": moderate}
        await self._do("manager", admin.UPDATE, galleryId=self._world.gallery, **new)

    async def configure_room(self) -> None:
        form = {
            "mode": self._random.choice(["WEBINAR", "INTERACTIVE"]),
            "qna": self._random.choice(["SITE_DEFAULT", "ENABLED", "DISABLED"]),
            "groupChat": self._random.choice(["SITE_DEFAULT", "ENABLED", "DISABLED"]),
            "chatModeratorIds": [await id_of(self._world, self._random.choice(["chatmod", "visitor-001"]))],
        }
        await self._do("manager", CONFIGURE, galleryId=self._world.gallery, **form)

    async def change_site(self) -> None:
        limits = {"mode": "WEBINAR", "visibleCameras": 3, "stageCapacity": None, "participantCapacity": 250}
        capacity = 200 + next(self._numbers)
        defaults = {name: self._random.random() < 0.5 for name in ("qnaDefault", "groupChatDefault")}
        await self._admin(admin.UPDATE_SITE, **defaults, roomLimits=[limits | {"participantCapacity": capacity}])

    async def _open(self) -> str:
        if self._session is None:
            self._session = str((await self._in_room("moderator", ENTER))["session"]["id"])
        return self._session

    async def enter(self) -> None:
        await self._open()
        await self._in_room(self._random.choice(["student-010", "student-012", "visitor-003"]), ENTER)

    async def leave(self) -> None:
        await self._open()
        await self._in_room("student-012", ENTER)
        await self._in_room("student-012", LEAVE)

    async def lock(self) -> None:
        session = await self._open()
        await self._do("moderator", LOCK, sessionId=session)
        await self._in_room("student-013", ENTER)
        if self._random.random() < 0.7:
            await self._do("moderator", UNLOCK, sessionId=session)

    async def talk(self) -> None:
        await self._open()
        await do(self._world, "moderator", POST, room=self._world.room, text="Hush", channel="BACKCHANNEL")

    async def step_up(self) -> None:
        await self._open()
        await self._do("moderator", VERBS["raiseHand"], roomId=self._world.room)
        await self._do("moderator", VERBS["requestStage"], roomId=self._world.room)

    async def record(self) -> None:
        session = await self._open()
        if self._recording is None:
            started = await self._do("moderator", recordings.START, sessionId=session)
            self._recording = str(started["recording"]["id"])
            return
        recording, self._recording = self._recording, None
        await self._do("moderator", recordings.STOP, recordingId=recording)
        outcome = self._random.choice([recordings.READY, recordings.FAILED])
        await self._do("recorder", recordings.REPORT, recordings.MEDIA_SERVER, recordingId=recording, **outcome)

    async def end(self) -> None:
        await do(self._world, "moderator", END, session=await self._open())
        self._session = self._recording = None
