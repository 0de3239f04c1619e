"""Two tiers of tests: `make test` runs the first, and `make test-everything` the second.

The first tier has almost every test, on SQLite; folders about the database or streams also run on PostgreSQL in it. The
second tier has all other tests on PostgreSQL, and tests that take a minute and are marked with `second_tier`.
"""

import re
from collections.abc import Sequence

import pytest

ON_BOTH_AT_ONCE = {"storage", "streams"}
"""Folders of tests/ whose tests run on both databases in the first tier."""


def mark_repetitions(items: Sequence[pytest.Item]) -> None:
    """Mark as `second_tier` each test on PostgreSQL that also runs on SQLite."""
    ids = {item.nodeid for item in items}
    for item in items:
        twin = re.sub(r"\bpostgresql\b", "sqlite", item.nodeid)
        if twin != item.nodeid and twin in ids and item.path.parent.name not in ON_BOTH_AT_ONCE:
            item.add_marker("second_tier")
