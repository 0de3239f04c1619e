"""The forms of GraphQL requests over HTTP, and of their answers."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from graphql import OperationDefinitionNode, OperationType, get_operation_ast
from starlette.requests import Request

from schema.context import Limits
from schema.execution.codes import SCHEMA_IS_CLOSED, RequestErrorCode, request_error
from schema.execution.documents import DOCUMENTS, document, part_of
from schema.execution.time_limits import in_time
from schema.execution.turns import turn_of
from schema.root import schema


class BadRequest(Exception):
    """The request itself is wrong. The exception has a status and a message for the client."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


class Form(StrEnum):
    """The forms of an answer, as media types."""

    JSON = "application/json"
    GRAPHQL = "application/graphql-response+json"
    SSE = "text/event-stream"
    MULTIPART = "multipart/mixed"


STREAMS = (Form.SSE, Form.MULTIPART)
_WEIGHT = re.compile(r"q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")  # what has another form counts as not said


@dataclass(frozen=True, slots=True)
class Asked:
    """A well-formed request: the document, the variables, and the name of the operation.

    A request may name its document by an id or a hash, and leave out the text. PersistedDocuments then finds the text.
    It sets `sha256` if the hash is to be remembered.
    """

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None
    document_id: str | None = None
    persisted_query: object = None
    sha256: str | None = None

    @classmethod
    def of(cls, given: dict[str, Any]) -> "Asked":
        """Returns the request that has these members, whose types were checked."""
        return cls(
            given.get("query") or "",
            given.get("variables"),
            given.get("operationName") or None,
            given.get("documentId") or given.get("doc_id") or None,  # Relay's guide sends doc_id.
            (given.get("extensions") or {}).get("persistedQuery"),
        )

    @property
    def names_a_document(self) -> bool:
        """Whether the request has a text, an id or a hash."""
        return bool(self.query or self.document_id or self.persisted_query is not None)


PARAMETERS = {
    "query": str, "documentId": str, "doc_id": str, "operationName": str, "variables": dict, "extensions": dict,
}  # fmt: skip
"""The members of a request, which may all be absent or null."""
WITHOUT_DOCUMENT = (
    "A request needs `query`, a string with a GraphQL document, or `documentId`, or `extensions.persistedQuery`."
)


async def read(request: Request, max_bytes: int) -> Asked:
    """Returns the request's parameters, from the query string or the JSON body. Raises BadRequest."""
    given = await _of_body(request, max_bytes) if request.method == "POST" else _of_query_string(request)
    if not isinstance(given, dict):
        raise BadRequest(400, "The body must be a JSON object. Batches are not supported.")
    if fault := unusable(given):
        raise BadRequest(400, fault)
    return Asked.of(given)


def unusable(given: dict[str, Any]) -> str | None:
    """Returns the fault in the members of a request, or None."""
    for parameter, kind in PARAMETERS.items():
        if not isinstance(given.get(parameter), kind | None):
            return f"`{parameter}` must be {'an object' if kind is dict else 'a string'}."
    return None if Asked.of(given).names_a_document else WITHOUT_DOCUMENT


def _of_query_string(request: Request) -> dict[str, Any]:
    given: dict[str, Any] = dict(request.query_params)
    for parameter in ("variables", "extensions"):
        text = given.get(parameter)
        given[parameter] = _json(text.encode(), f"`{parameter}` must be JSON.") if text else None
    return given


async def _of_body(request: Request, max_bytes: int) -> object:
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if media_type.strip().lower() != "application/json" or charset not in ("", "utf-8"):
        raise BadRequest(415, "The body must be application/json in UTF-8.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise BadRequest(413, f"The body is larger than {max_bytes} bytes.")
    return _json(bytes(body), "The body must be JSON.")


def _json(text: bytes, otherwise: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadRequest(400, otherwise) from None


async def admitted(
    asked: Asked, limits: Limits, caller: UUID, *, introspects: bool = True, imports: bool = True
) -> OperationDefinitionNode:
    """Returns the requested operation. Its document is parsed and validated then; only execution tells its errors.

    A document that is not known waits for its caller's turn as text, which takes little memory. Raises as `operation`
    does.
    """
    known = DOCUMENTS.known(asked.query)
    if known is not None and known.errors is not None:
        found = operation(asked, limits, introspects=introspects, imports=imports)
    else:
        async with in_time(limits.seconds), turn_of(caller):
            document = await DOCUMENTS.parsed(asked.query, caller)
            found = operation(asked, limits, introspects=introspects, imports=imports)
            await schema.validate(document)
    if asked.sha256:
        DOCUMENTS.remember_hash(asked.query, asked.sha256)
    return found


def operation(
    asked: Asked, limits: Limits, *, introspects: bool = True, imports: bool = True
) -> OperationDefinitionNode:
    """Returns the requested operation. `introspects` and `imports` say what the caller may do.

    Raises GraphQLError if the request does not name exactly one operation, or if the operation exceeds the limits, or
    reads the schema although the caller may not. Shortens lists in the variables that are too long.
    """
    found = get_operation_ast(document(asked.query), asked.operation_name)
    if found is None:
        message = "`operationName` must name one of the document's operations."
        raise request_error(RequestErrorCode.OPERATION_RESOLUTION_FAILURE, message)
    part = part_of(found)
    if part and part.introspects and not introspects:
        raise request_error(RequestErrorCode.INTROSPECTION_DISABLED, SCHEMA_IS_CLOSED, found)
    schema.bound_lists(found, asked.variables, imports=imports)
    schema.check_cost(asked.query, found, asked.variables, limits.cost)
    return found


def form(request: Request, kind: OperationType) -> Form:
    """Returns the form of the answer: of those that fit the operation, the one that the client likes best.

    Raises BadRequest.
    """
    accepted = accepted_types(request.headers.get("accept", "*/*"))
    wanted = [each for each in accepted if each in set(Form)]
    streams = [Form(each) for each in wanted if each in STREAMS]
    if kind is OperationType.SUBSCRIPTION:
        if not streams:
            raise BadRequest(406, f"A subscription needs a WebSocket, or Accept: {Form.SSE} or {Form.MULTIPART}.")
        return streams[0]
    plain = [Form(each) for each in wanted if each not in STREAMS]
    if plain:
        return plain[0]
    anything = any(each in ("*/*", "application/*") for each in accepted)
    # Clients of graphql-sse send queries over the same channel, and accept no other form.
    return Form.SSE if Form.SSE in streams and not anything else Form.JSON


def form_of_refusal(request: Request) -> Form:
    """Returns the form of the answer to a document without a usable operation, whose kind is unknown.

    It is a form for queries if the client accepts one, and otherwise a stream if it accepts one.
    """
    accepted = accepted_types(request.headers.get("accept", "*/*"))
    plain = next((Form(each) for each in accepted if each in (Form.JSON, Form.GRAPHQL)), None)
    anything = any(each in ("*/*", "application/*") for each in accepted)
    stream = next((Form(each) for each in accepted if each in STREAMS), None)
    return plain or (stream if stream and not anything else Form.JSON)


def accepted_types(header: str) -> list[str]:
    """Returns the media types of an Accept header, the best liked first, without those that it excludes (q=0)."""
    weighed = [_weighed(each) for each in header.split(",")]
    return [media_type for weight, media_type in sorted(weighed, key=lambda each: -each[0]) if weight]


def _weighed(accepted: str) -> tuple[float, str]:
    media_type, *parameters = (each.strip().lower() for each in accepted.split(";"))
    weights = [_WEIGHT.fullmatch(each) for each in parameters]
    return next((float(each[1]) for each in weights if each), 1.0), media_type
