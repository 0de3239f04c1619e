"""The codes of errors that are about a request as a whole. docs/errors.md explains each of them to clients."""

from enum import StrEnum

from graphql import GraphQLError, Node


class RequestErrorCode(StrEnum):
    """Why a request was not executed, or not to its end.

    Where Apollo's servers and clients have a name for the reason, it is theirs.
    """

    BAD_REQUEST = "BAD_REQUEST"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    DOCUMENT_NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"
    DOCUMENT_TOO_LARGE = "DOCUMENT_TOO_LARGE"
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    INTERNAL = "INTERNAL"
    INTROSPECTION_DISABLED = "INTROSPECTION_DISABLED"
    OPERATION_RESOLUTION_FAILURE = "OPERATION_RESOLUTION_FAILURE"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    PERSISTED_QUERY_NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
    RATE_LIMITED = "RATE_LIMITED"
    TIMEOUT = "TIMEOUT"
    TOO_EXPENSIVE = "TOO_EXPENSIVE"
    TOO_MANY_CONNECTIONS = "TOO_MANY_CONNECTIONS"
    TOO_MANY_OPERATIONS = "TOO_MANY_OPERATIONS"
    TOO_MANY_STREAMS = "TOO_MANY_STREAMS"
    TOO_MANY_SUBSCRIPTIONS = "TOO_MANY_SUBSCRIPTIONS"
    UNAUTHENTICATED = "UNAUTHENTICATED"


SCHEMA_IS_CLOSED = (
    "The schema is not public here. Site admins may read it, and ENFILADE_INTROSPECTION=true opens it to everyone."
)


def request_error(code: RequestErrorCode, message: str, node: Node | None = None) -> GraphQLError:
    """Returns a top-level error with this code."""
    return GraphQLError(message, node, extensions={"code": code.value})
