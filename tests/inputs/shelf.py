"""Bad values for the inputs of a room's shelf, and of what is shown; see tests/inputs/rows.py."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.values.text import KEY_LIMIT, TITLE_LIMIT
from tests.inputs.addresses import NO_ADDRESSES
from tests.inputs.rows import NOTHING_MORE, Row, cursor, no_id, size, text
from tests.support.people import absent
from tests.support.shelf import DOCUMENT

ON_ITEM = tuple(f"{verb}ContentInput" for verb in ("Update", "Move", "Remove", "Show"))
ON_SESSION = ("UpdateShownInput", "StopShowingInput")
PLACES = ("ShowContentInput", "UpdateShownInput")
LARGEST = 2**31 - 1


def shelf_rows(ids: Mapping[str, str]) -> dict[str, Row]:
    """Returns the rows for the shelf: a document of 12 pages, which is shown."""
    room, session, item, person = ids["room"], ids["session"], ids["item"], ids["participant"]
    an_item = no_id(item, ids["medium"], room, absent("ContentItem"))
    pages = Row((0, -1, 10_001, LARGEST, -(2**31)))
    versions = Row((-1, 5_000, LARGEST, -(2**31)), code="CONFLICT", good=(None,))
    return {
        "Room.content(first:)": size(),
        "Room.content(after:)": cursor(),
        "ConfigureRoomInput.shelfVisible": NOTHING_MORE,
        "AddContentInput.roomId": no_id(room, item, absent("Room")),
        "AddContentInput.kind": NOTHING_MORE,
        "AddContentInput.title": replace(text(TITLE_LIMIT), bad=[None, *text(TITLE_LIMIT).bad]),
        "AddContentInput.url": Row([None, *NO_ADDRESSES]),
        "AddContentInput.pageCount": replace(pages, bad=[None, *pages.bad]),
        # A document has no medium, so any id of one is too much.
        "AddContentInput.mediaId": Row([ids["medium"], ids["medium elsewhere"], absent("Media"), item, "x", ""]),
        "AddContentInput.beforeId": an_item,
        **{f"{each}.contentId": an_item for each in ON_ITEM},
        "UpdateContentInput.title": text(TITLE_LIMIT),
        "UpdateContentInput.url": Row(NO_ADDRESSES, good=(None,)),
        "UpdateContentInput.pageCount": replace(pages, good=(None,)),
        "MoveContentInput.beforeId": replace(an_item, good=(None, item)),
        **{f"{each}.sessionId": no_id(session, room, absent("RoomSession")) for each in ON_SESSION},
        **{f"{each}.expectedVersion": replace(versions, good=()) for each in ("ShowContentInput", "StopShowingInput")},
        "UpdateShownInput.expectedVersion": versions,
        **{f"{each}.page": Row((0, -1, 13, LARGEST, -(2**31))) for each in PLACES},
        **{f"{each}.playing": Row((True, False)) for each in PLACES},  # a document does not play
        **{f"{each}.{name}": Row((0, 1.5, -1, 1e308)) for each in PLACES for name in ("positionSeconds", "rate")},
        "SetMayShowInput.participantId": no_id(person, ids["manager"], session, absent("Participant")),
        "SetMayShowInput.mayShow": NOTHING_MORE,
        **{
            f"{each}.idempotencyKey": text(KEY_LIMIT)
            for each in ("AddContentInput", *ON_ITEM, *ON_SESSION, "SetMayShowInput")
        },
    }


GOOD: dict[str, dict[str, Any]] = {
    "AddContentInput": {"roomId": "room", **DOCUMENT},
    **{each: {"contentId": "item"} for each in ON_ITEM},
    "UpdateShownInput": {"sessionId": "session", "page": 1},
    "StopShowingInput": {"sessionId": "session", "expectedVersion": 9_000},
    "SetMayShowInput": {"participantId": "participant", "mayShow": False},
}
"""Inputs that would succeed, except for the value under test. Ids are given by their names in `World.ids`."""
