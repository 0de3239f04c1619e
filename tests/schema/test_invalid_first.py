"""All that is INVALID is said before what depends on the stored state, in a mutation and in a preview."""

from typing import Any

from tests.support.people import absent
from tests.support.permission_acts import PREVIEW
from tests.support.playlists import CREATE as CREATE_PLAYLIST
from tests.support.world import CREATE, World


async def errors(world: World, who: str, document: str, *scopes: str, **given: Any) -> list[tuple[str, list[str]]]:
    (payload,) = (await world.query(who, document, *scopes, input=given)).values()
    return [(each["code"], each["field"][1:]) for each in payload["userErrors"]]


async def test_what_is_not_found_comes_after_what_is_invalid(world: World) -> None:
    """Also where an unknown id is none at all."""
    for unknown in (absent("Media"), "no id"):
        given = {"galleryId": world.gallery, "title": " ", "description": "\a", "mediaIds": [unknown]}
        told = await errors(world, "manager", CREATE_PLAYLIST, **given)
        assert told == [("INVALID", ["title"]), ("INVALID", ["description"])]
        given = {"galleryId": world.gallery, "title": "All", "mediaIds": [unknown]}
        assert await errors(world, "manager", CREATE_PLAYLIST, **given) == [("NOT_FOUND", ["mediaIds", "0"])]


async def test_a_used_external_id_comes_after_what_is_invalid(world: World) -> None:
    given: dict[str, Any] = {"title": "", "externalId": "course-101", "managerIds": []}
    told = await errors(world, "admin", CREATE, "enfilade:admin", **given)
    assert told == [("INVALID", ["title"]), ("INVALID", ["managerIds"])]
    given |= {"title": "Good", "managerIds": [absent("User")]}
    assert await errors(world, "admin", CREATE, "enfilade:admin", **given) == [("CONFLICT", ["externalId"])]


async def test_a_preview_names_all_that_a_save_would(world: World) -> None:
    """Rule 26."""
    too_many = [absent("User")] * 501
    given = {"galleryId": world.gallery, "speakerIds": too_many, "roomModeratorIds": too_many, "expectedVersion": -1}
    told = await errors(world, "manager", PREVIEW, **given)
    assert told == [("INVALID", ["roomModeratorIds"]), ("INVALID", ["speakerIds"])]
