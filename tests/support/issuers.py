"""Issuers of tokens: their clock, what they sign, and a server that publishes their keys or lists."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event
from typing import Any

import jwt
import pytest

from server.auth import Authenticator
from server.claims import Unauthenticated
from server.settings import Settings

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
SHARED = Settings(dev=True)


class Clock:
    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **by: float) -> None:
        self.time += timedelta(**by)


class Issuer:
    """Serves a key set on loopback, counts requests, and can fail or wait on demand."""

    def __init__(self) -> None:
        self.answer: object = {"keys": []}
        self.status = 200
        self.requests = 0
        self.asked = Event()
        self.may_answer = Event()
        self.may_answer.set()
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.requests += 1
                issuer.asked.set()
                issuer.may_answer.wait(10)
                body = issuer.answer if isinstance(issuer.answer, bytes) else json.dumps(issuer.answer).encode()
                self.send_response(issuer.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/jwks.json"

    def publish(self, *keys: Mapping[str, object]) -> None:
        self.answer = {"keys": list(keys)}


def claims(**changes: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "iss": SHARED.jwt_issuer,
        "aud": SHARED.jwt_audience,
        "sub": "u-1",
        "exp": int(NOON.timestamp()) + 3600,
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


def signed(key: Any = None, algorithm: str = "HS256", kid: str | None = None, /, **changes: object) -> str:
    headers = {"kid": kid} if kid else None
    return jwt.encode(claims(**changes), key or SHARED.jwt_secret.get_secret_value(), algorithm, headers)


async def refusal(authenticator: Authenticator, token: str) -> str:
    with pytest.raises(Unauthenticated) as refused:
        await authenticator.verify(token)
    assert not any(len(part) > 8 and part in str(refused.value) for part in token.split("."))
    return str(refused.value)
