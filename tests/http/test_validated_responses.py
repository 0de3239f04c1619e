"""Finished pages of galleries are used again, and are never stale (docs/decisions/0016-validated-responses.md)."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from models.access.visibility import Visibility
from models.audiences import SHOWN, Audience, AudienceKey
from models.events import log
from models.tables.people import User
from server.accounts import THE_SERVER
from server.settings import Settings
from tests.support import media
from tests.support.admin_mutations import remove_member, set_member
from tests.support.gallery_pages import CONTENT, EVERYTHING, NARROWED, PAGES, executed, executions, given
from tests.support.hidden_activity import BLOCKED, HiddenActivity, do
from tests.support.hidden_activity import EVERYTHING as HIDDEN
from tests.support.page_acts import PageActs
from tests.support.people import change, configure, id_of, local
from tests.support.recordings import open_session
from tests.support.running_session import meet
from tests.support.statement_log import statements
from tests.support.visible_activity import Scene
from tests.support.world import END, ENTER, World, open_world

ALWAYS = [("visitor-003", EVERYTHING), ("student-014", CONTENT)]
"""What is read before and after each act: pages that are kept, of a member and of a contributor."""
READERS = (
    "student-001",
    "student-010",
    "student-013",
    "chatmod",
    "visitor-001",
    "visitor-002",
    "moderator",
    "manager",
    "outsider",
)
"""People who see other things, or nothing, and those whom the acts are about."""
AT_ONCE = 300
STUDENTS = [f"student-{number:03}" for number in range(5, 31)]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The tests count executions, so they turn the fast paths on, whatever the suite runs with."""
    return settings.model_copy(update={"fast_paths": True})


async def read(world: World, who: str, document: str) -> dict[str, Any]:
    return await world.query(who, document, **given(world, document))


def without_accounts(texts: list[str]) -> list[str]:
    """Returns the statements other than those of the process itself: who a token's user is, and which webhooks are due."""
    return [text for text in texts if "users.issuer =" not in text and not text.startswith("SELECT webhooks.id")]


async def read_true(world: World, who: str, document: str, after: str = "") -> None:
    assert await read(world, who, document) == await executed(world, who, document), (who, after)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.second_tier) for seed in range(1, 4))])
async def test_a_page_is_never_stale(world: World, seed: int) -> None:
    """Rules 4, 16, 63, 64: after each act, people of all kinds read what an execution of their own answers."""
    random = Random(seed)
    acts = PageActs(world, random).all
    names = list(acts)
    random.shuffle(names)
    with executions() as made:
        for name in names:
            await acts[name]()
            for who, page in [*ALWAYS, (random.choice(READERS), random.choice(PAGES))]:
                await read_true(world, who, page, name)
    assert made[0] < 2 * 3 * len(names), "no page was used again"


async def test_readers_at_once_wait_for_one_execution(world: World) -> None:
    """300 students open the page in the same minute, and it is read once."""
    await read(world, "visitor-001", NARROWED)
    await media.add(world, "manager")
    with executions() as made:
        answers = await asyncio.gather(
            *(read(world, STUDENTS[number % len(STUDENTS)], NARROWED) for number in range(AT_ONCE))
        )
    assert made == [1]
    assert {str(answer) for answer in answers} == {str(await executed(world, "student-010", NARROWED))}


@pytest.mark.parametrize(("document", "count"), [(CONTENT, 1), (EVERYTHING, 2)])
async def test_a_kept_page_takes_one_statement_and_one_more_with_the_room(
    world: World, document: str, count: int
) -> None:
    await read(world, "visitor-001", document)
    with statements() as texts:
        await read(world, "visitor-002", document)
    assert len(without_accounts(texts)) == count


async def test_who_sees_more_or_other_things_reads_anew(world: World) -> None:
    """Rules 16, 17: reviewers see pending media, and so do their owners."""
    for who in ("student-010", "visitor-001", "student-001", "moderator", "manager"):
        await read_true(world, who, CONTENT)
    assert await read(world, "student-010", CONTENT) != await read(world, "visitor-001", CONTENT)
    with executions() as made:
        for who in ("moderator", "manager", "student-001", "student-001"):
            await read(world, who, CONTENT)
    assert made == [4]


async def test_what_is_hidden_neither_makes_a_page_anew_nor_adds_a_statement(world: World) -> None:
    """Rules 4, 37, 48, 50: an attendee cannot tell from statements or time that something hidden has happened."""
    await configure(
        world, qna="ENABLED", chatModeratorIds=[await id_of(world, who) for who in ("chatmod", "student-029")]
    )
    hidden = HiddenActivity(world, HIDDEN)
    scene = Scene(world, hidden)
    async for act in scene.play():
        if act == f"{BLOCKED} enters":
            await do(world, "student-007", ENTER, room=world.room)
        if act in (f"{BLOCKED} enters", "raiseHand", "a message in the locked room"):
            await unnoticed(world, hidden.perform)
            await unnoticed(world, partial(media.add, world, "student-001"))
    assert hidden.texts


async def test_hands_are_not_noticed_outside(world: World) -> None:
    """Who raises a hand shows only inside the session."""
    meeting = await meet(world, "student-007")
    await read(world, "visitor-001", EVERYTHING)
    await meeting.does("student-007", "raiseHand")
    with executions() as made:
        await read(world, "visitor-001", EVERYTHING)
    assert made == [0]


async def unnoticed(world: World, perform: Callable[[], Awaitable[object]]) -> None:
    """Checks this for one person outside and one inside."""
    asked = [(who, document) for who in ("visitor-001", "student-007") for document in PAGES]
    for who, document in asked:
        await read(world, who, document)
    await perform()
    with executions() as made, statements() as texts:
        for who, document in asked:
            await read(world, who, document)
    assert made == [0]
    assert len(without_accounts(texts)) == 2 * (2 + 1 + 1)


async def test_who_is_removed_or_suspended_gets_nothing(world: World) -> None:
    """Rules 4, 63, 66: at the next request, though the page is kept."""
    before = await read(world, "visitor-001", NARROWED)
    await set_member(world, await id_of(world, "outsider"), "MEMBER")
    await read(world, "outsider", NARROWED)
    await remove_member(world, await id_of(world, "outsider"))
    assert await read(world, "outsider", NARROWED) == {"gallery": None}
    assert await read(world, "visitor-001", NARROWED) == before
    await world.suspend("visitor-001")
    world.clock.advance(seconds=5)
    assert (await world.ask("visitor-001", NARROWED, id=world.gallery))["errors"][0]["extensions"]["code"] == (
        "UNAUTHENTICATED"
    )
    assert await read(world, "visitor-002", NARROWED) == before


async def test_an_absent_gallery_and_a_hidden_one_take_the_same_statements(world: World) -> None:
    """Rule 4."""
    ran = []
    for which in (world.gallery, world.gallery[:-4] + "AAAA"):
        with statements() as texts:
            assert (await world.query("outsider", CONTENT, id=which)) == {"gallery": None}
        ran.append(without_accounts(texts))
    assert ran[0] == ran[1] != []


async def test_a_name_counts_whoever_writes_it(world: World) -> None:
    """A trigger notices the name, so a process of an older version may write it during a rolling restart."""
    await read(world, "visitor-001", CONTENT)
    await change(world, update(User).where(User.subject == "student-020").values(name="Zoe"))
    assert "'Zoe'" in str(await read(world, "visitor-001", CONTENT))


async def test_an_older_entry_never_stands_for_one_that_was_pruned(world: World) -> None:
    """Rules 60, 61: a session's entries stay when later ones are pruned, so the last one seems to be an old one again."""
    await world.mutate("moderator", END, session=await open_session(world))
    await read(world, "visitor-001", CONTENT)
    await media.add(world, "manager")
    await media.add(world, "student-001")
    here = local(world.gallery)
    await world.database.transact(THE_SERVER, "upkeep", lambda tx: log.prune(tx, here, 1, tx.now))
    await read_true(world, "visitor-001", CONTENT)


def test_a_page_is_proven_by_what_every_member_sees() -> None:
    """By no other entries, and by all of them."""
    member = Visibility(
        manages=False,
        viewer_id=UUID(int=0),
        inside=False,
        belongs=True,
        reviews=False,
        moderates=False,
        may_show=False,
        sessions=frozenset(),
        backchannels=frozenset(),
        chat_moderated=frozenset(),
        record_of=None,
    )
    keys = [AudienceKey(each, UUID(int=1), UUID(int=1)) for each in Audience]
    assert tuple(key.audience for key in keys if member.sees(key)) == SHOWN


async def test_an_answer_with_errors_is_never_kept(world: World) -> None:
    document = '{ gallery(by: {externalId: "course-101"}) { title media(first: 1000) { pageInfo { hasNextPage } } } }'
    for _ in range(3):
        answer = await world.ask("visitor-001", document)
        assert (answer["data"]["gallery"]["media"], answer["errors"][0]["extensions"]["code"]) == (None, "INVALID")


async def test_without_fast_paths_nothing_is_kept(settings: Settings) -> None:
    async with open_world(settings.model_copy(update={"fast_paths": False})) as world:
        with executions() as made:
            for _ in range(3):
                await read(world, "visitor-001", CONTENT)
    assert made == [3]
