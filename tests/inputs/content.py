"""Bad values for the inputs of galleries, media, people and the site; see tests/inputs/rows.py."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from models.tables.media import DURATION_LIMIT, ITEMS_LIMIT
from models.values.lists import TAG_LIMIT, TAGS_LIMIT
from models.values.text import DESCRIPTION_LIMIT, KEY_LIMIT, SEARCH_LIMIT, TITLE_LIMIT
from resolvers.groups import USERS_AT_ONCE
from resolvers.members import ROSTER_LIMIT
from resolvers.review import REASON_LIMIT, REVIEWED_AT_ONCE
from server.demo_people import VISITORS
from tests.inputs.addresses import NO_ADDRESSES, NO_EMAILS
from tests.inputs.chat import NO_EMOJI
from tests.inputs.interactions import refused_words_row
from tests.inputs.rows import NOTHING_MORE, Row, cursor, events, no_id, size, text, unstored
from tests.support.people import absent

ELSEWHERE = "course-elsewhere"  # the external id of another gallery
NO_DURATIONS = (-1, -(2**31), DURATION_LIMIT + 1, 2**31 - 1)
NO_LIMITS = (0, -1, -(2**31))
OUT_OF_TIME = ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59.999999-00:01")
MOMENTS = (None, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2030-01-01T00:00:00", "2030-01-01T00:00+14:00")
NO_WORDS = ("", " ", "\u3000\t\n ", "%", "_", "\\", "!?", "\u2067\u2066", "\ufeff\U0001f680", "\u0301" * 9, "' -- \" *")
WORDS = (
    "\u202eright to left",
    "e\u0301",
    "'; DROP TABLE users; --",
    "x" * SEARCH_LIMIT,
    "a " * 100,
    "a AND NOT b* | !c",
)

PAGED = ("Gallery.playlists", "Playlist.items")
WITH_KEY = (
    *("UpdateGallery", "DeleteGallery", "AddMedia", "UpdateMedia", "RemoveMedia", "ReviewMedia", "CreatePlaylist"),
    *("UpdatePlaylist", "DeletePlaylist", "SetGalleryMember", "RemoveGalleryMember", "SyncRoster", "CreateGroup"),
    *("UpdateGroup", "DeleteGroup", "AddGroupMembers", "RemoveGroupMembers", "UpsertUser"),
    *("SuspendUser", "UnsuspendUser"),
)
OF_GALLERY = (
    *("UpdateGallery", "DeleteGallery", "AddMedia", "ReviewMedia", "CreatePlaylist"),
    *("SetGalleryMember", "RemoveGalleryMember", "SyncRoster"),
)
OF_GROUP = ("UpdateGroup", "DeleteGroup", "AddGroupMembers", "RemoveGroupMembers")
DESCRIBED = ("UpdateGallery", "AddMedia", "UpdateMedia", "CreatePlaylist", "UpdatePlaylist")
NAMED = ("CreateGroup", "UpdateGroup", "UpsertUser", "UpdateSite")
ONLY_TYPED = (
    "Gallery.media(filter:)",
    "UpdateGalleryInput.moderateMedia",
    "DeleteGalleryInput.endActiveSession",
    "AddMediaInput.kind",
    "ReviewMediaInput.decision",
    "RosterEntry.role",
    "RoomLimitsInput.mode",
    "RateLimitInput.kind",
    *(f"UpdateSiteInput.{each}Default" for each in ("qna", "groupChat", "moderateMedia")),
)


def content_rows(ids: Mapping[str, str]) -> dict[str, Row]:
    """Returns the rows for galleries, media, people and the site."""
    gallery, room, group, manager = (ids[each] for each in ("gallery", "room", "group", "manager"))
    medium, playlist = ids["medium"], ids["playlist"]
    a_medium, a_playlist = (
        no_id(medium, playlist, gallery, absent("Media")),
        no_id(playlist, medium, gallery, absent("Playlist")),
    )
    return {
        **dict.fromkeys(ONLY_TYPED, NOTHING_MORE),
        **{f"{of}(first:)": size() for of in PAGED},
        **{f"{of}(after:)": cursor() for of in PAGED},
        **{f"{verb}Input.idempotencyKey": text(KEY_LIMIT) for verb in WITH_KEY},
        **{f"{verb}Input.galleryId": no_id(gallery, room, absent("Gallery")) for verb in OF_GALLERY},
        **{f"{verb}Input.groupId": no_id(group, manager, gallery, absent("Group")) for verb in OF_GROUP},
        **{f"{verb}Input.mediaId": a_medium for verb in ("UpdateMedia", "RemoveMedia")},
        **{f"{verb}Input.playlistId": a_playlist for verb in ("UpdatePlaylist", "DeletePlaylist")},
        **{f"{verb}Input.title": text(TITLE_LIMIT) for verb in DESCRIBED},
        **{f"{verb}Input.description": text(DESCRIPTION_LIMIT, of_lines=True, may_be_empty=True) for verb in DESCRIBED},
        **{f"{verb}Input.name": text(TITLE_LIMIT) for verb in NAMED},
        "CreateGalleryInput.externalId": Row(
            [ELSEWHERE, "course-101", " course-101 "], "CONFLICT", invalid=text(KEY_LIMIT).bad
        ),
        "UpdateGalleryInput.externalId": Row(
            [ELSEWHERE, f" {ELSEWHERE}\n"],
            "CONFLICT",
            invalid=text(KEY_LIMIT, may_be_empty=True).bad,
            good=("course-101",),
        ),
        "Subscription.galleryEvents(galleryId:)": no_id(gallery, room, absent("Gallery")),
        "Subscription.galleryEvents(after:)": events(),
        **_filters(ids),
        **_media(ids),
        **_people(ids),
        **_site(),
    }


def _filters(ids: Mapping[str, str]) -> dict[str, Row]:
    too_long = unstored(SEARCH_LIMIT).bad
    return {
        "MediaFilter.search": Row([*too_long, *NO_WORDS], good=(None, *WORDS)),
        "MediaFilter.kinds": _enums("VIDEO", "AUDIO", "IMAGE"),
        "MediaFilter.statuses": _enums("PENDING", "PUBLISHED", "REJECTED"),
        "MediaFilter.tags": Row(_no_tags(), good=(None, [], ["DESIGN"], ["%", "_", "' | !", "\ufeff\U0001f680", "*"])),
        "MediaFilter.ownerId": replace(
            no_id(ids["manager"], ids["group"], ids["medium"], ids["gallery"]),
            good=(None, ids["manager"], absent("User")),
        ),
        "MediaFilter.recordingsOnly": Row(good=(None, True, False)),
        **{f"MediaFilter.created{when}": Row(OUT_OF_TIME, good=MOMENTS) for when in ("After", "Before")},
    }


def _enums(*values: str) -> Row:
    one = values[0]
    return Row([[one, one], [*values, one], [one] * 20_000], good=(None, [], [one], values))


def _no_tags() -> list[object]:
    bad: list[object] = [[each] for each in text(TAG_LIMIT).bad]
    bad += [["a", "b", each] for each in ("", "a", "A", " b", "\uff21", "a\nb")]
    bad += [
        ["same", "same\u200b"],
        ["\u2764", "\u2764\ufe0f"],
        ["stra\u00dfe", "STRASSE"],
        ["\ufb01", "fi"],
        ["e\u0301", "\u00e9"],
    ]
    return [*bad, [str(each) for each in range(TAGS_LIMIT + 1)], ["x"] * 10_000]


def _media(ids: Mapping[str, str]) -> dict[str, Row]:
    medium, elsewhere = ids["medium"], ids["medium elsewhere"]
    no_medium = no_id(medium, ids["playlist"], ids["gallery"], absent("Media"), elsewhere).bad
    a_list = _listed(no_medium, medium, absent("Media"), ITEMS_LIMIT)
    repeated = [[medium, medium], ["x", "x"], [absent("Media"), medium, "x", medium]]
    review = [[], *repeated, [medium] * (REVIEWED_AT_ONCE + 1), [medium] * 10_000]
    address = Row(NO_ADDRESSES)
    return {
        "AddMediaInput.url": address,
        "AddMediaInput.thumbnailUrl": address,
        "UpdateMediaInput.thumbnailUrl": Row([each for each in NO_ADDRESSES if each.strip()]),  # empty: removed
        **{f"{verb}MediaInput.durationSeconds": Row(NO_DURATIONS) for verb in ("Add", "Update")},
        **{f"{verb}MediaInput.tags": Row(_no_tags()) for verb in ("Add", "Update")},
        **{f"{verb}PlaylistInput.mediaIds": a_list for verb in ("Create", "Update")},
        # An unknown medium is refused in its own result, and the mutation succeeds.
        "ReviewMediaInput.mediaIds": Row(review, good=([medium], no_medium, [medium, elsewhere])),
        "ReviewMediaInput.reason": text(REASON_LIMIT, of_lines=True),
    }


def _people(ids: Mapping[str, str]) -> dict[str, Row]:
    gallery, group, manager = (ids[each] for each in ("gallery", "group", "manager"))
    nobody = no_id(manager, gallery, absent("User"), absent("Group"))
    users = _listed([*nobody.bad, group], manager, absent("User"), USERS_AT_ONCE)
    entry = {"principalId": manager, "role": "MEMBER"}
    as_manager = {**entry, "role": "MANAGER"}
    unknown = [[{**entry, "principalId": each}] for each in nobody.bad]
    entries = [[entry, entry], [entry, as_manager], [entry] * (ROSTER_LIMIT + 1)]
    as_it_is = [{**entry, "principalId": ids[f"user:{username}"]} for username in VISITORS]
    known = text(KEY_LIMIT).bad
    exactly = Row([*known, " x", "x ", "x\n", "\u3000x", "e\u0301"])
    return {
        "SetGalleryMemberInput.principalId": nobody,
        "SetGalleryMemberInput.role": Row(("MEMBER", "CONTRIBUTOR", "MODERATOR"), "LAST_MANAGER", good=("MANAGER",)),
        "RemoveGalleryMemberInput.principalId": no_id(manager, gallery, group, absent("User"), absent("Group")),
        "RosterEntry.principalId": nobody,
        "SyncRosterInput.members": Row(
            [*unknown, [entry, {**entry, "principalId": absent("User")}]],
            "NOT_FOUND",
            invalid=entries,
            good=(as_it_is,),
        ),
        "AddGroupMembersInput.userIds": replace(users, good=([], [manager])),
        "RemoveGroupMembersInput.userIds": replace(users, good=([],)),
        "SuspendUserInput.userId": replace(
            no_id(manager, gallery, group, absent("User")), invalid=(manager,)
        ),  # oneself
        "UnsuspendUserInput.userId": no_id(manager, gallery, group, absent("User")),
        "UpsertUserInput.issuer": exactly,
        "UpsertUserInput.subject": exactly,
        "UpsertUserInput.username": text(TITLE_LIMIT),
        "UpsertUserInput.email": Row(NO_EMAILS),
        "UpsertUserInput.avatarUrl": Row(NO_ADDRESSES),
    }


def _listed(none: Sequence[object], real: str, unknown: str, limit: int) -> Row:
    """Returns the row of a list of ids: bad ids, lists that are too long, and lists with duplicates."""
    bad = [*([each] for each in none), [real, unknown], [real, "x"]]
    return Row(bad, "NOT_FOUND", invalid=([real, real], [real] * (limit + 1), [real] * 10_000))


def _site() -> dict[str, Row]:
    limits = {"mode": "WEBINAR", "visibleCameras": 1, "participantCapacity": 1}
    other = {**limits, "visibleCameras": 2}
    repeated = [[limits, limits], [limits, {**limits, "mode": "INTERACTIVE"}, limits], [limits] * 1_000]
    rate = {"kind": "ANSWERS", "burst": 1, "perMinute": 1}
    return {
        "UpdateSiteInput.rateLimits": Row([[rate, rate], [rate] * 1_000], good=(None, [])),
        "RateLimitInput.burst": Row(NO_LIMITS),
        "RateLimitInput.perMinute": Row(NO_LIMITS),
        "UpdateSiteInput.roomLimits": Row([*repeated, [other]], good=(None, [])),
        "UpdateSiteInput.hostAbsenceTimeoutSeconds": Row(NO_LIMITS, good=(None,)),
        "UpdateSiteInput.reconnectGraceSeconds": Row(NO_LIMITS, good=(None,)),
        "UpdateSiteInput.refusedWords": refused_words_row(),
        "RoomLimitsInput.visibleCameras": Row((*NO_LIMITS, 11, 2**31 - 1)),  # ten may be set
        "RoomLimitsInput.stageCapacity": Row(NO_LIMITS),
        "RoomLimitsInput.participantCapacity": Row(NO_LIMITS),
        "RoomLimitsInput.camerasOnByDefault": NOTHING_MORE,
        "UpdateSiteInput.reactionEmoji": Row(
            [*([each] for each in NO_EMOJI), [], ["\U0001f44d"] * 2, ["x"] * 1_000], good=(None,)
        ),
    }


NEW = {"title": "A lecture", "kind": "VIDEO", "url": "https://media.example/lecture", "tags": ["design"]}
GOOD: dict[str, dict[str, Any]] = {
    "GalleryBy": {},
    "MediaFilter": {},
    "UpdateGalleryInput": {"galleryId": "gallery"},
    "DeleteGalleryInput": {"galleryId": "gallery"},
    "AddMediaInput": {**NEW, "galleryId": "gallery"},
    "UpdateMediaInput": {"mediaId": "medium"},
    "RemoveMediaInput": {"mediaId": "medium"},
    "ReviewMediaInput": {"galleryId": "gallery", "mediaIds": ["medium"], "decision": "APPROVE"},
    "CreatePlaylistInput": {"galleryId": "gallery", "title": "Never made"},
    "UpdatePlaylistInput": {"playlistId": "playlist"},
    "DeletePlaylistInput": {"playlistId": "playlist"},
    "SetGalleryMemberInput": {"galleryId": "gallery", "principalId": "manager", "role": "MANAGER"},
    "RemoveGalleryMemberInput": {"galleryId": "gallery", "principalId": "manager"},
    "SyncRosterInput": {"galleryId": "gallery", "members": []},
    "RosterEntry": {"principalId": "manager", "role": "MEMBER"},
    "CreateGroupInput": {"name": "Never made"},
    "UpdateGroupInput": {"groupId": "group", "name": "Never so"},
    "DeleteGroupInput": {"groupId": "group"},
    "AddGroupMembersInput": {"groupId": "group", "userIds": ["manager"]},
    "RemoveGroupMembersInput": {"groupId": "group", "userIds": ["manager"]},
    "UpsertUserInput": {"issuer": "an issuer", "subject": "a subject", "name": "Never known"},
    "SuspendUserInput": {"userId": "user:outsider"},
    "UnsuspendUserInput": {"userId": "user:outsider"},
    "UpdateSiteInput": {},
    "RoomLimitsInput": {"mode": "WEBINAR", "visibleCameras": 1, "participantCapacity": 10},
    "RateLimitInput": {"kind": "ANSWERS", "burst": 1, "perMinute": 1},
}
"""Inputs that would succeed, except for the value under test. Ids are given by their names in `World.ids`."""
