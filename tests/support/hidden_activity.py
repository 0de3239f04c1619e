"""Activity in a session that an attendee must not notice: backchannel, questions, drafts, blocks, waiting people, a shelf."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import count
from typing import Any

from tests.support import interactions, questions, shelf
from tests.support.admission import DECLINE
from tests.support.chat import TALK
from tests.support.webhooks import VERBS as ON_WEBHOOKS
from tests.support.webhooks import given_webhook
from tests.support.world import ENTER, POST, World

HIDDEN, TAKEN = "zwischenuns", "zurueckgenommen"
"""Marks hidden texts; marks visible texts that are later deleted or cleared."""
SHELVED = "imregal"
"""Marks the titles on the hidden shelf and names of webhooks, which events keep as they keep titles of media."""
CHATMOD, SECOND, ASKER, BLOCKED, OWNER = "chatmod", "student-029", "student-003", "student-004", "moderator"
THREADS = ("questions", "drafts", "blocks", "webhooks")
"""What a room moderator who does not moderate the chat must not notice either (rules 8, 47, 50, 53)."""
TAKING_TURNS = ("questions", "drafts")
EVERYTHING = ("backchannel", *THREADS, "waiting", "shelf")


def in_an_hour(world: World) -> str:
    return (world.clock() + timedelta(hours=1)).isoformat()


async def do(world: World, who: str, document: str, **variables: Any) -> dict[str, Any]:
    """Sends a mutation, which must succeed, and returns its payload. Skips the replay check, because there are many."""
    (payload,) = (await world.query(who, document, **variables)).values()
    assert payload["userErrors"] == [], (who, document, payload)
    return dict(payload)


class HiddenActivity:
    """Performs hidden activity between two acts that everybody sees."""

    def __init__(self, world: World, kinds: tuple[str, ...]) -> None:
        self.world = world
        self.kinds = kinds
        self.ids: dict[str, dict[str, str]] = {
            "ChatMessage": {},
            "Question": {},
            "Interaction": {},
            "Participant": {},
            "ContentItem": {},
            "Webhook": {},
            "WebhookDelivery": {},
        }
        self.texts: list[str] = []
        self.session = ""  # set while a session runs and all are inside
        self.blocked = ""  # the participant who may be blocked
        self.published: str | None = None
        self.is_locked = False
        self._round = 0
        self._latecomers = count(20)
        self._acts: dict[str, Callable[[], Awaitable[None]]] = {
            "backchannel": self._backchannel, "questions": self._questions, "drafts": self._drafts,
            "blocks": self._blocks, "waiting": self._waiting, "shelf": self._shelf,
            "webhooks": self._webhooks,
        }  # fmt: skip

    async def perform(self) -> None:
        """Performs one round of hidden activity; questions and drafts take turns."""
        self._round += 1
        for kind in self.kinds if self.session else ():
            if kind not in TAKING_TURNS or kind == TAKING_TURNS[self._round % 2]:
                await self._acts[kind]()

    def _text(self, what: str) -> str:
        self.texts.append(f"{HIDDEN} {what} {len(self.texts)}")
        return self.texts[-1]

    async def _backchannel(self) -> None:
        said = await self._say(OWNER, "said")
        reply = await self._say(CHATMOD, "answered", reply=said)
        await self._on(CHATMOD, "addReaction", said, emoji="🎉")
        await self._on(OWNER, "addReaction", said, emoji="👀")
        await self._on(CHATMOD, "removeReaction", said, emoji="🎉")
        await self._on(CHATMOD, "pinMessage", said)
        await self._on(CHATMOD, "deleteMessage", reply)
        cleared = self.ids["ChatMessage"].get("said", said)
        if self._round % 3 == 0:
            given = {"roomId": self.world.room, "channel": "BACKCHANNEL"}
            await do(self.world, CHATMOD, TALK["clearChat"], input=given)
        else:
            await self._on(CHATMOD, "unpinMessage", said)
        self.ids["ChatMessage"] |= {"said": said, "deleted": reply, "said before": cleared}

    async def _say(self, who: str, what: str, **more: Any) -> str:
        given = {"text": self._text(what), "channel": "BACKCHANNEL", **more}
        return str((await do(self.world, who, POST, room=self.world.room, **given))["message"]["id"])

    async def _on(self, who: str, verb: str, message: str, **more: Any) -> None:
        await do(self.world, who, TALK[verb], input={"messageId": message, **more})

    async def _questions(self) -> None:
        asked = [await self._ask(anonymous=anonymous) for anonymous in (True, False, False, True)]
        claimed, dismissed, answered, open_one = asked
        await self._question(CHATMOD, "claimQuestion", claimed)
        await self._question(CHATMOD, "releaseQuestion", claimed)
        await self._question(SECOND, "replyToQuestion", claimed, text=self._text("replied"))
        await self._question(ASKER, "replyToQuestion", claimed, text=self._text("thanked"))
        await self._question(CHATMOD, "dismissQuestion", dismissed)
        await self._question(CHATMOD, "replyToQuestion", answered, text=self._text("settled"), settles=True)
        await self._question(SECOND, "reopenQuestion", answered)
        await self._question(CHATMOD, "claimQuestion", open_one)
        self.ids["Question"] |= {
            "claimed": claimed,
            "dismissed": dismissed,
            "pending": answered,
            "claimed by another": open_one,
        }
        if self.published:
            await self._question(ASKER, "replyToQuestion", self.published, text=self._text("later"))
            await self._question(SECOND, "reopenQuestion", self.published)
            await self._question(SECOND, "claimQuestion", self.published)
            await self._question(SECOND, "dismissQuestion", self.published)

    async def _ask(self, **more: Any) -> str:
        given = {"roomId": self.world.room, "text": self._text("asked"), **more}
        return str((await do(self.world, ASKER, questions.DOCUMENTS["askQuestion"], input=given))["question"]["id"])

    async def _question(self, who: str, verb: str, question: str, **more: Any) -> None:
        await do(self.world, who, questions.DOCUMENTS[verb], input={"questionId": question, **more})

    async def _drafts(self) -> None:
        drafts = [await self._draft() for _ in range(2)]
        for draft in drafts:
            options = [self._text("one"), self._text("two")]
            changed = {"questions": [{"text": self._text("changed"), "options": options}]}
            await self._on_draft("updateInteraction", draft, **changed)
            await self._on_draft("scheduleInteraction", draft, opensAt=in_an_hour(self.world))
        await self._on_draft("deleteInteraction", drafts[0])
        copied = interactions.VERBS["copyInteraction"]
        copy = (await do(self.world, CHATMOD, copied, input={"interactionId": drafts[1]}))["interaction"]["id"]
        self.ids["Interaction"] |= {"deleted": drafts[0], "scheduled": drafts[1], "draft": copy}

    async def _on_draft(self, verb: str, draft: str, **more: Any) -> None:
        await do(self.world, CHATMOD, interactions.VERBS[verb], input={"interactionId": draft, **more})

    async def _draft(self) -> str:
        options = [self._text(f"option {number}") for number in range(3)]
        draft = interactions.choice(self._text("drafted"), options, shareResults="LIVE")
        given = {"roomId": self.world.room, **draft}
        return str(
            (await do(self.world, CHATMOD, interactions.VERBS["createInteraction"], input=given))["interaction"]["id"]
        )

    async def _shelf(self) -> None:
        kept, gone = [await self._put_on_shelf(what) for what in ("kept", "taken off")]
        for verb, of, more in (
            ("updateContent", kept, {"title": f"{SHELVED} renamed"}),
            ("moveContent", kept, {"beforeId": gone}),
            ("removeContent", gone, {}),
        ):
            await do(self.world, OWNER, shelf.VERBS[verb], input={"contentId": of, **more})
        self.ids["ContentItem"] |= {"kept": kept, "gone": gone}

    async def _put_on_shelf(self, what: str) -> str:
        given = {"roomId": self.world.room, **shelf.LINK, "title": f"{SHELVED} {what}"}
        return str((await do(self.world, OWNER, shelf.VERBS["addContent"], input=given))["item"]["id"])

    async def _webhooks(self) -> None:
        given = given_webhook(self.world.gallery, name=f"{SHELVED} receiver")
        kept, gone = [
            (await do(self.world, "manager", ON_WEBHOOKS["createWebhook"], input=given))["webhook"]["id"] for _ in "ab"
        ]
        if earlier := self.ids["Webhook"].get("kept"):
            await do(self.world, "manager", ON_WEBHOOKS["deleteWebhook"], input={"webhookId": earlier})
        await do(self.world, "manager", ON_WEBHOOKS["deleteWebhook"], input={"webhookId": gone})
        for verb, more in (("updateWebhook", {"enabled": False}), ("rotateWebhookSecret", {})):
            await do(self.world, "manager", ON_WEBHOOKS[verb], input={"webhookId": kept, **more})
        test = (await do(self.world, "manager", ON_WEBHOOKS["testWebhook"], input={"webhookId": kept}))["delivery"][
            "id"
        ]
        self.ids["Webhook"] |= {"kept": kept, "gone": gone}
        self.ids["WebhookDelivery"] |= {"waits": test}

    async def _blocks(self) -> None:
        # The last verb alternates, so that both states are observed.
        for verb in ("blockFromChat", "unblockFromChat")[:: 1 if self._round % 2 else -1]:
            await do(self.world, CHATMOD, TALK[verb], input={"participantId": self.blocked})

    async def _waiting(self) -> None:
        if self.is_locked:
            waiting, declined = [await self._wait() for _ in range(2)]
            given = {"sessionId": self.session, "participantIds": [declined]}
            await do(self.world, OWNER, DECLINE, input=given)
            self.ids["Participant"] |= {"waiting": waiting, "declined": declined}

    async def _wait(self) -> str:
        who = f"student-{next(self._latecomers):03}"
        return str((await do(self.world, who, ENTER, room=self.world.room))["participant"]["id"])
