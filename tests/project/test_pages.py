"""The pages of the repository: their links lead somewhere, and the index of decisions has every decision."""

import re
from pathlib import Path

import pytest

from tests.support.commands import ROOT

DECISIONS = ROOT / "docs" / "decisions"
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.md")]
LINK = re.compile(r"\]\((?!\w+:)([^)#]*)(?:#([^)]*))?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_its_heading(page: Path) -> None:
    links = LINK.findall(page.read_text())
    targets = [((page.parent / name).resolve() if name else page, heading) for name, heading in links]
    assert [str(target) for target, _ in targets if not target.exists()] == []
    assert [heading for target, heading in targets if heading and heading not in headings(target)] == []


def headings(page: Path) -> set[str]:
    """Returns the anchors of a page's headings, as links use them."""
    found = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_the_index_of_decisions_has_every_decision_in_order() -> None:
    listed = re.findall(r"\]\((\d{4}-.+\.md)\)", (DECISIONS / "README.md").read_text())
    assert listed == sorted(path.name for path in DECISIONS.glob("0*.md"))


@pytest.mark.parametrize("decision", sorted(DECISIONS.glob("0*.md")), ids=lambda path: str(path.stem))
def test_a_decision_has_the_number_of_its_file(decision: Path) -> None:
    assert decision.read_text().startswith(f"# {int(decision.name[:4])}. ")
