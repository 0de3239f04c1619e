"""Objects that somebody may act on, and the mutation for each of their fields `viewerCan…`."""

from dataclasses import dataclass, field
from typing import Any

from tests.support import questions
from tests.support.chat import TALK
from tests.support.everything import do
from tests.support.media import ADD, GOOD, REMOVE, REVIEW, UPDATE
from tests.support.recordings import START, STOP
from tests.support.world import POST, World

MESSAGE = {"Edit": "editMessage", "React": "addReaction", "Pin": "pinMessage", "Unpin": "unpinMessage", "Delete": "deleteMessage"}  # fmt: skip
QUESTION = {
    "Upvote": "upvoteQuestion", "Reply": "replyToQuestion", "Claim": "claimQuestion", "Release": "releaseQuestion",
    "Dismiss": "dismissQuestion", "Reopen": "reopenQuestion", "Publish": "publishAnswer",
}  # fmt: skip
MEDIUM = {"Edit": UPDATE, "Review": REVIEW, "Remove": REMOVE}
ACTS: dict[str, dict[str, str]] = {
    "ChatMessage": {name: TALK[verb] for name, verb in MESSAGE.items()},
    "Question": {name: questions.DOCUMENTS[verb] for name, verb in QUESTION.items()},
    "Media": MEDIUM,
    "Recording": {"End": STOP},
}
"""The documents, by type and by what follows `viewerCan`. Those that end an object are last."""
_TAKES = {"ChatMessage": "messageId", "Question": "questionId", "Media": "mediaId", "Recording": "recordingId"}
_MORE: dict[tuple[str, str], dict[str, Any]] = {
    ("ChatMessage", "Edit"): {"text": "Better."},
    ("ChatMessage", "React"): {"emoji": "\U0001f44d"},
    ("Question", "Reply"): {"text": "So."},
    ("Media", "Edit"): {"title": "Better"},
}


@dataclass(frozen=True)
class Thing:
    """An object, and what mutations of it need besides its id."""

    kind: str
    id: str
    more: dict[str, Any] = field(default_factory=dict)

    async def told(self, world: World, who: str, *scopes: str) -> dict[str, bool] | None:
        """Returns what this person is told that they can do to it, or None if they do not see it."""
        names = " ".join(f"{name}: viewerCan{name}" for name in ACTS[self.kind])
        document = f"query ($id: ID!) {{ node(id: $id) {{ ... on {self.kind} {{ {names} }} }} }}"
        found: dict[str, bool] | None = (await world.query(who, document, *scopes, id=self.id))["node"]
        return found

    async def tried(self, world: World, who: str, name: str, *scopes: str) -> str:
        """Sends the mutation. Returns the code of its refusal, or "done"."""
        if (self.kind, name) == ("Media", "Review"):
            # Only a pending medium can be decided either way; another one keeps its decision.
            given = {"galleryId": world.gallery, "mediaIds": [self.id], "decision": self.more["opposite"]}
        else:
            given = {_TAKES[self.kind]: self.id, **_MORE.get((self.kind, name), {})}
            given |= {"replyId": self.more["reply"]} if name == "Publish" else {}
        (payload,) = (await world.query(who, ACTS[self.kind][name], *scopes, input=given)).values()
        errors = [each["userError"] for each in payload.get("results") or () if each["userError"]]
        return str([*payload["userErrors"], *errors, {"code": "done"}][0]["code"])


async def things(world: World, session: str, author: str, moderator: str) -> list[Thing]:
    """Makes new objects of each kind, most of them the author's: the chat moderator claims a question, publishes another."""
    said = (await do(world, author, POST, room=world.room, text="Hello"))["message"]["id"]
    hidden = (await do(world, "host", POST, room=world.room, text="Hush", channel="BACKCHANNEL"))["message"]["id"]
    news = {"roomId": world.room, "text": "News"}
    announced = (await do(world, moderator, TALK["announce"], input=news))["message"]["id"]
    return [
        *(Thing("ChatMessage", each) for each in (said, hidden, announced)),
        await _question(world, author, moderator),
        await _question(world, author, moderator, published=True),
        await _medium(world, author, opposite="REJECT"),
        await _medium(world, "manager", opposite="REJECT"),
        Thing("Recording", (await do(world, "host", START, input={"sessionId": session}))["recording"]["id"]),
    ]


async def _question(world: World, author: str, moderator: str, *, published: bool = False) -> Thing:
    asked = {"roomId": world.room, "text": "Why?"}
    question = (await do(world, author, questions.DOCUMENTS["askQuestion"], input=asked))["question"]["id"]
    given = {"questionId": question, "text": "So."}
    replied = await do(world, moderator, questions.DOCUMENTS["replyToQuestion"], input=given)
    reply = replied["question"]["replies"]["edges"][0]["node"]["id"]
    if published:
        await do(
            world, moderator, questions.DOCUMENTS["publishAnswer"], input={"questionId": question, "replyId": reply}
        )
    return Thing("Question", question, {"reply": reply})


async def _medium(world: World, owner: str, **more: Any) -> Thing:
    return Thing(
        "Media", (await do(world, owner, ADD, input={"galleryId": world.gallery, **GOOD}))["media"]["id"], more
    )
