"""The questions of an interaction: what each kind takes (rules 74, 20), and how questions are stored."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import delete, insert

from models.database.transaction import Transaction
from models.errors import Invalid, together
from models.storage.base import new_id
from models.tables.interactions import (
    EXPLANATION_LIMIT,
    FEWEST_OPTIONS,
    FEWEST_VALUES,
    LABEL_LIMIT,
    MOST_OPTIONS,
    MOST_QUESTIONS,
    MOST_VALUES,
    OF_SURVEYS,
    OPTION_LIMIT,
    QUESTION_LIMIT,
    InteractionKind,
    InteractionOption,
    InteractionQuestion,
    OptionWording,
    QuestionWording,
)
from models.values.appearance import visible
from models.values.checks import all_invalid
from models.values.emoji import one_emoji
from models.values.lists import bounded, checked_list
from models.values.text import clean_line, clean_text

FIELD = ("input", "questions")
Field = tuple[str, ...]
Kind = InteractionKind


@dataclass(frozen=True, slots=True)
class QuestionDraft:
    """A question as a chat moderator writes it. None means that a value is not given."""

    text: str
    kind: InteractionKind | None = None
    options: Sequence[str] | None = None
    right_options: Sequence[int] | None = None
    multiple_answers: bool | None = None
    highest: int | None = None
    lowest_label: str | None = None
    highest_label: str | None = None
    explanation: str | None = None
    emoji: str | None = None


_TAKES: dict[InteractionKind, dict[str, str]] = {
    Kind.CHOICE: {"options": "options", "multiple_answers": "multipleAnswers"},
    Kind.QUIZ: {
        "options": "options",
        "right_options": "rightOptions",
        "multiple_answers": "multipleAnswers",
        "explanation": "explanation",
    },
    Kind.RATING: {"highest": "highest", "lowest_label": "lowestLabel", "highest_label": "highestLabel"},
    Kind.TEXT: {},
    Kind.WORDS: {},
    Kind.VOTE: {"emoji": "emoji"},
}
_PARTS = {name: shown for takes in _TAKES.values() for name, shown in takes.items()}


def written(kind: InteractionKind, drafts: Sequence[QuestionDraft]) -> list[QuestionWording]:
    """Returns the questions as they are stored, with new ids. Raises Invalid naming the question and its field."""
    if kind is Kind.SURVEY:
        bounded(drafts, MOST_QUESTIONS, *FIELD)
    elif len(drafts) != 1:
        raise Invalid("This takes exactly one question. Only a survey has several.", *FIELD)
    with all_invalid() as check:
        return [check(_question, kind, draft, (*FIELD, str(place))) for place, draft in enumerate(drafts)]


def _question(of: InteractionKind, draft: QuestionDraft, field: Field) -> QuestionWording:
    options: tuple[OptionWording, ...] = ()
    with all_invalid() as check:
        text = check(clean_text, draft.text, QUESTION_LIMIT, *field, "text")
        kind = check(_kind, of, draft, field)
        if kind:  # What else the question takes depends on its kind.
            check(_only_what_it_takes, kind, draft, field)
            options = check(_options, kind, draft, field)
        lowest = check(_line, draft.lowest_label, *field, "lowestLabel")
        highest = check(_line, draft.highest_label, *field, "highestLabel")
        explanation = check(_explanation, draft.explanation, *field, "explanation")
    return QuestionWording(
        id=new_id(),
        kind=kind,
        text=text,
        multiple_answers=bool(draft.multiple_answers),
        lowest_label=lowest,
        highest_label=highest,
        explanation=explanation,
        options=options,
    )


def _only_what_it_takes(kind: InteractionKind, draft: QuestionDraft, field: Field) -> None:
    unfit = [shown for name, shown in _PARTS.items() if getattr(draft, name) is not None and name not in _TAKES[kind]]
    if unfit:
        message = f"A question of kind {kind} does not have this."
        raise together([Invalid(message, *field, shown) for shown in unfit])


def _kind(of: InteractionKind, draft: QuestionDraft, field: Field) -> InteractionKind:
    if of is not Kind.SURVEY:
        if draft.kind not in (None, of):
            raise Invalid("This question has the interaction's kind.", *field, "kind")
        return of
    if draft.kind is None or draft.kind not in OF_SURVEYS:
        raise Invalid("A question of a survey is of kind CHOICE, RATING or TEXT.", *field, "kind")
    return draft.kind


def _line(value: str | None, *field: str) -> str | None:
    return None if value is None else clean_line(value, LABEL_LIMIT, *field)


def _explanation(value: str | None, *field: str) -> str | None:
    return None if value is None else clean_text(value, EXPLANATION_LIMIT, *field)


def _options(kind: InteractionKind, draft: QuestionDraft, field: Field) -> tuple[OptionWording, ...]:
    match kind:
        case Kind.CHOICE | Kind.QUIZ:
            with all_invalid() as check:
                texts = check(_texts, draft.options or (), *field, "options")
                right = check(_right, kind, draft, len(draft.options or ()), *field, "rightOptions")
        case Kind.RATING:
            texts, right = [str(value) for value in range(1, _highest(draft.highest, *field, "highest") + 1)], ()
        case Kind.VOTE:
            texts, right = [one_emoji(draft.emoji or "", *field, "emoji")], ()
        case _:
            return ()
    return tuple(OptionWording(new_id(), text, place in right) for place, text in enumerate(texts))


def _texts(values: Sequence[str], *field: str) -> list[str]:
    """Returns the options. No two look the same, but they may differ in case only, such as m and M."""
    if len(values) > MOST_OPTIONS:
        raise Invalid(f"A question has {FEWEST_OPTIONS} to {MOST_OPTIONS} options.", *field)
    with all_invalid() as check:
        cleaned = [check(clean_line, value, OPTION_LIMIT, *field, str(place)) for place, value in enumerate(values)]
    if len(values) < FEWEST_OPTIONS:
        raise Invalid(f"A question has {FEWEST_OPTIONS} to {MOST_OPTIONS} options.", *field)
    checked_list(cleaned, MOST_OPTIONS, *field, key=visible)
    return cleaned


def _right(kind: InteractionKind, draft: QuestionDraft, options: int, *field: str) -> Sequence[int]:
    if kind is not Kind.QUIZ:
        return ()
    right = checked_list(draft.right_options or (), MOST_OPTIONS, *field)
    for place, each in enumerate(right):
        if not 0 <= each < options:
            raise Invalid("This is not the position of an option. The first one has position 0.", *field, str(place))
    if len(right) > 1 and not draft.multiple_answers:
        raise Invalid("Only a question with several answers has several right options.", *field)
    return right


def _highest(value: int | None, *field: str) -> int:
    if value is None or not FEWEST_VALUES <= value <= MOST_VALUES:
        raise Invalid(f"A scale ends at {FEWEST_VALUES} to {MOST_VALUES}.", *field)
    return value


def copied(questions: Sequence[QuestionWording]) -> list[QuestionWording]:
    """Returns the same questions with new ids."""
    return [
        replace(each, id=new_id(), options=tuple(replace(option, id=new_id()) for option in each.options))
        for each in questions
    ]


def are_same(some: Sequence[QuestionWording], others: Sequence[QuestionWording]) -> bool:
    """Returns whether two lists of questions differ in ids only."""
    return [_without_ids(each) for each in some] == [_without_ids(each) for each in others]


_NOTHING = UUID(int=0)


def _without_ids(question: QuestionWording) -> QuestionWording:
    options = tuple(replace(option, id=_NOTHING) for option in question.options)
    return replace(question, id=_NOTHING, options=options)


_DELETE = delete(InteractionQuestion)


async def put_questions(tx: Transaction, interaction_id: UUID, questions: Sequence[QuestionWording]) -> None:
    """Stores the questions of a new draft. Runs at most two statements."""
    rows = [_row(interaction_id, place, each) for place, each in enumerate(questions)]
    await tx.execute(insert(InteractionQuestion), rows)
    options = [(each.id, option) for each in questions for option in each.options]
    if options:
        stored = [option_row(interaction_id, of, place, option) for place, (of, option) in enumerate(options)]
        await tx.execute(insert(InteractionOption), stored)


async def replace_questions(tx: Transaction, interaction_id: UUID, questions: Sequence[QuestionWording]) -> None:
    """Stores other questions of a draft."""
    await tx.execute(_DELETE.where(InteractionQuestion.interaction_id == interaction_id))
    await put_questions(tx, interaction_id, questions)


def _row(interaction_id: UUID, place: int, question: QuestionWording) -> dict[str, object]:
    return {
        "id": question.id,
        "interaction_id": interaction_id,
        "position": place,
        "kind": question.kind,
        "text": question.text,
        "multiple_answers": question.multiple_answers,
        "lowest_label": question.lowest_label,
        "highest_label": question.highest_label,
        "explanation": question.explanation,
    }


def option_row(
    interaction_id: UUID, question_id: UUID, place: int, option: OptionWording, word: str | None = None
) -> dict[str, object]:
    """Returns the row of an option. Of a word in a word cloud, `word` is the key by which words are compared."""
    return {
        "id": option.id,
        "interaction_id": interaction_id,
        "question_id": question_id,
        "position": place,
        "text": option.text,
        "word": word,
        "is_right": option.is_right,
        "hidden": False,
        "told_votes": 0,
    }
