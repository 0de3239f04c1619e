"""What an answer may hold: one part for each question, which has what the question's kind takes (rules 74, 77, 80)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from models.errors import Invalid, not_found, together
from models.tables.interactions import (
    MOST_OPTIONS,
    MOST_QUESTIONS,
    MOST_WORDS,
    TEXT_LIMIT,
    WORD_LIMIT,
    InteractionKind,
    QuestionWording,
)
from models.values.checks import all_invalid
from models.values.lists import bounded, checked_list
from models.values.text import clean_line, clean_text, word_key

FIELD = ("input", "answers")
Field = tuple[str, ...]
Kind = InteractionKind


@dataclass(frozen=True, slots=True)
class GivenPart:
    """What somebody gives for one question. None means that a value is not given."""

    question_id: UUID | None = None
    option_ids: Sequence[UUID] | None = None
    rating: int | None = None
    text: str | None = None
    words: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it was written, and the form in which words are compared."""

    text: str
    word: str


@dataclass
class Answer:
    """A valid answer: options, words that become options, and texts by question."""

    options: list[UUID] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    texts: dict[UUID, str] = field(default_factory=dict)
    is_right: bool | None = None


_TAKES = {
    Kind.CHOICE: "option_ids",
    Kind.QUIZ: "option_ids",
    Kind.VOTE: "option_ids",
    Kind.RATING: "rating",
    Kind.TEXT: "text",
    Kind.WORDS: "words",
}
_PARTS = {"option_ids": "optionIds", "rating": "rating", "text": "text", "words": "words"}


def checked(questions: Sequence[QuestionWording], given: Sequence[GivenPart], refused_words: Sequence[str]) -> Answer:
    """Returns the answer. Raises Invalid, or NOT_FOUND for an id of another interaction, naming the part and its field."""
    if not given and questions[0].kind is Kind.VOTE:
        given = [GivenPart()]
    bounded(given, MOST_QUESTIONS, *FIELD)
    answer, answered = Answer(), set[UUID]()
    with all_invalid() as check:
        for place, part in enumerate(given):
            field_of = (*FIELD, str(place))
            question = check(_question, questions, part, field_of)
            if question:
                check(_once, answered, question, field_of)
                check(_add, answer, question, part, refused_words, field_of)
    if len(answered) < len(questions):
        raise Invalid("Answer each question of this interaction.", *FIELD)
    return answer


def _once(answered: set[UUID], question: QuestionWording, field_of: Field) -> None:
    if question.id in answered:
        raise Invalid("This question is answered twice.", *field_of, "questionId")
    answered.add(question.id)


def _question(questions: Sequence[QuestionWording], part: GivenPart, field_of: Field) -> QuestionWording:
    if part.question_id is None and len(questions) == 1:
        return questions[0]
    for question in questions:
        if question.id == part.question_id:
            return question
    if part.question_id is None:
        raise Invalid("Say which question this answers.", *field_of, "questionId")
    raise not_found("question", *field_of, "questionId")


def _add(
    answer: Answer, question: QuestionWording, part: GivenPart, refused_words: Sequence[str], field_of: Field
) -> None:
    with all_invalid() as check:
        check(_only_what_it_takes, question, part, field_of)
        check(_add_taken, answer, question, part, refused_words, field_of)


def _only_what_it_takes(question: QuestionWording, part: GivenPart, field_of: Field) -> None:
    takes = _TAKES[question.kind]
    unfit = [shown for name, shown in _PARTS.items() if name != takes and getattr(part, name) is not None]
    if unfit:
        message = f"A question of kind {question.kind} is not answered by this."
        raise together([Invalid(message, *field_of, shown) for shown in unfit])


def _add_taken(
    answer: Answer, question: QuestionWording, part: GivenPart, refused_words: Sequence[str], field_of: Field
) -> None:
    match question.kind:
        case Kind.TEXT:
            answer.texts[question.id] = clean_text(part.text or "", TEXT_LIMIT, *field_of, "text")
        case Kind.WORDS:
            answer.words += _words(part.words or (), refused_words, *field_of, "words")
        case Kind.RATING:
            answer.options.append(_rating(question, part.rating, *field_of, "rating"))
        case _:
            chosen = _chosen(question, part.option_ids, *field_of, "optionIds")
            answer.options += chosen
            if question.kind is Kind.QUIZ:
                answer.is_right = set(chosen) == {each.id for each in question.options if each.is_right}


def _chosen(question: QuestionWording, option_ids: Sequence[UUID] | None, *field_of: str) -> Sequence[UUID]:
    if option_ids is None and question.kind is Kind.VOTE:
        return [question.options[0].id]
    chosen = checked_list(option_ids or (), MOST_OPTIONS, *field_of)
    known = {each.id for each in question.options}
    for place, each in enumerate(chosen):
        if each not in known:
            raise not_found("option", *field_of, str(place))
    if len(chosen) > 1 and not question.multiple_answers:
        raise Invalid("Choose exactly one option of this question.", *field_of)
    return chosen


def _rating(question: QuestionWording, value: int | None, *field_of: str) -> UUID:
    if value is None or not 1 <= value <= len(question.options):
        raise Invalid(f"This must be between 1 and {len(question.options)}.", *field_of)
    return question.options[value - 1].id


def _words(values: Sequence[str], refused_words: Sequence[str], *field_of: str) -> list[Word]:
    if len(values) > MOST_WORDS:
        raise Invalid(f"Give at most {MOST_WORDS} words.", *field_of)
    with all_invalid() as check:
        cleaned = [check(clean_line, value, WORD_LIMIT, *field_of, str(place)) for place, value in enumerate(values)]
    words = [Word(text, word_key(text)) for text in cleaned]
    checked_list(words, MOST_WORDS, *field_of, key=lambda each: each.word)
    refused = _refused(tuple(refused_words))
    for place, each in enumerate(words):
        if refused & {each.word, *re.findall(r"\w+", each.word)}:
            raise Invalid("The site does not accept this word.", *field_of, str(place))
    return words


@lru_cache(8)
def _refused(words: tuple[str, ...]) -> frozenset[str]:
    # The site's list changes rarely. Each answer holds the gallery's lock, in which 500 words would take milliseconds.
    return frozenset(map(word_key, words))
