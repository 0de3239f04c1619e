"""Compares contract.graphql, the names that clients were promised first, with the schema.

The schema's additions to the contract are in schema/schema.graphql, which `make check` compares with the code.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graphql import SchemaDefinitionNode, parse, print_ast

from schema.root import sdl

CONTRACT = Path(__file__).with_name("contract.graphql").read_text()

NOT_BUILT = {
    "": "AudioVideoAccess",
    "Participant": "audioVideo",
}
"""Members of the contract that the schema lacks, by type, and missing types under "". This list only shrinks."""

DIFFERENT: dict[str, str | None] = {
    "RoleSource.via": "Principal",  # a group can be deleted while its members are inside
    # Lists that grow are read in pages, and null where they are refused.
    "RoomSession.hands": "ParticipantConnection",
    "RoomSession.recordings": "RecordingConnection",
    "Question.replies": "QuestionReplyConnection",
    # An interface, so that clients select the name without fragments.
    "Principal": "interface_type_definition",
    "Principal.User": None,
    "Principal.Group": None,
    # QuestionEvent and RecordingEvent are about a question and a recording. A Checkpoint is about neither.
    "Subscription.questions": "QuestionsEvent!",
    "Subscription.recordings": "RecordingsEvent!",
}
"""Differences between schema and contract that are intended."""
NULLABLE = (
    *("Query.nodes", "Query.galleries", "Query.users", "Query.groups", "Query.previewRoomConfiguration"),
    *(
        "Gallery.memberships",
        "Gallery.media",
        "Gallery.sessions",
        "Gallery.playlists",
        "Group.members",
        "Playlist.items",
    ),
    *("Room.messages", "Room.interactions", "Room.questions", "RoomSession.participants"),
)
"""What was promised as not null, and is null now where it is refused, so that nothing else of the answer is missing."""


def places(text: str) -> dict[str, str]:
    """Returns every type, member and argument by its coordinate, with its definition."""
    named = (each for each in parse(text).definitions if not isinstance(each, SchemaDefinitionNode))
    return {place: shape for of in named for place, shape in _places(of, of.name.value)}  # type: ignore[attr-defined]  # these definitions have a name


def _places(of: Any, place: str) -> Iterator[tuple[str, str]]:
    default = getattr(of, "default_value", None)
    shape = [print_ast(of.type) if hasattr(of, "type") else of.kind, f"= {print_ast(default)}" if default else ""]
    yield place, " ".join(filter(None, [*shape, *(f"@{each.name.value}" for each in _all(of, "directives"))]))
    for each in _all(of, "interfaces"):
        yield f"{place} implements {each.name.value}", ""
    for each in (*_all(of, "fields"), *_all(of, "values"), *_all(of, "types")):
        yield from _places(each, f"{place}.{each.name.value}")
    for each in _all(of, "arguments"):
        yield from _places(each, f"{place}({each.name.value}:)")


def _all(of: object, what: str) -> Iterator[Any]:
    yield from getattr(of, what, None) or ()


PROMISED, BUILT = places(CONTRACT), places(sdl())
DIFFERENT |= {place: PROMISED[place].removesuffix("!") for place in NULLABLE}
PLANNED = {f"{of}.{name}" if of else name for of, names in NOT_BUILT.items() for name in names.split()}


def test_what_the_contract_names_is_built_exactly_so() -> None:
    assert {place: BUILT.get(place) for place in PROMISED} == PROMISED | DIFFERENT


def test_what_is_listed_as_not_built_is_not_there() -> None:
    assert not PLANNED & BUILT.keys(), "built: take it off the list, and put its shape into contract.graphql"
    assert not PLANNED & PROMISED.keys()
