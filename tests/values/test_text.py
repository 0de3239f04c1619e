"""Rule 20: text is trimmed, NFC-normalised, bounded, and free of control characters; it is returned as stored."""

import unicodedata
from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, assume, given, reject, settings
from hypothesis import strategies as st

from models.errors import Invalid
from models.values import text as texts
from models.values.appearance import without_directions
from models.values.text import accepted, clean_line, clean_text, shortened, sort_key
from tests.support.world import CREATE, World

LIMIT = 40
CONTROLS = "".join(map(chr, (*range(9), 11, 12, *range(14, 32), *range(127, 160))))
MARKS = "\u0301\u0327\u0345\u0315"
TRICKY = f"aE\u212b\uac01\u1100\u1161\u11a8\u1f82\u00df\ufb03\u200d\u202e\u2066\ufeff\u3000 {MARKS}\U0001f469"

anything = st.text(st.characters() | st.sampled_from(TRICKY + CONTROLS + "\r\n\t"), max_size=2 * LIMIT)
plain = st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from(TRICKY), min_size=1, max_size=LIMIT)
cleaners: list[Callable[[str], str]] = [
    lambda value: clean_line(value, LIMIT, "input", "title"),
    lambda value: clean_text(value, LIMIT, "input", "title"),
]
each_cleaner = pytest.mark.parametrize("clean", cleaners, ids=["line", "text"])


@each_cleaner
@given(value=anything)
def test_rule_20_what_is_accepted_is_trimmed_normal_bounded_and_cleaned_only_once(
    clean: Callable[[str], str], value: str
) -> None:
    try:
        cleaned = clean(value)
    except Invalid:
        reject()
    assert cleaned == cleaned.strip() != ""
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not {each for each in cleaned if unicodedata.category(each) in {"Cc", "Cs"}} - {"\n", "\t"}
    assert len(cleaned) <= LIMIT
    assert clean(cleaned) == cleaned


@each_cleaner
@given(value=plain)
def test_rule_20_nothing_but_the_spelling_of_a_plain_text_is_changed(clean: Callable[[str], str], value: str) -> None:
    assume(accepted(clean, value))
    assert unicodedata.normalize("NFD", clean(value)) == unicodedata.normalize("NFD", value).strip()


@each_cleaner
@given(value=plain, bad=st.sampled_from(CONTROLS) | st.characters(categories=["Cs"]), at=st.floats(0, 1))
def test_rule_20_control_characters_and_lone_surrogates_are_refused_wherever_they_stand(
    clean: Callable[[str], str], value: str, bad: str, at: float
) -> None:
    place = round(at * len(value))
    with pytest.raises(Invalid) as refused:
        clean(f"x{value[:place]}{bad}{value[place:]}x")
    assert refused.value.field == ["input", "title"]


def test_rule_20_line_breaks_and_tabs_belong_to_texts_and_not_to_lines() -> None:
    assert clean_text("one\r\ntwo\n\tthree", LIMIT) == "one\ntwo\n\tthree"
    for broken in ("one\ntwo", "one\ttwo", "one\r\ntwo"):
        with pytest.raises(Invalid):
            clean_line(broken, LIMIT)


@pytest.mark.parametrize("letter", ["a", "e\u0301", "\u1112\u1161\u11ab", "\u03b1\u0313\u0300\u0345"])
@each_cleaner
def test_rule_20_a_limit_counts_the_characters_that_are_stored(clean: Callable[[str], str], letter: str) -> None:
    assert len(clean(f"  {letter * LIMIT}  ")) == LIMIT
    with pytest.raises(Invalid):
        clean(letter * (LIMIT + 1))


@each_cleaner
def test_a_text_that_no_normalising_brings_below_the_limit_is_not_normalised(
    clean: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "unicodedata", None)  # normalising so many marks takes quadratic time
    with pytest.raises(Invalid, match="longer than"):
        clean(MARKS[:2] * (2 * LIMIT + 1))


@given(value=plain)
def test_order_and_search_ignore_letter_case_and_compatibility_forms(value: str) -> None:
    assert (
        sort_key(value)
        == sort_key(unicodedata.normalize("NFD", value))
        == sort_key(unicodedata.normalize("NFC", value))
    )
    assert sort_key("\uff2cecture \ufb01ve") == sort_key("LECTURE FIVE")


storable = st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from(f"{TRICKY}\n\t"), min_size=1)
some = settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


READ = "query ($room: ID!) { room(id: $room) { messages(last: 1) { edges { node { text } } } } }"
FIND = "query ($search: String) { galleries(search: $search, orderBy: NEWEST) { edges { node { title } } } }"
COURSE = "query ($course: String!) { gallery(by: {externalId: $course}) { title description externalId } }"


@some
@given(value=storable)
async def test_rule_20_a_message_comes_back_exactly_as_it_was_stored(world: World, value: str) -> None:
    assume(accepted(texts.clean_message, value))
    await world.enter("moderator")
    stored = (await world.post("moderator", value))["message"]["text"]
    assert stored == clean_text(value, texts.MESSAGE_LIMIT)
    (edge,) = (await world.query("moderator", READ, room=world.room))["room"]["messages"]["edges"]
    assert edge["node"]["text"] == stored


@some
@given(title=plain, description=storable)
async def test_rule_20_a_gallerys_texts_come_back_exactly_as_they_were_stored(
    world: World, title: str, description: str
) -> None:
    assume(accepted(lambda value: clean_line(value, texts.TITLE_LIMIT), title))
    assume(
        accepted(lambda value: clean_text(value, texts.DESCRIPTION_LIMIT, may_be_empty=True), description) is not None
    )
    course = await create(world, title=title, description=description)
    assert (await world.query("manager", COURSE, course=course))["gallery"] == {
        "title": clean_line(title, texts.TITLE_LIMIT),
        "description": clean_text(description, texts.DESCRIPTION_LIMIT, may_be_empty=True),
        "externalId": course,
    }


@pytest.mark.parametrize("search", ["%", "_", "\\", "0% _d", "DONE\\"])
async def test_what_is_special_to_the_database_is_searched_for_as_it_stands(world: World, search: str) -> None:
    await create(world, title="100% _done\\")
    await create(world, title="1000 x Done")
    found = (await world.query("manager", FIND, search=search))["galleries"]["edges"]
    assert [edge["node"]["title"] for edge in found] == ["100% _done\\"]


async def test_the_longest_title_in_the_widest_letters_is_stored_and_found(world: World) -> None:
    title = "".join(map(chr, range(0x3300, 0x33C8)))  # each is up to six characters in sort keys
    await create(world, title=title)
    found = (await world.query("manager", FIND, search=title))["galleries"]["edges"]
    assert [edge["node"]["title"] for edge in found] == [title]


async def create(world: World, **given: str) -> str:
    """Creates a gallery of the manager's. Returns its external id."""
    course = f"course {next(numbers)}"
    manager = (await world.query("manager", "{ viewer { id } }"))["viewer"]["id"]
    form = {"managerIds": [manager], "externalId": course, **given}
    await world.mutate("manager", CREATE, world.settings.admin_scope, input=form)
    return course


numbers = count()


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("paper", 5, "paper"),
        ("paper crane", 7, "paper\u2026"),
        ("paper crane", 8, "paper c\u2026"),
        ("ae\u0323\u0302b", 3, "a\u2026"),  # a letter with two marks
        ("a\U0001f469\u200d\U0001f680 x", 4, "a\u2026"),  # a woman joined to a rocket
        ("a\U0001f44b\U0001f3fd x", 3, "a\u2026"),  # a hand with a skin tone
        ("\U0001f1e9\U0001f1f0\U0001f1f8\U0001f1ea x", 4, "\U0001f1e9\U0001f1f0\u2026"),  # two flags
        ("e" + "\u0323" * 9, 5, "\u2026"),
    ],
)
def test_what_is_cut_is_cut_between_what_is_read_as_one(text: str, limit: int, short: str) -> None:
    assert shortened(text, limit) == short


@given(value=plain, limit=st.integers(1, LIMIT))
def test_what_is_cut_keeps_to_its_limit_and_stays_normal(value: str, limit: int) -> None:
    """Rule 20."""
    text = unicodedata.normalize("NFC", value)
    short = shortened(text, limit)
    assert len(short) <= limit
    assert unicodedata.is_normalized("NFC", short)
    assert short == text if len(text) <= limit else without_directions(text).startswith(without_directions(short[:-1]))


def test_what_is_cut_inside_an_isolate_turns_nothing() -> None:
    """Rule 20: the end of the isolate may be cut off, and the rest of the page would be turned."""
    assert shortened("\u2067\u05d0\u05d1\u05d2\u2069 lecture", 4) == "\u05d0\u05d1\u2026"
    assert shortened("\u2067\u05d0\u2069 lecture", 5) == "\u2067\u05d0\u2069\u2026"
