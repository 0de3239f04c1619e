"""Two tiers of tests: `make test` runs the first, and `make test-everything` the second.

The first tier has almost every test on SQLite. Tests about the database, in tests/storage/, also run on PostgreSQL in
the first tier. The second tier has all other tests on PostgreSQL, and the tests that are marked with `second_tier`
because they take long or start several processes.
"""

import re
from collections.abc import Sequence

import pytest

ON_BOTH_AT_ONCE = {"storage"}
"""Folders of tests/ whose tests run on both databases in the first tier."""
EXCEPT_FOR = {"test_migrations.py", "test_paging.py"}
"""Long tests in these folders. test_plans.py runs the statements of paging on both databases in the first tier, and
every world on PostgreSQL begins with all migrations."""


def mark_repetitions(items: Sequence[pytest.Item]) -> None:
    """Marks each test on PostgreSQL with `second_tier` if SQLite has the test too and it is not listed above."""
    ids = {item.nodeid for item in items}
    for item in items:
        twin = re.sub(r"\bpostgresql\b", "sqlite", item.nodeid)
        if twin != item.nodeid and twin in ids and not _on_both_at_once(item):
            item.add_marker("second_tier")


def _on_both_at_once(item: pytest.Item) -> bool:
    return item.path.parent.name in ON_BOTH_AT_ONCE and item.path.name not in EXCEPT_FOR
