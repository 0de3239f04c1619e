"""Work that is handed in and reviewed, and what a moderator and a plain member are told of it, each on a live stream."""

import time
from collections.abc import Iterator
from contextlib import suppress
from queue import SimpleQueue
from random import Random
from threading import Thread
from typing import Any

from examples.api import Api, Refused, Trouble, tell
from server.demo import PEOPLE, STUDENTS, VISITORS

REVIEWER = "moderator"
MEMBER = VISITORS[0]
PATIENCE = 30  # seconds that news may take
DECISIONS = {"approves": "APPROVE", "rejects": "REJECT"}
KINDS = {"Poster study": "IMAGE", "Podcast on grids": "AUDIO", "Time lapse of a mural": "VIDEO"}

CURSOR = "query Cursor($id: ID!) { gallery(by: {id: $id}) { cursor } }"
EVENTS = """subscription Approvals($gallery: ID!, $after: EventCursor!) {
  galleryEvents(galleryId: $gallery, after: $after) {
    __typename
    cursor
    ... on MediaAdded { media { title status } }
    ... on MediaReviewed { media { title status } }
    ... on MediaRemoved { mediaId }
    ... on PendingCountChanged { pendingCount }
  }
}"""
ADD = """mutation Add($input: AddMediaInput!) {
  addMedia(input: $input) { media { id } cursor userErrors { code message } }
}"""
REVIEW = """mutation Review($input: ReviewMediaInput!) {
  reviewMedia(input: $input) { cursor userErrors { code message } }
}"""
REMOVE = "mutation Remove($id: ID!) { removeMedia(input: {mediaId: $id}) { cursor userErrors { code message } } }"


class Viewer:
    """Someone whose page shows the gallery's news as they arrive."""

    def __init__(self, api: Api, username: str, gallery: str) -> None:
        self._name = PEOPLE[username]
        after = api.ask(username, CURSOR, id=gallery)["cursor"]
        self._news: SimpleQueue[dict[str, Any] | Exception] = SimpleQueue()
        events = api.listen(username, EVENTS, gallery=gallery, after=after)
        Thread(target=self._listen, args=(events,), daemon=True).start()

    def _listen(self, events: Iterator[dict[str, Any]]) -> None:
        try:
            for event in events:
                self._news.put(event)
            self._news.put(Trouble("The stream has ended."))
        except Trouble as trouble:
            self._news.put(trouble)

    def tell_until(self, cursor: str | None) -> str | None:
        """Tell what has arrived, up to the event with this cursor. Gives the cursor of the last review among it."""
        reviewed = None
        seen, end = None, time.monotonic() + PATIENCE
        while seen != cursor and time.monotonic() < end:
            event = self._next()
            kind, seen = event["__typename"], event["cursor"]
            if text := _told(event):
                tell(f"  → {self._name} gets {kind}: {text}")
            if kind == "MediaReviewed":
                reviewed = seen
        return reviewed

    def _next(self) -> dict[str, Any]:
        event = self._news.get(timeout=PATIENCE)
        if isinstance(event, Exception):
            raise event
        return event


def _told(event: dict[str, Any]) -> str:
    match event:
        case {"media": {"title": title, "status": status}}:
            return f"“{title}” is {status.lower()}"
        case {"pendingCount": count}:
            return f"{count} {'item' if count == 1 else 'items'} pending approval"
        case {"mediaId": _}:
            return "it was taken back"
    return ""


class Approvals:
    """Three students hand something in, two of which are approved at once and one is not; then they take it back."""

    def __init__(self, api: Api, dice: Random, gallery: str) -> None:
        self._api = api
        self._dice = dice
        self._gallery = gallery
        self._reviewer = Viewer(api, REVIEWER, gallery)
        self._member = Viewer(api, MEMBER, gallery)
        self._handed_in: list[tuple[str, str]] = []  # by whom, and its id
        self._approved: list[str] = []
        self._acts = self._round()
        self.rounds = 0

    def go_on(self) -> None:
        """The next act, and what comes of it in the streams."""
        for _ in self._acts:
            return
        self.rounds += 1
        self._acts = self._round()

    def _round(self) -> Iterator[None]:
        for title, student in zip(KINDS, self._dice.sample(STUDENTS[1:], len(KINDS)), strict=True):
            self._hand_in(student, title)
            yield
        first, *others = (media for _, media in self._handed_in)
        self._review("approves", others)
        yield
        self._review("rejects", [first])
        yield
        self.go_home()

    def _hand_in(self, student: str, title: str) -> None:
        given = {"galleryId": self._gallery, "title": title, "kind": KINDS[title], "url": "https://media.example/work"}
        tell(f"{PEOPLE[student]} hands in “{title}”")
        added = self._api.ask(student, ADD, input=given)
        self._handed_in.append((student, added["media"]["id"]))
        self._reviewer.tell_until(added["cursor"])

    def _review(self, says: str, media: list[str]) -> None:
        given = {"galleryId": self._gallery, "mediaIds": media, "decision": DECISIONS[says]}
        tell(f"{PEOPLE[REVIEWER]} {says} {len(media)}")
        reviewed = self._api.ask(REVIEWER, REVIEW, input=given)
        last = self._reviewer.tell_until(reviewed["cursor"]) if reviewed["cursor"] else None
        if says == "approves" and last:
            self._member.tell_until(last)
            self._approved = media

    def go_home(self) -> None:
        """All that was handed in is taken back."""
        while self._handed_in:
            student, media = self._handed_in.pop()
            with suppress(Refused):  # somebody else was faster
                removed = self._api.ask(student, REMOVE, id=media)["cursor"]
                self._reviewer.tell_until(removed)
                if media in self._approved:
                    self._member.tell_until(removed)
