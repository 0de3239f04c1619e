"""The manifest of trusted documents: a wrong one stops the start, with a message that names the file and the entry."""

import json
from pathlib import Path

import pytest

from schema.execution.measure import DocumentLimits
from server.trusted import ManifestError, Trusted, read_trusted
from tests.support.commands import DEV, Terminal, refused

VIEWER = "{ viewer { id } }"
APOLLO = {"format": "apollo-persisted-query-manifest", "version": 1}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "it cannot be read as JSON"),
        ("{", "it cannot be read as JSON"),
        ([], "it must be a JSON object"),
        ({"6c9d": "{ nobody }"}, "the document 6c9d: Cannot query field 'nobody' on type 'Query'."),
        ({"71ab": VIEWER, "6c9d": "{ viewer"}, "the document 6c9d: Syntax Error: Expected Name, found <EOF>."),
        ({"6c9d": "{ viewer { " + "id " * DocumentLimits().tokens + "} }"}, "the document 6c9d: This document has more tokens"),
        ({"6c9d": 7}, "the entry 6c9d must be a document's text"),
        ({"": VIEWER}, "the entry  must be a document's text"),
        ({"6c9d": VIEWER, "sha256:6c9d": "{ viewer { name } }"}, "the id sha256:6c9d has two different documents."),
        ({**APOLLO, "version": 2, "operations": []}, "`format` and `version` must be apollo-persisted-query-manifest and 1."),
        ({"operations": []}, "`format` and `version` must be apollo-persisted-query-manifest and 1."),
        ({**APOLLO, "operations": [{"id": "6c9d"}]}, "operation 0 must have an `id` and a `body`."),
        ({**APOLLO, "operations": [{"id": "6c9d", "body": "{ nobody }"}]}, "the document 6c9d: Cannot query field 'nobody'"),
    ],
)  # fmt: skip
def test_a_wrong_manifest_is_refused_by_file_and_entry(tmp_path: Path, content: object, words: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(ManifestError) as wrong:
        read_trusted(str(path))
    assert str(wrong.value).startswith(f"ENFILADE_TRUSTED_DOCUMENTS: {path}: {words}")


def test_without_a_manifest_nothing_is_trusted() -> None:
    assert read_trusted(None) == Trusted()


@pytest.mark.second_tier
def test_the_server_does_not_start_with_a_wrong_manifest(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({"6c9d": "{ nobody }"}))
    terminal = Terminal(tmp_path, DEV)
    told = refused(terminal.server("run", "--prepare", ENFILADE_TRUSTED_DOCUMENTS=str(path), PORT="0"), 2)
    assert told.startswith(
        f"Enfilade cannot start:\nENFILADE_TRUSTED_DOCUMENTS: {path}: the document 6c9d: Cannot query"
    )
