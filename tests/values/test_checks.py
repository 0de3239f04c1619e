"""Running all checks of an input, so that a refusal names every wrong field."""

import pytest

from models.errors import Invalid, NotFound, Refusal, not_found
from models.values.checks import all_invalid

WRONG_TITLE, WRONG_URL = Invalid("No.", "input", "title"), Invalid("Never.", "input", "url")
MISSING = not_found("medium", "input", "mediaId")


def refuse(refusal: Refusal) -> None:
    raise refusal


def run(*refusals: Refusal) -> None:
    with all_invalid() as check:
        for each in refusals:
            check(refuse, each)


def run_within(*refusals: Refusal) -> None:
    with all_invalid() as check:
        check(run, *refusals)
        check(refuse, Invalid("No.", "input", "last"))


def faults(of: Invalid) -> dict[str, str]:
    return {".".join(each.field or ()): each.message for each in of.faults}


def test_all_faults_are_raised_together_each_field_once() -> None:
    with pytest.raises(Invalid) as raised:
        run(WRONG_TITLE, WRONG_URL, Invalid("Not at all.", "input", "title"))
    assert faults(raised.value) == {"input.title": "No.", "input.url": "Never."}


def test_checks_within_checks_are_raised_with_the_others() -> None:
    with pytest.raises(Invalid) as raised:
        run_within(WRONG_TITLE, WRONG_URL)
    assert faults(raised.value).keys() == {"input.title", "input.url", "input.last"}


def test_what_is_not_found_is_raised_where_nothing_is_invalid() -> None:
    with pytest.raises(Invalid):
        run(MISSING, WRONG_TITLE)
    with pytest.raises(NotFound):
        run(MISSING)


def test_good_values_are_returned_and_what_is_not_given_is_not_checked() -> None:
    with all_invalid() as check:
        assert check(int, "5") == 5
        assert check.given(int, "5") == 5
        assert check.given(int, None) is None
