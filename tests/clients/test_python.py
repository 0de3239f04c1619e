"""Python's gql loses and repeats nothing: at first, after a token's end, and after its server's sudden death."""

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.client_site import Site, listened, told_of
from tests.support.programs import CLIENTS

pytestmark = [pytest.mark.second_tier, pytest.mark.skipif(not find_spec("gql"), reason="gql is not installed")]


async def test_gql_is_told_of_each_message_once_and_in_order(site: Site, tmp_path: Path) -> None:
    ran, talk = await listened(site, [sys.executable, str(CLIENTS / "python" / "listen.py")], tmp_path / "log")
    assert ran.heard == told_of(ran, talk)
