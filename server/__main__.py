"""The command line: python -m server COMMAND. `python -m server --help` lists the commands."""

import gc
import os
import sys
from importlib import import_module

from server.command_failed import CommandFailed
from server.command_line import WITHOUT_SETTINGS, parser


def main() -> int:
    """Runs a command. Only its module is imported, and settings only where it needs them, so that it starts fast."""
    gc.disable()  # Modules leave no garbage. Looking for it while they are imported takes a tenth of a short command.
    arguments = parser().parse_args()
    if arguments.command in WITHOUT_SETTINGS:
        return _run(arguments.command, arguments)
    from server.settings import SettingsError, load_settings  # noqa: PLC0415  pydantic takes long to import

    try:
        return _run(arguments.command, load_settings(), arguments)
    except SettingsError as wrong:
        print(f"Enfilade cannot start:\n{wrong}", file=sys.stderr)
        return 2


def _run(name: str, *given: object) -> int:
    command = import_module(f"server.commands.{name}").main
    gc.enable()
    try:
        code = command(*given) or 0
        sys.stdout.flush()
    except CommandFailed as why:
        print(why, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of the output has left, such as `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would complain at its exit
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
