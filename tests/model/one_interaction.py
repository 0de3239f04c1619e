"""One interaction in the model of interactions: its totals, and what people see of it (rules 75, 77 to 80)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from tests.model.interaction_answers import Part, Question, folded

RUNS_INTERACTIONS = "chatmod"

Moment: TypeAlias = tuple[int, int]
"""A time and a counter: deadlines of the same time are processed in the order in which they were set."""


@dataclass
class Text:
    """What somebody wrote in answer to an open question."""

    text: str
    published: Moment | None = None


@dataclass
class ModelInteraction:
    number: int
    session: int
    kind: str
    questions: tuple[Question, ...]
    shared: str
    changeable: bool
    state: Literal["DRAFT", "SCHEDULED", "OPEN", "CLOSED", "DELETED"] = "DRAFT"
    lasts: int | None = None
    opens_due: Moment | None = None
    opened: Moment | None = None
    closed_at: int | None = None
    ballots: dict[str, Sequence[Part]] = field(default_factory=dict)
    words: dict[str, bool] = field(default_factory=dict)  # in the order in which they came; whether they are hidden
    texts: dict[str, Text] = field(default_factory=dict)  # by author
    told: Moment | None = None
    tally_due: Moment | None = None

    @property
    def unopened(self) -> bool:
        return self.state in ("DRAFT", "SCHEDULED")

    @property
    def end_due(self) -> Moment | None:
        return (self.opened[0] + self.lasts, self.opened[1]) if self.opened and self.lasts is not None else None

    @property
    def all_votes(self) -> tuple[int, ...]:
        """The votes of each option, or of each word that was ever given."""
        if self.kind == "WORDS":
            return tuple(self._votes(0, word) for word in self.words)
        return tuple(
            self._votes(turn, place) for turn, each in enumerate(self.questions) for place in range(each.options)
        )

    @property
    def cloud(self) -> dict[str, int]:
        """The words that have votes, the most frequent first."""
        given = {word: self._votes(0, word) for word in self.words}
        return {word: given[word] for word in sorted(given, key=lambda each: -given[each]) if given[word]}

    @property
    def votes(self) -> tuple[int, ...]:
        return tuple(self.cloud.values()) if self.kind == "WORDS" else self.all_votes

    @property
    def right(self) -> int:
        return sum(self.is_right(who) for who in self.ballots)

    @property
    def published(self) -> list[str]:
        shown = [(each.published, each.text) for each in self.texts.values() if each.published]
        return [text for _when, text in sorted(shown)]

    def is_right(self, who: str) -> bool:
        return self.kind == "QUIZ" and set(self.ballots[who][0]) == self.questions[0].right

    def _votes(self, turn: int, choice: int | str) -> int:
        chosen = [[folded(each) if self.kind == "WORDS" else each for each in of[turn]] for of in self.ballots.values()]
        return sum(choice in each for each in chosen)

    def seen_by(self, who: str) -> tuple[object, ...] | None:
        """Returns state, answers, votes, published texts, right answers, own answer and whether it is right.

        None if the interaction is not visible to `who` (rules 75, 78 to 80).
        """
        moderates = who == RUNS_INTERACTIONS
        if self.state == "DELETED" or (self.unopened and not moderates):
            return None
        closed = self.state == "CLOSED"
        shown = moderates or self.shared == "LIVE" or (self.shared == "AFTER_CLOSING" and closed)
        solved = self.kind == "QUIZ" and (moderates or closed)
        results, right = self._results(who, shown=shown), self.right if shown and solved else None
        own_is_right = self.is_right(who) if who in self.ballots and solved else None
        return self.state, len(self.ballots), results, self.published, right, self._own(who), own_is_right

    def _results(self, who: str, *, shown: bool) -> tuple[object, ...]:
        if self.kind != "WORDS":
            return self.all_votes if shown else (None,) * len(self.all_votes)
        visible = [word for word in self.cloud if who == RUNS_INTERACTIONS or not self.words[word]]
        return tuple((word, self.cloud[word]) for word in visible) if shown else ()

    def _own(self, who: str) -> list[Part] | None:
        """Returns the viewer's answer, in the order of the options. Words are in their folded form."""
        own = self.ballots.get(who)
        if own and self.kind == "WORDS":
            own = [tuple(map(folded, own[0]))]
        return [tuple(sorted(each, key=str)) for each in own] if own else None
