"""Coverage of the servers and commands that tests start as processes of their own."""

import os

NAME = "COVERAGE_PROCESS_CONFIG"


def measured() -> dict[str, str]:
    """The variable that makes a process measure itself; empty unless `make coverage` runs the tests."""
    # read when a process starts: pytest-cov sets it after this file is imported
    return {NAME: os.environ[NAME]} if NAME in os.environ else {}
