"""The site's settings: defaults and limits that site admins change (rules 14, 22, 24)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import bindparam, select, update

from models.access.authorise import access_site
from models.database.transaction import Transaction
from models.errors import Invalid
from models.events.galleries import SiteDefaultsChanged
from models.permissions import Permission
from models.storage.base import columns, read_facts
from models.tables.galleries import Gallery
from models.tables.interactions import WORD_LIMIT
from models.tables.rates import RateFacts, RateKind, RateLimit
from models.tables.rooms import RoomMode
from models.tables.sessions import RoomSession
from models.tables.site import THE_SITE, FeatureDefaults, LimitFacts, RoomLimits, Site
from models.values.checks import all_invalid
from models.values.emoji import one_emoji
from models.values.lists import bounded, checked_list
from models.values.text import TITLE_LIMIT, clean_line, word_key
from resolvers.effects import LimitsChange, changed_limits

REACTION_EMOJI_LIMIT = 20


@dataclass(frozen=True, slots=True)
class LimitChanges:
    """The limits of a mode to save. `cameras_on_by_default` stays as it is if it is None."""

    mode: RoomMode
    visible_cameras: int
    stage_capacity: int | None
    participant_capacity: int
    cameras_on_by_default: bool | None


@dataclass(frozen=True, slots=True)
class SiteChanges:
    """The changes of a save. None leaves a setting unchanged.

    A list changes only the modes or kinds that it names.
    """

    name: str | None
    qna_default: bool | None
    group_chat_default: bool | None
    moderate_media_default: bool | None
    host_absence_timeout_seconds: int | None
    reconnect_grace_seconds: int | None
    reaction_emoji: Sequence[str] | None
    refused_words: Sequence[str] | None
    room_limits: Sequence[LimitChanges]
    rate_limits: Sequence[RateFacts]


_DEFAULTS = select(*columns(FeatureDefaults, Site))
_LIMITS = select(*columns(LimitFacts, RoomLimits)).order_by(RoomLimits.mode)
_ALL_GALLERIES = select(Gallery.id).order_by(Gallery.id).with_for_update()


async def update_site(tx: Transaction, changes: SiteChanges) -> list[LimitsChange]:
    """Saves all of the site's settings, or nothing. Raises INVALID naming the setting.

    If a setting changes that rooms use, every gallery's log gets an event. Returns the modes whose limits changed, and
    from when the new limits apply (rule 90).
    """
    await access_site(tx, Permission.MANAGE_SITE)
    values = _checked(changes)
    site = await tx.first(THE_SITE.with_for_update())
    assert site
    before = await _in_rooms(tx)
    if values:
        await tx.execute(update(Site).where(Site.id == site.id).values(**values))
    for limits in changes.room_limits:
        await _save_limits(tx, limits)
    for rate in changes.rate_limits:
        await tx.execute(_SAVE_RATE, {"of_kind": rate.kind, "at_once": rate.burst, "a_minute": rate.per_minute})
    after = await _in_rooms(tx)
    if after != before:
        await tx.record_each(dict.fromkeys(await tx.values(_ALL_GALLERIES), after))
    if after.room_limits == before.room_limits:
        return []
    # After the locks of all galleries, so that no session is launched meanwhile.
    running = await tx.values(_RUNNING)
    return changed_limits(before.room_limits, after.room_limits, running)


_RUNNING = select(RoomSession.mode).where(RoomSession.ended_at.is_(None)).distinct()
_SAVE_RATE = (
    update(RateLimit)
    .where(RateLimit.kind == bindparam("of_kind"))
    .values(burst=bindparam("at_once"), per_minute=bindparam("a_minute"))
)


async def _in_rooms(tx: Transaction) -> SiteDefaultsChanged:
    """Returns the site's settings that rooms use, in the form of the event."""
    defaults = read_facts(FeatureDefaults, await tx.row(_DEFAULTS))
    limits = [read_facts(LimitFacts, row) for row in await tx.rows(_LIMITS)]
    emoji = await tx.value(select(Site.reaction_emoji))
    return SiteDefaultsChanged(**asdict(defaults), room_limits=limits, reaction_emoji=emoji)


LISTS = ("room_limits", "rate_limits", "refused_words")
REFUSED_WORDS_LIMIT = 500


def _checked(changes: SiteChanges) -> dict[str, Any]:
    given = {key: value for key, value in asdict(changes).items() if value is not None and key not in LISTS}
    with all_invalid() as check:
        checked = {
            "name": check.given(clean_line, changes.name, TITLE_LIMIT, "input", "name"),
            "host_absence_timeout_seconds": check(_positive, changes.host_absence_timeout_seconds, *_HOST_ABSENCE),
            "reconnect_grace_seconds": check(_positive, changes.reconnect_grace_seconds, *_GRACE),
            "room_limits": check(_check_all_limits, changes.room_limits),
            "rate_limits": check(_check_all_rates, changes.rate_limits),
            "reaction_emoji": check.given(_emoji, changes.reaction_emoji),
            "refused_words": check.given(_refused_words, changes.refused_words),
        }
    return given | {key: value for key, value in checked.items() if value is not None}


_HOST_ABSENCE = ("hostAbsenceTimeoutSeconds",)
_GRACE = ("reconnectGraceSeconds",)


def _check_all_limits(limits: Sequence[LimitChanges]) -> None:
    checked_list(limits, len(RoomMode), "input", "roomLimits", may_be_empty=True, key=lambda each: each.mode)
    with all_invalid() as check:
        for place, each in enumerate(limits):
            check(_check_limits, each, str(place))


def _check_all_rates(rates: Sequence[RateFacts]) -> None:
    checked_list(rates, len(RateKind), "input", "rateLimits", may_be_empty=True, key=lambda each: each.kind)
    with all_invalid() as check:
        for place, rate in enumerate(rates):
            check(_positive, rate.burst, "rateLimits", str(place), "burst")
            check(_positive, rate.per_minute, "rateLimits", str(place), "perMinute")


def _emoji(given: Sequence[str]) -> Sequence[str]:
    field = ("input", "reactionEmoji")
    with all_invalid() as check:
        some = enumerate(given[: REACTION_EMOJI_LIMIT + 1])
        emoji = [check(one_emoji, each, *field, str(place)) for place, each in some]
    return checked_list(emoji, REACTION_EMOJI_LIMIT, *field)


def _refused_words(words: Sequence[str]) -> list[str]:
    field = ("input", "refusedWords")
    bounded(words, REFUSED_WORDS_LIMIT, *field, may_be_empty=True)
    with all_invalid() as check:
        cleaned = [check(clean_line, word, WORD_LIMIT, *field, str(place)) for place, word in enumerate(words)]
    return list(checked_list(cleaned, REFUSED_WORDS_LIMIT, *field, may_be_empty=True, key=word_key))


def _check_limits(limits: LimitChanges, place: str) -> None:
    with all_invalid() as check:
        check(_positive, limits.visible_cameras, "roomLimits", place, "visibleCameras")
        check(_positive, limits.stage_capacity, "roomLimits", place, "stageCapacity")
        check(_positive, limits.participant_capacity, "roomLimits", place, "participantCapacity")
    if limits.visible_cameras > limits.participant_capacity:
        field = ("input", "roomLimits", place, "visibleCameras")
        raise Invalid("This must not be greater than participantCapacity.", *field)


def _positive(value: int | None, *field: str) -> None:
    if value is not None and value < 1:
        raise Invalid("This must be at least 1.", "input", *field)


async def _save_limits(tx: Transaction, limits: LimitChanges) -> None:
    values = {key: value for key, value in asdict(limits).items() if key != "mode"}
    if limits.cameras_on_by_default is None:
        del values["cameras_on_by_default"]
    await tx.execute(update(RoomLimits).where(RoomLimits.mode == limits.mode).values(**values))
