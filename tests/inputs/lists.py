"""Bad values for pages and filters of lists that read both ways; see tests/inputs/rows.py."""

from collections.abc import Mapping
from dataclasses import replace

from models.values.text import KEY_LIMIT
from tests.inputs.content import MOMENTS, OUT_OF_TIME
from tests.inputs.rows import NOTHING_MORE, Row, cursor, no_id, search, size, text
from tests.support.people import absent

WHOLE = ("Question.replies", "RoomSession.hands", "RoomSession.recordings", "Query.auditRecords")
"""Lists whose `first` and `after` have their rows here too."""
BACKWARDS = (
    *("Query.users", "Query.groups", "Gallery.memberships", "Gallery.playlists", "Playlist.items", "Group.members"),
    *("Room.questions", "Room.interactions", "Room.content", "Interaction.answers"),
    *("RoomSession.participants", "RoomSession.feed", *WHOLE),
    *(f"SessionReport.{each}" for each in ("curve", "attendance", "participation", "transcript", "interactions")),
)
ORDERS = {"Room.questions": ("orderBy: OLDEST", "orderBy: NEWEST", "orderBy: UPVOTES")}
ONLY_TYPED = ("Query.galleries(roomState:)", "Room.questions(orderBy:)")


def list_rows(ids: Mapping[str, str]) -> dict[str, Row]:
    """Returns the rows of pages and filters."""
    session, room = ids["session"], ids["room"]
    of_session = replace(no_id(session, room), good=(None, session, absent("RoomSession")))
    return {
        **dict.fromkeys(ONLY_TYPED, NOTHING_MORE),
        **{f"{of}(first:)": size() for of in WHOLE},
        **{f"{of}(after:)": cursor() for of in WHOLE},
        **{f"{of}(last:)": size() for of in BACKWARDS},
        **{f"{of}(before:)": cursor(*ORDERS.get(of, ())) for of in BACKWARDS},
        **{f"Gallery.sessions(started{when}:)": Row(OUT_OF_TIME, good=MOMENTS) for when in ("After", "Before")},
        **{f"Query.auditRecords(recorded{when}:)": Row(OUT_OF_TIME, good=MOMENTS) for when in ("After", "Before")},
        **{
            f"Query.auditRecords({each}Id:)": Row(good=(None, room, absent("User"), "x", ""))
            for each in ("actor", "target")
        },
        "Query.auditRecords(action:)": Row(text(KEY_LIMIT).bad, good=(None, "endSession", "nothing")),
        "Room.messages(sessionId:)": of_session,
        "RoomSession.participants(search:)": search(),
    }
