"""Searching media by words and tags (rules 16, 19): both databases find the same."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Dialect, select, text
from sqlalchemy.dialects import postgresql, sqlite

from models.database.transaction import Transaction
from models.tables.media import Media
from models.tables.search import indexed, words_of
from server.accounts import THE_SERVER
from tests.support.media import (
    CRANE,
    DRAWING,
    INTERVIEW,
    LECTURE,
    LIST,
    VIDEO,
    add,
    fill,
    ids_of,
    listed,
    new_gallery,
    node,
    review,
)
from tests.support.people import local
from tests.support.world import World


@pytest.fixture
async def gallery(world: World) -> str:
    """A gallery of the manager's, without media."""
    return await new_gallery(world)


FOUND: list[tuple[str, list[str]]] = [
    ("lecture", [LECTURE]),
    ("LECT", [LECTURE]),
    ("ecture", []),
    ("design of", [LECTURE]),
    ("principles-of/design!", [LECTURE]),
    ("principle video", []),
    ("pro", [VIDEO]),
    ("design", [INTERVIEW, CRANE, DRAWING, LECTURE, VIDEO]),  # a tag of all of them, and a word in one
    ("paper crane", [CRANE]),
    ("lecture OR video", []),
    ("g", []),
    ("t", [INTERVIEW, VIDEO, DRAWING]),
    ("\uff4cecture", [LECTURE]),
    ("l\u00e9cture", [LECTURE]),
]


@pytest.mark.parametrize(("search", "titles"), FOUND)
async def test_each_word_begins_a_word_of_title_description_or_tags(
    world: World, search: str, titles: list[str]
) -> None:
    for media_id in await ids_of(world, INTERVIEW, CRANE):
        await review(world, "manager", "APPROVE", media_id)
    assert sorted(await listed(world, "student-020", filter={"search": search})) == sorted(titles)


async def test_descriptions_and_changes_are_found_and_what_is_gone_is_not(world: World, gallery: str) -> None:
    update = "mutation ($input: UpdateMediaInput!) { updateMedia(input: $input) { userErrors { code } } }"
    media = (await add(world, "manager", galleryId=gallery, title="One", description="a\nTwo", tags=["Three four"]))[
        "id"
    ]

    async def found(search: str) -> bool:
        return bool(await listed(world, "manager", gallery, filter={"search": search}))

    assert [await found(each) for each in ("one", "two", "three four", "four three", "five")] == [True] * 4 + [False]
    changes: tuple[dict[str, Any], ...] = ({"title": "Five"}, {"description": ""}, {"tags": []})
    for change in changes:
        await world.mutate("manager", update, input={"mediaId": media, **change})
    assert [await found(each) for each in ("one", "two", "three", "four", "five")] == [False] * 4 + [True]


WORDS = st.text(st.sampled_from("abAB\u00e9E\u0301\u00df\u4e2d1_-' \"*()&|!:\\<%\n\U0001f600"), max_size=12)
LINE = WORDS.map(lambda value: value.replace("\n", " "))
ALPHABET = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=10)
some = settings(
    max_examples=30,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@some
@given(texts=st.lists(st.tuples(WORDS | ALPHABET, WORDS | ALPHABET), max_size=8), search=LINE | ALPHABET)
async def test_any_search_finds_the_same_as_its_definition(
    world: World, texts: list[tuple[str, str]], search: str
) -> None:
    """Compares the search with a plain implementation, on both databases, for random texts and searches."""
    gallery = await new_gallery(world)
    media: list[tuple[str, str, list[str]]] = [
        (f"x{place}", f"{one} . {two}", []) for place, (one, two) in enumerate(texts)
    ]
    await fill(world, gallery, media)
    answer = await world.ask("manager", LIST, id=gallery, filter={"search": search}, orderBy="OLDEST")
    words = words_of(search)
    if not words:
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID"]
        return
    expected = [
        title
        for title, description, _tags in media
        if all(any(each.startswith(word) for each in words_of(f"{title} {description}")) for word in words)
    ]
    found = answer["data"]["gallery"]["media"]["edges"]
    assert [edge["node"]["title"] for edge in found] == expected


async def test_the_widest_texts_are_stored_and_found(world: World, gallery: str) -> None:
    wide = "".join(map(chr, range(0x3300, 0x33C8)))
    widest = " ".join("\ufdfa" + chr(0x4E00 + number) for number in range(1666))
    tag = "\ufdfa" * 50
    await add(world, "manager", galleryId=gallery, title=wide, description=widest, tags=[tag])
    for chosen in ({"search": wide}, {"search": widest[:199]}, {"tags": [tag]}):
        assert await listed(world, "manager", gallery, filter=chosen) == [wide]


async def test_a_whole_tag_is_asked_for_exactly(world: World, gallery: str) -> None:
    """Case is ignored; with several tags, a medium must have all of them."""
    for title, tags in {
        "a": ["Art"],
        "b": ["art history"],
        "c": ["art", "history"],
        "d": ["Artist", "HISTORY"],
    }.items():
        await add(world, "manager", galleryId=gallery, title=title, tags=tags)
    for tags, titles in (
        (["art"], "ac"), (["ART "], "ac"), (["history"], "cd"), (["art history"], "b"), (["Art", "history"], "c"),
        (["art", "artist"], ""), (["his"], ""), (["\uff41rt"], "ac"),
    ):  # fmt: skip
        assert await listed(world, "manager", gallery, filter={"tags": tags}, orderBy="TITLE") == list(titles), tags
    both = {"tags": ["history"], "search": "arti"}
    assert await listed(world, "manager", gallery, filter=both) == ["d"]


async def test_many_galleries_are_searched_in_one_statement(world: World, gallery: str) -> None:
    """Each gallery's results contain only its own media."""
    await fill(world, gallery, [("Design of this one", "", [])])
    document = """query ($filter: MediaFilter) { galleries(first: 100) { edges { node {
      title media(filter: $filter, first: 100) { edges { node { title } } } } } } }"""
    found = (await world.query("manager", document, filter={"search": "design of"}))["galleries"]["edges"]
    titles = {
        edge["node"]["title"]: [each["node"]["title"] for each in edge["node"]["media"]["edges"]] for edge in found
    }
    assert titles == {"Other": ["Design of this one"], "Principles of Design": [LECTURE]}


async def test_search_uses_the_index(world: World) -> None:
    wanted = select(Media.id).where(indexed([local(world.gallery)], ["lecture"], ["design"]))
    if world.settings.database_url.startswith("sqlite"):
        plan = await world.database.reads.rows(text(f"EXPLAIN QUERY PLAN {compiled(wanted, 'sqlite')}"))
        assert "media_search VIRTUAL TABLE INDEX 0:M" in " ".join(str(row) for row in plan)
        return

    async def explain(tx: Transaction) -> str:
        await tx.execute(text("SET LOCAL enable_seqscan = off"))  # with six rows PostgreSQL prefers a sequential scan
        return " ".join(await tx.values(text(f"EXPLAIN {compiled(wanted, 'postgresql')}")))

    assert "ix_media_search_words" in await world.database.transact(THE_SERVER, "test", explain)


DIALECTS: dict[str, Callable[[], Dialect]] = {"postgresql": postgresql.dialect, "sqlite": sqlite.dialect}


def compiled(statement: Any, dialect: str) -> str:
    of = DIALECTS[dialect]()
    return str(statement.compile(dialect=of, compile_kwargs={"literal_binds": True})).replace(":", r"\:")


async def test_a_hidden_medium_is_not_found_by_searching_for_it(world: World) -> None:
    """Rule 16: the page info does not reveal it either."""
    (crane,) = await ids_of(world, CRANE)
    assert await node(world, "student-020", crane) is None
    page = (await world.query("student-020", LIST, id=world.gallery, filter={"search": "crane"}, first=1))["gallery"]
    assert page["media"]["edges"] == []
    assert page["media"]["pageInfo"]["hasNextPage"] is False


@given(value=st.text(max_size=80))
def test_words_are_words_of_themselves(value: str) -> None:
    """Stored text and searches are split into the same words."""
    words = words_of(value)
    assert words_of(" ".join(words)) == words
    assert words_of("\U0001d54aing") == ["sing"]
    assert words_of(value.swapcase()) == words_of(value.swapcase().casefold())
