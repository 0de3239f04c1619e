"""Questions of each kind and the answers to them, in the model of interactions (rules 74, 77, 79, 80)."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

KINDS = ["CHOICE", "QUIZ", "RATING", "TEXT", "WORDS", "VOTE", "SURVEY"]
MOST_WORDS = 3

Part: TypeAlias = tuple[int | str, ...]
"""The answer to one question: places of options (of a RATING, its value minus one), words, or one text."""


@dataclass(frozen=True)
class Question:
    """A question. `options` is 0 where people write their answers."""

    kind: str
    options: int = 0
    multiple: bool = False
    right: frozenset[int] = frozenset()


def asked(kind: str, size: int, *, multiple: bool) -> tuple[Question, ...]:
    """Returns the questions of an interaction of this kind. `size` is from 2 to 4."""
    choice, rating = Question("CHOICE", size, multiple), Question("RATING", size + 1)
    match kind:
        case "CHOICE":
            return (choice,)
        case "QUIZ":
            return (Question("QUIZ", size, multiple, frozenset({0, 1} if multiple else {0})),)
        case "RATING":
            return (rating,)
        case "VOTE":
            return (Question("VOTE", 1),)
        case "SURVEY":
            return choice, rating, Question("TEXT")
    return (Question(kind),)


def fault(question: Question, part: Part) -> str:
    """Returns the code of what is wrong with an answer to the question; an empty string if it is valid."""
    match question.kind:
        case "TEXT":
            return "" if str(part[0]).strip() else "INVALID"
        case "WORDS":
            several = len({folded(each) for each in part}) == len(part)
            return "" if 0 < len(part) <= MOST_WORDS and several else "INVALID"
        case "RATING":
            return "" if 0 <= int(part[0]) < question.options else "INVALID"
    if not part or len(set(part)) < len(part):
        return "INVALID"
    if any(int(place) >= question.options for place in part):
        return "NOT_FOUND"
    return "INVALID" if len(part) > 1 and not question.multiple else ""


def folded(word: str | int) -> str:
    return str(word).strip().lower()


def some_answer(random: Random, questions: Sequence[Question]) -> list[Part]:
    """Returns an answer to each question. At most one of them is not valid."""
    parts = [_some_part(random, each) for each in questions]
    wrong = [place for place, each in enumerate(questions) if fault(each, parts[place])]
    for place in wrong[1:]:
        parts[place] = ("A text",) if questions[place].kind == "TEXT" else (0,)
    return parts


def _some_part(random: Random, question: Question) -> Part:
    match question.kind:
        case "TEXT":
            return (random.choice(["Yes", "Yes", "No", "Perhaps", " "]),)
        case "WORDS":
            return tuple(
                random.choices(["Air", "AIR", "line", "Dot", "dot "], k=random.choice([0, 1, 1, 1, 2, 2, 3, 4]))
            )
        case "RATING":
            return (random.choice([0, 0, 1, 2, 2, question.options]),)
        case "VOTE":
            return (random.choice([0] * 7 + [1]),)
    return tuple(random.choices(range(4), weights=[5, 5, 3, 1], k=random.choice([0, *[1] * 12, 2, 2, 3])))
