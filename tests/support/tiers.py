"""Two tiers of tests: most tests that run on SQLite run again on PostgreSQL, in the second tier.

`make test` runs the first tier, and `make test-everything` the second. The first tier has every test once, and those folders
on both databases where the database itself matters most.
"""

import re
from collections.abc import Sequence

import pytest

ON_BOTH_AT_ONCE = {"storage", "streams", "whole"}
"""Folders of tests/ whose tests run on both databases in the first tier."""


def mark_repetitions(items: Sequence[pytest.Item]) -> None:
    """Mark as `again` each test on PostgreSQL that also runs on SQLite."""
    ids = {item.nodeid for item in items}
    for item in items:
        twin = re.sub(r"\bpostgresql\b", "sqlite", item.nodeid)
        if twin != item.nodeid and twin in ids and item.path.parent.name not in ON_BOTH_AT_ONCE:
            item.add_marker("again")
