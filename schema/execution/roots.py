"""What an operation selects at its root: whether it reads the schema."""

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from schema.execution.codes import RequestErrorCode, request_error

INTROSPECTION = ("__schema", "__type")
SCHEMA_IS_CLOSED = (
    "The schema is not public here. Site admins may read it, and ENFILADE_INTROSPECTION=true opens it to everyone."
)


def refuse_introspection(parsed: DocumentNode, operation: OperationDefinitionNode) -> None:
    """Raises GraphQLError if the operation reads the schema.

    Takes time linear in the document, which is not validated yet.
    """
    if any(field.name.value in INTROSPECTION for field in _Roots(parsed).of(operation.selection_set)):
        raise request_error(RequestErrorCode.INTROSPECTION_DISABLED, SCHEMA_IS_CLOSED, operation)


class _Roots:
    """Finds the root fields. Each fragment is looked at once."""

    def __init__(self, parsed: DocumentNode) -> None:
        self._fragments = {
            each.name.value: each for each in parsed.definitions if isinstance(each, FragmentDefinitionNode)
        }

    def of(self, selected: SelectionSetNode) -> Iterator[FieldNode]:
        for node in selected.selections:
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments.pop(node.name.value, None)
                yield from self.of(fragment.selection_set) if fragment else ()
            else:
                yield from self.of(node.selection_set)  # type: ignore[attr-defined]  # an inline fragment has this attribute
