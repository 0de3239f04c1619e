"""What an operation selects at its root: whether it reads the schema, and how many mutations it runs."""

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)

from schema.execution.codes import RequestErrorCode, request_error

INTROSPECTION = ("__schema", "__type")
SCHEMA_IS_CLOSED = (
    "The schema is not public here. Site admins may read it, and ENFILADE_INTROSPECTION=true opens it to everyone."
)


def check_roots(parsed: DocumentNode, operation: OperationDefinitionNode, mutations: int, *, introspects: bool) -> None:
    """Raises GraphQLError if the operation reads the schema and may not, or has more than so many mutations.

    Takes time linear in the document, which is not validated yet.
    """
    fields = {(_key(field), field.name.value) for field in _Roots(parsed).of(operation.selection_set)}
    if not introspects and any(name in INTROSPECTION for _, name in fields):
        raise request_error(RequestErrorCode.INTROSPECTION_DISABLED, SCHEMA_IS_CLOSED, operation)
    if operation.operation is OperationType.MUTATION and len(fields) > mutations:
        message = f"This operation has {len(fields)} mutations; at most {mutations} may be sent in one."
        raise request_error(RequestErrorCode.DOCUMENT_TOO_LARGE, message, operation)


def _key(field: FieldNode) -> str:
    return field.alias.value if field.alias else field.name.value


class _Roots:
    """Finds the root fields. Each fragment is looked at once: what it adds a second time is merged with the first."""

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
