"""What the peers in Python have in common: tokens, ids, a new chat message, and how they are served."""

import os
import secrets
from base64 import urlsafe_b64encode
from typing import Any
from uuid import UUID

import jwt
import uvicorn

_SECRET, _ISSUER, _AUDIENCE = (os.environ[f"JWT_{name}"] for name in ("SECRET", "ISSUER", "AUDIENCE"))


def authenticate(authorization: str) -> dict[str, Any]:
    """Returns the claims of a bearer token. Raises jwt.PyJWTError if it is not valid."""
    token = authorization.removeprefix("Bearer ")
    claims: dict[str, Any] = jwt.decode(token, _SECRET, algorithms=["HS256"], issuer=_ISSUER, audience=_AUDIENCE)
    return claims


def global_id(kind: str, local: UUID) -> str:
    return urlsafe_b64encode(kind.encode() + b":" + local.bytes).decode().rstrip("=")


def new_cursor() -> str:
    return secrets.token_urlsafe(36)


def serve(app: Any) -> None:
    """Serves with the same event loop and protocols as our server."""
    port = int(os.environ["PORT"])
    uvicorn.run(
        app, port=port, loop="uvloop", http="httptools", ws="websockets-sansio", log_level="warning", access_log=False
    )
