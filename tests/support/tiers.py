"""Two tiers of tests: `make test` runs the first, and `make test-everything` the second.

The first tier has almost every test on SQLite. Tests in folders about the database or streams also run on PostgreSQL in
the first tier. The second tier has all other tests on PostgreSQL, and the tests that are marked with `second_tier`
because they take a minute.
"""

import re
from collections.abc import Sequence

import pytest

ON_BOTH_AT_ONCE = {"storage", "streams"}
"""Folders of tests/ whose tests run on both databases in the first tier."""


def mark_repetitions(items: Sequence[pytest.Item]) -> None:
    """Marks each test on PostgreSQL with `second_tier` if SQLite has the test too and its folder is not listed above."""
    ids = {item.nodeid for item in items}
    for item in items:
        twin = re.sub(r"\bpostgresql\b", "sqlite", item.nodeid)
        if twin != item.nodeid and twin in ids and item.path.parent.name not in ON_BOTH_AT_ONCE:
            item.add_marker("second_tier")
