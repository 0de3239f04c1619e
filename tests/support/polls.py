"""Helpers for tests of polls: documents, and functions for common mutations."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from models.tables.deadlines import Deadline, DeadlineKind
from models.tables.polls import PollBallot, PollChoice, PollOption
from tests.support.people import local
from tests.support.world import ENTER, Client, World

ERRORS = "cursor userErrors { code message field }"
POLL = """id question state multipleAnswers shareResults ballots openedAt closesAt closedAt
  options { id text votes } viewerVote { id }"""


def document(verb: str) -> str:
    """Returns the mutation as clients send it."""
    answer = "pollId" if verb == "deletePoll" else f"poll {{ {POLL} }}"
    name = f"{verb[0].upper()}{verb[1:]}Input"
    return f"mutation ($input: {name}!) {{ {verb}(input: $input) {{ {answer} {ERRORS} }} }}"


ON_POLL = ("updatePoll", "deletePoll", "openPoll", "castVote", "closePoll")
VERBS = {verb: document(verb) for verb in ("createPoll", *ON_POLL)}
NODE = f"query ($id: ID!) {{ node(id: $id) {{ ... on Poll {{ {POLL} session {{ id }} }} }} }}"
LIST = f"""query ($room: ID!, $states: [PollState!]) {{ room(id: $room) {{ cursor
  polls(states: $states) {{ {POLL} session {{ id }} }} }} }}"""
EVENTS = f"""subscription ($room: ID!, $after: EventCursor) {{ roomEvents(roomId: $room, after: $after) {{
  __typename ... on Event {{ cursor }}
  ... on PollOpened {{ poll {{ {POLL} }} }} ... on PollClosed {{ poll {{ {POLL} }} }} ... on PollDeleted {{ pollId }}
  ... on PollChanged {{ poll {{ {POLL} }} }} }} }}"""

DRAFT: dict[str, Any] = {"question": "Which of these has serifs?", "options": ["Garamond", "Futura", "Both"]}


@dataclass
class Polls:
    """Polls in the demo room's running session, which `chatmod` runs."""

    world: World
    session: str

    async def does(self, who: str, verb: str, poll: str = "", **given: Any) -> dict[str, Any]:
        """Sends a mutation, which must succeed and pass the replay check. Returns its payload."""
        return await self.world.mutate(who, VERBS[verb], input=self._input(poll, given))

    async def may_not(self, who: str, verb: str, poll: str = "", **given: Any) -> tuple[str, list[str]]:
        """Sends a mutation, which must be refused and change nothing. Returns the code and the field."""
        refusal = await self.world.refused(who, VERBS[verb], input=self._input(poll, given))
        assert refusal["message"].endswith(".")
        return refusal["code"], refusal["field"][1:]

    async def tries(self, who: str, verb: str, poll: str = "", **given: Any) -> str:
        """Returns the refusal's code, or "done". Skips the replay check, so that many can run at once."""
        return await tries(self.world, who, verb, **self._input(poll, given))

    def _input(self, poll: str, given: dict[str, Any]) -> dict[str, Any]:
        return given | ({"pollId": poll} if poll else {"roomId": self.world.room})

    async def draft(self, **given: Any) -> str:
        """Creates a draft. Returns its id."""
        return str((await self.does("chatmod", "createPoll", **DRAFT | given))["poll"]["id"])

    async def opened(self, duration: int | None = None, **given: Any) -> str:
        """Creates and opens a poll. Returns its id."""
        poll = await self.draft(**given)
        await self.does("chatmod", "openPoll", poll, durationSeconds=duration)
        return poll

    async def votes(self, who: str, poll: str, *places: int) -> str:
        """Votes for the options at these positions. Returns "done", or the refusal's code."""
        options = await options_of(self.world, poll)
        return await self.tries(who, "castVote", poll, optionIds=[options[place] for place in places])


async def tries(client: Client, who: str, verb: str, **given: Any) -> str:
    """Returns the refusal's code, or "done"."""
    errors = (await client.query(who, VERBS[verb], input=given))[verb]["userErrors"]
    return str(errors[0]["code"]) if errors else "done"


async def meet(world: World, *people: str) -> Polls:
    """Launches a session with the moderator, the chat moderator and these people inside."""
    entered = [await world.query(who, ENTER, room=world.room) for who in ("moderator", "chatmod", *people)]
    return Polls(world, entered[0]["enterRoom"]["session"]["id"])


async def seen(client: Client, poll: str, who: str = "chatmod") -> Any:
    """Returns the poll by its id, as `who` sees it."""
    return (await client.query(who, NODE, id=poll))["node"]


async def listed(client: Client, who: str, *states: str) -> list[dict[str, Any]]:
    """Returns the room's polls, as `who` sees them."""
    found = await client.query(who, LIST, room=client.room, states=list(states) or None)
    return list(found["room"]["polls"])


async def options_of(client: Client, poll: str) -> list[str]:
    """Returns the ids of the poll's options, in order."""
    return [option["id"] for option in (await seen(client, poll))["options"]]


def totals(poll: dict[str, Any]) -> tuple[int, list[int | None]]:
    """Returns the poll's ballots and the votes of each option."""
    return poll["ballots"], [option["votes"] for option in poll["options"]]


async def stored(world: World, poll: str) -> tuple[int, list[int | None]]:
    """Does the same as `totals`, counted from the tables."""
    return await stored_in(world.database.reads, poll)


async def stored_in(reads: Any, poll: str) -> tuple[int, list[int | None]]:
    """Does the same as `stored`, on any database."""
    ballots = await reads.value(select(func.count()).where(PollBallot.poll_id == local(poll)))
    chosen = select(PollChoice.option_id).join(PollBallot).where(PollBallot.poll_id == local(poll))
    votes = Counter(await reads.values(chosen))
    options = select(PollOption.id).where(PollOption.poll_id == local(poll)).order_by(PollOption.position)
    return ballots, [votes[option] for option in await reads.values(options)]


async def due(world: World, *kinds: DeadlineKind) -> Sequence[Deadline]:
    """Returns the deadlines of polls."""
    wanted = kinds or (DeadlineKind.POLL_END, DeadlineKind.POLL_TALLY)
    return await world.database.reads.all(select(Deadline).where(Deadline.kind.in_(wanted)))


def told_of_polls(events: Sequence[Any]) -> list[tuple[str, int]]:
    """Returns kind and ballots of each event about a poll."""
    return [
        (event.kind, event.tally.ballots)
        for event in events
        if event.kind in ("PollOpened", "PollChanged", "PollClosed")
    ]
