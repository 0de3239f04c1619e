"""Relay loses and repeats nothing, and its connections hold what was told, with no query after the first."""

import asyncio
from pathlib import Path

import pytest

from tests.support.client_site import Site, listened, told_of
from tests.support.programs import CLIENTS, NODE, needs_node

pytestmark = [pytest.mark.second_tier, pytest.mark.usefixtures("generated"), needs_node]


def relay(program: str) -> list[str]:
    """Returns the command that runs a program of examples/clients/relay/."""
    return [str(NODE), str(CLIENTS / "relay" / "run.mjs"), program]


async def test_a_chat_in_relay_is_told_of_each_message_once_and_in_order(site: Site, tmp_path: Path) -> None:
    ran, talk = await listened(site, relay("listen"), tmp_path / "log")
    assert ran.heard == told_of(ran, talk)
    assert ran.of("shown")[-1] == [*ran.of("state")[0]["messages"], *ran.heard]
    assert ran.of("asked") == ["listenStateQuery"]
