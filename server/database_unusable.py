"""Why a command cannot use the database."""


class DatabaseUnusable(Exception):
    """The database does not answer, or is not migrated. The message says which, and never contains a password."""
