"""What is executed while rights or content change is kept for nobody else (docs/decisions/0016-validated-responses.md)."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from models.permissions import Viewer
from schema.context import Context
from schema.execution.documents import DOCUMENTS
from schema.execution.page_queries import PageQuery
from schema.pages import Page, Pages
from schema.root import schema
from tests.support import media
from tests.support.admin_mutations import remove_member, set_member
from tests.support.event_streams import eventually
from tests.support.gallery_pages import CONTENT, executed, given
from tests.support.people import id_of
from tests.support.world import World


class Meanwhile:
    """Readers who ask at once, while something happens between the proof of the first one and the execution."""

    def __init__(self, world: World, happen: Callable[[], Awaitable[object]]) -> None:
        self._world = world
        self._happen = happen
        self._pages = Pages(world.process.services)
        self._begun, self._go = asyncio.Event(), asyncio.Event()

    async def read(self, *people: str) -> list[dict[str, Any]]:
        # The operation is known, but its answer has changed.
        self._go.set()
        await self._answer(people[0])
        await media.add(self._world, "manager")
        self._go.clear()
        self._begun.clear()
        asking = [asyncio.create_task(self._answer(who)) for who in people]
        await self._begun.wait()
        await eventually(lambda: self._waiting() == len(people) - 1)
        await self._happen()
        self._go.set()
        return [await each for each in asking]

    def _waiting(self) -> int:
        makings = [each for once in self._pages._kept._makings.values() for each in once._makings.values()]
        return sum(len(each.ended._waiters) for each in makings)

    async def _answer(self, who: str) -> dict[str, Any]:
        viewer: Viewer = (await self._world.process.accounts.of_token(self._world.token(who))).viewer
        context = Context(self._world.process.services, viewer)
        variables = given(self._world, CONTENT)
        execute = partial(schema.execute, CONTENT, variable_values=variables, context_value=context)

        async def late() -> Any:
            self._begun.set()
            await self._go.wait()
            return await execute()

        result = await self._pages.answer(self._query(variables), context, late)
        assert not isinstance(result, Page), "this was made for another state"
        assert result.data is not None
        return result.data

    def _query(self, variables: dict[str, Any]) -> PageQuery:
        operation: Any = DOCUMENTS.of(CONTENT).parsed.definitions[0]
        query = schema.page_query(CONTENT, operation, variables)
        assert query
        return query


async def test_what_is_made_while_the_maker_is_promoted_is_for_the_maker_alone(world: World) -> None:
    """Rule 16: those who waited do not get the pending media that the maker sees now."""
    maker = await id_of(world, "visitor-001")
    answers = await Meanwhile(world, partial(set_member, world, maker, "MODERATOR")).read("visitor-001", "visitor-002")
    assert answers == [await executed(world, who, CONTENT) for who in ("visitor-001", "visitor-002")]
    assert answers[0] != answers[1]


async def test_what_is_made_while_the_maker_is_removed_is_for_the_maker_alone(world: World) -> None:
    maker = await id_of(world, "student-010")
    answers = await Meanwhile(world, partial(remove_member, world, maker)).read("student-010", "student-011")
    assert answers == [{"gallery": None}, await executed(world, "student-011", CONTENT)]


async def test_what_is_made_while_the_page_changes_is_not_kept_for_what_was(world: World) -> None:
    answers = await Meanwhile(world, partial(media.add, world, "manager")).read("visitor-001", "visitor-002")
    assert answers == [await executed(world, "visitor-001", CONTENT)] * 2
