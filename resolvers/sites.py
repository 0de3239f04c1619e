"""The site's settings: defaults and limits as data, kept by site admins (rules 14, 22, 24)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select, update

from models.access import access_site
from models.errors import Invalid
from models.galleries import Gallery
from models.gallery_events import SiteDefaultsChanged
from models.lists import checked_list
from models.permissions import Permission
from models.rooms import RoomMode
from models.site import THE_SITE, LimitFacts, RoomLimits, Site
from models.text import TITLE_LIMIT, clean_line
from models.transaction import Transaction


@dataclass(frozen=True, slots=True)
class SiteChanges:
    """The form: None leaves a setting as it is, and so do limits the modes that they do not name."""

    name: str | None
    qna_default: bool | None
    group_chat_default: bool | None
    moderate_media_default: bool | None
    host_absence_timeout_seconds: int | None
    reconnect_grace_seconds: int | None
    room_limits: Sequence[LimitFacts]


_ALL_GALLERIES = select(Gallery.id).order_by(Gallery.id).with_for_update()


async def update_site(tx: Transaction, changes: SiteChanges) -> None:
    """Save the site's settings, all or nothing. INVALID names the setting.

    When a default changes that rooms follow, every gallery is told, whoever may see it.
    """
    await access_site(tx, Permission.MANAGE_SITE)
    values = _checked(changes)
    before = await tx.first(THE_SITE.with_for_update())
    assert before
    if values:
        await tx.execute(update(Site).where(Site.id == before.id).values(**values))
    for limits in changes.room_limits:
        await _save_limits(tx, limits)
    qna: bool = values.get("qna_default", before.qna_default)
    group_chat: bool = values.get("group_chat_default", before.group_chat_default)
    if (qna, group_chat) != (before.qna_default, before.group_chat_default):
        event = SiteDefaultsChanged(qna_default=qna, group_chat_default=group_chat)
        await tx.record_each(dict.fromkeys(await tx.values(_ALL_GALLERIES), event))


def _checked(changes: SiteChanges) -> dict[str, Any]:
    given = {key: value for key, value in asdict(changes).items() if value is not None and key != "room_limits"}
    if changes.name is not None:
        given["name"] = clean_line(changes.name, TITLE_LIMIT, "input", "name")
    _positive(changes.host_absence_timeout_seconds, "hostAbsenceTimeoutSeconds")
    _positive(changes.reconnect_grace_seconds, "reconnectGraceSeconds")
    limits = changes.room_limits
    checked_list(limits, len(RoomMode), "input", "roomLimits", may_be_empty=True, key=lambda each: each.mode)
    for place, each in enumerate(limits):
        _check_limits(each, str(place))
    return given


def _check_limits(limits: LimitFacts, place: str) -> None:
    _positive(limits.participant_capacity, "roomLimits", place, "participantCapacity")
    _positive(limits.visible_cameras, "roomLimits", place, "visibleCameras")
    _positive(limits.stage_capacity, "roomLimits", place, "stageCapacity")
    if limits.visible_cameras > limits.participant_capacity:
        field = ("input", "roomLimits", place, "visibleCameras")
        raise Invalid("No more cameras can be visible than people are inside.", *field)


def _positive(value: int | None, *field: str) -> None:
    if value is not None and value < 1:
        raise Invalid("This must be at least 1.", "input", *field)


async def _save_limits(tx: Transaction, limits: LimitFacts) -> None:
    values = {key: value for key, value in asdict(limits).items() if key != "mode"}
    await tx.execute(update(RoomLimits).where(RoomLimits.mode == limits.mode).values(**values))
