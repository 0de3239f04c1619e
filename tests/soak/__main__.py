"""python -m tests.soak: break the servers for some minutes, and check that no delivery was lost (docs/reliability.md)."""

import argparse
import asyncio
import secrets
import signal
import sys
import tempfile
from pathlib import Path

from tests.soak.joined import PARTS
from tests.soak.profiles import PROFILES
from tests.soak.progress import print_outcome, shown
from tests.soak.running import run


def main() -> int:
    arguments = _parser().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that servers are stopped too
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="enfilade-soak-"))
    passed = [_passes(profile, arguments, folder / profile) for profile in arguments.profile or PROFILES]
    print(f"The notes and the servers' logs are in {folder}.")
    return 0 if all(passed) else 1


def _passes(profile: str, arguments: argparse.Namespace, folder: Path) -> bool:
    folder.mkdir(parents=True)
    print(f"{profile}: {arguments.seconds:.0f} s with seed {arguments.seed}", file=sys.stderr)
    work = run(PARTS, profile, arguments.seconds, arguments.seed, folder, shown, older=True)
    outcome = asyncio.run(work)
    print_outcome(profile, arguments.seed, outcome)
    return not outcome.wrong


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=(__doc__ or "").partition(": ")[2])
    parser.add_argument("--profile", action="append", choices=PROFILES, help="postgresql or sqlite; both if not given")
    parser.add_argument("--seconds", type=float, default=600, help="how long each profile is broken (600)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="of the load and the faults")
    parser.add_argument("--folder", type=Path, help="a new folder for the notes and the servers' logs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
