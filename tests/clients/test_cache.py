"""Apollo Client's normalised cache, which mutations and events keep true, and its persisted queries."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.client_site import SPEAKER, Site
from tests.support.programs import needs_node, running, typescript
from tests.support.world import CONFIGURE, POST

pytestmark = [pytest.mark.second_tier, pytest.mark.usefixtures("generated"), needs_node]

MODE = "query ($room: ID!) { room(id: $room) { mode } }"
PIN = "mutation ($message: ID!) { pinMessage(input: {messageId: $message}) { userErrors { code } } }"
CONFIGURED = {"INTERACTIVE": "WEBINAR", "WEBINAR": "INTERACTIVE"}


async def post(site: Site, text: str) -> str:
    """Posts a message. Returns its id."""
    payload = (await site.steady.query(SPEAKER, POST, room=site.steady.room, text=text))["postMessage"]
    return str(payload["message"]["id"])


async def test_mutations_and_events_keep_apollos_cache_true_without_another_query(site: Site, tmp_path: Path) -> None:
    await site.enter()
    for number in range(1, 5):
        await post(site, f"old {number}")
    with site.tokens() as office:
        async with running(typescript("apollo/cache.ts"), site.variables(office), tmp_path / "log") as program:
            await program.line("done")
            mode = await change_from_outside(site)
            expected = ["old 1", "old 2", "old 3", "old 4", "Mine, in better words", "Theirs (pinned)"]
            await program.until(lambda: {"shown": expected, "mode": mode} in program.lines)
    assert program.of("shown")[0] == ["old 3", "old 4"]
    assert asked(program.lines, "Page") == [False, True, False], "one miss, one text, and the page before by its hash"
    assert {line["request"] for line in program.lines if "request" in line} == {"Page", "Post", "Edit"}


async def change_from_outside(site: Site) -> str:
    """Others post, pin and configure. Returns the room's mode from then on."""
    there = site.steady
    await there.query("chatmod", PIN, message=await post(site, "Theirs"))
    mode = CONFIGURED[(await there.query("manager", MODE, room=there.room))["room"]["mode"]]
    await there.query("manager", CONFIGURE, input={"galleryId": there.gallery, "mode": mode})
    return mode


def asked(lines: list[dict[str, Any]], name: str) -> list[bool]:
    """Returns of each request for this operation whether it had the operation's text."""
    return [line["text"] for line in lines if line.get("request") == name]
