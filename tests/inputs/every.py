"""All rows of tests/inputs/, and for each input type an input that would succeed."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from graphql import get_named_type

from tests.inputs.admission import GOOD as GOOD_OF_ADMISSION
from tests.inputs.admission import admission_rows
from tests.inputs.chat import GOOD as GOOD_OF_CHAT
from tests.inputs.chat import chat_rows
from tests.inputs.content import GOOD as GOOD_OF_CONTENT
from tests.inputs.content import content_rows
from tests.inputs.interactions import GOOD as GOOD_OF_INTERACTIONS
from tests.inputs.interactions import interaction_rows
from tests.inputs.lists import list_rows
from tests.inputs.questions import GOOD as GOOD_OF_QUESTIONS
from tests.inputs.questions import question_rows
from tests.inputs.recordings import recording_rows
from tests.inputs.rows import Row, rows, walk, with_ids
from tests.inputs.shelf import GOOD as GOOD_OF_SHELF
from tests.inputs.shelf import shelf_rows
from tests.inputs.stage import GOOD as GOOD_OF_STAGE
from tests.inputs.stage import stage_rows
from tests.inputs.webhooks import GOOD as GOOD_OF_WEBHOOKS
from tests.inputs.webhooks import webhook_rows
from tests.support.recordings import READY

PLACES = dict(walk())
PARTS = (rows, content_rows, admission_rows, stage_rows, recording_rows, chat_rows, question_rows, interaction_rows, shelf_rows, list_rows, webhook_rows)  # fmt: skip


def table(ids: Mapping[str, str]) -> dict[str, Row]:
    return {place: row for part in PARTS for place, row in part(ids).items()}


def path_to(place: str) -> list[str]:
    """Returns the path of a place in an input, without indexes."""
    if "(" in place:
        return [re.split(r"\W+", place)[2]]
    of, name = place.split(".")
    return [*path_to(takers(of)[0]), name]


@cache
def takers(of: str) -> list[str]:
    """Returns the arguments and input fields of this input type."""
    return [each for each, taker in PLACES.items() if get_named_type(taker.type).name == of]


GOOD: dict[str, dict[str, Any]] = {
    "CreateGalleryInput": {"title": "Never made", "managerIds": ["manager"]},
    "ConfigureRoomInput": {"galleryId": "gallery"},
    "EnterRoomInput": {"roomId": "room"},
    "LeaveRoomInput": {"roomId": "room"},
    "EndSessionInput": {"sessionId": "session"},
    "StartRecordingInput": {"sessionId": "session"},
    "EndRecordingInput": {"recordingId": "recording"},
    "ReportRecordingInput": {"recordingId": "recording", **READY},
    "HeartbeatInput": {"roomId": "room"},
    "PostMessageInput": {"roomId": "room", "text": "Never said."},
    **GOOD_OF_CONTENT,
    **GOOD_OF_STAGE,
    **GOOD_OF_ADMISSION,
    **GOOD_OF_INTERACTIONS,
    **GOOD_OF_SHELF,
    **GOOD_OF_CHAT,
    **GOOD_OF_QUESTIONS,
    **GOOD_OF_WEBHOOKS,
}
"""Inputs that would succeed, except for the value under test. Ids are given by their names in `World.ids`."""


ALONE = ("idempotencyKey", "participantIds")
"""Not wrong together with others: a bad key is refused before anything else, and `all` with `participantIds` is one fault."""


def all_wrong(table: Mapping[str, Row], of: str, ids: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Returns an input in which each field that can be INVALID is so, and the paths of these fields."""
    given, paths = {name: with_ids(good, ids) for name, good in GOOD[of].items()}, []
    for place, field in PLACES.items():
        name = place.removeprefix(f"{of}.")
        if name == place or name in ALONE:
            continue
        inner = get_named_type(field.type).name
        if inner in GOOD:
            part, below = all_wrong(table, inner, ids)
            given[name] = [part]
            paths += [f"{name}.{each}" for each in below]
        elif wrong := _wrong(table[place]):
            given[name] = wrong[0]
            paths.append(name)
    return given, paths


def _wrong(row: Row) -> Sequence[object]:
    invalid = row.bad if row.bad and row.code == "INVALID" else row.invalid
    return [value for value in invalid if value is not None]
