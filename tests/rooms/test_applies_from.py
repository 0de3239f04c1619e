"""From when a save applies, as the save and its preview say (rule 90)."""

from typing import Any

from tests.support.admin_mutations import ADMIN
from tests.support.people import id_of
from tests.support.running_session import meet
from tests.support.world import World

CHANGES = "changes { setting appliesFrom }"
SAVE = f"""mutation ($input: ConfigureRoomInput!) {{ configureRoom(input: $input) {{
  {CHANGES} cursor room {{ version }} userErrors {{ code message field }} }} }}"""
PREVIEW = f"""query ($input: ConfigureRoomInput!) {{ previewRoomConfiguration(input: $input) {{
  {CHANGES} sessionAffected userErrors {{ code }} }} }}"""
UPDATE_SITE = """mutation ($input: UpdateSiteInput!) { updateSite(input: $input) {
  limitsChanged { mode appliesFrom } cursor userErrors { code message field } } }"""
NOW, ENTERING, NEXT = "NOW", "ENTERING", "NEXT_SESSION"


async def saved(world: World, **form: Any) -> list[tuple[str, str]]:
    """Saves the form. Returns the changes that the save tells, which its preview must have told as well."""
    given = {"galleryId": world.gallery, **form}
    preview = (await world.query("manager", PREVIEW, input=given))["previewRoomConfiguration"]
    payload = await world.mutate("manager", SAVE, input=given)
    assert payload["changes"] == preview["changes"]
    return [(each["setting"], each["appliesFrom"]) for each in payload["changes"]]


async def form(world: World) -> dict[str, Any]:
    ids = [await id_of(world, f"student-00{number}") for number in range(1, 4)]
    lists = {"roomModeratorIds": ids[:1], "chatModeratorIds": ids[1:2], "speakerIds": ids[2:]}
    return {"mode": "INTERACTIVE", "qna": "ENABLED", "groupChat": "DISABLED", **lists}


async def test_without_a_session_all_applies_now(world: World) -> None:
    """Rule 90: told for each setting that changes, in the order of the form, and for no other."""
    everything = await form(world)
    settings = ["MODE", "ROOM_MODERATORS", "CHAT_MODERATORS", "SPEAKERS", "QNA", "GROUP_CHAT"]
    assert await saved(world, **everything) == [(each, NOW) for each in settings]
    assert await saved(world, **everything) == []
    assert await saved(world, enabled=False) == [("ENABLED", NOW)]


async def test_while_a_session_runs_each_setting_says_when(world: World) -> None:
    """Rules 24, 28, 32, 90: mode from the next session, roles on entering, the rest at once."""
    await meet(world)
    assert await saved(world, **await form(world)) == [
        ("MODE", NEXT),
        ("ROOM_MODERATORS", ENTERING),
        ("CHAT_MODERATORS", ENTERING),
        ("SPEAKERS", ENTERING),
        ("QNA", NOW),
        ("GROUP_CHAT", NOW),
    ]


async def test_a_save_that_ends_the_session_applies_now(world: World) -> None:
    """Rules 27, 90: nothing has to wait for the next one."""
    await meet(world)
    given = {"enabled": False, "mode": "INTERACTIVE"}
    refused = await world.refused("manager", SAVE, input={"galleryId": world.gallery, **given})
    assert refused["code"] == "ROOM_HAS_ACTIVE_SESSION"
    assert await saved(world, **given, endActiveSession=True) == [("ENABLED", NOW), ("MODE", NOW)]


async def test_a_conflict_shows_the_room_and_no_changes(world: World) -> None:
    """Rules 25, 90."""
    given = {"galleryId": world.gallery, "mode": "INTERACTIVE", "expectedVersion": 99}
    payload = (await world.query("manager", SAVE, input=given))["configureRoom"]
    assert payload["changes"] is None
    assert payload["room"]["version"] < 99
    assert [each["code"] for each in payload["userErrors"]] == ["CONFLICT"]


async def limits_changed(world: World, *limits: dict[str, Any]) -> list[tuple[str, str]]:
    payload = await world.mutate("admin", UPDATE_SITE, ADMIN, input={"roomLimits": limits})
    return [(each["mode"], each["appliesFrom"]) for each in payload["limitsChanged"]]


async def test_limits_say_so_as_well(world: World) -> None:
    """Rules 28, 90: a mode in which a session runs anywhere keeps its limits there until the next one."""
    webinar = {"mode": "WEBINAR", "visibleCameras": 3, "stageCapacity": 3, "participantCapacity": 30}
    interactive = {**webinar, "mode": "INTERACTIVE", "stageCapacity": None}
    assert await limits_changed(world, webinar) == [("WEBINAR", NOW)]
    await meet(world)
    fewer = {"participantCapacity": 20}
    assert await limits_changed(world, webinar | fewer, interactive) == [("INTERACTIVE", NOW), ("WEBINAR", NEXT)]
    assert await limits_changed(world, webinar | fewer, interactive | {"camerasOnByDefault": False}) == [
        ("INTERACTIVE", NOW)
    ]
    assert await limits_changed(world) == []
