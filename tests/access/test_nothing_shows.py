"""An attendee receives exactly the same in two sessions that differ only in hidden activity.

Rules 4, 8, 37, 46 to 48, 50, 53, 73. Compared are all streams, live and resumed from each of their cursors; all fields of
all queries, generated from the schema, so that new fields are included; refusals; and the text itself.
"""

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from models.storage.base import Base
from server.settings import Settings
from tests.conftest import own_database
from tests.support import interactions, questions, shelf
from tests.support.access_paths import ERRORS, PATHS
from tests.support.admin_mutations import ADMIN
from tests.support.captured_logs import talkative
from tests.support.chat import TALK
from tests.support.event_streams import beginning
from tests.support.full_documents import cursors_only, roots
from tests.support.hidden_activity import (
    BLOCKED,
    CHATMOD,
    EVERYTHING,
    HIDDEN,
    OWNER,
    SECOND,
    SHELVED,
    TAKEN,
    THREADS,
    HiddenActivity,
)
from tests.support.observer import Note, Observer
from tests.support.people import absent, configure, id_of
from tests.support.statement_counts import statements
from tests.support.visible_activity import ONLOOKER, Scene
from tests.support.world import POST, Clock, Socket, World, open_world

BEGUN = datetime.now(UTC)
QUICK = {"stream_poll_seconds": 0.05, "stream_checkpoint_seconds": 0.1}
AT_ONCE = 20
"""How many streams are resumed together."""
ALL_AT_ONCE = {"operation_cost": 100_000_000}  # no real client selects every field of everything
LOOKS = ("a message in the locked room", "the last word")
"""After these acts everything is read and tried. Streams are read after each act."""


TAKING = {"a deletion": f"{TAKEN}, deleted", "a clearing": f"{TAKEN}, cleared"}
"""The acts that remove text, and the text that is removed."""
PATIENT = """mutation { updateSite(input: {reconnectGraceSeconds: 86400, hostAbsenceTimeoutSeconds: 86400}) {
  cursor userErrors { code message field } } }"""


class StoppedClock(Clock):
    """A clock that moves only when told to. Hidden acts happen at a time of their own and let no time pass."""

    def __call__(self) -> datetime:
        return BEGUN + self._ahead


@dataclass
class Played:
    """A world in which the scene was played, and its observers."""

    world: World
    hidden: HiddenActivity
    observers: dict[str, Observer]


Worlds = Callable[[], AbstractContextManager[Settings]]


@pytest.fixture
def databases(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Worlds:
    """Creates as many databases as a test asks for, each with the same people."""
    folders = iter(tmp_path / str(number) for number in range(9))

    def another() -> AbstractContextManager[Settings]:
        folder = next(folders)
        folder.mkdir()
        return own_database(backend, request, folder)

    return another


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Captures the log of this process while the test runs."""
    with talkative(logging.INFO) as lines:
        yield lines


@asynccontextmanager
async def played(settings: Settings, kinds: tuple[str, ...], *who: str) -> AsyncIterator[Played]:
    """Plays the scene, with hidden acts of these kinds between its acts."""
    clock = StoppedClock()
    async with open_world(settings.model_copy(update=QUICK | ALL_AT_ONCE), clock) as world:
        await world.mutate("admin", PATIENT, ADMIN)
        await configure(world, qna="ENABLED", chatModeratorIds=[await id_of(world, each) for each in (CHATMOD, SECOND)])
        hidden = HiddenActivity(world, kinds)
        scene = Scene(world, hidden)
        observers = {each: Observer(world, each) for each in who}
        async with world.socket(who[0]) as one, world.socket(who[-1]) as another:
            for each, socket in zip(observers.values(), (one, another), strict=False):
                await each.listen(socket)
                await each.hear()
            async for act in scene.play():
                clock.advance(seconds=0.5)
                await hidden.perform()
                for each in observers.values():
                    each.notes.append(("after", act))
                    each.session = scene.session
                    each.since |= {TAKING[act]: len(each.received)} if act in TAKING else {}
                    await each.hear()
                    if act == "a message in the locked room":
                        await refused_alike(each, hidden)
                    if act in LOOKS:
                        await try_everything(each, scene)
                        await each.look()
                clock.advance(seconds=1)
            for each, socket in zip(observers.values(), (one, another), strict=False):
                await replay(each, socket)
        yield Played(world, hidden, observers)


async def refused_alike(one: Observer, hidden: HiddenActivity) -> None:
    """Rules 4, 48, 50: a hidden object answers like an absent one, with as many statements, with a key or without."""
    viewer = (await one.world.process.accounts.of_token(one.world.token(one.who))).viewer
    reply = f'mutation ($id: ID!) {{ postMessage(input: {{roomId: "{one.world.room}", text: "x", replyToId: $id}}) {{ {ERRORS} }} }}'
    for kind, things in hidden.ids.items():
        documents = PATHS[kind] | ({"reply": reply} if kind == "ChatMessage" else {})
        for name, document in documents.items():
            never = absent(kind)
            expected = await one.world.ask(one.who, document, id=never)
            ran = await statements(one.world, viewer, document, never)
            for state, thing in things.items():
                assert await one.world.ask(one.who, document, id=thing) == expected, (kind, state, name)
                if kind != "Participant":  # participants are loaded before their visibility is checked
                    also_ran = await statements(one.world, viewer, document, thing)
                    assert len(also_ran) == len(ran) > 0, (kind, state, name)
                if "input: {" in document:
                    keyed = document.replace("input: {", f'input: {{idempotencyKey: "{thing}{name}", ')
                    again = [await one.world.ask(one.who, keyed, id=thing) for _ in range(2)]
                    assert again == [expected, expected], (kind, state, name)


async def try_everything(one: Observer, scene: Scene) -> None:
    """Sends what neither an attendee nor a room moderator may do, and notes the refusals."""
    room = {"roomId": one.world.room}
    tries = [
        (TALK["announce"], room | {"text": "Hear me"}),
        (TALK["clearChat"], room | {"channel": "BACKCHANNEL"}),
        (TALK["blockFromChat"], {"participantId": scene.people.get(BLOCKED, "nobody")}),
        (interactions.VERBS["createInteraction"], room | interactions.DRAFT),
        *[(questions.DOCUMENTS[verb], {"questionId": each}) for each in one.ids.get("Question", ())
          for verb in ("claimQuestion", "dismissQuestion")],
    ]  # fmt: skip
    for document, given in tries:
        one.note("tried", await one.world.ask(one.who, document, input=given))
    if one.who != OWNER:
        said = {"room": one.world.room, "text": "Among you", "channel": "BACKCHANNEL"}
        one.note("tried", await one.world.ask(one.who, POST, **said))
        given = room | shelf.SCREEN
        one.note("tried", await one.world.ask(one.who, shelf.VERBS["addContent"], input=given))


async def replay(one: Observer, socket: Socket) -> None:
    """Reads each stream again from its start, and from some of its cursors; the events must be the same."""
    for name, told in one.told.items():
        everything = await one.subscribe(socket, roots("subscription")[name], beginning(one.world))
        again, _ = await one.up_to_now(everything)
        one.note(f"replayed {name}", again)
        all_places = [one.place(event["cursor"]) for event in again]
        # Every fifth event and some checkpoints. test_resume.py covers resuming from any cursor.
        cursors = [event["cursor"] for event in told[::5]] + one.rests[name][::30]
        for start in range(0, len(cursors), AT_ONCE):
            some = cursors[start : start + AT_ONCE]
            resumed = [await one.subscribe(socket, cursors_only(name), cursor) for cursor in some]
            for cursor, stream in zip(some, resumed, strict=True):
                rest, _ = await one.up_to_now(stream)
                following = [each for each in all_places if each > one.place(cursor)]
                assert [one.place(event["cursor"]) for event in rest] == following
                await socket.unsubscribe(stream)
    rests = [cursor for of_stream in one.rests.values() for cursor in of_stream]
    assert len(set(rests)) == len(rests)


def difference(one: list[Note], other: list[Note]) -> list[Any]:
    """Returns the first difference between two lists of notes: the act before it, the request, and both results."""
    act: Any = None
    for mine, theirs in zip(one, other, strict=False):
        act = mine if mine[0] == "after" else act
        if mine != theirs:
            return [act, mine[0], *_parts(mine, theirs)]
    return [] if len(one) == len(other) else [act, len(one), len(other)]


def _parts(one: Any, other: Any) -> list[Any]:
    match one, other:
        case dict(), dict() if one.keys() == other.keys():
            name = next(name for name in one if one[name] != other[name])
            return [name, *_parts(one[name], other[name])]
        case (list(), list()) | (tuple(), tuple()) if len(one) == len(other):
            place = next(place for place in range(len(one)) if one[place] != other[place])
            return [place, *_parts(one[place], other[place])]
    return [one, other]


# Runs on SQLite alone, because it takes minutes. Visibility does not depend on the database, and test_visibility.py,
# test_secrecy.py, test_question_secrecy.py, test_poll_results.py and test_redaction.py run on both.
@pytest.mark.second_tier
@pytest.mark.parametrize("backend", ["sqlite"])
async def test_nothing_shows_of_what_is_hidden(databases: Worlds, logged: list[str]) -> None:
    """Rules 4, 37, 46 to 48, 50, 53: an attendee notices nothing; a moderator no threads, drafts or blocks (rule 8)."""
    with databases() as first, databases() as second, databases() as third:
        async with played(first, (), ONLOOKER, OWNER) as without:
            pass
        async with played(second, EVERYTHING, ONLOOKER) as full:
            await there_were_words(full, "said", "answered", *WORDS)
            same_as(without, full, ONLOOKER)
        async with played(third, THREADS, OWNER) as full:
            await there_were_words(full, *WORDS)
            same_as(without, full, OWNER)
    assert any('"request"' in line for line in logged)
    assert not [line for line in logged if HIDDEN in line or TAKEN in line]


WORDS = ("asked", "replied", "thanked", "settled", "later", "changed", "one", "two")


def same_as(without: Played, full: Played, who: str) -> None:
    """Checks that both received the same text, and none that was hidden or removed."""
    one, other = without.observers[who], full.observers[who]
    found = difference(one.notes, other.notes)
    assert not found, found
    assert not [each for each in other.received if HIDDEN in each or SHELVED in each]
    assert other.since.keys() == set(TAKING.values())
    for words, since in other.since.items():
        assert any(words in each for each in other.received[:since]), words
        assert not [each for each in other.received[since:] if words in each], words


async def there_were_words(full: Played, *what: str) -> None:
    """Checks that the hidden texts existed: a chat moderator and a search of the tables find them."""
    one = Observer(full.world, CHATMOD)
    one.session = full.hidden.session
    async with full.world.socket(CHATMOD) as socket:
        await one.listen(socket)
        await one.hear()
        await one.look()
    received = "\n".join(one.received)
    for words in (*[f"{HIDDEN} {each} " for each in what], *TAKING.values()):
        assert words in received, words
    for table in Base.metadata.sorted_tables:
        held = [str(row) for row in await full.world.database.reads.rows(select(table))]
        assert any(HIDDEN in row for row in held) <= (table.name in HELD_BY), table.name
        assert any(TAKEN in row for row in held) is (table.name == "chat_messages"), table.name


HELD_BY = ("chat_messages", "questions", "question_replies", "interaction_questions", "interaction_options")
