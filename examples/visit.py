"""People who enter the demo's room, talk there and leave."""

import time
from contextlib import suppress
from random import Random

from examples.api import Api, Refused, tell
from server.demo_people import PEOPLE, STUDENTS

HOST = "manager"  # may launch the room
GUESTS = STUDENTS[1:]  # the first student is left out because GraphiQL's tabs act as that student
FULL_HOUSE = 12
HEARTBEAT_SECONDS = 30  # needed because nobody here has a stream open; without it people would count as gone
ROOM_CLOSED = {"NOT_IN_SESSION", "ROOM_NOT_OPEN", "SESSION_ENDED"}
SENTENCES = [
    "Good morning from the back row.",
    "Which of the three grids do you mean?",
    "The second poster breathes more, I think.",
    "Could we see that slide once more?",
    "Kerning makes or breaks this one.",
    "My sound was gone for a moment. Better now!",
    "Is the reading for next week in the gallery?",
    "I would take out half of the colours.",
    "That contrast is hard to read on my screen.",
    "👏 for the paper crane.",
    "Does the recording show up in the gallery afterwards?",
    "Serif for the titles, please.",
]


ENTER = """mutation Enter($room: ID!) {
  enterRoom(input: {roomId: $room}) { launched session { id } userErrors { code message } }
}"""
POST = """mutation Post($room: ID!, $text: String!) {
  postMessage(input: {roomId: $room, text: $text}) { userErrors { code message } }
}"""
STAY = "mutation Stay($room: ID!) { heartbeat(input: {roomId: $room}) { userErrors { code message } } }"
LEAVE = "mutation Leave($room: ID!) { leaveRoom(input: {roomId: $room}) { userErrors { code message } } }"
END = "mutation End($session: ID!) { endSession(input: {sessionId: $session}) { userErrors { code message } } }"


class Visit:
    """The people of the demo who are in the room, and their actions."""

    def __init__(self, api: Api, dice: Random, room: str) -> None:
        self._api = api
        self._dice = dice
        self._inside: list[str] = []
        self._heard_at = time.monotonic()
        self._launched: str | None = None
        self._room = room

    def go_on(self) -> None:
        """Performs one action of one person."""
        try:
            self._act()
        except Refused as refusal:
            tell(f"… {refusal}")
            if refusal.code not in ROOM_CLOSED:
                return
            self._inside.clear()  # the host then opens the room again

    def _act(self) -> None:
        self._stay()
        if HOST not in self._inside:
            self._enter(HOST)
            return
        guests = [username for username in self._inside if username != HOST]
        match self._dice.choices(["post", "enter", "leave"], [6, FULL_HOUSE - len(guests), len(guests) / 4])[0]:
            case "enter":
                self._enter(self._dice.choice([username for username in GUESTS if username not in guests]))
            case "leave":
                self._leave(self._dice.choice(guests))
            case _:
                self._post(self._dice.choice(self._inside), self._dice.choice(SENTENCES))

    def _stay(self) -> None:
        if time.monotonic() - self._heard_at >= HEARTBEAT_SECONDS:
            self._heard_at = time.monotonic()
            for username in self._inside:
                self._api.ask(username, STAY, room=self._room)

    def _enter(self, username: str) -> None:
        entered = self._api.ask(username, ENTER, room=self._room)
        self._inside.append(username)
        if entered["launched"]:
            self._launched = entered["session"]["id"]
        tell(f"{PEOPLE[username]} {'opens the room' if entered['launched'] else 'enters'}")

    def _post(self, username: str, text: str) -> None:
        self._api.ask(username, POST, room=self._room, text=text)
        tell(f"{PEOPLE[username]}: {text}")

    def _leave(self, username: str) -> None:
        self._api.ask(username, LEAVE, room=self._room)
        self._inside.remove(username)
        tell(f"{PEOPLE[username]} leaves")

    def go_home(self) -> None:
        """Lets everyone leave, and ends the session if the demo has launched it."""
        for username in self._inside[::-1]:
            with suppress(Refused):
                self._leave(username)
        if self._launched:
            with suppress(Refused):
                self._api.ask(HOST, END, session=self._launched)
                tell("The room is closed")
