"""A model of interactions in plain Python, written from rules 53, 54 and 75 to 80: outcomes, events and views.

People leave and enter, and sessions end; an interaction is of the session in which it was created. Times are in ms.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from tests.model.interaction_answers import Part, Question, fault, folded
from tests.model.one_interaction import RUNS_INTERACTIONS, ModelInteraction, Moment, Text

SECOND = 1_000
FIXED_BEFORE = 120 * SECOND

Told: TypeAlias = tuple[str, int, int, tuple[int, ...], int, int, int]
"""The kind of an event, the interaction's number, its answers, the votes of each option or word that is shown, the right
answers to a quiz, and how many words are hidden and texts published.
"""


@dataclass
class Model:
    """The interactions of a room, and the events logged about them. Everybody is inside at first."""

    now: int = 0
    moments: int = 0
    session: int = 0
    away: set[str] = field(default_factory=set)
    interactions: list[ModelInteraction] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    def create(self, who: str, kind: str, questions: tuple[Question, ...], *, shared: str, changeable: bool) -> str:
        if who != RUNS_INTERACTIONS:
            return "FORBIDDEN"
        if who in self.away:
            return "NOT_IN_SESSION"
        made = ModelInteraction(len(self.interactions), self.session, kind, questions, shared, changeable)
        self.interactions.append(made)
        self._tell("InteractionChanged", made)
        return "done"

    def update(self, who: str, of: ModelInteraction, questions: tuple[Question, ...], *, shared: str) -> str:
        def act() -> str:
            if self._is_fixed(of):
                return "CONFLICT"
            if (of.questions, of.shared) != (questions, shared):
                of.questions, of.shared = questions, shared
                self._tell("InteractionChanged", of)
            return "done"

        return self._run(who, of, act)

    def delete(self, who: str, of: ModelInteraction) -> str:
        def act() -> str:
            if self._is_fixed(of):
                return "CONFLICT"
            of.state, of.opens_due = "DELETED", None
            self.told.append(("InteractionDeleted", of.number, 0, (), 0, 0, 0))
            return "done"

        return self._run(who, of, act)

    def schedule(self, who: str, of: ModelInteraction, ahead: int) -> str:
        def act() -> str:
            if self._is_fixed(of):
                return "CONFLICT"
            of.state, of.opens_due, of.lasts = "SCHEDULED", (self.now + ahead, self._moment()[1]), 10 * SECOND
            self._tell("InteractionChanged", of)
            return "done"

        return self._run(who, of, act)

    def unschedule(self, who: str, of: ModelInteraction) -> str:
        def act() -> str:
            if self._is_fixed(of):
                return "CONFLICT"
            if of.state == "SCHEDULED":
                self._make_draft(of)
            return "done"

        return self._run(who, of, act)

    def open(self, who: str, of: ModelInteraction, lasts: int | None) -> str:
        def act() -> str:
            if self._takes_answers(of) and of.lasts == lasts:
                return "done"
            if not of.unopened:
                return "CONFLICT"
            self._open(of, lasts)
            return "done"

        return self._run(who, of, act)

    def close(self, who: str, of: ModelInteraction) -> str:
        def act() -> str:
            if of.unopened:
                return "INTERACTION_NOT_OPEN"
            self._close(of)
            return "done"

        return self._run(who, of, act)

    def answer(self, who: str, of: ModelInteraction, parts: Sequence[Part]) -> str:
        refusal = self._refusal(who, of)
        if refusal or not self._takes_answers(of):
            return refusal or "INTERACTION_NOT_OPEN"
        if faults := list(filter(None, map(fault, of.questions, parts))):
            return faults[0]
        if who in of.ballots and not of.changeable:
            return "ALREADY_ANSWERED"
        of.ballots[who] = parts
        if self._write_down(who, of, parts):
            self._tell_totals(of)
        elif of.told and self.now < of.told[0] + SECOND:
            of.tally_due = (of.told[0] + SECOND, of.told[1])
        else:
            self._tell_totals(of)
        return "done"

    def _write_down(self, who: str, of: ModelInteraction, parts: Sequence[Part]) -> bool:
        """Stores words and texts. Returns whether this withdraws a published text (rule 78)."""
        withdrawn = False
        for question, part in zip(of.questions, parts, strict=True):
            if question.kind == "WORDS":
                for word in part:
                    of.words.setdefault(folded(word), False)
            if question.kind == "TEXT":
                before = of.texts.get(who)
                if before is None or before.text != part[0]:
                    withdrawn = before is not None and before.published is not None
                    of.texts[who] = Text(str(part[0]))
        return withdrawn

    def hide(self, who: str, of: ModelInteraction, word: str | None, *, hidden: bool) -> str:
        def act() -> str:
            if word is None:
                return "NOT_FOUND"
            if of.words[word] != hidden:
                of.words[word] = hidden
                self._tell_totals(of)
            return "done"

        return self._run(who, of, act)

    def publish(self, who: str, of: ModelInteraction, author: str | None, *, published: bool) -> str:
        def act() -> str:
            if author is None:
                return "NOT_FOUND"
            text = of.texts[author]
            if (text.published is not None) != published:
                text.published = self._moment() if published else None
                self._tell_totals(of)
            return "done"

        return self._run(who, of, act)

    def work_off(self) -> None:
        """Processes due deadlines, in the order in which they fell due."""
        dues = [
            (due, act, of)
            for of in self.interactions
            for due, act in (
                (of.opens_due, self._open_at_its_time),
                (of.end_due if of.state == "OPEN" else None, self._close),
                (of.tally_due, self._tell_untold),
            )
        ]
        due_now = [(due, act, of) for due, act, of in dues if due and due[0] <= self.now]
        for _due, act, of in sorted(due_now, key=lambda each: each[0]):
            act(of)

    def end(self) -> None:
        """Ends the session: this closes its interactions, and makes scheduled ones drafts. Everybody enters the next."""
        here = [each for each in self.interactions if each.session == self.session]
        for each in here:
            self._close(each)
        for each in here:
            if each.state == "SCHEDULED":
                self._make_draft(each)
        self.session += 1
        self.away.clear()

    def _run(self, who: str, of: ModelInteraction, act: Callable[[], str]) -> str:
        if of.seen_by(who) is None:
            return "NOT_FOUND"
        if who != RUNS_INTERACTIONS:
            return "FORBIDDEN"
        return self._refusal(who, of) or act()

    def _refusal(self, who: str, of: ModelInteraction) -> str:
        if of.seen_by(who) is None:
            return "NOT_FOUND"
        if of.session != self.session:
            return "SESSION_ENDED"
        return "NOT_IN_SESSION" if who in self.away else ""

    def _is_fixed(self, of: ModelInteraction) -> bool:
        soon = of.opens_due is not None and of.opens_due[0] - self.now < FIXED_BEFORE
        return not of.unopened or soon

    def _takes_answers(self, of: ModelInteraction) -> bool:
        return of.state == "OPEN" and (of.end_due is None or self.now < of.end_due[0])

    def _make_draft(self, of: ModelInteraction) -> None:
        of.state, of.opens_due, of.lasts = "DRAFT", None, None
        self._tell("InteractionChanged", of)

    def _open(self, of: ModelInteraction, lasts: int | None) -> None:
        of.state, of.lasts, of.opened, of.opens_due = "OPEN", lasts, self._moment(), None
        self._tell("InteractionOpened", of)

    def _open_at_its_time(self, of: ModelInteraction) -> None:
        self._open(of, of.lasts)

    def _close(self, of: ModelInteraction) -> None:
        if of.state == "OPEN":
            of.state, of.tally_due = "CLOSED", None
            of.closed_at = min(self.now, of.end_due[0]) if of.end_due else self.now
            self._tell("InteractionClosed", of)

    def _tell_untold(self, of: ModelInteraction) -> None:
        due, of.tally_due = of.tally_due, None
        if due and of.told and of.told <= (due[0] - SECOND, due[1]):  # not told again since it was set
            self._tell_totals(of)

    def _tell_totals(self, of: ModelInteraction) -> None:
        of.told = self._moment()
        self._tell("InteractionChanged", of)

    def _tell(self, kind: str, of: ModelInteraction) -> None:
        hidden = sum(of.words[word] for word in of.cloud)
        told = kind, of.number, len(of.ballots), of.votes, of.right, hidden, len(of.published)
        self.told.append(told)

    def _moment(self) -> Moment:
        self.moments += 1
        return self.now, self.moments
