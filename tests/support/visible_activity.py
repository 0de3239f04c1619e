"""A session, and the start of the next one, with acts that all people inside see. It is the same in every world."""

from collections.abc import AsyncIterator
from typing import Any

from server import deadlines
from server.demo import HANDOUT
from tests.support import interactions, questions, shelf
from tests.support.admission import LOCK, UNLOCK
from tests.support.chat import TALK
from tests.support.hidden_activity import ASKER, BLOCKED, CHATMOD, OWNER, SECOND, TAKEN, HiddenActivity, do
from tests.support.recordings import MEDIA_SERVER, READY, REPORT, START, STOP
from tests.support.running_session import VERBS
from tests.support.world import END, ENTER, LEAVE, POST, World

TALKER, ONLOOKER, LATE = "student-001", "student-002", "student-005"


class Scene:
    """Performs the acts, one after the other."""

    def __init__(self, world: World, hidden: HiddenActivity) -> None:
        self.world = world
        self.hidden = hidden
        self.session = ""
        self.people: dict[str, str] = {}

    async def play(self) -> AsyncIterator[str]:
        """Yields the name of each act after it was performed."""
        for part in (self._gathering, self._talk, self._stage, self._showing, self._recording, self._poll, self._questions,
                     self._clearing, self._lock, self._coming_and_going, self._end):  # fmt: skip
            async for act in part():
                yield act

    async def _gathering(self) -> AsyncIterator[str]:
        for who in (OWNER, CHATMOD, SECOND, ONLOOKER, TALKER, ASKER, BLOCKED):
            await self._enter(who)
            yield f"{who} enters"
        self._all_are_there()

    def _all_are_there(self) -> None:
        self.hidden.session, self.hidden.blocked = self.session, self.people[BLOCKED]

    async def _enter(self, who: str) -> None:
        entered = await do(self.world, who, ENTER, room=self.world.room)
        self.session = entered["session"]["id"]
        self.people[who] = entered["participant"]["id"]

    async def _say(self, who: str, text: str, reply: str | None = None) -> str:
        return str((await do(self.world, who, POST, room=self.world.room, text=text, reply=reply))["message"]["id"])

    async def _on(self, who: str, verb: str, message: str, **more: Any) -> None:
        await do(self.world, who, TALK[verb], input={"messageId": message, **more})

    async def _talk(self) -> AsyncIterator[str]:
        hello = await self._say(TALKER, "Hello")
        yield "a message"
        answer = await self._say(ONLOOKER, "Good morning", hello)
        yield "an answer"
        for who in (TALKER, OWNER, ONLOOKER):
            await self._on(who, "addReaction", hello, emoji="👍")
            yield "a reaction"
        await self._on(CHATMOD, "pinMessage", hello)
        yield "a pin"
        gone = await self._say(TALKER, f"{TAKEN}, deleted")
        yield "a message to be deleted"
        await self._say(ONLOOKER, "I see", gone)
        yield "an answer to it"
        await self._on(CHATMOD, "deleteMessage", gone)
        yield "a deletion"
        await self._on(CHATMOD, "unpinMessage", hello)
        yield "no pin"
        await self._on(ONLOOKER, "deleteMessage", answer)
        yield "one's own deletion"
        await do(self.world, CHATMOD, TALK["announce"], input={"roomId": self.world.room, "text": "We begin."})
        yield "an announcement"

    async def _stage(self) -> AsyncIterator[str]:
        for who, verb, whom in (
            (ONLOOKER, "raiseHand", ""), (TALKER, "raiseHand", ""), (OWNER, "lowerHand", TALKER), (OWNER, "requestStage", ""),
            (OWNER, "inviteToStage", ONLOOKER), (ONLOOKER, "acceptStage", ""), (OWNER, "removeFromStage", ONLOOKER),
        ):  # fmt: skip
            given = {"participantId": self.people[whom]} if whom else {"roomId": self.world.room}
            await do(self.world, who, VERBS[verb], input=given)
            yield verb

    async def _showing(self) -> AsyncIterator[str]:
        item, session = {"contentId": self.world.ids[f"content:{HANDOUT}"]}, {"sessionId": self.session}
        for verb, given in (("showContent", item), ("updateShown", {**session, "page": 2}), ("stopShowing", session)):
            await do(self.world, OWNER, shelf.VERBS[verb], input=given)
            yield verb

    async def _recording(self) -> AsyncIterator[str]:
        started = await do(self.world, OWNER, START, input={"sessionId": self.session})
        recording = {"recordingId": started["recording"]["id"]}
        yield "a recording"
        await do(self.world, OWNER, STOP, input=recording)
        yield "its end"
        answer = await self.world.ask("recorder", REPORT, MEDIA_SERVER, input={**recording, **READY})
        assert answer["data"]["reportRecording"]["userErrors"] == []
        yield "its medium"

    async def _poll(self) -> AsyncIterator[str]:
        given = {"roomId": self.world.room, **interactions.DRAFT, "shareResults": "AFTER_CLOSING"}
        poll = (await do(self.world, CHATMOD, interactions.VERBS["createInteraction"], input=given))["interaction"]
        await self._on_poll(CHATMOD, "openInteraction", poll["id"])
        yield "a poll"
        for place, who in enumerate((TALKER, ONLOOKER, OWNER)):
            await self._on_poll(
                who,
                "answerInteraction",
                poll["id"],
                answers=interactions.choosing([poll["questions"][0]["options"][place]["id"]]),
            )
            yield "a vote"
        await self._on_poll(CHATMOD, "closeInteraction", poll["id"])
        yield "the results"

    async def _on_poll(self, who: str, verb: str, poll: str, **more: Any) -> None:
        await do(self.world, who, interactions.VERBS[verb], input={"interactionId": poll, **more})

    async def _questions(self) -> AsyncIterator[str]:
        own = await self._ask(ONLOOKER)
        yield "one's own question"
        await self._answer(own)
        yield "its answer"
        await self._question(ONLOOKER, "replyToQuestion", own, text="Thank you")
        yield "thanks"
        another = await self._ask(ASKER)
        await self._question(CHATMOD, "publishAnswer", another, replyId=await self._answer(another))
        self.hidden.published = another
        yield "what is published"
        await self._question(ONLOOKER, "upvoteQuestion", another)
        yield "an upvote"

    async def _ask(self, who: str) -> str:
        given = {"roomId": self.world.room, "text": "Why?", "anonymous": who == ASKER}
        return str((await do(self.world, who, questions.DOCUMENTS["askQuestion"], input=given))["question"]["id"])

    async def _answer(self, question: str) -> str:
        return str(
            (await self._question(CHATMOD, "replyToQuestion", question, text="Because"))["replies"]["edges"][-1][
                "node"
            ]["id"]
        )

    async def _question(self, who: str, verb: str, question: str, **more: Any) -> dict[str, Any]:
        done = await do(self.world, who, questions.DOCUMENTS[verb], input={"questionId": question, **more})
        return dict(done["question"])

    async def _clearing(self) -> AsyncIterator[str]:
        await self._say(TALKER, f"{TAKEN}, cleared")
        yield "a message to be cleared"
        await do(self.world, CHATMOD, TALK["clearChat"], input={"roomId": self.world.room})
        yield "a clearing"
        await self._say(TALKER, "Again")
        yield "a message after it"

    async def _lock(self) -> AsyncIterator[str]:
        await do(self.world, OWNER, LOCK, input={"sessionId": self.session})
        self.hidden.is_locked = True
        yield "a lock"
        await self._say(TALKER, "Among ourselves")
        yield "a message in the locked room"
        self.hidden.is_locked = False
        await do(self.world, OWNER, UNLOCK, input={"sessionId": self.session})
        yield "no lock"

    async def _coming_and_going(self) -> AsyncIterator[str]:
        self.hidden.session = ""
        for who in (CHATMOD, SECOND, TALKER):  # the chat moderators leave with their claims
            await do(self.world, who, LEAVE, room=self.world.room)
            yield f"{who} leaves"
        for who in (SECOND, CHATMOD, LATE):
            await self._enter(who)
            yield f"{who} enters"
        self._all_are_there()
        await deadlines.once(self.world.database, self.world.process.attendance)
        yield "what fell due"

    async def _end(self) -> AsyncIterator[str]:
        await do(self.world, OWNER, END, session=self.session)
        self.hidden.session = ""
        yield "the end"
        self.hidden.published = None
        for who in (OWNER, CHATMOD, SECOND, ONLOOKER, ASKER, BLOCKED):
            await self._enter(who)
            yield f"{who} enters anew"
        self._all_are_there()
        await self._say(OWNER, "Next")
        yield "a message in the next session"
        await self._say(ONLOOKER, "The last word")
        yield "the last word"
