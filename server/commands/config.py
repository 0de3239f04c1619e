"""python -m server config: print every setting, its value and its source, without secrets."""

import argparse
import json
from dataclasses import asdict

from server.setting_sources import settings_told
from server.settings import Settings


def main(settings: Settings, arguments: argparse.Namespace) -> None:
    """Prints the settings as a table, or as JSON."""
    told = settings_told(settings)
    if arguments.json:
        print(json.dumps([asdict(each) for each in told], indent=2))
        return
    widths = [max(len(getattr(each, name)) for each in told) for name in ("variable", "source")]
    for each in told:
        print(f"{each.variable:<{widths[0]}}  {each.source:<{widths[1]}}  {each.value}".rstrip())
