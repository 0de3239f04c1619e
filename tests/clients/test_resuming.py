"""Clients in JavaScript lose and repeat nothing: at first, after a token's end, and after their server's sudden death."""

from pathlib import Path

import pytest

from tests.support.client_site import Site, listened, told_of
from tests.support.programs import needs_node, typescript

pytestmark = [pytest.mark.second_tier, pytest.mark.usefixtures("generated"), needs_node]


@pytest.mark.parametrize("program", ["graphql-ws/listen.ts"])
async def test_a_client_is_told_of_each_message_once_and_in_order(site: Site, tmp_path: Path, program: str) -> None:
    ran, talk = await listened(site, typescript(program), tmp_path / "log")
    assert ran.heard == told_of(ran, talk)
