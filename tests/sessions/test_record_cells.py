"""The export of a session's record, read as CSV by a spreadsheet: no cell of it begins as a formula does."""

import csv
import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.record import inert
from tests.support.world import ENTER, World

FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    '=HYPERLINK("http://a.example","x")',
    "=cmd|' /C calc'!A0",
    " =1",
    "x,=1",
    "x;+1",
    "x\t=1",
    "x|@a",
)
DELIMITERS = ",;\t| "

texts = st.text(st.sampled_from("=+-@,;|\t \"'\\\nax\u00e9\U0001f469"), max_size=12)


def formulas_in(line: str) -> list[str]:
    """Returns the cells that a spreadsheet would take for formulas, whatever separates its cells."""
    rows = [row for delimiter in DELIMITERS for row in csv.reader([line], delimiter=delimiter)]
    return [cell for row in rows for cell in row if cell.lstrip().startswith(("=", "+", "-", "@"))]


@given(texts, texts, st.lists(texts, max_size=3))
def test_a_line_has_no_formula_and_means_the_same(one: str, other: str, listed: list[str]) -> None:
    told = {"text": one, "author": {"name": other}, "options": listed, "count": 1}
    line = inert(orjson.dumps(told))
    assert json.loads(line) == told
    assert formulas_in(line.decode()) == []
    assert formulas_in(inert(orjson.dumps([one, other, *listed])).decode()) == []


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_the_record_of_a_talk_has_no_formula(world: World) -> None:
    session = (await world.mutate("manager", ENTER, room=world.room))["session"]["id"]
    for text in FORMULAS:
        await world.post("manager", text)
    answer = await world.http.get(f"/sessions/{session}/record", headers=world.credentials("manager"))
    lines = answer.text.splitlines()
    said = [line["message"]["text"] for line in map(json.loads, lines) if line["__typename"] == "MessagePosted"]
    assert said == [text.strip() for text in FORMULAS]
    assert [cell for line in lines for cell in formulas_in(line)] == []
