"""The documents of webhooks: a subscription to one of the streams of events, whose items are added to payloads."""

from graphql import FieldNode, GraphQLError, GraphQLInterfaceType, OperationDefinitionNode, OperationType
from strawberry import Schema

from models.errors import Invalid
from schema.execution.documents import DOCUMENTS
from schema.execution.reports import public_errors

STREAMS = ("galleryEvents", "roomEvents", "chat", "questions", "recordings")
VARIABLES = ("galleryId", "roomId")
_PLACE = "input", "document"


def checked_document(schema: Schema, text: str, cost: int) -> str:
    """Returns the document of a webhook. Raises Invalid with the first thing that is wrong with it."""
    try:
        operation = _operation(text)
        errors = schema.errors_in(DOCUMENTS.of(text))  # type: ignore[attr-defined]  # it is our EnfiladeSchema
        if errors:
            raise errors[0]
        schema.check_cost(text, operation, {}, cost)  # type: ignore[attr-defined]  # as above
    except GraphQLError as error:
        (answer,) = public_errors([error])
        raise Invalid(f"This document cannot be used: {answer['message']}", *_PLACE) from None
    _must_fit(operation)
    return text


def checked_type(schema: Schema, name: str, place: str) -> str:
    """Returns the name of a type of events. Raises Invalid naming its place in the list."""
    event = schema._schema.type_map["Event"]
    assert isinstance(event, GraphQLInterfaceType)
    if name == "Checkpoint" or name not in {each.name for each in schema._schema.get_possible_types(event)}:
        raise Invalid("This is no type of an event.", "input", "eventTypes", place)
    return name


def _operation(text: str) -> OperationDefinitionNode:
    definitions = DOCUMENTS.of(text).parsed.definitions
    operations = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
    if len(operations) != 1 or operations[0].operation is not OperationType.SUBSCRIPTION:
        raise Invalid("This must be one subscription.", *_PLACE)
    return operations[0]


def _must_fit(operation: OperationDefinitionNode) -> None:
    (field,) = operation.selection_set.selections  # validation allows one
    if not isinstance(field, FieldNode) or field.name.value not in STREAMS:
        raise Invalid(f"This must subscribe to one of {', '.join(STREAMS)}.", *_PLACE)
    names = {each.variable.name.value for each in operation.variable_definitions or ()}
    if names - set(VARIABLES):
        raise Invalid("The variables of this may be $galleryId and $roomId, which the server gives.", *_PLACE)
