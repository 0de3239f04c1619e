"""Bad values for the inputs of admission; see tests/inputs/rows.py."""

from collections.abc import Mapping
from typing import Any

from models.values.text import KEY_LIMIT
from resolvers.admission import PEOPLE_AT_ONCE
from tests.inputs.rows import NOTHING_MORE, Row, no_id, text
from tests.support.people import absent

GOOD: dict[str, dict[str, Any]] = {
    "LockRoomInput": {"sessionId": "session"},
    "UnlockRoomInput": {"sessionId": "session"},
    "AdmitParticipantsInput": {"sessionId": "session", "participantIds": ["participant"]},
    "DeclineParticipantsInput": {"sessionId": "session", "participantIds": ["participant"]},
    "RemoveParticipantInput": {"participantId": "participant"},
}
OF_SESSION = ("LockRoom", "UnlockRoom", "AdmitParticipants", "DeclineParticipants")


def admission_rows(ids: Mapping[str, str]) -> dict[str, Row]:
    """Returns the rows for admission."""
    session, room, participant = (ids[each] for each in ("session", "room", "participant"))
    nobody = no_id(participant, session, ids["manager"], absent("Participant"))
    too_many = [[], [participant] * (PEOPLE_AT_ONCE + 1), ["x"] * 10_000]
    # An unknown participant is refused in its own result, and the mutation succeeds.
    named = Row(too_many, good=([participant], [participant, participant], nobody.bad, [participant, "x"]))
    return {
        **{f"{verb}Input.sessionId": no_id(session, room, absent("RoomSession")) for verb in OF_SESSION},
        **{f"{verb}Input.idempotencyKey": text(KEY_LIMIT) for verb in (*OF_SESSION, "RemoveParticipant")},
        "AdmitParticipantsInput.participantIds": Row([*too_many, None], good=named.good),
        "AdmitParticipantsInput.all": Row([True], good=(False,)),
        "DeclineParticipantsInput.participantIds": named,
        "RemoveParticipantInput.participantId": nobody,
        "RemoveParticipantInput.ban": NOTHING_MORE,
    }
