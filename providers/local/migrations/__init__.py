"""The history of the host's database. `upgrade` brings one up to date; each step is a file in `versions/`, never changed once released."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine

from providers.local.host.errors import HostDatabaseNewer


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
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise HostDatabaseNewer from error
