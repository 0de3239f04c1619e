"""docs/rules.md: rules are numbered without gaps, every cited number exists, and tests cite every rule."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.project_files import ROOT, files_in, parsed

FOLDERS = ("models", "resolvers", "subscriptions", "schema", "server", "tests", "bench", "examples", "docs")
RULES = [int(number) for number in re.findall(r"^(\d+)\. ", (ROOT / "docs/rules.md").read_text(), re.MULTILINE)]
ON_BOTH = {"world", "opened", "lasting_world", "furnished", "database", "settings"}  # on both databases


def citing() -> Iterator[Path]:
    """Yields the files that may cite a rule."""
    for folder in FOLDERS:
        yield from (path for path in files_in(folder) if path.suffix in {".py", ".md", ".graphql"})
    yield from ROOT.glob("*.md")


def cited(text: str) -> set[int]:
    """Returns the numbers in "rule 3", "Rules 3, 9 and 13" and "Rules 25 to 27", also across lines."""
    found: set[int] = set()
    joined = re.sub(r"\s+(?:# )?", " ", text)
    for listed in re.findall(r"\b[Rr]ules? ((?:\d+(?:, | and | or | to )?)+)", joined):
        for first, last in re.findall(r"(\d+)(?: to (\d+))?", listed):
            found |= set(range(int(first), int(last or first) + 1))
    return found


def test_rules_are_numbered_from_one_without_a_gap() -> None:
    assert list(range(1, len(RULES) + 1)) == RULES


def test_every_rule_that_is_cited_exists() -> None:
    unknown = {str(path.relative_to(ROOT)): cited(path.read_text()) - set(RULES) for path in citing()}
    assert {path: numbers for path, numbers in unknown.items() if numbers} == {}


def test_every_rule_is_held_by_a_test_that_names_it_on_both_databases() -> None:
    held: set[int] = set()
    for path in files_in("tests"):
        for node in parsed(path).body if path.name.startswith("test_") and path.suffix == ".py" else ():
            match node:
                case ast.AsyncFunctionDef(name=name, args=ast.arguments(args=given)) if name.startswith("test_"):
                    if ON_BOTH & {each.arg for each in given}:
                        held |= cited(ast.get_docstring(node) or "")
    assert set(RULES) - held == set()


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Rule 3, whatever", {3}),
        ("(rules 3, 9 and 13)", {3, 9, 13}),
        ("Rules 25 to 27.", {25, 26, 27}),
        ("as rule\n    # 46 says", {46}),
        ("the ruler 5", set()),
    ],
)
def test_what_counts_as_a_citation(text: str, numbers: set[int]) -> None:
    assert cited(text) == numbers
