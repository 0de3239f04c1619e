"""Rule 20: a text shows something, covers nothing, and turns nothing around it; a link has a host with one reading."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import Invalid
from models.tables.interactions import InteractionKind, OptionWording
from models.values.appearance import MARKS_LIMIT, turns_its_surroundings
from models.values.emails import clean_email
from models.values.lists import clean_tags
from models.values.text import DESCRIPTION_LIMIT, TITLE_LIMIT, accepted, clean_line, clean_message, clean_text
from models.values.urls import clean_url
from resolvers.interaction_questions import QuestionDraft, written
from tests.inputs.addresses import NO_ADDRESSES, NO_EMAILS
from tests.inputs.odd_texts import TURNING, UNSEEN
from tests.inputs.real_texts import ADDRESSES, LINKS, NAMES

CLEANERS: dict[str, Callable[[str], str]] = {
    "line": lambda value: clean_line(value, TITLE_LIMIT, "input", "title"),
    "text": lambda value: clean_text(value, DESCRIPTION_LIMIT, "input", "title"),
    "empty text": lambda value: clean_text(value, DESCRIPTION_LIMIT, "input", "title", may_be_empty=True),
    "message": lambda value: clean_message(value, "input", "title"),
    "tag": lambda value: clean_tags([value], "input", "title")[0],
}
each_cleaner = pytest.mark.parametrize("clean", CLEANERS.values(), ids=list(CLEANERS))


@each_cleaner
def test_names_of_many_scripts_are_stored_as_they_are_written(clean: Callable[[str], str]) -> None:
    assert len(NAMES) > 150
    for name in NAMES:
        assert clean(name) == unicodedata.normalize("NFC", name)


@each_cleaner
@pytest.mark.parametrize("text", UNSEEN.values(), ids=list(UNSEEN))
def test_what_nobody_can_read_is_refused_by_name(clean: Callable[[str], str], text: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean(text)
    assert refused.value.field
    assert refused.value.field[:2] == ["input", "title"]


@pytest.mark.parametrize("text", TURNING.values(), ids=list(TURNING))
def test_what_turns_the_page_around_it_is_refused_except_as_a_message(text: str) -> None:
    """Pages show each message by itself (docs/chat.md)."""
    refused = {name for name, clean in CLEANERS.items() if accepted(clean, text) is None}
    assert refused == CLEANERS.keys() - {"message"}


def test_a_character_may_have_a_few_marks_and_each_character_its_own() -> None:
    few = "\u0330" * MARKS_LIMIT
    assert clean_line(f"q{few}q{few}", TITLE_LIMIT) == f"q{few}q{few}"
    for many in (f"q{few}\u0330", f"q{few}\u200d\u0330", f"q{few}\u20dd", "q" + "\u0330" * 150):
        assert accepted(clean_message, many) is None


def test_a_direction_is_closed_on_its_own_line() -> None:
    assert clean_text("\u2067a\u2069\n\u2067b\u2069", TITLE_LIMIT)
    for across in ("\u2067a\nb\u2069", "\u202ba\u2029b\u202c"):
        assert accepted(CLEANERS["text"], across) is None


DIRECTIONS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@given(st.text(st.sampled_from(DIRECTIONS + "ab\n"), max_size=12), st.text(st.sampled_from("xy"), min_size=1))
def test_an_accepted_text_leaves_no_direction_open_for_what_follows(text: str, after: str) -> None:
    """Checks by counting: closed texts have as many ends as beginnings, in each line and each kind."""
    if not turns_its_surroundings(text):
        for line in text.split("\n"):
            assert sum(map(line.count, DIRECTIONS[:2] + DIRECTIONS[3:5])) == line.count("\u202c")
            assert sum(map(line.count, DIRECTIONS[5:8])) == line.count("\u2069")
        assert not turns_its_surroundings(text + after)


def options_of(texts: list[str]) -> tuple[OptionWording, ...]:
    (question,) = written(InteractionKind.CHOICE, [QuestionDraft("Which?", options=texts)])
    return question.options


def test_options_that_look_alike_are_one_and_those_that_differ_in_case_are_two() -> None:
    assert [option.text for option in options_of(["m", "M"])] == ["m", "M"]
    for alike in (["one", "o\u200bne"], ["\u2764", "\u2764\ufe0f"], ["e\u0301", "\u00e9"]):
        with pytest.raises(Invalid) as refused:
            options_of(alike)
        assert refused.value.field == ["input", "questions", "0", "options", "1"]


def test_links_are_stored_as_they_are_written() -> None:
    for link in LINKS:
        assert clean_url(link) == link
    for address in ADDRESSES:
        assert clean_email(address) == address


@pytest.mark.parametrize("address", NO_ADDRESSES, ids=lambda address: ascii(address)[:40])
def test_a_link_that_could_lead_elsewhere_is_refused(address: str) -> None:
    assert accepted(clean_url, address) is None


def test_an_address_of_another_domain_than_it_shows_is_refused() -> None:
    assert [address for address in NO_EMAILS if accepted(clean_email, address)] == []
