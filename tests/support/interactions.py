"""Helpers for tests of interactions: documents, and functions for common mutations."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from models.tables.deadlines import Deadline, DeadlineKind
from models.tables.interactions import AnswerChoice, InteractionAnswer, InteractionOption
from tests.support.people import local
from tests.support.world import ENTER, Client, World

ERRORS = "cursor userErrors { code message field }"
QUESTION = """id kind text options { id text votes right hidden } multipleAnswers lowestLabel highestLabel emoji
  explanation average published { id text }"""
INTERACTION = f"""id kind state changeable anonymous shareResults answerCount rightCount opensAt openedAt closesAt closedAt
  questions {{ {QUESTION} }} viewerAnswer {{ right questions {{ options {{ id text votes }} text {{ text }} }} }}"""


def document(verb: str) -> str:
    """Returns the mutation as clients send it."""
    answer = "interactionId" if verb == "deleteInteraction" else f"interaction {{ {INTERACTION} }}"
    name = f"{verb[0].upper()}{verb[1:]}Input"
    return f"mutation ($input: {name}!) {{ {verb}(input: $input) {{ {answer} {ERRORS} }} }}"


DRAFTING = ("updateInteraction", "deleteInteraction", "scheduleInteraction", "unscheduleInteraction")
RUNNING = ("openInteraction", "answerInteraction", "closeInteraction", "hideWord", "publishInteractionText")
ON_INTERACTION = ("copyInteraction", *DRAFTING, *RUNNING)
VERBS = {verb: document(verb) for verb in ("createInteraction", *ON_INTERACTION)}
NODE = f"query ($id: ID!) {{ node(id: $id) {{ ... on Interaction {{ {INTERACTION} session {{ id }} }} }} }}"
LIST = f"""query ($room: ID!, $states: [InteractionState!]) {{ room(id: $room) {{ cursor
  interactions(states: $states, first: 100) {{ edges {{ node {{ {INTERACTION} session {{ id }} }} }} }} }} }}"""
ANSWERS = """query ($id: ID!, $first: Int, $after: String) { node(id: $id) { ... on Interaction {
  answers(first: $first, after: $after) { pageInfo { hasNextPage endCursor } edges { node { right user { id }
    questions { questionId options { id text } text { id text } } } } } } } }"""
_TOLD = f"interaction {{ {INTERACTION} }}"
EVENTS = f"""subscription ($room: ID!, $after: EventCursor) {{ roomEvents(roomId: $room, after: $after) {{
  __typename ... on Event {{ cursor }} ... on InteractionDeleted {{ interactionId }}
  ... on InteractionOpened {{ {_TOLD} }} ... on InteractionClosed {{ {_TOLD} }} ... on InteractionChanged {{ {_TOLD} }} }} }}"""

_FOR_ALL = f"interaction {{ id state answerCount rightCount questions {{ {QUESTION} }} }}"
FOR_ALL = f"""subscription ($room: ID!, $after: EventCursor) {{ roomEvents(roomId: $room, after: $after) {{
  __typename ... on Event {{ cursor }}
  ... on InteractionOpened {{ {_FOR_ALL} }} ... on InteractionChanged {{ {_FOR_ALL} }}
  ... on InteractionClosed {{ {_FOR_ALL} }} }} }}"""
"""A subscription that selects nothing personal, so that all attendees share what is rendered."""


def choice(
    text: str = "Which of these has serifs?", options: Sequence[str] = ("Garamond", "Futura", "Both"), **more: Any
) -> dict[str, Any]:
    """Returns what `createInteraction` takes for a poll. `multipleAnswers` belongs to its question."""
    several = {name: more.pop(name) for name in ["multipleAnswers"] if name in more}
    return {"kind": "CHOICE", "questions": [{"text": text, "options": list(options), **several}], **more}


DRAFT = choice()
ASKED: dict[str, dict[str, Any]] = {
    "CHOICE": {"options": ["Garamond", "Futura", "Both"]},
    "QUIZ": {"options": ["Garamond", "Futura", "Bodoni"], "rightOptions": [0], "explanation": "It has feet."},
    "RATING": {"highest": 5, "lowestLabel": "Dull", "highestLabel": "Bright"},
    "TEXT": {},
    "WORDS": {},
    "VOTE": {"emoji": "\U0001f44f"},
}
"""What the question of each kind takes besides its text."""


def drafted(kind: str, **more: Any) -> dict[str, Any]:
    """Returns what `createInteraction` takes for an interaction of this kind."""
    if kind == "SURVEY":
        questions = [{"kind": each, "text": f"{each}?", **ASKED[each]} for each in ("CHOICE", "RATING", "TEXT")]
    else:
        questions = [{"text": f"{kind}?", **ASKED[kind]}]
    return {"kind": kind, "questions": questions, **more}


def choosing(options: Sequence[str], question: str | None = None) -> list[dict[str, Any]]:
    """Returns an answer that chooses these options."""
    return [{"optionIds": list(options), **({"questionId": question} if question else {})}]


@dataclass
class Interactions:
    """Interactions in the demo room's running session, which `chatmod` runs."""

    world: World
    session: str

    async def does(self, who: str, verb: str, interaction: str = "", **given: Any) -> dict[str, Any]:
        """Sends a mutation, which must succeed and pass the replay check. Returns its payload."""
        return await self.world.mutate(who, VERBS[verb], input=self._input(interaction, given))

    async def may_not(self, who: str, verb: str, interaction: str = "", **given: Any) -> tuple[str, list[str]]:
        """Sends a mutation, which must be refused and change nothing. Returns the code and the field."""
        refusal = await self.world.refused(who, VERBS[verb], input=self._input(interaction, given))
        assert refusal["message"].endswith(".")
        return refusal["code"], refusal["field"][1:]

    async def tries(self, who: str, verb: str, interaction: str = "", **given: Any) -> str:
        """Returns the refusal's code, or "done". Skips the replay check, so that many can run at once."""
        return await tries(self.world, who, verb, **self._input(interaction, given))

    def _input(self, interaction: str, given: dict[str, Any]) -> dict[str, Any]:
        return given | ({"interactionId": interaction} if interaction else {"roomId": self.world.room})

    async def draft(self, **given: Any) -> str:
        """Creates a draft, of a poll if `given` has no `kind`. Returns its id."""
        asked = given if "kind" in given else choice(**given)
        return str((await self.does("chatmod", "createInteraction", **asked))["interaction"]["id"])

    async def opened(self, duration: int | None = None, **given: Any) -> str:
        """Creates and opens an interaction. Returns its id."""
        interaction = await self.draft(**given)
        await self.does("chatmod", "openInteraction", interaction, durationSeconds=duration)
        return interaction

    async def votes(self, who: str, interaction: str, *places: int) -> str:
        """Chooses the options at these positions. Returns "done", or the refusal's code."""
        options = await options_of(self.world, interaction)
        answer = choosing([options[place] for place in places])
        return await self.tries(who, "answerInteraction", interaction, answers=answer)

    async def answers(self, who: str, interaction: str, *parts: dict[str, Any]) -> dict[str, Any]:
        """Answers, which must succeed and pass the replay check. Returns the payload."""
        return await self.does(who, "answerInteraction", interaction, answers=list(parts))


async def tries(client: Client, who: str, verb: str, **given: Any) -> str:
    """Returns the refusal's code, or "done"."""
    errors = (await client.query(who, VERBS[verb], input=given))[verb]["userErrors"]
    return str(errors[0]["code"]) if errors else "done"


async def meet(world: World, *people: str) -> Interactions:
    """Launches a session with the moderator, the chat moderator and these people inside."""
    entered = [await world.query(who, ENTER, room=world.room) for who in ("moderator", "chatmod", *people)]
    return Interactions(world, entered[0]["enterRoom"]["session"]["id"])


async def seen(client: Client, interaction: str, who: str = "chatmod") -> Any:
    """Returns the interaction by its id, as `who` sees it."""
    return (await client.query(who, NODE, id=interaction))["node"]


async def listed(client: Client, who: str, *states: str) -> list[dict[str, Any]]:
    """Returns the room's interactions, as `who` sees them."""
    found = await client.query(who, LIST, room=client.room, states=list(states) or None)
    return [edge["node"] for edge in found["room"]["interactions"]["edges"]]


async def answers_of(client: Client, interaction: str, who: str = "chatmod", **page: Any) -> Any:
    """Returns who answered what, as `who` sees it; None where they do not see it."""
    found = (await client.query(who, ANSWERS, id=interaction, **page))["node"]["answers"]
    return found and [edge["node"] for edge in found["edges"]]


async def options_of(client: Client, interaction: str) -> list[str]:
    """Returns the ids of the options of the first question, in order."""
    return [option["id"] for option in (await seen(client, interaction))["questions"][0]["options"]]


def totals(interaction: dict[str, Any]) -> tuple[int, list[int | None]]:
    """Returns the number of answers, and the votes of each option of all questions."""
    votes = [option["votes"] for question in interaction["questions"] for option in question["options"]]
    return interaction["answerCount"], votes


def words(interaction: dict[str, Any]) -> dict[str, int | None]:
    """Returns the words of a word cloud with their votes, in order."""
    return {option["text"]: option["votes"] for option in interaction["questions"][0]["options"]}


async def stored(world: World, interaction: str) -> tuple[int, list[int | None]]:
    """Does the same as `totals`, counted from the tables."""
    return await stored_in(world.database.reads, interaction)


async def stored_in(reads: Any, interaction: str) -> tuple[int, list[int | None]]:
    """Does the same as `stored`, on any database."""
    of = local(interaction)
    answers = await reads.value(select(func.count()).where(InteractionAnswer.interaction_id == of))
    chosen = select(AnswerChoice.option_id).join(InteractionAnswer).where(InteractionAnswer.interaction_id == of)
    votes = Counter(await reads.values(chosen))
    options = select(InteractionOption.id).where(InteractionOption.interaction_id == of)
    return answers, [votes[each] for each in await reads.values(options.order_by(InteractionOption.position))]


OF_INTERACTIONS = (DeadlineKind.INTERACTION_OPENING, DeadlineKind.INTERACTION_END, DeadlineKind.INTERACTION_TALLY)


async def due(world: World, *kinds: DeadlineKind) -> Sequence[Deadline]:
    """Returns the deadlines of interactions."""
    return await world.database.reads.all(select(Deadline).where(Deadline.kind.in_(kinds or OF_INTERACTIONS)))


def told_of_interactions(events: Sequence[Any]) -> list[tuple[str, int]]:
    """Returns kind and answers of each event about an interaction."""
    kinds = ("InteractionOpened", "InteractionChanged", "InteractionClosed")
    return [(event.kind, event.tally.answers) for event in events if event.kind in kinds]
