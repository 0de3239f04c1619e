"""Which texts are one emoji (rule 55)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import Invalid
from models.values.emoji import one_emoji
from tests.inputs.odd_texts import NOT_ONE

EMOJI = {
    "👍": "👍", "👍🏽": "👍🏽", "🎉": "🎉", "🥰": "🥰", " 🎉\n": "🎉",
    "a heart": "❤️", "a heart without a selector": "\u2764", "a pointing hand": "☝🏿", "trademark": "™️",
    "a family": "👨‍👩‍👧‍👦", "a couple": "👩🏻‍❤️‍💋‍👨🏿", "a profession": "👩🏽‍⚕️", "a rainbow flag": "🏳️‍🌈",
    "a country": "🇨🇭", "a nation": "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "a keycap": "#️⃣", "a keycap without a selector": "1\u20e3", "a pirate": "🏴‍☠️",
}  # fmt: skip


@pytest.mark.parametrize("text", EMOJI.values(), ids=list(EMOJI))
def test_what_is_one_emoji_is_taken_as_unicode_qualifies_it(text: str) -> None:
    """Rule 55."""
    taken = one_emoji(text)
    assert one_emoji(taken) == taken
    assert taken.replace("\ufe0f", "") == text.strip().replace("\ufe0f", "")
    assert one_emoji(taken.replace("\ufe0f", "")) == taken


def test_a_selector_stands_where_it_belongs() -> None:
    assert one_emoji("\u2764") == "\u2764\ufe0f"
    assert one_emoji("1\u20e3") == "1\ufe0f\u20e3"
    assert one_emoji("👍\ufe0f") == "👍"
    assert one_emoji("\u261d\ufe0f🏿") == "\u261d🏿"
    assert one_emoji("👩\u200d\u2764\u200d👩") == "👩\u200d\u2764\ufe0f\u200d👩"


@pytest.mark.parametrize("text", NOT_ONE.values(), ids=list(NOT_ONE))
def test_what_is_not_one_emoji_is_refused(text: str) -> None:
    """Rule 55: words, digits, single parts of emoji, several at once, and lookalikes."""
    with pytest.raises(Invalid) as refused:
        one_emoji(text, "input", "emoji")
    assert refused.value.field == ["input", "emoji"]


@given(st.text(st.characters() | st.sampled_from("👍👩🏽🇨🇭❤1#\u200d\ufe0f\u20e3🏴"), max_size=12))
def test_whatever_is_taken_is_short_and_taken_again(text: str) -> None:
    try:
        taken = one_emoji(text)
    except Invalid:
        return
    assert one_emoji(taken) == taken
    assert 1 <= len(taken) <= 20
    assert not any(char.isalpha() for char in taken.replace("\u2139", ""))
