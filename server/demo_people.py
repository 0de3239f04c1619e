"""The people of the demo, by username."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.settings import Settings

STUDENTS = [f"student-{number:03}" for number in range(1, 31)]
VISITORS = [f"visitor-{number:03}" for number in range(1, 4)]  # from the course's roster; they only watch
PEOPLE = {
    "manager": "Mara Manager",
    "moderator": "Timo Assistant",
    "chatmod": "Chandra Chatmod",
    "admin": "Ada Admin",
    "outsider": "Otto Outsider",
    **{username: f"Student {username[-3:]}" for username in STUDENTS},
    **{username: f"Visitor {username[-3:]}" for username in VISITORS},
}
SITE_ADMINS = {"admin"}
MEDIA_SERVER = "recorder"  # a service account, which belongs to no gallery


def scopes_of(settings: "Settings", username: str) -> list[str]:
    """Returns the scopes of a development token for this username."""
    if username == MEDIA_SERVER:
        return [settings.media_server_scope]
    return [settings.admin_scope] if username in SITE_ADMINS else []
