"""The parts that a run joins."""

from tests.soak.checker import check
from tests.soak.load import Load, dump, populate
from tests.soak.running import Parts

__all__ = ["PARTS"]


PARTS = Parts(populate, lambda ground: {place.gallery: place.manager for place in ground.places}, Load, dump, check)
