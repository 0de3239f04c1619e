"""The benchmark's arithmetic and pages, and the lock of its peers. What it measures is not tested here."""

import json
import math
import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from bench.callers import body_of
from bench.figures import multiples, number, percentile, ratios, spread, table
from bench.pace import Pace, seconds_in
from bench.report import PARTS, WRITTEN, filled, lists
from bench.targets import TARGETS, Target, met
from tests.support.commands import ROOT

PEERS = ROOT / "bench" / "peers"


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (1, 100), (0.001, 1)])
def test_a_percentile_is_one_of_the_values(share: float, value: float) -> None:
    assert percentile([*range(100, 0, -1)], share) == value


def test_nothing_has_no_percentile() -> None:
    assert math.isnan(percentile([], 0.5))
    assert spread([0.001, 0.003, 0.002], "of_") == {"of_p50_ms": 2, "of_p99_ms": 3}


def test_a_table_shows_three_digits_and_leaves_gaps() -> None:
    rows = [{"server": "one", "cpu": 12.345, "count": 2_000}, {"server": "two", "cpu": math.nan}]
    assert table(rows, {"server": "server", "cpu": "µs", "count": "how many"}).splitlines() == [
        "| server | µs | how many |",
        "| --- | ---: | ---: |",
        "| one | 12.3 | 2,000 |",
        "| two |  |  |",
    ]
    assert [number(each) for each in (0.0123, 1.5, 99.96, 123_456.7, 0.0)] == ["0.012", "1.50", "100.0", "123,457", "0"]


def test_ratios_compare_what_is_alike() -> None:
    rows = [
        {"server": "limit", "count": 1, "cpu": 2.0},
        {"server": "ours", "count": 1, "cpu": 3.0},
        {"server": "ours", "count": 2, "cpu": 3.0},
    ]
    assert [row["cpu_x"] for row in ratios(rows, "cpu", "limit", ["count"])] == [1, 1.5, None]


def test_a_target_that_was_not_measured_is_left_out() -> None:
    assert met({}) == []
    entering: list[dict[str, Any]] = [{"blind": 0}, {"blind": 2}]
    assert [(row["figure"], row["met"]) for row in met({"entering": entering})] == [(2, "no")]
    assert Target("", lambda _: 3, least=2).row({}) == {"target": "", "bound": "at least 2", "figure": 3, "met": "yes"}
    assert len({target.name for target in TARGETS}) == len(TARGETS)


def test_a_page_gets_the_blocks_that_were_measured() -> None:
    page = "A <!-- bench: fanout -->\nold\n<!-- end --> B <!-- bench: page -->\nold\n<!-- end -->"
    assert filled(page, {"fanout": "new"}) == page.replace("old", "new", 1)


def test_lists_are_one_sentence() -> None:
    rows = multiples({"SQLite": {"one": (2, 1), "two": (8, 2)}, "PostgreSQL": {"one": (1, 1), "two": (1, 1)}})
    assert lists(rows, "today") == (
        "Of 2 lists, 1 keep the limit of 3 on both databases (today). The others: two. The largest multiple is 4.0, of"
        " “two” on SQLite."
    )


def test_the_pages_have_only_blocks_that_a_run_makes() -> None:
    texts = [(ROOT / name).read_text() for name in WRITTEN]
    names = [name for text in texts for name in re.findall(r"<!-- bench: (\w+) -->\n", text)]
    assert set(names) == {*PARTS, "in_short", "machine", "scale", "targets"}
    assert all(text.count("<!-- bench: ") == text.count("<!-- end -->") for text in texts)


@pytest.mark.parametrize(
    ("received", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", b"{}"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{}", None),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", b"{}"),
        (b"HTTP/1.1 200 OK\r\n", None),
    ],
)
def test_the_load_generator_knows_when_an_answer_is_complete(received: bytes, body: bytes | None) -> None:
    assert body_of(received) == body


def test_the_lock_of_the_peers_names_no_address_and_pins_what_package_json_wants() -> None:
    text = (PEERS / "package-lock.json").read_text()
    assert "resolved" not in text
    packages = orjson.loads(text)["packages"]
    wanted = orjson.loads((PEERS / "package.json").read_bytes())["dependencies"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all("integrity" in package for name, package in packages.items() if name)


def test_a_run_says_how_far_it_is_and_what_is_left_if_an_earlier_run_knows(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    assert seconds_in(results, quick=True) == {}
    results.write_text(json.dumps({"quick": True, "seconds": {"page": 10, "fanout": 30}}))
    assert seconds_in(results, quick=False) == {}
    pace = Pace(["page", "fanout"], seconds_in(results, quick=True))
    pace.seconds["page"] = 12.4
    assert pace.next() == "   … part 2 of 2, 12 s so far, about 30 s left"
    assert Pace(["room"], {"page": 10}).next() == "   … part 1 of 1, 0 s so far"
