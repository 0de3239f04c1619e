"""python -m server doctor: say what is wrong around the server, and what to do."""

import argparse
import asyncio
import json
from dataclasses import asdict

from server.doctor import Finding, examine
from server.open_database import open_database
from server.settings import SettingsError, load_settings


def main(arguments: argparse.Namespace) -> int:
    """Prints the findings. Returns the exit code: 1 if there is a problem, 0 also where there are warnings."""
    found = _findings()
    is_well = all(each.state != "problem" for each in found)
    if arguments.json:
        print(json.dumps({"ok": is_well, "findings": [asdict(each) for each in found]}, indent=2))
    else:
        for each in found:
            print(f"{each.state:<8} {each.part:<12} {each.found}")
            if each.advice:
                print(f"{'':<21} {each.advice}")
    return 0 if is_well else 1


def _findings() -> list[Finding]:
    try:
        settings = load_settings()
    except SettingsError as wrong:
        advice = "Nothing else can be looked at before they are right. .env.example describes each."
        return [Finding("settings", "problem", str(wrong).replace("\n", f"\n{'':<21} "), advice)]
    mode = "Development mode." if settings.dev else "Production mode."
    return [Finding("settings", "ok", mode), *asyncio.run(examine(settings, open_database))]
