"""Runs the parts in order, prints their tables, and writes var/bench/results.json: `python -m bench [PART …]`.

`make bench` runs this. bench/README.md says how to read the tables.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import catching_up, entering, fanout, page, posting, storm
from bench.figures import Row, table
from bench.load import allow_many_sockets
from bench.machine import described
from bench.servers import missing_for
from bench.site import Sites

RESULTS = Path(__file__).parents[1] / "var" / "bench" / "results.json"
PARTS: dict[str, Any] = {
    "fanout": fanout,
    "page": page,
    "posting": posting,
    "catching_up": catching_up,
    "storm": storm,
    "entering": entering,
}
BESIDE = ("operations", "scale", "watchers", "record")  # without peers, each prints its own tables; only if asked for


def main() -> None:
    arguments = _arguments()
    allow_many_sockets()
    if missing := missing_for("mercurius.js"):
        print(f"*** Without the peers on Node.js: {missing}. ***\n")
    results: dict[str, Any] = {"machine": described(), "quick": arguments.quick, "parts": {}}
    print("\n".join(f"{name}: {value}" for name, value in results["machine"].items()), "\n")
    with tempfile.TemporaryDirectory() as folder, Sites(Path(folder)) as sites:
        for name in arguments.parts or PARTS:
            if name in BESIDE:
                subprocess.run([sys.executable, Path(__file__).with_name(f"{name}.py")], check=True)
                continue
            results["parts"][name] = run(name, sites, arguments)
            RESULTS.parent.mkdir(parents=True, exist_ok=True)
            RESULTS.write_text(json.dumps(results, indent=1))
    print(f"All figures are in {RESULTS.relative_to(Path.cwd()) if RESULTS.is_relative_to(Path.cwd()) else RESULTS}.")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", choices=[[], *PARTS, *BESIDE], metavar="PART", help=", ".join([*PARTS, *BESIDE])
    )
    parser.add_argument("--quick", action="store_true", help="smaller counts and shorter times, under 3 minutes")
    parser.add_argument("--write", action="store_true", help="write the plots into docs/figures/ too")
    parser.add_argument("--only", action="append", default=[], metavar="SERVER", help="measure only these servers")
    return parser.parse_args()


def run(name: str, sites: Sites, arguments: argparse.Namespace) -> list[Row]:
    """Runs one part and prints its table."""
    part, begin, rows = PARTS[name], time.monotonic(), []
    print(f"## {part.TITLE}\n")
    for row in part.measure(sites, quick=arguments.quick, only=arguments.only):
        rows.append(row)
        print(f"   … {row['server']}: {time.monotonic() - begin:.0f} s", flush=True)
    shown = part.compared(rows)
    print(f"\n{table(shown, part.COLUMNS)}\n", flush=True)
    return list(shown)


if __name__ == "__main__":
    main()
