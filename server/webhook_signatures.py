"""The headers of Standard Webhooks (https://www.standardwebhooks.com), with a signature by each valid secret."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import datetime

PREFIX = "whsec_"


def signed(message_id: str, at: datetime, body: bytes, secrets: Iterable[str]) -> list[tuple[str, str]]:
    """Returns the headers of a message. A receiver accepts it if it knows any of the secrets."""
    timestamp = str(int(at.timestamp()))
    content = b"%b.%b.%b" % (message_id.encode(), timestamp.encode(), body)
    return [
        ("webhook-id", message_id),
        ("webhook-timestamp", timestamp),
        ("webhook-signature", " ".join(_signature(secret, content) for secret in secrets)),
    ]


def _signature(secret: str, content: bytes) -> str:
    key = b64decode(secret.removeprefix(PREFIX))
    return f"v1,{b64encode(hmac.digest(key, content, hashlib.sha256)).decode()}"
