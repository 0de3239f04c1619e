"""Relay loses and repeats nothing, and its connections hold what was told, with no query after the first."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.client_site import Site, listened, told_of
from tests.support.media import ADD, REMOVE, UPDATE
from tests.support.programs import CLIENTS, NODE, needs_node, running

pytestmark = [pytest.mark.second_tier, pytest.mark.usefixtures("generated"), needs_node]


def relay(program: str) -> list[str]:
    """Returns the command that runs a program of examples/clients/relay/."""
    return [str(NODE), str(CLIENTS / "relay" / "run.mjs"), program]


async def test_a_chat_in_relay_is_told_of_each_message_once_and_in_order(site: Site, tmp_path: Path) -> None:
    ran, talk = await listened(site, relay("listen"), tmp_path / "log")
    assert ran.heard == told_of(ran, talk)
    assert ran.of("shown")[-1] == [*ran.of("state")[0]["messages"], *ran.heard]
    assert ran.of("asked") == ["listenStateQuery"]


async def test_a_gallery_in_relay_follows_its_events_and_asks_only_for_its_pages(site: Site, tmp_path: Path) -> None:
    with site.tokens(who="manager") as office:
        async with running(relay("gallery"), site.variables(office), tmp_path / "log") as program:
            before = await program.line("titles")
            asked = len(program.of("asked"))
            added = await medium(
                site, ADD, galleryId=site.steady.gallery, title="New", kind="IMAGE", url="https://media.example/new"
            )
            await program.until(lambda: program.of("titles")[-1] == ["New", *before])
            await medium(site, UPDATE, mediaId=added["id"], title="Renamed")
            await program.until(lambda: program.of("titles")[-1] == ["Renamed", *before])
            await medium(site, REMOVE, mediaId=added["id"])
            await program.until(lambda: program.of("titles")[-1] == before)
        assert len(before) == len(set(before)) > 2
        assert len(program.of("asked")) == asked == (len(before) + 1) // 2
        assert program.of("error") == []


async def medium(site: Site, document: str, **given: object) -> Any:
    """Changes the gallery's media as its manager. Returns the medium, if it is still there."""
    (payload,) = (await site.steady.query("manager", document, input=given)).values()
    assert payload["userErrors"] == []
    return payload.get("media")
