"""Which version of the schema a database has, and how it gets to ours. The steps themselves are `migrations/versions`."""

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bot.ports import StoreUnavailable
from bot.stores.database import kind_errors, open_writer, parse_url

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0017"
"""The newest migration (a test compares). Written down so that a start with nothing to migrate need not load Alembic."""

_BUSY_TIMEOUT = 30.0


class SchemaMismatch(StoreUnavailable):
    """The database is of another version than the program. The text says what to do."""


def current(url: str) -> str:
    """The version of the database, "" when it is empty or not there yet."""
    file = parse_url(url).database
    if file is not None and not Path(file).exists():
        return ""
    engine = open_writer(url, _BUSY_TIMEOUT)
    try:
        with kind_errors(engine), engine.connect() as connection:
            return _current(connection)
    finally:
        engine.dispose()


def upgrade(url: str) -> bool:
    """Bring the database to our version; False when it was there already. A step that fails leaves it as it was before that step.

    Raises SchemaMismatch when the database is newer than we are.
    """
    engine = open_writer(url, _BUSY_TIMEOUT)
    try:
        with kind_errors(engine), engine.connect() as connection:
            version = _current(connection)
            if version == HEAD:
                return False
            _migrate(connection, version)
            return True
    finally:
        engine.dispose()


def check(url: str) -> None:
    """Raises SchemaMismatch unless the database has our version."""
    version = current(url)
    if version == HEAD:
        return
    if not version:
        raise SchemaMismatch("The database is empty. Run `penstock db upgrade` first.")
    _refuse_unknown(version)
    raise SchemaMismatch(f"The database has version {version}, this Penstock needs {HEAD}. Run `penstock db upgrade`.")


def _current(connection: sa.Connection) -> str:
    with connection.begin():
        if not sa.inspect(connection).has_table("alembic_version"):
            return ""
        version: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        return version or ""


def _migrate(connection: sa.Connection, version: str) -> None:
    from alembic import command  # noqa: PLC0415  loading it takes longer than all else at a start

    if version:
        _refuse_unknown(version)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)


def _refuse_unknown(version: str) -> None:
    from alembic.script import ScriptDirectory  # noqa: PLC0415  as above

    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if version not in known:
        raise SchemaMismatch(
            f"The database has version {version}, which this Penstock does not know: a newer one made it. "
            "Install that one or a newer one, or point PENSTOCK_DATABASE_URL to another database."
        )


def _config() -> "Config":
    from alembic.config import Config as Options  # noqa: PLC0415  as above

    config = Options()
    config.set_main_option("script_location", "bot.stores:migrations")
    config.set_main_option("path_separator", "os")
    return config
