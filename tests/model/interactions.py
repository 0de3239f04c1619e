"""A model of interactions in plain Python, written from rules 53 and 54: outcomes, events and views. Times are in ms."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

RUNS_INTERACTIONS = "chatmod"
SECOND = 1_000

Moment: TypeAlias = tuple[int, int]
"""A time and a counter: deadlines of the same time are processed in the order in which they were set."""
Told: TypeAlias = tuple[str, int, int, tuple[int, ...]]
"""The kind of an event, the interaction's number, its ballots, and the votes of each option."""


@dataclass
class ModelInteraction:
    number: int
    options: int
    multiple: bool
    shared: bool
    state: Literal["DRAFT", "OPEN", "CLOSED", "DELETED"] = "DRAFT"
    lasts: int | None = None
    opened: Moment | None = None
    closed_at: int | None = None
    ballots: dict[str, tuple[int, ...]] = field(default_factory=dict)
    told: Moment | None = None
    told_ballots: int = 0
    tally_due: Moment | None = None

    @property
    def end_due(self) -> Moment | None:
        return (self.opened[0] + self.lasts, self.opened[1]) if self.opened and self.lasts is not None else None

    @property
    def votes(self) -> tuple[int, ...]:
        return tuple(sum(place in chosen for chosen in self.ballots.values()) for place in range(self.options))

    def seen_by(self, who: str) -> tuple[object, ...] | None:
        """Rule 54: state, ballots, votes of each option, own vote; None if the draft is not visible to `who`."""
        if self.state == "DELETED" or (self.state == "DRAFT" and who != RUNS_INTERACTIONS):
            return None
        visible = who == RUNS_INTERACTIONS or (self.shared and self.state == "CLOSED")
        own = self.ballots.get(who)
        return self.state, len(self.ballots), self.votes if visible else (None,) * self.options, own and sorted(own)


@dataclass
class Model:
    """The interactions of one session, and the events logged about them."""

    now: int = 0
    moments: int = 0
    interactions: list[ModelInteraction] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    def create(self, who: str, options: int, *, multiple: bool, shared: bool) -> str:
        if who != RUNS_INTERACTIONS:
            return "FORBIDDEN"
        self.interactions.append(ModelInteraction(len(self.interactions), options, multiple, shared))
        self._tell("InteractionChanged", self.interactions[-1])
        return "done"

    def update(self, who: str, interaction: ModelInteraction, options: int, *, shared: bool) -> str:
        def act() -> str:
            if interaction.state != "DRAFT":
                return "CONFLICT"
            if (interaction.options, interaction.shared) != (options, shared):
                interaction.options, interaction.shared = options, shared
                self._tell("InteractionChanged", interaction)
            return "done"

        return self._run(who, interaction, act)

    def delete(self, who: str, interaction: ModelInteraction) -> str:
        def act() -> str:
            if interaction.state != "DRAFT":
                return "CONFLICT"
            interaction.state = "DELETED"
            self.told.append(("InteractionDeleted", interaction.number, 0, ()))
            return "done"

        return self._run(who, interaction, act)

    def open(self, who: str, interaction: ModelInteraction, lasts: int | None) -> str:
        def act() -> str:
            if self._takes_votes(interaction) and interaction.lasts == lasts:
                return "done"
            if interaction.state != "DRAFT":
                return "CONFLICT"
            interaction.state, interaction.lasts, interaction.opened = "OPEN", lasts, self._moment()
            self._tell("InteractionOpened", interaction)
            return "done"

        return self._run(who, interaction, act)

    def close(self, who: str, interaction: ModelInteraction) -> str:
        def act() -> str:
            if interaction.state == "DRAFT":
                return "INTERACTION_NOT_OPEN"
            self._close(interaction)
            return "done"

        return self._run(who, interaction, act)

    def vote(self, who: str, interaction: ModelInteraction, places: Sequence[int]) -> str:
        if interaction.seen_by(who) is None:
            return "NOT_FOUND"
        if not self._takes_votes(interaction):
            return "INTERACTION_NOT_OPEN"
        if not places or len(set(places)) < len(places):
            return "INVALID"
        if any(place >= interaction.options for place in places):
            return "NOT_FOUND"
        if len(places) > 1 and not interaction.multiple:
            return "INVALID"
        if who in interaction.ballots:
            return "ALREADY_ANSWERED"
        interaction.ballots[who] = tuple(places)
        if interaction.told and self.now < interaction.told[0] + SECOND:
            interaction.tally_due = (interaction.told[0] + SECOND, interaction.told[1])
        else:
            self._tell_totals(interaction)
        return "done"

    def work_off(self) -> None:
        """Processes due deadlines, in the order in which they fell due."""
        ends = [
            (interaction.end_due, "end", interaction)
            for interaction in self.interactions
            if interaction.state == "OPEN" and interaction.end_due
        ]
        tallies = [
            (interaction.tally_due, "tally", interaction) for interaction in self.interactions if interaction.tally_due
        ]
        due = [each for each in (*ends, *tallies) if each[0][0] <= self.now]
        for _at, kind, interaction in sorted(due, key=lambda each: each[0]):
            if kind == "end":
                self._close(interaction)
            elif interaction.tally_due:
                interaction.tally_due = None
                if len(interaction.ballots) > interaction.told_ballots:
                    self._tell_totals(interaction)

    def end(self) -> None:
        """Ends the session, which closes its interactions."""
        for interaction in self.interactions:
            self._close(interaction)

    def _run(self, who: str, interaction: ModelInteraction, act: Callable[[], str]) -> str:
        if interaction.seen_by(who) is None:
            return "NOT_FOUND"
        return act() if who == RUNS_INTERACTIONS else "FORBIDDEN"

    def _takes_votes(self, interaction: ModelInteraction) -> bool:
        return interaction.state == "OPEN" and (interaction.end_due is None or self.now < interaction.end_due[0])

    def _close(self, interaction: ModelInteraction) -> None:
        if interaction.state == "OPEN":
            interaction.state, interaction.tally_due = "CLOSED", None
            interaction.closed_at = min(self.now, interaction.end_due[0]) if interaction.end_due else self.now
            self._tell("InteractionClosed", interaction)

    def _tell_totals(self, interaction: ModelInteraction) -> None:
        interaction.told, interaction.told_ballots = self._moment(), len(interaction.ballots)
        self._tell("InteractionChanged", interaction)

    def _tell(self, kind: str, interaction: ModelInteraction) -> None:
        self.told.append((kind, interaction.number, len(interaction.ballots), interaction.votes))

    def _moment(self) -> Moment:
        self.moments += 1
        return self.now, self.moments
