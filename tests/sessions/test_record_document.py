"""server/record.graphql, the document that exports a session's record, selects all fields (docs/records.md)."""

from typing import Any

from graphql import FieldNode, GraphQLObjectType, TypeInfo, TypeInfoVisitor, Visitor, is_abstract_type, parse, visit

from schema.events.entries import EVENT_TYPES
from schema.root import schema
from server.record import DOCUMENT

CORE = schema._schema


class _Selected(Visitor):
    """Collects the fields that the document selects of each type, also in fragments on its interfaces."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self.fields: dict[str, set[str]] = {}
        self._types = types

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        of = self._types.get_parent_type()
        assert of
        for each in CORE.get_possible_types(of) if is_abstract_type(of) else [of]:
            self.fields.setdefault(each.name, set()).add(node.name.value)


OF_THE_GALLERY = {"Checkpoint", "SiteDefaultsChanged", "RoomConfigured", "AccessChanged", "GalleryChanged"}
OF_THE_GALLERY |= {"MembershipsChanged", "PendingCountChanged", "PlaylistSaved", "PlaylistDeleted"}
OF_THE_GALLERY |= {f"Webhook{what}" for what in ("Saved", "Disabled", "Deleted")}
OF_THE_GALLERY |= {f"Media{what}" for what in ("Added", "Changed", "Reviewed", "Removed")}
OF_THE_GALLERY |= {"ContentAdded", "ContentChanged", "ContentRemoved"}  # the shelf is the room's
OF_THE_PAGE = {"Query", "EventConnection", "EventEdge", "PageInfo", *OF_THE_GALLERY}
OF_THE_PAGE |= {"QuestionReplyConnection", "QuestionReplyEdge"}
NAMED = {"User", "Group", "Media", "ContentItem"}
"""Types that the record only refers to: people, media and the shelf are not part of the session."""
LEFT_OUT = {
    "Interaction": {"answers"},  # who answered what is in the report
    "AllDevicesChanged": {"participants"},  # their ids are told
    # Fields of the session whose content is in other events.
    "RoomSession": {"participants", "stage", "hands", "recordings", "viewerParticipant", "feed", "shown"},
}
OF_THE_RECORD = {"session", "room", "gallery"}
"""Fields that have the same value in the whole record."""
OF_THE_READER = {"viewerAnswer", "viewerUpvoted", "viewerReacted"}
"""Fields whose value depends on the person who reads the record."""


def test_the_record_has_every_field_of_every_event_of_a_session() -> None:
    """docs/records.md promises all fields. A new field must be in server/record.graphql, or be left out here."""
    types = TypeInfo(CORE)
    visit(parse(DOCUMENT), TypeInfoVisitor(types, selected := _Selected(types)))
    told = {kind.__name__ for kind in EVENT_TYPES} - OF_THE_GALLERY
    assert told <= selected.fields.keys()
    assert {
        name: sorted(missing) for name in selected.fields if (missing := not_told(name, selected.fields[name]))
    } == {}


def not_told(name: str, selected: set[str]) -> set[str]:
    of = CORE.type_map[name]
    assert isinstance(of, GraphQLObjectType)
    if name in OF_THE_PAGE | NAMED:
        return set()
    missing, left_out = set(of.fields) - selected, LEFT_OUT.get(name, set())
    assert left_out <= missing, "no longer left out"
    told_elsewhere = left_out | OF_THE_READER | OF_THE_RECORD
    return {each for each in missing - told_elsewhere if not each.startswith("viewerCan")}
