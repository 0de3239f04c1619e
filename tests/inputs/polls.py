"""Bad values for the inputs of polls; see tests/inputs/rows.py."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.tables.polls import MOST_OPTIONS, OPTION_LIMIT, QUESTION_LIMIT
from models.values.text import KEY_LIMIT
from tests.inputs.rows import NOTHING_MORE, Row, no_id, text
from tests.support.people import absent

ON_POLL = ("UpdatePoll", "DeletePoll", "OpenPoll", "CastVote", "ClosePoll")
FLAGS = ("multipleAnswers", "shareResults")


def poll_rows(ids: Mapping[str, str]) -> dict[str, Row]:
    """Returns the rows for polls: one that is open, and a draft."""
    room, poll, option = ids["room"], ids["poll"], ids["option"]
    a_poll = no_id(poll, option, ids["session"], absent("Poll"))
    return {
        "CreatePollInput.roomId": no_id(room, poll, absent("Room")),
        **{f"{verb}Input.pollId": a_poll for verb in ON_POLL},
        **{f"{verb}Input.idempotencyKey": text(KEY_LIMIT) for verb in ("CreatePoll", *ON_POLL)},
        **{f"{verb}PollInput.question": text(QUESTION_LIMIT, of_lines=True) for verb in ("Create", "Update")},
        **{f"{verb}PollInput.options": _options() for verb in ("Create", "Update")},
        **{f"{verb}PollInput.{flag}": NOTHING_MORE for verb in ("Create", "Update") for flag in FLAGS},
        "OpenPollInput.durationSeconds": Row((9, 0, -1, 86_401, 2**31 - 1, -(2**31))),
        "CastVoteInput.optionIds": _choices(option, poll),
        "Room.polls(states:)": Row(good=(None, [], ["OPEN"], ["DRAFT", "CLOSED"] * 20_000)),
    }


def _options() -> Row:
    lists: list[object] = [[], ["one"], [f"option {number}" for number in range(MOST_OPTIONS + 1)], ["x"] * 10_000]
    lists += [["one", "one"], ["one", "two", " one "], ["\u00e9", "e\u0301"], ["one", "o\u200bne"]]
    return Row([*lists, *(["one", each] for each in text(OPTION_LIMIT).bad)])


def _choices(option: str, poll: str) -> Row:
    row = no_id(option, poll, absent("PollOption"))
    lists = [[each] for each in row.bad] + [[option, absent("PollOption")]]
    return replace(row, bad=lists, invalid=[[], [option, option], [option] * 10_000])


GOOD: dict[str, dict[str, Any]] = {
    "CreatePollInput": {"roomId": "room", "question": "Never asked?", "options": ["Yes", "No"]},
    "UpdatePollInput": {"pollId": "draft"},
    "DeletePollInput": {"pollId": "draft"},
    "OpenPollInput": {"pollId": "draft"},
    "CastVoteInput": {"pollId": "poll", "optionIds": ["option"]},
    "ClosePollInput": {"pollId": "poll"},
}
"""Inputs that would succeed, except for the value under test. Ids are given by their names in `World.ids`."""
