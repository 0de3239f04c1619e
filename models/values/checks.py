"""Runs all checks of an input, so that a refusal names every wrong field and not only the first."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Concatenate, ParamSpec, TypeVar, cast

from models.errors import Invalid, NotFound, together

P = ParamSpec("P")
T = TypeVar("T")
V = TypeVar("V")


class Checks:
    """Runs checks one after another, and keeps what they raise."""

    def __init__(self) -> None:
        self.faults: list[Invalid] = []
        self.not_found: NotFound | None = None

    def __call__(self, check: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Returns what the check returns.

        If the check refuses, the value is None in spite of its type. Nothing uses it, because the block raises at its
        end.
        """
        try:
            return check(*args, **kwargs)
        except Invalid as fault:
            self.faults += fault.faults
        except NotFound as refusal:
            self.not_found = self.not_found or refusal
        return cast("T", None)

    def given(
        self, check: Callable[Concatenate[V, P], T], value: V | None, *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """Returns what the check returns for the value, or None if no value is given."""
        return None if value is None else self(check, value, *args, **kwargs)


@contextmanager
def all_invalid() -> Iterator[Checks]:
    """Yields a function that runs checks. At the end of the block, raises Invalid with the faults of all of them.

    The faults are in the order of the checks. Without faults, raises the first NOT_FOUND of the checks.
    """
    check = Checks()
    yield check
    if check.faults:
        raise together(check.faults)
    if check.not_found:
        raise check.not_found
