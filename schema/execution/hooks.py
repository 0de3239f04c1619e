"""Hooks: runs our extensions around the stages of an operation, without inspecting them again for each operation.

Strawberry's own runner finds out each time which stages an extension has hooks for, and of which kind. This takes
longer than graphql-core takes for a small query.
"""

from collections.abc import Callable
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from inspect import isasyncgenfunction
from types import TracebackType
from typing import Any, NamedTuple

from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.types import ExecutionContext


class _Hook(NamedTuple):
    make: Callable[[SchemaExtension], Any]
    is_async: bool


class _Stage:
    """Enters the hook of the one extension that has a hook for this stage, if there is one."""

    __slots__ = ("_is_async", "_manager")

    def __init__(self, extensions: list[SchemaExtension], name: str) -> None:
        self._manager: Any = None
        for extension in extensions:
            kind: Any = type(extension)
            hook = _hook(kind, name)
            if hook is not None:
                assert self._manager is None, f"two extensions have a hook {name}"
                self._manager, self._is_async = hook.make(extension), hook.is_async

    async def __aenter__(self) -> None:
        if self._manager is None:
            return
        if self._is_async:
            await self._manager.__aenter__()
        else:
            self._manager.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        if self._manager is None:
            return None
        left: bool | None = (
            await self._manager.__aexit__(kind, error, trace)
            if self._is_async
            else self._manager.__exit__(kind, error, trace)
        )
        return left


@cache
def _hook(extension: Any, name: str) -> _Hook | None:
    hook = getattr(extension, name)
    if hook is getattr(SchemaExtension, name):
        return None
    is_async = isasyncgenfunction(hook)
    return _Hook(asynccontextmanager(hook) if is_async else contextmanager(hook), is_async)


class Runner(SchemaExtensionsRunner):
    """Runs extensions whose hooks are generators, and which add nothing to the result."""

    def operation(self) -> Any:
        return _Stage(self.extensions, "on_operation")

    def parsing(self) -> Any:
        return _Stage(self.extensions, "on_parse")

    def validation(self) -> Any:
        return _Stage(self.extensions, "on_validate")

    def executing(self) -> Any:
        return _Stage(self.extensions, "on_execute")

    async def get_extensions_results(self, ctx: ExecutionContext) -> dict[str, Any]:
        return {}
