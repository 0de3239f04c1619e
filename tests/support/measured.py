"""Coverage of the servers and commands that tests start as processes of their own."""

import os

NAME = "COVERAGE_PROCESS_CONFIG"


def measured() -> dict[str, str]:
    """Returns the variable that makes a process measure its coverage; empty unless `make coverage` runs the tests."""
    # The variable is read here, when a process starts, because pytest-cov sets it after this file is imported.
    return {NAME: os.environ[NAME]} if NAME in os.environ else {}
