"""A conversation in a session: chat, questions and a poll. Each act prints the events of those who may see it."""

from examples.meeting import Meeting
from examples.room_news import told_of_room
from examples.viewer import Viewer

CHAT_MODERATOR = "chatmod"
REPLY = "Yes, with a note to me."
POLL = {"question": "Which of these has serifs?", "options": ["Garamond", "Futura"], "shareResults": True}


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
        self._vote()

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
        wanted = "question { replies { id } }"
        replied = self._meeting.bring(told, CHAT_MODERATOR, does, "replyToQuestion", wanted, **given, text=text)
        return str(replied["question"]["replies"][-1]["id"])

    def _vote(self) -> None:
        alone, wanted = [self._chat_moderator], "poll { id options { id } }"
        drafted = self._meeting.bring(
            alone, CHAT_MODERATOR, "drafts a poll", "createPoll", wanted, **self._in_room, **POLL
        )
        poll = {"pollId": drafted["poll"]["id"]}
        serif, sans = ([option["id"]] for option in drafted["poll"]["options"])
        self._meeting.bring(self._everyone, CHAT_MODERATOR, "opens it", "openPoll", **poll)
        for username, choice in ((self._talker, serif), (self._asker, sans), (self._onlooker, serif)):
            self._meeting.bring(self._everyone, username, "votes", "castVote", **poll, optionIds=choice)
        self._meeting.try_to(self._talker, "votes again", "castVote", **poll, optionIds=sans)
        self._meeting.bring(self._everyone, CHAT_MODERATOR, "closes it", "closePoll", **poll)
