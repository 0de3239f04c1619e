"""Plays scenes in the demo's gallery, on the server that `make run` started: people meet, and add media for review.

First come a webinar and an interactive session with a conversation, each from the room's form to its end. Then people
enter and leave for a while. The demo's people are ordinary clients over plain HTTP. The demo ends by itself after a
while, or on Ctrl-C, and restores the state from before.
"""

import argparse
import sys
import time
from contextlib import ExitStack, suppress
from itertools import count
from random import Random
from typing import Any

from examples.api import Api, Trouble
from examples.approvals import Approvals
from examples.form import as_it_was
from examples.interactive import play_interactive
from examples.visit import HOST, Visit
from examples.webinar import play_webinar
from server.demo import COURSE
from server.settings import SettingsError, load_settings

GALLERY = "query Gallery($course: String!) { gallery(by: {externalId: $course}) { id room { id } } }"


def perform(visit: Visit, approvals: Approvals, seconds: float, pause: float) -> None:
    """Plays visits and approvals for this number of seconds, and until the first round of approvals is over."""
    end = time.monotonic() + seconds
    with ExitStack() as leaving, suppress(KeyboardInterrupt):
        leaving.callback(visit.go_home)
        leaving.callback(approvals.go_home)
        for turn in count():
            if time.monotonic() >= end and approvals.rounds:
                break
            visit.go_on()
            if turn % 3 == 2:
                approvals.go_on()
            time.sleep(pause)


def the_gallery(api: Api) -> dict[str, Any]:
    """Returns the demo's gallery."""
    gallery = api.ask(HOST, GALLERY, course=COURSE)
    if not gallery:
        raise Trouble("The demo's gallery is not there: `make run` adds it to an empty database only.")
    return gallery


def main() -> int:
    parser = argparse.ArgumentParser(description="Let people meet in the demo's room, hand in work, and review it.")
    parser.add_argument("--seconds", type=float, default=15, help="for how long people come and go (15)")
    parser.add_argument("--pause", type=float, default=0.5, help="seconds between two actions (0.5)")
    arguments = parser.parse_args()
    try:
        api = Api(load_settings())
        gallery = the_gallery(api)
        print(f"See it at {api.address}/ide/ in tabs 5 and 11. It ends by itself, or on Ctrl-C.", flush=True)
        with as_it_was(api, gallery["id"]):
            play_webinar(api, gallery, arguments.pause)
            play_interactive(api, gallery, arguments.pause)
        visit = Visit(api, Random(), gallery["room"]["id"])
        approvals = Approvals(api, Random(), gallery["id"])
        perform(visit, approvals, arguments.seconds, arguments.pause)
    except (Trouble, SettingsError) as why:
        print(why, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
