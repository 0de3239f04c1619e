"""The text of a request's document: sent in full, or known here by a hash or an id (docs/documents.md)."""

from dataclasses import replace
from hashlib import sha256

from graphql import GraphQLError

from schema.execution.codes import RequestErrorCode, request_error
from schema.execution.documents import DOCUMENTS
from server.requests import Asked
from server.trusted import Trusted, plain_id

VERSION = 1
"""The version of Apollo's protocol for automatic persisted queries."""
HASH_FIELD = "extensions.persistedQuery.sha256Hash"


class PersistedDocuments:
    """Finds the documents that requests name instead of sending them.

    Trusted documents have ids in a manifest. With `trusted_only`, no other document is executed. Otherwise a client may
    send a hash alone, and with `automatic` this process knows the hashes of valid documents that were sent with theirs.
    """

    def __init__(self, trusted: Trusted, *, trusted_only: bool, automatic: bool) -> None:
        self._trusted = trusted
        self._trusted_only = trusted_only
        self._automatic = automatic

    def resolved(self, asked: Asked) -> Asked:
        """Returns the request with the text of its document. Raises GraphQLError if the text is unknown or refused."""
        name = asked.document_id or _hash(asked.persisted_query)
        trusted = self._trusted.texts.get(plain_id(name)) if name else None
        if trusted is not None:
            return replace(asked, query=_same(trusted, asked))
        if self._trusted_only:
            return replace(asked, query=self._only_trusted(asked.query))
        return self._named(plain_id(name), asked) if name else asked

    def _only_trusted(self, text: str) -> str:
        if text not in self._trusted.known:
            message = "This server executes only the documents on its list, and this one is not on it."
            raise request_error(RequestErrorCode.DOCUMENT_NOT_TRUSTED, message)
        return text

    def _named(self, name: str, asked: Asked) -> Asked:
        if not self._automatic:
            raise _not_found() if asked.document_id else _not_supported()
        if not asked.query:
            found = DOCUMENTS.with_hash(name)
            if found is None:
                raise _not_found()
            return replace(asked, query=found.text)
        if sha256(asked.query.encode()).hexdigest() != name:
            message = f"`{_field(asked)}` is not the SHA-256 of `query`, in lower-case hexadecimal digits."
            raise request_error(RequestErrorCode.BAD_REQUEST, message)
        return replace(asked, sha256=name)


def _hash(persisted_query: object) -> str | None:
    if persisted_query is None:
        return None
    given = persisted_query if isinstance(persisted_query, dict) else {}
    if not isinstance(given.get("sha256Hash"), str) or not given["sha256Hash"]:
        raise request_error(RequestErrorCode.BAD_REQUEST, f"`{HASH_FIELD}` must be a string.")
    if given.get("version") != VERSION:
        raise _not_supported()
    return str(given["sha256Hash"])


def _same(trusted: str, asked: Asked) -> str:
    if asked.query not in ("", trusted):
        message = f"`query` is not the document that `{_field(asked)}` names. Send one of them."
        raise request_error(RequestErrorCode.BAD_REQUEST, message)
    return trusted


def _field(asked: Asked) -> str:
    return "documentId" if asked.document_id else HASH_FIELD


# Apollo's clients go by the code of these two errors, and urql goes by the message.
def _not_found() -> GraphQLError:
    return request_error(RequestErrorCode.PERSISTED_QUERY_NOT_FOUND, "PersistedQueryNotFound")


def _not_supported() -> GraphQLError:
    return request_error(RequestErrorCode.PERSISTED_QUERY_NOT_SUPPORTED, "PersistedQueryNotSupported")
