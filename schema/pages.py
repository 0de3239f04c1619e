"""Pages: the finished answer to a query of a gallery's page is kept, and sent again while a row proves that it is true.

The proof is read for each request, and it is the access check too. It does not change with what the viewer may not see,
so neither do the statements and the time that an answer takes (docs/decisions/0016-validated-responses.md).
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import NamedTuple, TypeAlias
from uuid import UUID

import orjson
from strawberry.types.execution import ExecutionResult

from models.access.authorise import GalleryAccess
from models.access.pages import PageAccess, access_page, access_page_of_course
from models.access.rooms import RoomAccess, access_rooms_of
from models.cursors import Position
from models.database.transaction import Snapshot
from models.errors import Refusal
from models.permissions import Permission, Role, Viewer
from models.storage.statements import Statements
from schema.context import Context, Services
from schema.execution.documents import MEBIBYTE
from schema.execution.impersonal import Operation
from schema.execution.page_queries import PageQuery
from schema.types.ids import local_id
from subscriptions.once import Once

KEPT_BYTES = 16 * MEBIBYTE
REMEMBERED = 10_000
"""How many operations are known to have been asked before. The first time costs no further statement."""
BYTES_PER_PAGE = 2_000
"""What a kept page takes besides its answer and its query, at most."""

Execute: TypeAlias = Callable[[], Awaitable[ExecutionResult]]


@dataclass(frozen=True, slots=True)
class Page:
    """A finished answer, as JSON."""

    body: bytes


def tag(body: bytes) -> str:
    """Returns the strong ETag of an answer.

    It is a hash of the answer alone: a tag of the log's position would tell that something hidden has happened.
    """
    return f'"{blake2b(body, digest_size=16).hexdigest()}"'


class Proof(NamedTuple):
    """What the answer to a query of a page depends on. Two equal proofs have equal answers."""

    gallery_id: UUID
    roles: tuple[Role, ...]
    site_roles: frozenset[Role]
    position: Position
    people_mark: int
    room: tuple[object, ...] | None


Key: TypeAlias = tuple[Operation, Proof]


class Pages:
    """Answers queries of pages, and keeps the answers that many viewers get."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        self._kept = KeptPages(KEPT_BYTES)
        self._asked: OrderedDict[int, None] = OrderedDict()

    async def answer(self, query: PageQuery, context: Context, execute: Execute) -> ExecutionResult | Page:
        """Returns a kept answer that is true now, or executes the query.

        Many who ask for the same at once wait for one execution.
        """
        proof = await self._prove(query, context.viewer) if self._was_asked(query.operation) else None
        if proof is None:
            return await self._executed(query, context, execute)
        own: ExecutionResult | None = None

        async def make() -> Page | None:
            nonlocal own
            own = await self._executed(query, context, execute)
            return self._kept.get((query.operation, proof))

        page = await self._kept.of((query.operation, proof), make)
        # The maker's answer may be for another state or other viewers. Then those who waited execute the query too.
        return own or page or await self._executed(query, context, execute)

    def _was_asked(self, operation: Operation) -> bool:
        """Returns whether the operation was asked before, so that its answer may be kept. Remembers it."""
        before, key = len(self._asked), hash(operation)
        self._asked[key] = None
        self._asked.move_to_end(key)
        if len(self._asked) > REMEMBERED:
            self._asked.popitem(last=False)
            return False
        return len(self._asked) == before

    async def _executed(self, query: PageQuery, context: Context, execute: Execute) -> ExecutionResult:
        """Executes the query, and keeps the answer if it is for others too.

        The proof is read in the snapshot that is executed, because much may have happened since it was read before.
        """
        proofs: list[Proof | None] = []

        async def access_page(snapshot: Snapshot) -> GalleryAccess:
            page = await _access(query, snapshot.viewer, snapshot)
            proofs.append(await _proof(query, page, snapshot.viewer, snapshot))
            return page.access

        context.access_page = access_page
        result = await execute()
        match proofs:
            case [Proof() as proof] if not result.errors:
                self._kept.keep((query.operation, proof), Page(orjson.dumps({"data": result.data})))
        return result

    async def _prove(self, query: PageQuery, viewer: Viewer) -> Proof | None:
        try:
            if not query.selects_room:
                reads = self._database.reads
                return await _proof(query, await _access(query, viewer, reads), viewer, reads)
            async with self._database.snapshot(viewer) as snapshot:
                return await _proof(query, await _access(query, viewer, snapshot), viewer, snapshot)
        except Refusal:  # The execution finds the same refusal, and says it as the client expects.
            return None


async def _proof(query: PageQuery, page: PageAccess, viewer: Viewer, run: Statements) -> Proof | None:
    """Returns the proof for this viewer's answer, or None if others do not get the same."""
    if not page.is_alike:
        return None
    gallery, rights, room = page.access.gallery.id, page.access.rights, None
    if query.selects_room:
        assert isinstance(run, Snapshot)  # The two statements have to read one moment.
        room = _shown_of_room((await access_rooms_of(run, [gallery], {gallery: rights}))[gallery])
    return Proof(gallery, tuple(rights.roles), viewer.site_roles, page.position, page.people_mark, room)


async def _access(query: PageQuery, viewer: Viewer, run: Statements) -> PageAccess:
    # As the root field `gallery` chooses.
    if query.by.get("id"):
        return await access_page(run, viewer, local_id(query.by["id"], "Gallery"))
    return await access_page_of_course(run, viewer, query.by.get("externalId") or "")


def _shown_of_room(access: RoomAccess) -> tuple[object, ...]:
    """Returns what fields of the room are made of, without what the viewer may not see."""
    session = access.open_session
    if session is not None:
        waiting = session.waiting_count if Permission.ADMIT in access.permissions else 0
        session = replace(session, waiting_count=waiting, turns=0)
    settings = (access.room, access.limits, access.qna_enabled, access.group_chat_enabled)
    return (*settings, session, access.recording, access.permissions)


class KeptPages:
    """The pages that were used last, within a number of bytes."""

    def __init__(self, max_bytes: int) -> None:
        self.bytes = 0
        self._max_bytes = max_bytes
        self._kept: OrderedDict[Key, Page] = OrderedDict()
        self._makings: dict[Key, Once[Key, Page | None]] = {}

    def get(self, key: Key) -> Page | None:
        """Returns the page, if it is kept."""
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
        return kept

    async def of(self, key: Key, make: Callable[[], Awaitable[Page | None]]) -> Page | None:
        """Returns the kept page. If it is missing, `make` runs once for all who wait, and they get its result."""
        kept = self.get(key)
        if kept is not None:
            return kept
        making = self._makings.setdefault(key, Once())
        try:
            return await making.of(key, make)
        finally:
            if self._makings.get(key) is making:
                del self._makings[key]

    def keep(self, key: Key, page: Page) -> None:
        """Keeps a page, and drops those that were not used for the longest time."""
        if key not in self._kept:
            self._kept[key] = page
            self.bytes += _bytes_of(key, page)
        while self.bytes > self._max_bytes:
            self.bytes -= _bytes_of(*self._kept.popitem(last=False))


def _bytes_of(key: Key, page: Page) -> int:
    operation, _ = key
    return BYTES_PER_PAGE + len(page.body) + 4 * len(operation.document) + len(operation.variables)
