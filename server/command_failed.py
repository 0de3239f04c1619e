"""Why a command stops, in words for the person at the terminal."""


class CommandFailed(Exception):
    """The command could not do its work. The message says why and what to do, and never contains a password."""
