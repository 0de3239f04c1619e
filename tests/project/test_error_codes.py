"""docs/errors.md: one row for each error code, and no code outside the enums that it lists."""

import re

from models.errors import ErrorCode, StreamErrorCode
from schema.execution.codes import RequestErrorCode
from tests.support.commands import ROOT

ROW = re.compile(r"^\| `([A-Z_]+)` \|", re.MULTILINE)
WRITTEN_OUT = re.compile(r"""["']code["']: *f?["'][A-Z]""")


LAYERS = ("models", "resolvers", "subscriptions", "schema", "server")


def test_each_code_has_its_row_in_its_section() -> None:
    text = (ROOT / "docs/errors.md").read_text()
    _, request, refusals, streams = re.split(r"^## ", text, flags=re.MULTILINE)
    for section, codes in ((request, RequestErrorCode), (refusals, ErrorCode), (streams, StreamErrorCode)):
        assert sorted(ROW.findall(section)) == sorted(codes), section.splitlines()[0]


def test_no_code_is_written_out_beside_the_enums() -> None:
    files = [path for layer in LAYERS for path in (ROOT / layer).rglob("*.py")]
    assert len(files) > 100
    assert [str(path) for path in files if WRITTEN_OUT.search(path.read_text())] == []
