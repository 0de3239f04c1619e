"""Why a command cannot use the database."""

from server.command_failed import CommandFailed


class DatabaseUnusable(CommandFailed):
    """The database does not answer, or is not migrated. The message says which, and never contains a password."""
