"""The SDL keeps graphql-eslint's rules, and a breaking change needs its line in the changelog (docs/schema.md)."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from graphql import TypeDefinitionNode, parse

from tests.support.commands import PATIENCE, ROOT

PACKAGES = ROOT / "examples" / "clients" / "node_modules"
LINT = PACKAGES / ".bin" / "eslint"
SDL = "schema/schema.graphql"
RELEASED = ROOT / "schema" / "released.graphql"
BEFORE = """
type Query { room: Room }
type Room { title: String, topic(first: Int): String }
enum Mode { WEBINAR }
"""
CHANGELOG = "# Changelog\n\n## Unreleased\n\n### Changed\n\n{line}\n\n## 1.0.0\n\n- Breaking: `Room` and all else.\n"

needs_packages = pytest.mark.skipif(not PACKAGES.exists(), reason="`make clients` installs the packages")


def run(*command: str | Path, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


def compare(folder: Path, present: str, line: str = "- A new field.") -> subprocess.CompletedProcess[str]:
    """Compares BEFORE with this SDL, where the changelog's unreleased part has this line."""
    given = {"released.graphql": BEFORE, "present.graphql": present, "CHANGELOG.md": CHANGELOG.format(line=line)}
    for name, text in given.items():
        (folder / name).write_text(text)
    return run("node", ".ci/schema_diff.mjs", *(folder / name for name in given))


def test_the_sdl_is_sorted_by_type() -> None:
    names = [
        node.name.value for node in parse((ROOT / SDL).read_text()).definitions if isinstance(node, TypeDefinitionNode)
    ]
    assert names == sorted(names)


def test_the_released_sdl_is_that_of_the_newest_version() -> None:
    versions = re.findall(r"^## (\d\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert RELEASED.read_text().splitlines()[0] == f"# {versions[0]}"


@needs_packages
@pytest.mark.second_tier
def test_the_sdl_passes_the_linter() -> None:
    linted = run(LINT, "--no-config-lookup", "--config", ".ci/schema_lint.config.mjs", SDL)
    assert linted.returncode == 0, linted.stdout + linted.stderr


@needs_packages
@pytest.mark.second_tier
def test_the_linter_reports_what_breaks_a_rule(tmp_path: Path) -> None:
    added = '''
"""No id, a field without a description, and a list without arguments."""
type Zebra {
  zebraName: String
  """Media."""
  media: MediaConnection
}
"""No pageInfo."""
type ZebraConnection { edges: [MediaEdge!]! }
extend type Query { zebra: Zebra, zebras: ZebraConnection }
'''
    sdl = tmp_path / "schema.graphql"
    sdl.write_text((ROOT / SDL).read_text() + added)
    config = ROOT / ".ci" / "schema_lint.config.mjs"
    # the linter takes no file outside its working directory
    linted = run(LINT, "--no-config-lookup", "--config", config, sdl.name, folder=tmp_path, SDL=str(sdl))
    found = set(re.findall(r"@graphql-eslint/([\w-]+)", linted.stdout))
    assert found == {
        "strict-id-in-types", "require-description", "no-typename-prefix", "relay-arguments", "relay-connection-types",
    }  # fmt: skip


@needs_packages
@pytest.mark.second_tier
@pytest.mark.parametrize(
    ("present", "path"),
    [
        (BEFORE.replace("title: String, ", ""), "Room.title"),
        (BEFORE.replace("title: String", "title: Int"), "Room.title"),
        (BEFORE.replace("first: Int", "first: Int!"), "Room.topic.first"),
        (BEFORE.replace("enum Mode { WEBINAR }", ""), "Mode"),
    ],
)
def test_a_breaking_change_fails_until_the_changelog_names_it(tmp_path: Path, present: str, path: str) -> None:
    compared = compare(tmp_path, present, "- `Room` and `Room.title` are better.")
    assert compared.returncode == 1
    assert f'no line "- Breaking:" names `{path}`' in compared.stderr
    assert compare(tmp_path, present, f"- Breaking: read another\n  field than `{path}`.").returncode == 0


@needs_packages
@pytest.mark.second_tier
def test_a_name_says_all_that_is_in_it(tmp_path: Path) -> None:
    present = BEFORE.replace("title: String, ", "").replace("first: Int", "")
    assert compare(tmp_path, present.replace("topic()", "topic"), "- Breaking: `Room` is new.").returncode == 0


@needs_packages
@pytest.mark.second_tier
def test_what_breaks_nobody_passes_and_what_may_surprise_is_told(tmp_path: Path) -> None:
    compared = compare(tmp_path, BEFORE.replace("title: String", "title: String!").replace("WEBINAR", "WEBINAR TALK"))
    assert (compared.returncode, compared.stderr) == (0, "")
    assert compared.stdout.startswith("dangerous: Enum value 'TALK' was added")
