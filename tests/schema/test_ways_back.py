"""Clients' caches are brought up to date by what is pushed: events, nodes and payloads name what they are about."""

import re

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
)

from schema.execution.cost import REFUSALS
from schema.root import schema

CORE = schema._schema
PARENTS = ("Gallery", "Room", "RoomSession")
TOP = {"User", "Group", "Gallery"}
"""Nodes that are in no other object's list, or in lists of many objects."""


def possible(interface: str) -> list[GraphQLObjectType]:
    of = CORE.type_map[interface]
    assert isinstance(of, GraphQLInterfaceType)
    return list(CORE.get_possible_types(of))


def names_a_node(of: GraphQLObjectType, name: str) -> bool:
    """Returns whether the field holds the id of an object, or an object with an id."""
    target: GraphQLNamedType = get_named_type(of.fields[name].type)
    return target.name == "ID" or "id" in getattr(target, "fields", ())


OF_THE_WHOLE = {
    "Checkpoint": "it tells nothing",
    "SiteDefaultsChanged": "the site has no id: there is one",
    **dict.fromkeys(("RoomConfigured",), "it is about the room"),
    **dict.fromkeys(("GalleryChanged", "PendingCountChanged"), "it is about the gallery"),
}


@pytest.mark.parametrize("event", [each.name for each in possible("Event")])
def test_an_event_names_what_it_is_about_and_where(event: str) -> None:
    of = CORE.type_map[event]
    assert isinstance(of, GraphQLObjectType)
    streams = {each.name for each in of.interfaces} & {"RoomEvent", "GalleryEvent"}
    places = {name for name in ("room", "gallery") if name in of.fields}
    assert streams
    assert places == {{"RoomEvent": "room", "GalleryEvent": "gallery"}[each] for each in streams}
    subjects = {name for name in of.fields.keys() - places if names_a_node(of, name)}
    assert bool(subjects) == (event not in OF_THE_WHOLE), subjects


@pytest.mark.parametrize("event", [each.name for each in possible("RoomEvent")])
def test_what_happens_in_a_session_leads_to_it(event: str) -> None:
    of = CORE.type_map[event]
    assert isinstance(of, GraphQLObjectType)
    below = [get_named_type(field.type) for field in of.fields.values()]
    leads = any("session" in getattr(each, "fields", {}) and each.name != "RoomStatus" for each in [of, *below])
    of_the_room = {"AccessChanged", "Checkpoint", "RoomConfigured", "SiteDefaultsChanged"}
    of_the_shelf = {each.name for each in possible("ContentEvent")}
    assert leads == (event not in of_the_room | of_the_shelf)


@pytest.mark.parametrize("node", sorted({each.name for each in possible("Node")} - TOP))
def test_a_node_leads_back_to_what_lists_it(node: str) -> None:
    of = CORE.type_map[node]
    assert isinstance(of, GraphQLObjectType)
    back = {name for name, field in of.fields.items() if str(field.type).rstrip("!") in PARENTS}
    assert back & {"gallery", "room", "session"}


WITHOUT_OBJECT = {"UpdateSitePayload": "the site has no id: there is one"}


@pytest.mark.parametrize("payload", [each.name for each in possible("Payload")])
def test_a_payload_names_what_was_changed(payload: str) -> None:
    of = CORE.type_map[payload]
    assert isinstance(of, GraphQLObjectType)
    named = {name for name in of.fields if name != REFUSALS and names_a_node(of, name)}
    assert bool(named) == (payload not in WITHOUT_OBJECT), named


GONE = re.compile(r"^(Delete|Remove)(?!Participant|Reaction|Message|FromStage|QuestionUpvote)")
FOR_ADMINS = {"DeleteGalleryPayload", "DeleteGroupPayload", "RemoveGroupMembersPayload"}
"""What they take away is in no list of a gallery or a room."""


@pytest.mark.parametrize("payload", [each.name for each in possible("Payload") if GONE.match(each.name)])
def test_a_payload_of_what_is_gone_has_its_id_and_its_parent(payload: str) -> None:
    """So that Relay's @deleteEdge takes it out of lists."""
    of = CORE.type_map[payload]
    assert isinstance(of, GraphQLObjectType)
    assert any(re.search(r"Ids?$", name) for name in of.fields)
    assert bool({"gallery", "room"} & of.fields.keys()) == (payload not in FOR_ADMINS)


REPEATED = ("participant", "message", "media", "recording", "interaction", "question")


def test_a_field_that_events_repeat_is_in_an_interface() -> None:
    """So that one fragment selects it."""
    apart: dict[str, list[str]] = {}
    for event in possible("Event"):
        for name in REPEATED:
            if name in event.fields and not any(name in each.fields for each in event.interfaces):
                apart.setdefault(name, []).append(event.name)
    assert apart == {}


def test_what_can_be_given_a_role_has_its_name_without_fragments() -> None:
    principal = CORE.type_map["Principal"]
    assert isinstance(principal, GraphQLInterfaceType)
    assert {name: str(each.type) for name, each in principal.fields.items()} == {"id": "ID!", "name": "String!"}
    assert {each.name for each in CORE.get_possible_types(principal)} == {"User", "Group"}
