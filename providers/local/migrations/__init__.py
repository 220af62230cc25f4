"""The history of the host's database. `upgrade` brings one up to date; each step is a file in `versions/`, never changed once released."""

from pathlib import Path

from sqlalchemy import Connection, create_engine, inspect

from providers.local.host.errors import HostDatabaseNewer

HEAD = "0001"
"""The newest version: a database that has it needs nothing, and Alembic takes long to load."""


def upgrade(url: str) -> None:
    """Bring the database at the URL up to date; an empty one is filled. Raises HostDatabaseNewer."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            upgrade_connection(connection)
    finally:
        engine.dispose()


def upgrade_connection(connection: Connection) -> None:
    """As `upgrade`, inside the caller's transaction."""
    if _version(connection) != HEAD:
        _migrate(connection)


def _version(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())


def _migrate(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  see HEAD
    from alembic.config import Config  # noqa: PLC0415  see HEAD
    from alembic.util import CommandError  # noqa: PLC0415  see HEAD

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, HEAD)
    except CommandError as error:
        raise HostDatabaseNewer from error
