"""The code blocks of the pages: each has the syntax of its language, and names commands that exist.

tests/project/test_docs.py runs those in GraphQL, tests/server/test_commands.py those of docs/start.md, tests/clients/ the programs. Kotlin and Swift
have no compiler here, so their blocks are not checked.
"""

import ast
import json
import re
import subprocess
from pathlib import Path
from shutil import which

import pytest
import yaml  # type: ignore[import-untyped]  # PyYAML ships no types

from tests.support.commands import ROOT

PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "bench" / "README.md"]
BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
SHELL = re.compile(
    r"^(\$ )?(curl|make|python|export|git|cd|\.venv|token=|room=|question=|ENFILADE_|for |npm|docker|sudo|apt)"
)
UNCHECKED = {"kotlin", "swift"}
CHECKED_ELSEWHERE = {"graphql", "ts"}
MAKE = re.compile(r"(?:^|`|&& )make ([a-z]+(?:-[a-z]+)*)(?=[` \n])", re.MULTILINE)
CODE = re.compile(r"^ *```.*?^ *```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
SERVER = re.compile(r"python -m server ([a-z]+)(?=[\s`])")


def blocks(page: Path) -> list[tuple[str, str]]:
    """Returns the language and the text of each block. A block without a language is of the shell if it begins like that."""
    found = []
    for indent, language, indented in BLOCK.findall(page.read_text()):
        text = re.sub(f"^{indent}", "", indented, flags=re.MULTILINE)
        if text.startswith("$ "):  # what a terminal shows: only the commands are of the shell
            text = "".join(f"{line[2:]}\n" for line in text.splitlines() if line.startswith("$ "))
        found.append((language or ("sh" if SHELL.match(text) else ""), text))
    return found


SNIPPETS = [
    pytest.param(language, text, id=f"{page.relative_to(ROOT)}-{number}")
    for page in sorted(PAGES)
    for number, (language, text) in enumerate(blocks(page), 1)
    if language and language not in UNCHECKED | CHECKED_ELSEWHERE
]


@pytest.mark.parametrize(("language", "text"), SNIPPETS)
def test_a_snippet_has_the_syntax_of_its_language(language: str, text: str) -> None:
    match language:
        case "python":
            compile(text, "snippet", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        case "json":
            json.loads(text)
        case "yaml":
            yaml.safe_load(text)
        case "sh" | "bash":
            checked("bash", "-n", text=text.replace("…", "address"))
        case "js":
            if which("node") is None:
                pytest.skip("Node.js, which checks JavaScript, is missing")
            checked("node", "--input-type=module", "--check", text=text)
        case _:
            pytest.fail(f"no check for {language}")


def checked(*command: str, text: str) -> None:
    ended = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_commands_on_a_page_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+)(?: [a-z-]+)*:(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE))
    targets |= set(re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split())  # type: ignore[index]  # the Makefile has this line
    commands = {path.stem for path in (ROOT / "server" / "commands").glob("*.py")}
    text = "\n".join(CODE.findall(page.read_text()))
    assert set(MAKE.findall(text)) <= targets
    assert set(SERVER.findall(text)) <= commands
