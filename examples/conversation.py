"""A conversation in a session: chat, questions, a quiz and a word cloud. Each act prints the events of those who may see it."""

from typing import Any

from examples.meeting import Meeting
from examples.room_news import told_of_room
from examples.viewer import Viewer

CHAT_MODERATOR = "chatmod"
REPLY = "Yes, with a note to me."
QUIZ = {
    "kind": "QUIZ",
    "questions": [{"text": "Which of these has serifs?", "options": ["Garamond", "Futura"], "rightOptions": [0]}],
    "shareResults": "AFTER_CLOSING",
}
CLOUD = {"kind": "WORDS", "questions": [{"text": "What makes a poster good?"}], "shareResults": "LIVE"}


class Conversation:
    """Two students write messages and ask questions, a third student watches, and a chat moderator moderates."""

    def __init__(self, meeting: Meeting, talker: str, asker: str, onlooker: str) -> None:
        self._meeting = meeting
        self._talker, self._asker, self._onlooker = talker, asker, onlooker
        self._in_room = {"roomId": meeting.room}
        meeting.enter(CHAT_MODERATOR)
        self._chat_moderator = self._page_of(CHAT_MODERATOR)
        self._everyone = [meeting.moderator, self._chat_moderator, self._page_of(onlooker)]

    def _page_of(self, username: str) -> Viewer:
        return self._meeting.follow(username, self._meeting.room, told_of_room)

    def play(self) -> None:
        """Plays all acts in order."""
        self._chat()
        self._moderate()
        self._ask()
        self._quiz()
        self._cloud()

    def _post(self, username: str, does: str, text: str, **given: object) -> dict[str, str]:
        said = {**self._in_room, "text": text, **given}
        posted = self._meeting.bring(self._everyone, username, does, "postMessage", "message { id }", **said)
        return {"messageId": posted["message"]["id"]}

    def _chat(self) -> None:
        asked = self._post(self._talker, "writes", "Which of the three grids do you mean?")
        reply = self._post(self._asker, "replies", "The one with two columns.", replyToId=asked["messageId"])
        self._meeting.bring(self._everyone, self._onlooker, "applauds", "addReaction", **reply, emoji="👏")
        does = "does so too, which is told a second after the first"
        self._meeting.bring(self._everyone, self._talker, does, "addReaction", **reply, emoji="👏")
        self._meeting.bring(self._everyone, CHAT_MODERATOR, "pins the reply", "pinMessage", **reply)

    def _moderate(self) -> None:
        advert = self._post(self._asker, "writes", "Who buys my textbooks?")
        self._meeting.bring(self._everyone, CHAT_MODERATOR, "deletes that", "deleteMessage", **advert)
        moderators = [self._meeting.moderator, self._chat_moderator]
        whisper = {**self._in_room, "channel": "BACKCHANNEL", "text": "Shall we take questions now?"}
        self._meeting.bring(moderators, CHAT_MODERATOR, "asks the moderators", "postMessage", **whisper)
        told = {**self._in_room, "text": "Now is the time for questions."}
        self._meeting.bring(self._everyone, CHAT_MODERATOR, "tells everyone", "announce", **told)

    def _ask(self) -> None:
        asker, wanted = self._page_of(self._asker), "question { id }"
        alone, thread = [self._chat_moderator], [self._chat_moderator, asker]
        exam = {**self._in_room, "text": "Will this be in the exam?"}
        asked = self._meeting.bring(alone, self._talker, "asks", "askQuestion", wanted, **exam)
        late = {**self._in_room, "text": "May I be a day late?", "anonymous": True}
        hidden = self._meeting.bring(thread, self._asker, "asks without a name", "askQuestion", wanted, **late)
        first, second = ({"questionId": each["question"]["id"]} for each in (asked, hidden))
        self._meeting.bring(thread, CHAT_MODERATOR, "claims the second", "claimQuestion", **second)
        answer = self._answer(thread, "replies to it", REPLY, **second)
        everyone = [*self._everyone, asker]
        self._meeting.bring(everyone, CHAT_MODERATOR, "publishes that", "publishAnswer", **second, replyId=answer)
        self._meeting.bring(everyone, self._onlooker, "would have asked the same", "upvoteQuestion", **second)
        self._answer(alone, "answers the first in private", "All of it will.", **first, settles=True)

    def _answer(self, told: list[Viewer], does: str, text: str, **given: object) -> str:
        wanted = "question { replies(last: 1) { edges { node { id } } } }"
        replied = self._meeting.bring(told, CHAT_MODERATOR, does, "replyToQuestion", wanted, **given, text=text)
        return str(replied["question"]["replies"]["edges"][-1]["node"]["id"])

    def _quiz(self) -> None:
        quiz, options = self._draft("a quiz", QUIZ)
        self._meeting.bring(self._everyone, CHAT_MODERATOR, "opens it", "openInteraction", **quiz)
        serif, sans = ([{"optionIds": [each]}] for each in options)
        for username, answer in ((self._talker, serif), (self._asker, sans), (self._onlooker, serif)):
            self._meeting.bring(self._everyone, username, "answers", "answerInteraction", **quiz, answers=answer)
        self._meeting.try_to(self._talker, "answers again", "answerInteraction", **quiz, answers=sans)
        self._meeting.bring(self._everyone, CHAT_MODERATOR, "closes it", "closeInteraction", **quiz)

    def _cloud(self) -> None:
        cloud, _options = self._draft("a word cloud", CLOUD)
        self._meeting.bring(self._everyone, CHAT_MODERATOR, "opens it", "openInteraction", **cloud)
        words = [{"words": ["contrast", "Rhythm"]}]
        self._meeting.bring(
            self._everyone, self._talker, "gives two words", "answerInteraction", **cloud, answers=words
        )
        self._meeting.bring(self._everyone, CHAT_MODERATOR, "closes it", "closeInteraction", **cloud)

    def _draft(self, what: str, given: dict[str, Any]) -> tuple[dict[str, str], list[str]]:
        wanted = "interaction { id questions { options { id } } }"
        drafted = self._meeting.bring(
            [self._chat_moderator],
            CHAT_MODERATOR,
            f"drafts {what}",
            "createInteraction",
            wanted,
            **self._in_room,
            **given,
        )["interaction"]
        return {"interactionId": drafted["id"]}, [option["id"] for option in drafted["questions"][0]["options"]]
