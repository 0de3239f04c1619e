"""Bad values for the inputs of interactions; see tests/inputs/rows.py."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from models.tables.interactions import (
    EXPLANATION_LIMIT,
    LABEL_LIMIT,
    MOST_OPTIONS,
    OPTION_LIMIT,
    QUESTION_LIMIT,
    TEXT_LIMIT,
    WORD_LIMIT,
)
from models.values.text import KEY_LIMIT
from tests.inputs.rows import NOTHING_MORE, Row, cursor, no_id, size, text
from tests.support.people import absent

ON_INTERACTION = (
    *("CopyInteraction", "UpdateInteraction", "DeleteInteraction", "ScheduleInteraction", "UnscheduleInteraction"),
    *("OpenInteraction", "AnswerInteraction", "CloseInteraction", "HideWord", "PublishInteractionText"),
)
FLAGS = ("changeable", "anonymous", "shareResults")
LONGEST, QUESTION, ANSWER = 86_400, "InteractionQuestionInput", "InteractionAnswerInput"
OF_KIND = (*(f"{QUESTION}.{each}" for each in ("kind", "multipleAnswers")), "HideWordInput.hidden")


def interaction_rows(ids: Mapping[str, str]) -> dict[str, Row]:
    """Returns the rows for interactions: a poll that is open, and the draft of one."""
    room, poll, option = ids["room"], ids["poll"], ids["option"]
    a_poll = no_id(poll, option, ids["session"], absent("Interaction"))
    duration = Row((9, 0, -1, LONGEST + 1, 2**31 - 1, -(2**31)))
    return {
        "CreateInteractionInput.roomId": no_id(room, poll, absent("Room")),
        **{f"{verb}Input.interactionId": a_poll for verb in ON_INTERACTION},
        **{f"{verb}Input.idempotencyKey": text(KEY_LIMIT) for verb in ("CreateInteraction", *ON_INTERACTION)},
        **{f"{verb}InteractionInput.{flag}": NOTHING_MORE for verb in ("Create", "Update") for flag in FLAGS},
        **{f"{verb}InteractionInput.questions": _questions() for verb in ("Create", "Update")},
        "CreateInteractionInput.kind": NOTHING_MORE,
        **dict.fromkeys((*OF_KIND, "PublishInteractionTextInput.published"), NOTHING_MORE),
        **{f"{verb}InteractionInput.durationSeconds": duration for verb in ("Open", "Schedule")},
        "ScheduleInteractionInput.opensAt": Row(
            ("2001-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "9999-12-31T23:59:59Z")
        ),
        "HideWordInput.optionId": no_id(option, poll, absent("InteractionOption")),
        "PublishInteractionTextInput.textId": no_id(absent("InteractionText"), poll, absent("InteractionText")),
        "AnswerInteractionInput.answers": Row(([], [{}] * 21, [{}] * 10_000)),
        **_of_questions(),
        **_of_answers(ids),
        "Room.interactions(states:)": Row(good=(None, [], ["OPEN"], ["DRAFT", "CLOSED"] * 20_000)),
        "Room.interactions(kinds:)": Row(good=(None, [], ["QUIZ"], ["CHOICE", "SURVEY"] * 20_000)),
        "Room.interactions(first:)": size(),
        "Room.interactions(after:)": cursor(),
        "Interaction.answers(first:)": size(),
        "Interaction.answers(after:)": cursor(),
    }


def _questions() -> Row:
    one = {"text": "Which?", "options": ["Yes", "No"]}
    return Row(([], [one, one], [one] * 10_000))


def _of_questions() -> dict[str, Row]:
    """Returns the rows of a poll's question. What belongs to questions of other kinds is refused in all values."""
    wrong_kind = Row((-1, 0, 3, 5, 2**31 - 1))
    return {
        f"{QUESTION}.text": text(QUESTION_LIMIT, of_lines=True),
        f"{QUESTION}.options": _options(),
        f"{QUESTION}.rightOptions": Row(([], [0], [-1], [0] * 10_000)),
        f"{QUESTION}.highest": wrong_kind,
        **{f"{QUESTION}.{each}Label": text(LABEL_LIMIT) for each in ("lowest", "highest")},
        f"{QUESTION}.explanation": text(EXPLANATION_LIMIT, of_lines=True),
        f"{QUESTION}.emoji": Row([*text(1).bad, "\U0001f44f", "\U0001f44f\U0001f44f"]),
    }


def _options() -> Row:
    lists: list[object] = [[], ["one"], [f"option {number}" for number in range(MOST_OPTIONS + 1)], ["x"] * 10_000]
    lists += [["one", "one"], ["one", "two", " one "], ["\u00e9", "e\u0301"], ["one", "o\u200bne"]]
    return Row([*lists, *(["one", each] for each in text(OPTION_LIMIT).bad)])


def _of_answers(ids: Mapping[str, str]) -> dict[str, Row]:
    """Returns the rows of an answer to a poll. What belongs to questions of other kinds is refused in all values."""
    return {
        f"{ANSWER}.questionId": no_id(ids["asked"], ids["poll"], absent("InteractionQuestion")),
        f"{ANSWER}.optionIds": _choices(ids["option"], ids["poll"]),
        f"{ANSWER}.rating": Row((-1, 0, 1, 2**31 - 1)),
        f"{ANSWER}.text": text(TEXT_LIMIT, of_lines=True),
        f"{ANSWER}.words": Row([[], ["x"] * 4, ["x"] * 10_000, *([each] for each in text(WORD_LIMIT).bad)]),
    }


def refused_words_row() -> Row:
    """Returns the row of the words that word clouds do not take."""
    lists = [["one", "ONE"], ["x"] * 2, ["one", "o\u200bne"], ["x"] * 10_000]
    return Row([*lists, *([each] for each in text(WORD_LIMIT).bad)], good=(None, []))


def _choices(option: str, poll: str) -> Row:
    row = no_id(option, poll, absent("InteractionOption"))
    lists = [[each] for each in row.bad] + [[option, absent("InteractionOption")]]
    return replace(row, bad=lists, invalid=[[], [option, option], [option] * 10_000])


SOON = (datetime.now(UTC) + timedelta(hours=12)).isoformat()
A_QUESTION = {"text": "Never asked?", "options": ["Yes", "No"]}
GOOD: dict[str, dict[str, Any]] = {
    "CreateInteractionInput": {"roomId": "room", "kind": "CHOICE", "questions": [A_QUESTION]},
    QUESTION: A_QUESTION,
    "CopyInteractionInput": {"interactionId": "poll"},
    "UpdateInteractionInput": {"interactionId": "draft"},
    "DeleteInteractionInput": {"interactionId": "draft"},
    "ScheduleInteractionInput": {"interactionId": "draft", "opensAt": SOON},
    "UnscheduleInteractionInput": {"interactionId": "draft"},
    "OpenInteractionInput": {"interactionId": "draft"},
    "AnswerInteractionInput": {"interactionId": "poll", "answers": []},
    ANSWER: {"optionIds": ["option"]},
    "CloseInteractionInput": {"interactionId": "poll"},
    "HideWordInput": {"interactionId": "poll", "optionId": "option"},
    "PublishInteractionTextInput": {"interactionId": "poll", "textId": absent("InteractionText")},
}
"""Inputs that would succeed, or in two cases fail at the field that is left, except for the value under test.

Ids are given by their names in `World.ids`.
"""
