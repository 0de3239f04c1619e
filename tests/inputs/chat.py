"""Bad values for the inputs of chat; see tests/inputs/rows.py."""

from collections.abc import Mapping
from typing import Any

from models.values.text import KEY_LIMIT
from tests.inputs.odd_texts import NOT_ONE
from tests.inputs.rows import NOTHING_MORE, Row, message, no_id, text
from tests.support.access_paths import mutations_on
from tests.support.people import absent

OF_MESSAGE = {given.name: given for given in mutations_on("messageId").values()}
OF_ROOM = ("AnnounceInput", "ClearChatInput")
OF_PARTICIPANT = ("BlockFromChatInput", "UnblockFromChatInput")
NO_EMOJI = tuple(each for name, each in NOT_ONE.items() if name != "a surrogate")  # UTF-8 has no surrogates


def chat_rows(ids: Mapping[str, str]) -> dict[str, Row]:
    """Returns the rows for chat."""
    room, session, said, participant = (ids[each] for each in ("room", "session", "message", "participant"))
    a_room = no_id(room, ids["gallery"], session, absent("Room"))
    a_message = no_id(said, room, participant, absent("ChatMessage"))
    a_participant = no_id(participant, ids["manager"], session, absent("Participant"))
    return {
        "ClearChatInput.channel": NOTHING_MORE,
        "AnnounceInput.text": message(),
        **{f"{each}.text": message() for each, given in OF_MESSAGE.items() if "text" in given.fields},
        **{f"{each}.emoji": Row(NO_EMOJI) for each, given in OF_MESSAGE.items() if "emoji" in given.fields},
        **{f"{each}.messageId": a_message for each in OF_MESSAGE},
        **{f"{each}.roomId": a_room for each in OF_ROOM},
        **{f"{each}.participantId": a_participant for each in OF_PARTICIPANT},
        **{f"{each}.idempotencyKey": text(KEY_LIMIT) for each in (*OF_MESSAGE, *OF_ROOM, *OF_PARTICIPANT)},
    }


WORDS = {"text": "Never said.", "emoji": "\U0001f44d"}
GOOD: dict[str, dict[str, Any]] = {
    **{
        each: {"messageId": "message"} | {name: words for name, words in WORDS.items() if name in given.fields}
        for each, given in OF_MESSAGE.items()
    },
    "AnnounceInput": {"roomId": "room", "text": "Never said."},
    "ClearChatInput": {"roomId": "room"},
    **{each: {"participantId": "participant"} for each in OF_PARTICIPANT},
}
"""Inputs that would succeed, except for the value under test. Ids are given by their names in `World.ids`."""


def example_of(verb: str) -> dict[str, Any]:
    """Returns valid values for the fields of a mutation's input, without the id of the object that it changes."""
    good = GOOD[f"{verb[0].upper()}{verb[1:]}Input"]
    return {name: value for name, value in good.items() if not name.endswith("Id")}
