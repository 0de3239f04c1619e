"""Students add media and a moderator reviews them; the moderator and a plain member each receive events on a stream."""

from collections.abc import Iterator
from contextlib import suppress
from random import Random
from typing import Any

from examples.api import Api, Refused, tell
from examples.viewer import Viewer
from server.demo_people import PEOPLE, STUDENTS, VISITORS

REVIEWER = "moderator"
MEMBER = VISITORS[0]
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


def _told(event: dict[str, Any]) -> str:
    match event:
        case {"media": {"title": title, "status": status}}:
            return f"“{title}” is {status.lower()}"
        case {"pendingCount": count}:
            return f"{count} {'item' if count == 1 else 'items'} pending approval"
        case {"mediaId": _}:
            return "it was taken back"
    return ""


def _last_review(arrived: list[dict[str, Any]]) -> str | None:
    return next((event["cursor"] for event in reversed(arrived) if event["__typename"] == "MediaReviewed"), None)


class Approvals:
    """Three students each add a media item. The reviewer approves two at once and rejects one; then all are removed."""

    def __init__(self, api: Api, dice: Random, gallery: str) -> None:
        self._api = api
        self._dice = dice
        self._gallery = gallery
        self._reviewer = self._viewer(REVIEWER)
        self._member = self._viewer(MEMBER)
        self._handed_in: list[tuple[str, str]] = []  # the username, and the id of the media item
        self._approved: list[str] = []
        self._acts = self._round()
        self.rounds = 0

    def _viewer(self, username: str) -> Viewer:
        after = self._api.ask(username, CURSOR, id=self._gallery)["cursor"]
        return Viewer(self._api, username, EVENTS, _told, gallery=self._gallery, after=after)

    def go_on(self) -> None:
        """Performs the next act, and prints the events that it causes."""
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
        arrived = self._reviewer.tell_until(reviewed["cursor"])
        if says == "approves" and arrived:
            self._member.tell_until(_last_review(arrived))
            self._approved = media

    def go_home(self) -> None:
        """Removes all media that the students have added."""
        while self._handed_in:
            student, media = self._handed_in.pop()
            with suppress(Refused):  # somebody else has removed it already
                removed = self._api.ask(student, REMOVE, id=media)["cursor"]
                self._reviewer.tell_until(removed)
                if media in self._approved:
                    self._member.tell_until(removed)
