"""A model of polls in plain Python, written from rules 53 and 54: outcomes, events and views. Times are in ms."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

RUNS_POLLS = "chatmod"
SECOND = 1_000

Moment: TypeAlias = tuple[int, int]
"""A time and a counter: deadlines of the same time are processed in the order in which they were set."""
Told: TypeAlias = tuple[str, int, int, tuple[int, ...]]
"""The kind of an event, the poll's number, its ballots, and the votes of each option."""


@dataclass
class ModelPoll:
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
        if self.state == "DELETED" or (self.state == "DRAFT" and who != RUNS_POLLS):
            return None
        visible = who == RUNS_POLLS or (self.shared and self.state == "CLOSED")
        own = self.ballots.get(who)
        return self.state, len(self.ballots), self.votes if visible else (None,) * self.options, own and sorted(own)


@dataclass
class Model:
    """The polls of one session, and the events logged about them."""

    now: int = 0
    moments: int = 0
    polls: list[ModelPoll] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    def create(self, who: str, options: int, *, multiple: bool, shared: bool) -> str:
        if who != RUNS_POLLS:
            return "FORBIDDEN"
        self.polls.append(ModelPoll(len(self.polls), options, multiple, shared))
        self._tell("PollChanged", self.polls[-1])
        return "done"

    def update(self, who: str, poll: ModelPoll, options: int, *, shared: bool) -> str:
        def act() -> str:
            if poll.state != "DRAFT":
                return "CONFLICT"
            if (poll.options, poll.shared) != (options, shared):
                poll.options, poll.shared = options, shared
                self._tell("PollChanged", poll)
            return "done"

        return self._run(who, poll, act)

    def delete(self, who: str, poll: ModelPoll) -> str:
        def act() -> str:
            if poll.state != "DRAFT":
                return "CONFLICT"
            poll.state = "DELETED"
            self.told.append(("PollDeleted", poll.number, 0, ()))
            return "done"

        return self._run(who, poll, act)

    def open(self, who: str, poll: ModelPoll, lasts: int | None) -> str:
        def act() -> str:
            if self._takes_votes(poll) and poll.lasts == lasts:
                return "done"
            if poll.state != "DRAFT":
                return "CONFLICT"
            poll.state, poll.lasts, poll.opened = "OPEN", lasts, self._moment()
            self._tell("PollOpened", poll)
            return "done"

        return self._run(who, poll, act)

    def close(self, who: str, poll: ModelPoll) -> str:
        def act() -> str:
            if poll.state == "DRAFT":
                return "POLL_NOT_OPEN"
            self._close(poll)
            return "done"

        return self._run(who, poll, act)

    def vote(self, who: str, poll: ModelPoll, places: Sequence[int]) -> str:
        if poll.seen_by(who) is None:
            return "NOT_FOUND"
        if not self._takes_votes(poll):
            return "POLL_NOT_OPEN"
        if not places or len(set(places)) < len(places):
            return "INVALID"
        if any(place >= poll.options for place in places):
            return "NOT_FOUND"
        if len(places) > 1 and not poll.multiple:
            return "INVALID"
        if who in poll.ballots:
            return "ALREADY_VOTED"
        poll.ballots[who] = tuple(places)
        if poll.told and self.now < poll.told[0] + SECOND:
            poll.tally_due = (poll.told[0] + SECOND, poll.told[1])
        else:
            self._tell_totals(poll)
        return "done"

    def work_off(self) -> None:
        """Processes due deadlines, in the order in which they fell due."""
        ends = [(poll.end_due, "end", poll) for poll in self.polls if poll.state == "OPEN" and poll.end_due]
        tallies = [(poll.tally_due, "tally", poll) for poll in self.polls if poll.tally_due]
        due = [each for each in (*ends, *tallies) if each[0][0] <= self.now]
        for _at, kind, poll in sorted(due, key=lambda each: each[0]):
            if kind == "end":
                self._close(poll)
            elif poll.tally_due:
                poll.tally_due = None
                if len(poll.ballots) > poll.told_ballots:
                    self._tell_totals(poll)

    def end(self) -> None:
        """Ends the session, which closes its polls."""
        for poll in self.polls:
            self._close(poll)

    def _run(self, who: str, poll: ModelPoll, act: Callable[[], str]) -> str:
        if poll.seen_by(who) is None:
            return "NOT_FOUND"
        return act() if who == RUNS_POLLS else "FORBIDDEN"

    def _takes_votes(self, poll: ModelPoll) -> bool:
        return poll.state == "OPEN" and (poll.end_due is None or self.now < poll.end_due[0])

    def _close(self, poll: ModelPoll) -> None:
        if poll.state == "OPEN":
            poll.state, poll.tally_due = "CLOSED", None
            poll.closed_at = min(self.now, poll.end_due[0]) if poll.end_due else self.now
            self._tell("PollClosed", poll)

    def _tell_totals(self, poll: ModelPoll) -> None:
        poll.told, poll.told_ballots = self._moment(), len(poll.ballots)
        self._tell("PollChanged", poll)

    def _tell(self, kind: str, poll: ModelPoll) -> None:
        self.told.append((kind, poll.number, len(poll.ballots), poll.votes))

    def _moment(self) -> Moment:
        self.moments += 1
        return self.now, self.moments
