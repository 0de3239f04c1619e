"""The room's form, which the demo changes and afterwards restores."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from examples.api import Api, tell
from server.demo_people import PEOPLE

MANAGER = "manager"
FORM = """query Form($gallery: ID!) {
  gallery(by: {id: $gallery}) {
    room {
      enabled
      mode
      qna
      groupChat
      activeSession { id }
      speakers { ...Assigned }
      chatModerators { ...Assigned }
    }
  }
}
fragment Assigned on ModeratorAssignment { principal { ... on User { id } ... on Group { id } } }"""


@contextmanager
def as_it_was(api: Api, gallery: str) -> Iterator[None]:
    """Ends a running session before and afterwards, and afterwards restores the room's form."""
    form = _read(api, gallery)
    _end_what_runs(api, form)
    try:
        yield
    finally:
        _end_what_runs(api, _read(api, gallery))
        was = {name: form[name] for name in ("enabled", "mode", "qna", "groupChat")}
        assigned: dict[str, Any] = {
            "speakerIds": _ids(form["speakers"]),
            "chatModeratorIds": _ids(form["chatModerators"]),
        }
        api.act(MANAGER, "configureRoom", galleryId=gallery, **was, **assigned)
        tell(f"{PEOPLE[MANAGER]} sets the room up as it was")


def _read(api: Api, gallery: str) -> dict[str, Any]:
    return dict(api.ask(MANAGER, FORM, gallery=gallery)["room"])


def _ids(assignments: list[dict[str, Any]]) -> list[str]:
    return [each["principal"]["id"] for each in assignments]


def _end_what_runs(api: Api, form: dict[str, Any]) -> None:
    if form["activeSession"]:
        tell(f"{PEOPLE[MANAGER]} ends the session that runs")
        api.act(MANAGER, "endSession", sessionId=form["activeSession"]["id"])
