"""The programs of examples/clients/ pass TypeScript's checks, with types that are generated from our schema."""

import subprocess

import pytest

from tests.support.programs import CLIENTS, needs_node

pytestmark = [pytest.mark.second_tier, pytest.mark.usefixtures("generated"), needs_node]


def test_all_programs_have_the_types_that_they_say() -> None:
    command = ["npm", "run", "--silent", "types"]
    checked = subprocess.run(command, cwd=CLIENTS, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
