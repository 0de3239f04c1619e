"""A model of questions in plain Python, written from rules 50 to 52: outcomes, views, and events per viewer."""

from dataclasses import dataclass, field
from typing import Any

CHAT_MODERATORS = ("chatmod", "student-029")
NAMES = {
    "moderator": "Timo Assistant",
    "chatmod": "Chandra Chatmod",
    "student-029": "Student 029",
    "student-001": "Student 001",
    "student-002": "Student 002",
}
PEOPLE = tuple(NAMES)
AT_MOST = 2  # questions in one scene

View = dict[str, Any]


@dataclass(frozen=True)
class Act:
    """A mutation: who sends it, on which question, with which value."""

    who: str
    verb: str
    of: int = 0
    value: int = 0
    flag: bool = False


class Refused(Exception):
    """An act is refused; the message is the code."""


@dataclass
class Question:
    """A question with its thread. Replies are (author, text, is an answer); `shown` is the published one's index."""

    asker: str
    text: str
    anonymous: bool
    state: str = "PENDING"
    claimant: str | None = None
    replies: list[tuple[str, str, bool]] = field(default_factory=list)
    shown: int | None = None
    upvoters: set[str] = field(default_factory=set)

    def is_party(self, who: str) -> bool:
        return who == self.asker or who in CHAT_MODERATORS

    def view(self, who: str) -> View | None:
        """Returns the question as `who` sees it."""
        if not self.is_party(who) and self.shown is None:
            return None
        whole = self.is_party(who)
        return {
            "text": self.text,
            "anonymous": self.anonymous,
            "state": self.state if whole else "ANSWERED",
            "asker": NAMES[self.asker] if whole or not self.anonymous else None,
            "claimedBy": NAMES[self.claimant] if whole and self.claimant else None,
            "replies": [(NAMES[by], text, answers) for by, text, answers in self.replies] if whole else [],
            "publishedAnswer": None if self.shown is None else self.replies[self.shown][1],
            "published": self.shown is not None,
            "upvotes": len(self.upvoters),
            "viewerUpvoted": who in self.upvoters,
        }


@dataclass
class Room:
    """A session with its questions. `told` holds the events that each person receives for the last act."""

    inside: set[str] = field(default_factory=lambda: set(PEOPLE))
    removed: set[str] = field(default_factory=set)
    enabled: bool = True
    questions: list[Question] = field(default_factory=list)
    told: dict[str, list[tuple[str, int, View]]] = field(default_factory=dict)

    def do(self, act: Act) -> str:
        """Performs an act. Returns "done", or the refusal's code."""
        self.told = {who: [] for who in PEOPLE}
        try:
            getattr(self, f"_{act.verb}")(act)
        except Refused as refusal:
            return str(refusal)
        return "done"

    def _tell(self, kind: str, of: int, *, to_all: bool = False) -> None:
        for who in PEOPLE:
            if to_all or self.questions[of].is_party(who):
                view = self.questions[of].view(who)
                assert view
                self.told[who].append((kind, of, view))

    def _enter(self, act: Act) -> None:
        self.inside.add(act.who)
        self.removed.discard(act.who)

    def _leave(self, act: Act) -> None:
        refuse("NOT_IN_SESSION", act.who not in self.inside)
        self._go(act.who)

    def _remove(self, act: Act) -> None:
        whom = PEOPLE[act.value % len(PEOPLE)]
        refuse("FORBIDDEN", act.who != "moderator")
        refuse("INVALID", whom == act.who)
        if whom not in self.removed:
            refuse("NOT_IN_SESSION", whom not in self.inside)
            self.removed.add(whom)
            self._go(whom)

    def _go(self, who: str) -> None:
        self.inside.discard(who)
        for place, question in enumerate(self.questions):
            if question.state == "CLAIMED" and question.claimant == who:
                question.state, question.claimant = "PENDING", None
                self._tell("QuestionChanged", place)

    def _toggle(self, act: Act) -> None:
        self.enabled = act.flag

    def _ask(self, act: Act) -> None:
        refuse("NOT_IN_SESSION", act.who not in self.inside)
        refuse("QNA_DISABLED", not self.enabled)
        self.questions.append(Question(act.who, f"Question {len(self.questions)}", act.flag))
        self._tell("QuestionAsked", len(self.questions) - 1)

    def _access(self, act: Act, *, moderating: bool) -> Question:
        refuse("NOT_FOUND", act.of >= len(self.questions))
        question = self.questions[act.of]
        refuse("NOT_FOUND", question.view(act.who) is None)
        refuse("FORBIDDEN", moderating and act.who not in CHAT_MODERATORS)
        refuse("NOT_IN_SESSION", act.who not in self.inside)
        return question

    def _claim(self, act: Act) -> None:
        question = self._access(act, moderating=True)
        if (question.state, question.claimant) != ("CLAIMED", act.who):
            refuse("ALREADY_CLAIMED", question.state != "PENDING")
            self._change(act, "CLAIMED", act.who)

    def _release(self, act: Act) -> None:
        question = self._access(act, moderating=True)
        self._be_free(act, question)
        refuse("CONFLICT", question.state in ("ANSWERED", "DISMISSED"))
        if question.state == "CLAIMED":
            self._change(act, "PENDING", None)

    def _dismiss(self, act: Act) -> None:
        question = self._access(act, moderating=True)
        self._be_free(act, question)
        refuse("CONFLICT", question.state == "ANSWERED")
        if question.state != "DISMISSED":
            self._change(act, "DISMISSED", question.claimant)

    def _reopen(self, act: Act) -> None:
        question = self._access(act, moderating=True)
        if question.state in ("ANSWERED", "DISMISSED"):
            self._change(act, "PENDING", None)

    def _change(self, act: Act, state: str, claimant: str | None) -> None:
        question = self.questions[act.of]
        question.state, question.claimant = state, claimant
        self._tell("QuestionChanged", act.of)

    @staticmethod
    def _be_free(act: Act, question: Question) -> None:
        refuse("ALREADY_CLAIMED", question.state == "CLAIMED" and question.claimant != act.who)

    def _reply(self, act: Act) -> None:
        known = self.questions[act.of] if act.of < len(self.questions) else None
        took_it = known and (known.state, known.claimant) == ("CLAIMED", act.who)
        as_asker = bool(known and known.asker == act.who and not took_it)
        question = self._access(act, moderating=not as_asker)
        if as_asker:
            refuse("FORBIDDEN", act.flag)
        else:
            self._be_free(act, question)
            if act.flag:
                question.state, question.claimant = "ANSWERED", act.who
            elif question.state == "PENDING":
                question.state, question.claimant = "CLAIMED", act.who
        question.replies.append((act.who, f"Reply {len(question.replies)} to {question.text}", not as_asker))
        self._tell("QuestionChanged", act.of)

    def _publish(self, act: Act) -> None:
        question = self._access(act, moderating=True)
        self._be_free(act, question)
        refuse("NOT_FOUND", act.value >= len(question.replies))
        refuse("INVALID", not question.replies[act.value][2])
        if question.shown != act.value:
            question.state, question.shown = "ANSWERED", act.value
            self._tell("AnswerPublished", act.of, to_all=True)
        elif question.state != "ANSWERED":
            self._change(act, "ANSWERED", question.claimant)

    def _upvote(self, act: Act) -> None:
        self._vote(act, upvoted=True)

    def _take_back(self, act: Act) -> None:
        self._vote(act, upvoted=False)

    def _vote(self, act: Act, *, upvoted: bool) -> None:
        question = self._access(act, moderating=False)
        refuse("FORBIDDEN", question.asker == act.who)
        refuse("CONFLICT", question.shown is None)
        after = question.upvoters | {act.who} if upvoted else question.upvoters - {act.who}
        if after != question.upvoters:
            question.upvoters = after
            self._tell("QuestionChanged", act.of, to_all=True)


def refuse(code: str, when: object) -> None:
    if when:
        raise Refused(code)
