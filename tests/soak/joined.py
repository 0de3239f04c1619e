"""The parts that a run joins."""

from tests.soak.small_load import PARTS

__all__ = ["PARTS"]
