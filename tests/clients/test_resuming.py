"""Clients in JavaScript lose and repeat nothing: at first, after a token's end, a crash and a restart of their server."""

from pathlib import Path

import pytest

from tests.support.client_site import Site, listened, told_of
from tests.support.programs import needs_node, running, typescript

pytestmark = [pytest.mark.second_tier, pytest.mark.usefixtures("generated"), needs_node]

PROGRAMS = {
    "graphql-ws": ["graphql-ws/listen.ts"],
    "graphql-sse": ["graphql-sse/listen.ts"],
    "urql": ["urql/listen.ts"],
    "apollo over WebSocket": ["apollo/listen.ts", "websocket"],
    "apollo over multipart": ["apollo/listen.ts", "multipart"],
    "eventsource": ["eventsource/listen.ts"],
}


@pytest.mark.parametrize("program", PROGRAMS)
async def test_a_client_is_told_of_each_message_once_and_in_order(site: Site, tmp_path: Path, program: str) -> None:
    ran, talk = await listened(site, typescript(*PROGRAMS[program]), tmp_path / "log")
    assert ran.heard == told_of(ran, talk)
    assert ran.of("error") == []


@pytest.mark.parametrize("program", PROGRAMS)
async def test_a_client_tells_a_final_error_once_and_does_not_retry(site: Site, tmp_path: Path, program: str) -> None:
    """The room is hidden from an outsider, so the stream ends with NOT_FOUND."""
    with site.tokens(who="outsider") as office:
        command = typescript(*PROGRAMS[program])
        async with running(command, site.variables(office), tmp_path / "log") as ran:
            assert await ran.ends() == 0
    assert len(ran.of("error")) == 1
    assert ran.of("event") == []


@pytest.mark.parametrize("program", ["naive/graphql-ws.ts", "naive/graphql-sse.ts"])
async def test_a_client_that_does_not_send_its_cursor_loses_messages(site: Site, tmp_path: Path, program: str) -> None:
    ran, talk = await listened(site, typescript(program), tmp_path / "log")
    assert set(ran.heard) < set(told_of(ran, talk))


async def test_a_client_that_sends_its_first_cursor_again_hears_messages_twice(site: Site, tmp_path: Path) -> None:
    ran, talk = await listened(site, typescript("naive/graphql-ws.ts", "fixed"), tmp_path / "log")
    assert set(ran.heard) == set(told_of(ran, talk))
    assert len(ran.heard) > len(set(ran.heard))
