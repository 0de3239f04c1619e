"""Creates and drops the databases of a PostgreSQL server."""

from urllib.parse import urlsplit

import asyncpg

from tests.support.loop_beside import run_beside


class Databases:
    """The databases of a PostgreSQL server, which tests have started or DATABASE_URL names.

    The URL's account may create and drop databases.
    """

    def __init__(self, url: str) -> None:
        self._given_url = url

    @property
    def url(self) -> str:
        return self._given_url

    def create_database(self, name: str, template: str = "template1") -> str:
        """Creates a database as a copy of the template. Returns its URL. Nobody may be connected to the template."""
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return urlsplit(self.url)._replace(path=f"/{name}").geturl()

    def drop_database(self, name: str) -> None:
        """Deletes a database. Connections to it end."""
        self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        run_beside(self._run_statement(statement))

    async def _run_statement(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
