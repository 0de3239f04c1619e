"""Runs the parts in order, prints their tables, and writes the figures and plots to var/bench/.

`make bench` runs this. bench/README.md says how to read the tables.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench import targets
from bench.figures import Row, multiples, table
from bench.load import allow_many_sockets, collect_no_garbage
from bench.machine import described
from bench.pace import Pace, seconds_in
from bench.report import PARTS, write
from bench.servers import missing_for
from bench.site import Sites

ROOT = Path(__file__).parents[1]
OUTPUT = ROOT / "var" / "bench"
BESIDE = ("operations", "scale", "watchers", "record")
"""Parts without peers. Each prints its own tables, and runs only if it is asked for."""


def main() -> None:
    arguments = _arguments()
    allow_many_sockets()
    collect_no_garbage()
    OUTPUT.mkdir(parents=True, exist_ok=True)
    pace = Pace(arguments.parts or list(PARTS), seconds_in(OUTPUT / "results.json", quick=arguments.quick))
    results: dict[str, Any] = {"machine": described(), "quick": arguments.quick, "parts": {}, "seconds": pace.seconds}
    print("\n".join(f"{name}: {value}" for name, value in results["machine"].items()), "\n", flush=True)
    if missing := missing_for("mercurius.js"):
        print(f"*** Without mercurius and graphql-yoga: {missing}. ***\n", flush=True)
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, Sites(Path(folder)) as sites:
        for name in arguments.parts or PARTS:
            print(pace.next(), file=sys.stderr)
            started = time.monotonic()
            rows = _beside(name) if name in BESIDE else _part(name, sites, arguments)
            results["parts"][name] = rows
            pace.seconds[name] = time.monotonic() - started
            (OUTPUT / "results.json").write_text(json.dumps(results, indent=1))
    if reached := targets.met(results["parts"]):
        print(f"## Targets\n\n{table(reached, targets.COLUMNS)}\n")
    print(f"This took {time.monotonic() - begin:.0f} s.")
    _keep(results, write_too=arguments.write)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    known = [*PARTS, *BESIDE]
    parser.add_argument("parts", nargs="*", choices=[[], *known], metavar="PART", help=", ".join(known))
    parser.add_argument("--quick", action="store_true", help="smaller counts and shorter times, under 3 minutes")
    parser.add_argument("--write", action="store_true", help="also write the tables and plots into README.md and docs/")
    parser.add_argument("--only", action="append", default=[], metavar="SERVER", help="measure only these servers")
    return parser.parse_args()


def _part(name: str, sites: Sites, arguments: argparse.Namespace) -> list[Row]:
    part, begin, rows = PARTS[name], time.monotonic(), []
    print(f"## {part.TITLE}\n", flush=True)
    for row in part.measure(sites, quick=arguments.quick, only=arguments.only):
        rows.append(row)
        print(f"   … {row['server']}: {time.monotonic() - begin:.0f} s", file=sys.stderr)
    shown = list(part.compared(rows))
    print(f"\n{table(shown, part.COLUMNS)}\n", flush=True)
    return shown


def _beside(name: str) -> list[Row]:
    """Runs a part that prints its own tables. Returns the figures that it has for a plot."""
    figures = OUTPUT / f"{name}.json"
    more = ["--json", str(figures)] if name == "scale" else []
    subprocess.run(
        [sys.executable, ROOT / "bench" / f"{name}.py", *more], check=not more
    )  # the scale fails over its limit
    return multiples(json.loads(figures.read_text())) if more else []


def _keep(results: dict[str, Any], *, write_too: bool) -> None:
    about = f"{results['machine']['date']}, {results['machine']['machine']}{', short form' * results['quick']}"
    print(f"The figures are in {OUTPUT / 'results.json'}.")
    if not find_spec("matplotlib"):
        print("Without matplotlib there are no plots: `make bench` installs it.")
        return
    from bench.plots import draw  # noqa: PLC0415  # matplotlib is not in the development lock

    for path in draw(results["parts"], OUTPUT, about):
        print(f"A plot is in {path}.")
    if write_too:
        draw(results["parts"], ROOT / "docs" / "figures", about)
        print("Written: docs/figures/,", ", ".join(str(path.relative_to(ROOT)) for path in write(results, ROOT)))


if __name__ == "__main__":
    main()
