"""A row of values to try for every argument and input field of the schema: bad, forged and good ones."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graphql import GraphQLArgument, GraphQLInputField, GraphQLInputObjectType, GraphQLObjectType

from models.storage.base import new_id
from models.values.text import DESCRIPTION_LIMIT, KEY_LIMIT, MESSAGE_LIMIT, SEARCH_LIMIT, TITLE_LIMIT
from schema.root import schema
from tests.inputs.odd_texts import TURNING, UNSEEN
from tests.support.people import absent

TYPES: dict[str, Any] = dict(schema._schema.type_map)


def walk() -> Iterator[tuple[str, GraphQLArgument | GraphQLInputField]]:
    """Yields every argument and input field of the schema, with its coordinate."""
    for of in TYPES.values():
        if isinstance(of, GraphQLInputObjectType):
            yield from ((f"{of.name}.{name}", each) for name, each in of.fields.items())
        elif isinstance(of, GraphQLObjectType) and not of.name.startswith("__"):
            for name, field in of.fields.items():
                yield from ((f"{of.name}.{name}({argument}:)", each) for argument, each in field.args.items())


@dataclass(frozen=True)
class Row:
    """The values to try in one place, besides values of the wrong type, which GraphQL itself refuses."""

    bad: Sequence[object] = ()  # refused with `code`; the error names the place
    code: str = "INVALID"  # an error code, or NULL: the field returns null
    invalid: Sequence[object] = ()  # refused with INVALID, even if `code` is another
    forged: Sequence[object] = ()  # refused with `code`, or accepted by chance
    good: Sequence[object] = ()  # accepted
    others: Sequence[str] = ("",)  # other arguments of the field to combine each value with

    def tries(self) -> Iterator[tuple[object, set[str]]]:
        """Yields each value with its possible outcomes."""
        yield from ((value, {self.code}) for value in self.bad)
        yield from ((value, {"INVALID"}) for value in self.invalid)
        yield from ((value, {self.code, FINE}) for value in self.forged)
        yield from ((value, {FINE}) for value in self.good)


def with_ids(good: Any, ids: Mapping[str, str]) -> Any:
    """Returns the value with ids in place of their names."""
    match good:
        case list():
            return [with_ids(each, ids) for each in good]
        case dict():
            return {name: with_ids(each, ids) for name, each in good.items()}
        case str():
            return ids.get(good, good)
    return good


FINE, NULL = "FINE", "NULL"
NOTHING_MORE = Row()  # enums, booleans and input objects: GraphQL checks them by type

ODD = ("\u202eright to left", "e\u0301", "\u2067\u2066", "%", "_", "\\", "'; DROP TABLE users; --", "\ufeff\U0001f680")


def text(limit: int, *, of_lines: bool = False, may_be_empty: bool = False) -> Row:
    """Returns the row of a stored text. Keys, of which each mutation has one, try fewer values."""
    unclear = [*UNSEEN.values(), *TURNING.values()]
    row = unstored(limit, of_lines=of_lines, may_be_empty=may_be_empty)
    return replace(row, bad=[*row.bad, *(unclear[::8] if limit == KEY_LIMIT else unclear)])


def unstored(limit: int, *, of_lines: bool = False, may_be_empty: bool = False) -> Row:
    """Returns the row of a text that is only searched for."""
    bad = [
        "\x00",
        "a\x00b",
        "\x07bell",
        "a\x1bb",
        "a\x85b",
        "a\x7fb",
        "x" * (limit + 1),
        "x" * 90_000,
        "\u0301\u0327" * limit,
    ]
    bad += ["a\rb"] if of_lines else ["a\nb", "a\tb", "a\r\nb"]
    return Row(bad if may_be_empty else [*bad, "", " ", "\u3000\t\n "])


def message() -> Row:
    """Returns the row of a chat message."""
    row = unstored(MESSAGE_LIMIT, of_lines=True)
    return replace(row, bad=[*row.bad, *UNSEEN.values()])


def search() -> Row:
    bad = [each for each in unstored(SEARCH_LIMIT).bad if each]
    return Row(bad, good=(None, "", *ODD, "x" * SEARCH_LIMIT, "\u0301" * SEARCH_LIMIT))


def size() -> Row:
    return Row((-1, 101, 2**31 - 1, -(2**31)), good=(None, 0, 1, 100))


def cursor(*others: str) -> Row:
    bad = ["", " ", "x", "%%%", "\u00fc", "\x00", "A" * 10_000, _forged(None), _forged(1), _forged({}), _forged("a")]
    bad += [
        _forged([]),
        _forged([1] * 5),
        urlsafe_b64encode(b"[" * 5_000).decode(),
        urlsafe_b64encode(b"\xff").decode(),
    ]
    wrong: list[object] = [None, True, 1.5, -1, 2**31, 2**63, -(2**70), 1e308, "a", "a\x00", [], {}]
    days = ["2030-01-01T00:00:00", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2030-02-30T00:00:00Z"]
    some_id = str(new_id())
    forged = [_forged([value, some_id]) for value in (*wrong, *days)] + [
        _forged([value]) for value in (*wrong, some_id)
    ]
    return Row(bad, forged=forged, good=(None,), others=others or ("",))


def events() -> Row:
    """Returns the row of a stream's `after`."""
    row = cursor()
    return replace(row, bad=[*row.bad, *row.forged], forged=(), good=(), code="CURSOR_INVALID")


def _forged(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def no_id(real: str, *others: str, code: str = "NOT_FOUND") -> Row:
    """Returns the row of an id: damaged ids, ids of other types (`others`), and values that are no ids."""
    nearly = [
        f"{real}=",
        f"{real}==",
        f" {real}",
        f"{real}\n",
        f"{real[:4]}!{real[4:]}",
        real[:-1],
        f"{real}A",
        real.swapcase(),
    ]
    none = [
        "",
        " ",
        "x",
        5,
        -1,
        "not base64",
        "\x00",
        "\u202e",
        "\u00fc" * 50,
        "A" * 50_000,
        "Og",
        _forged("Room:1"),
        "0" * 36,
    ]
    return Row([*nearly, *others, *none], code=code)


def no_principals(real: str, *others: str) -> Row:
    row = no_id(real, *others, absent("User"), absent("Group"))
    lists = [[each] for each in row.bad] + [[real, absent("User")], [real] * 10 + ["x"], [absent("User")] * 500]
    return replace(row, bad=lists)


def rooms(real: str, *others: str) -> Row:
    """Returns the row of a list of rooms."""
    lists = [[each] for each in no_id(real, *others, absent("Room")).bad] + [[real, absent("Room")]]
    return Row(lists, "NOT_FOUND", [[], [real, real], [absent("Room")] * 2, [real] * 101])


PAGED = {
    "Query.users": (),
    "Query.groups": (),
    "Query.galleries": ("orderBy: TITLE", "orderBy: NEWEST"),
    "Gallery.media": ("orderBy: NEWEST", "orderBy: TITLE", "orderBy: LONGEST", 'filter: {search: "a", tags: "design"}'),
    "Gallery.memberships": (),
    "Gallery.sessions": (),
    "Group.members": (),
    "Room.messages": (),
    "RoomSession.participants": (),
    "RoomSession.feed": (),
    **{f"SessionReport.{each}": () for each in ("curve", "attendance", "participation", "transcript", "interactions")},
}
BOTH_WAYS = ("Query.galleries", "Gallery.media", "Gallery.sessions", "Room.messages")
SEARCHED = ("Query.users", "Query.groups", "Query.galleries", "Gallery.memberships", "Group.members")
STREAMS = ("roomStatus", "roomEvents", "chat")
LISTS = ("roomModeratorIds", "chatModeratorIds", "speakerIds")
SWITCHES = ("enabled", "mode", "qna", "groupChat", "endActiveSession")
WITH_KEY = ("CreateGallery", "EnterRoom", "LeaveRoom", "EndSession", "PostMessage")
ONLY_TYPED = (
    "Query.gallery(by:)",
    "Query.galleries(orderBy:)",
    "Query.previewRoomConfiguration(input:)",
    "Gallery.memberships(role:)",
    "Gallery.media(orderBy:)",
    "Room.messages(channel:)",
    "Room.messages(pinned:)",
    "Subscription.chat(channel:)",
    "CreateGalleryInput.moderateMedia",
    "PostMessageInput.channel",
    *(f"Mutation.{verb}(input:)" for verb in TYPES["Mutation"].fields),
    *(f"ConfigureRoomInput.{each}" for each in SWITCHES),
)


def rows(ids: Mapping[str, str]) -> dict[str, Row]:
    """Returns the rows for rooms, sessions and chat; other files in tests/inputs/ add theirs."""
    gallery, room, session, manager = (ids[each] for each in ("gallery", "room", "session", "manager"))
    a_room, a_session = no_id(room, gallery, absent("Room")), no_id(session, room, absent("RoomSession"))
    anything = no_id(gallery, absent("Gallery"), absent("Nothing"), code=NULL)
    principals = no_principals(manager, room)
    too_many = [[manager] * 501, [manager] * 10_000]
    principals = replace(principals, invalid=too_many)
    return {
        **dict.fromkeys(ONLY_TYPED, NOTHING_MORE),
        **{f"{of}(first:)": size() for of in PAGED},
        **{f"{of}(after:)": cursor(*PAGED[of]) for of in PAGED},
        **{f"{of}(last:)": size() for of in BOTH_WAYS},
        **{f"{of}(before:)": cursor(*PAGED[of]) for of in BOTH_WAYS},
        **{f"{of}(search:)": search() for of in SEARCHED},
        "Query.node(id:)": anything,
        "Query.nodes(ids:)": Row([[room] * 101, [room] * 10_000], good=([], anything.bad, [room] * 100)),
        "Query.room(id:)": replace(a_room, code=NULL),
        "Query.sessionRecord(sessionId:)": replace(a_session, code=NULL),
        "Query.sessionReport(sessionId:)": replace(a_session, code=NULL),
        "Query.sessionRecord(first:)": size(),
        "Query.sessionRecord(after:)": events(),
        "GalleryBy.id": no_id(gallery, room, absent("Gallery"), code=NULL),
        "GalleryBy.externalId": Row([*text(KEY_LIMIT).bad, *ODD, "unknown"], code=NULL),
        "RoomSession.participants(states:)": Row(good=(None, [], ["LEFT"], ["LEFT", "ADMITTED"] * 20_000)),
        **{f"{verb}Input.idempotencyKey": text(KEY_LIMIT) for verb in WITH_KEY},
        "CreateGalleryInput.title": text(TITLE_LIMIT),
        "CreateGalleryInput.description": text(DESCRIPTION_LIMIT, of_lines=True, may_be_empty=True),
        "CreateGalleryInput.managerIds": replace(principals, invalid=[*too_many, []]),
        "EnterRoomInput.roomId": a_room,
        "LeaveRoomInput.roomId": a_room,
        "EndSessionInput.sessionId": a_session,
        "HeartbeatInput.roomId": a_room,
        "PostMessageInput.roomId": a_room,
        "PostMessageInput.text": message(),
        "PostMessageInput.replyToId": no_id(absent("ChatMessage"), absent("ChatMessage"), room),
        "ConfigureRoomInput.galleryId": no_id(gallery, room, absent("Gallery")),
        "ConfigureRoomInput.expectedVersion": Row((0, -1, 2**31 - 1, -(2**31)), code="CONFLICT"),
        **{f"ConfigureRoomInput.{each}": principals for each in LISTS},
        **{f"Subscription.{each}(roomId:)": a_room for each in STREAMS},
        "Subscription.roomStatuses(roomIds:)": rooms(room, gallery),
        **{f"Subscription.{each}(after:)": events() for each in STREAMS if each != "roomStatus"},
    }
