"""The receiver of docs/webhooks.md runs as it is, and accepts what is signed."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest

from tests.support.commands import ROOT
from tests.support.receiver import Receiver
from tests.support.webhooks import add_media, attempts, create, wait_until
from tests.support.world import World

SNIPPET = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs" / "webhooks.md").read_text(), re.MULTILINE | re.DOTALL)


@contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serves in a thread. Yields the URL."""
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook"
        server.shutdown()
        thread.join()


async def test_the_documented_receiver_accepts_what_is_signed(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rule 93."""
    (text,) = SNIPPET
    names: dict[str, Any] = {"__name__": "receiver"}
    exec(text, names)  # noqa: S102  it is our own page
    with served(names["Receiver"]) as url:
        made = await create(world, url)
        monkeypatch.setenv("WEBHOOK_SECRET", made["secret"])
        (medium,) = await add_media(world, "Documented")
        webhook = await wait_until(world, made["webhook"]["id"], lambda of: of["deliveries"])
        assert attempts(webhook) == [("MediaAdded", "SUCCEEDED", 1, None, 204)]
        assert len(names["processed"]) == 1
        forged = {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
        answer = await asyncio.to_thread(httpx.post, url, content=b"{}", headers=forged, trust_env=False)
        assert answer.status_code == 400
    assert f"'mediaId': '{medium}'" in capsys.readouterr().out
