"""Life in the demo's room: on the server that `make run` started, people enter, post and leave.

A client like any other, over plain HTTP; only the tokens are made by the server's own code. It ends by itself after a
while, or on Ctrl-C, and then lets everyone go home whom it brought.
"""

import argparse
import json
import random
import sys
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from server.auth import issue_token
from server.demo import COURSE, PEOPLE, STUDENTS
from server.settings import Settings, SettingsError, load_settings

HOST = "manager"  # may launch the room
GUESTS = STUDENTS[1:]  # the first is the one whom GraphiQL's tabs are for
FULL_HOUSE = 12
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

ROOM = "query Room($course: String!) { gallery(by: {externalId: $course}) { room { id } } }"
ENTER = """mutation Enter($room: ID!) {
  enterRoom(input: {roomId: $room}) { launched session { id } userErrors { code message } }
}"""
POST = """mutation Post($room: ID!, $text: String!) {
  postMessage(input: {roomId: $room, text: $text}) { userErrors { code message } }
}"""
LEAVE = "mutation Leave($room: ID!) { leaveRoom(input: {roomId: $room}) { userErrors { code message } } }"
END = "mutation End($session: ID!) { endSession(input: {sessionId: $session}) { userErrors { code message } } }"


class Trouble(Exception):
    """The demo cannot go on. The message says why."""


class Refused(Trouble):
    """The answer was a userError."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Api:
    """The server, asked by one demo person at a time."""

    def __init__(self, settings: Settings) -> None:
        host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host  # noqa: S104  it is not listened on here
        self.address = f"http://{host}:{settings.port}"
        self._settings = settings
        self._open = build_opener(ProxyHandler({})).open

    def ask(self, username: str, document: str, **variables: str) -> dict[str, Any]:
        """The value of the operation's one field. Raises Refused for a userError."""
        token = issue_token(self._settings, username, name=PEOPLE[username], lifetime=timedelta(minutes=5))
        body = json.dumps({"query": document, "variables": variables}).encode()
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        answer = self._answer(Request(f"{self.address}/graphql", body, headers))
        if errors := answer.get("errors"):
            raise Trouble(errors[0]["message"])
        (value,) = answer["data"].values()
        for error in (value or {}).get("userErrors", ()):
            raise Refused(error["code"], error["message"])
        return dict(value or {})

    def _answer(self, request: Request) -> dict[str, Any]:
        try:
            with self._open(request, timeout=20) as response:
                return dict(json.load(response))
        except HTTPError as status:
            raise Trouble(f"{self.address} refuses the demo's tokens or is no Enfilade: {status}.") from None
        except (URLError, OSError, ValueError):
            raise Trouble(
                f"No server answers at {self.address}. Start `make run` in another terminal; PORT must be the same."
            ) from None


class Visit:
    """Who is in the room because of this demo, and what they do there."""

    def __init__(self, api: Api, dice: random.Random) -> None:
        self._api = api
        self._dice = dice
        self._inside: list[str] = []
        self._launched: str | None = None
        gallery = api.ask(HOST, ROOM, course=COURSE)
        if not gallery:
            raise Trouble("The demo's gallery is not there: `make run` adds it to an empty database only.")
        self._room = gallery["room"]["id"]

    def go_on(self) -> None:
        """One action of one person."""
        try:
            self._act()
        except Refused as refusal:
            tell(f"… {refusal}")
            if refusal.code not in ROOM_CLOSED:
                return
            self._inside.clear()  # and the host opens it again

    def _act(self) -> None:
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
        """Everyone leaves, and the session ends if it was the demo that began it."""
        for username in self._inside[::-1]:
            with suppress(Refused):
                self._leave(username)
        if self._launched:
            with suppress(Refused):
                self._api.ask(HOST, END, session=self._launched)
                tell("The room is closed")


def tell(what: str) -> None:
    print(time.strftime("%H:%M:%S"), what, flush=True)


def perform(visit: Visit, seconds: float, pause: float) -> None:
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            visit.go_on()
            time.sleep(pause)
    except KeyboardInterrupt:
        print()
    finally:
        visit.go_home()


def main() -> int:
    parser = argparse.ArgumentParser(description="Let people enter, post and leave in the demo's room.")
    parser.add_argument("--seconds", type=float, default=120, help="for how long (120)")
    parser.add_argument("--pause", type=float, default=1.2, help="seconds between two actions (1.2)")
    arguments = parser.parse_args()
    try:
        api = Api(load_settings())
        visit = Visit(api, random.Random())
        print(
            f"People come and go at {api.address}/ide/ for {arguments.seconds:.0f} s, or until Ctrl-C. Watch in tab 3."
        )
        perform(visit, arguments.seconds, arguments.pause)
    except (Trouble, SettingsError) as why:
        print(why, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
