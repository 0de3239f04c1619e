"""What a question of each kind takes, and what an answer to it may hold (rules 20, 74, 77, 80), without a server."""

from typing import Any

import pytest

from models.errors import Refusal
from models.storage.base import new_id
from models.tables.interactions import MOST_QUESTIONS, InteractionKind, QuestionWording
from resolvers.answer_checks import GivenPart, checked
from resolvers.interaction_questions import QuestionDraft, written

TWO = ["one", "two"]
QUIZ: dict[str, Any] = {"options": TWO, "right_options": [0]}
GOOD: dict[str, dict[str, Any]] = {
    "CHOICE": {"options": TWO},
    "QUIZ": QUIZ,
    "RATING": {"highest": 5},
    "TEXT": {},
    "WORDS": {},
    "VOTE": {"emoji": "\U0001f44f"},
}
BAD: list[tuple[str, dict[str, Any], list[str]]] = [
    ("CHOICE", {"options": None}, ["options"]),
    ("CHOICE", {"options": ["one"]}, ["options"]),
    ("CHOICE", {"options": [f"option {number}" for number in range(11)]}, ["options"]),
    ("CHOICE", {"options": ["one", "two", " one\u3000"]}, ["options", "2"]),
    ("CHOICE", {"options": ["caf\u00e9", "cafe\u0301"]}, ["options", "1"]),
    ("CHOICE", {"options": ["one", ""]}, ["options", "1"]),
    ("CHOICE", {"options": ["one", "x" * 201]}, ["options", "1"]),
    ("CHOICE", {"options": ["one", "two\nlines"]}, ["options", "1"]),
    ("CHOICE", {"right_options": [0]}, ["rightOptions"]),
    ("CHOICE", {"explanation": "So."}, ["explanation"]),
    ("CHOICE", {"emoji": "\U0001f44f"}, ["emoji"]),
    ("CHOICE", {"kind": InteractionKind.QUIZ}, ["kind"]),
    ("QUIZ", {"right_options": None}, ["rightOptions"]),
    ("QUIZ", {"right_options": []}, ["rightOptions"]),
    ("QUIZ", {"right_options": [2]}, ["rightOptions", "0"]),
    ("QUIZ", {"right_options": [-1]}, ["rightOptions", "0"]),
    ("QUIZ", {"right_options": [0, 0], "multiple_answers": True}, ["rightOptions", "1"]),
    ("QUIZ", {"right_options": [0, 1]}, ["rightOptions"]),
    ("QUIZ", {"explanation": "x" * 1_001}, ["explanation"]),
    ("RATING", {"highest": None}, ["highest"]),
    ("RATING", {"highest": 2}, ["highest"]),
    ("RATING", {"highest": 11}, ["highest"]),
    ("RATING", {"lowest_label": ""}, ["lowestLabel"]),
    ("RATING", {"highest_label": "x" * 101}, ["highestLabel"]),
    ("RATING", {"options": TWO}, ["options"]),
    ("TEXT", {"multiple_answers": True}, ["multipleAnswers"]),
    ("WORDS", {"options": TWO}, ["options"]),
    ("VOTE", {"emoji": None}, ["emoji"]),
    ("VOTE", {"emoji": "no"}, ["emoji"]),
    ("VOTE", {"emoji": "\U0001f44f\U0001f44f"}, ["emoji"]),
    *((kind, {"text": text}, ["text"]) for kind in GOOD for text in ("", " \n", "x" * 501, "a\x00b")),
]


def draft(of: str, **more: Any) -> QuestionDraft:
    return QuestionDraft(**({"text": f"{of}?"} | GOOD[of] | more))


def asked(of: str, **more: Any) -> list[QuestionWording]:
    return written(InteractionKind(of), [draft(of, **more)])


@pytest.mark.parametrize(("kind", "more", "field"), BAD)
def test_a_question_that_does_not_fit_its_kind_is_refused_by_name(
    kind: str, more: dict[str, Any], field: list[str]
) -> None:
    """Rule 74."""
    with pytest.raises(Refusal) as refused:
        asked(kind, **more)
    assert (refused.value.code, refused.value.field) == ("INVALID", ["input", "questions", "0", *field])


@pytest.mark.parametrize("kind", GOOD)
def test_only_a_survey_has_several_questions(kind: str) -> None:
    """Rule 74: and a survey has up to 20, of three kinds, each of which says its own."""
    for drafts in ([], [draft(kind)] * 2):
        with pytest.raises(Refusal) as refused:
            written(InteractionKind(kind), drafts)
        assert refused.value.field == ["input", "questions"]
    part = draft(kind, kind=InteractionKind(kind))
    if kind in ("CHOICE", "RATING", "TEXT"):
        assert len(written(InteractionKind.SURVEY, [part] * MOST_QUESTIONS)) == MOST_QUESTIONS
        for count in (0, MOST_QUESTIONS + 1):
            with pytest.raises(Refusal) as refused:
                written(InteractionKind.SURVEY, [part] * count)
            assert refused.value.field == ["input", "questions"]
    else:
        with pytest.raises(Refusal) as refused:
            written(InteractionKind.SURVEY, [draft("TEXT", kind=InteractionKind.TEXT), part])
        assert refused.value.field == ["input", "questions", "1", "kind"]


TAKES = {
    "CHOICE": "option_ids",
    "QUIZ": "option_ids",
    "VOTE": "option_ids",
    "RATING": "rating",
    "TEXT": "text",
    "WORDS": "words",
}
NAMES = {"option_ids": "optionIds", "rating": "rating", "text": "text", "words": "words"}
VALUES: dict[str, Any] = {"option_ids": [new_id()], "rating": 1, "text": "Yes", "words": ["yes"]}


@pytest.mark.parametrize("kind", GOOD)
def test_an_answer_has_what_the_kind_takes_and_nothing_else(kind: str) -> None:
    """Rule 77: what is missing, and what is too much, is refused by name."""
    questions = asked(kind)
    for name, value in VALUES.items():
        if name == TAKES[kind]:
            continue
        for given in ({name: value}, {name: value, TAKES[kind]: VALUES[TAKES[kind]]}):
            assert refusal(questions, GivenPart(**given)) == ["0", NAMES[name]]
    if kind != "VOTE":
        assert refusal(questions, GivenPart()) == ["0", NAMES[TAKES[kind]]]
        assert refusal(questions) == []


def refusal(questions: list[QuestionWording], *parts: GivenPart, refused_words: list[str] | None = None) -> list[str]:
    """Returns the field of the refusal, below `answers`."""
    with pytest.raises(Refusal) as refused:
        checked(questions, parts, refused_words or [])
    assert refused.value.field
    assert refused.value.field[:2] == ["input", "answers"]
    return refused.value.field[2:]


def test_a_vote_needs_nothing() -> None:
    """Rule 74: it has one option, which may be named."""
    questions = asked("VOTE")
    (option,) = questions[0].options
    for parts in ([], [GivenPart()], [GivenPart(option_ids=[option.id])]):
        assert checked(questions, parts, []).options == [option.id]
    assert refusal(questions, GivenPart(), GivenPart()) == ["1", "questionId"]


def test_a_rating_is_a_value_of_its_scale() -> None:
    """Rule 74."""
    questions = asked("RATING", highest=3)
    assert [checked(questions, [GivenPart(rating=value)], []).options for value in (1, 2, 3)] == [
        [option.id] for option in questions[0].options
    ]
    for value in (0, 4, -1, 2**31 - 1):
        assert refusal(questions, GivenPart(rating=value)) == ["0", "rating"]


def test_a_quiz_is_right_only_with_exactly_the_right_options() -> None:
    """Rule 79."""
    questions = asked("QUIZ", options=["one", "two", "three"], right_options=[0, 2], multiple_answers=True)
    one, two, three = (option.id for option in questions[0].options)
    for chosen, right in (([one, three], True), ([three, one], True), ([one], False), ([one, two, three], False)):
        assert checked(questions, [GivenPart(option_ids=chosen)], []).is_right is right


def test_words_are_compared_without_case_and_form() -> None:
    """Rules 74, 80: two that are the same, and what the site refuses, are refused by their index."""
    questions = asked("WORDS")
    (word,) = checked(questions, [GivenPart(words=[" \uff32hythm "])], []).words
    assert (word.text, word.word) == ("\uff32hythm", "rhythm")
    for words, field in (
        ([], []),
        (["a", "b", "c", "d"], []),
        (["Air", "AIR"], ["1"]),
        (["air", "a\u200bir"], ["1"]),
        (["x" * 31], ["0"]),
        (["air", "two\nlines"], ["1"]),
        (["air", "Damn"], ["1"]),
        (["damn it"], ["0"]),
        (["\uff24amn!"], ["0"]),
    ):
        part = GivenPart(words=words)
        assert refusal(questions, part, refused_words=["DAMN"]) == ["0", "words", *field], words
    assert checked(questions, [GivenPart(words=["goddamn"])], ["damn"]).words


def test_a_survey_is_answered_as_a_whole() -> None:
    """Rule 74: each question once, in any order, by its id."""
    parts = [draft(kind, kind=InteractionKind(kind)) for kind in ("RATING", "TEXT")]
    questions = written(InteractionKind.SURVEY, parts)
    rating, text = (each.id for each in questions)
    both = [GivenPart(text, text="Fine"), GivenPart(rating, rating=4)]
    answer = checked(questions, both, [])
    assert (len(answer.options), answer.texts) == (1, {text: "Fine"})
    assert refusal(questions, both[0]) == []
    assert refusal(questions, both[0], GivenPart(rating=4)) == ["1", "questionId"]
    assert refusal(questions, *both, GivenPart(rating, rating=5)) == ["2", "questionId"]
    assert refusal(questions, GivenPart(new_id(), text="Fine")) == ["0", "questionId"]
