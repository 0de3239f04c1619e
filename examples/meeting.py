"""A meeting in the demo's room, as a moderator's page and a passer-by's page show it."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from examples.api import Api, Refused, tell
from examples.room_news import EVENTS, STATUS, told_of_room, told_of_status
from examples.viewer import Event, Viewer
from server.demo_people import PEOPLE, VISITORS

MODERATOR = "moderator"
PASSER_BY = VISITORS[0]
CURSOR = "query Cursor($room: ID!) { room(id: $room) { cursor } }"
ME = "query Me { viewer { id } }"
LISTS = """query Lists($session: ID!) {
  node(id: $session) { ... on RoomSession { stage { user { name } } hands { edges { node { user { name } } } } } }
}"""


class Meeting:
    """Performs people's acts one by one, and prints each with the events that it causes."""

    def __init__(self, api: Api, room: str, pause: float) -> None:
        self._api = api
        self._pause = pause
        self.moderator = self.follow(MODERATOR, room, told_of_room)
        self._page = Viewer(api, PASSER_BY, STATUS, told_of_status, room=room)
        self._participants: dict[str, str] = {}
        self.room = room
        self.session = ""

    def follow(self, username: str, room: str, told: Callable[[Event], str]) -> Viewer:
        """Subscribes a user to `roomEvents` from now on."""
        after = self._api.ask(username, CURSOR, room=room)["cursor"]
        return Viewer(self._api, username, EVENTS, told, room=room, after=after)

    def act(self, username: str, does: str, mutation: str, wanted: str = "", **given: object) -> dict[str, Any]:
        """Runs a mutation, and waits until the moderator's page has its event. Returns the payload. Raises Refused."""
        return self.bring([self.moderator], username, does, mutation, wanted, **given)

    def bring(
        self, told: Iterable[Viewer], username: str, does: str, mutation: str, wanted: str = "", **given: object
    ) -> dict[str, Any]:
        """Runs a mutation, and waits until the pages in `told` have its event. Returns the payload. Raises Refused."""
        time.sleep(self._pause)
        tell(f"{PEOPLE.get(username, 'The media server')} {does}")
        done = self._api.act(username, mutation, wanted, **given)
        for viewer in told:
            viewer.tell_until(done["cursor"])
        return done

    def try_to(self, username: str, does: str, mutation: str, **given: object) -> None:
        """Runs a mutation that the server refuses, and prints the refusal."""
        try:
            self.act(username, does, mutation, "", **given)
        except Refused as refusal:
            tell(f"  … {refusal.code}: {refusal}")

    def enter(self, *usernames: str) -> None:
        """Lets people press "Enter Room", one after the other."""
        for username in usernames:
            wanted = "session { id } participant { id }"
            entered = self.act(username, "enters", "enterRoom", wanted, roomId=self.room)
            self.session = entered["session"]["id"]
            self._participants[username] = entered["participant"]["id"]

    def id_of(self, username: str) -> str:
        """Returns the id of the user's participant in this session."""
        return self._participants[username]

    def user(self, username: str) -> str:
        """Returns the user's id."""
        return str(self._api.ask(username, ME)["id"])

    def page_shows(self, awaited: Callable[[Event], bool]) -> None:
        """Waits until the passer-by's page shows an awaited status, and prints it."""
        self._page.tell_when(awaited)

    def list_(self, what: str) -> None:
        """Prints the names on one of the session's lists, in the order of the list."""
        found = self._api.ask(MODERATOR, LISTS, session=self.session)[what]
        people: list[dict[str, Any]] = [edge["node"] for edge in found["edges"]] if what == "hands" else found
        tell(f"  = {what}: {', '.join(each['user']['name'] for each in people) or 'nobody'}")
