"""The form of a client's messages, which Strawberry does not check."""

from typing import Any


def malformed(message: Any) -> str | None:
    """Returns the fault in a message's form, for which the protocol ends the socket. Returns None if there is none."""
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return "A message must be an object with a type"
    if message["type"] in ("subscribe", "complete") and not (isinstance(message.get("id"), str) and message["id"]):
        return "The message needs an id"
    if message["type"] == "subscribe" and not isinstance(message.get("payload"), dict):
        return "The payload of subscribe must be an object"
    if not isinstance(message.get("payload", {}), dict):
        return "The payload must be an object"
    return None
