"""The issuer of tokens, and its clock."""

from collections.abc import Iterator
from threading import Thread

import pytest

from tests.support.issuers import Clock, Issuer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    issuer = Issuer()
    thread = Thread(target=issuer.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield issuer
    issuer.may_answer.set()
    issuer.server.shutdown()
    issuer.server.server_close()
    thread.join()
