"""`penstock db upgrade`: from nothing to ours, once; a database of a newer Penstock is left alone."""

import sqlite3
from pathlib import Path

from bot.stores.schema import HEAD
from tests.cli.conftest import Typed

DATABASE = Path("penstock-data/penstock.db")


def test_an_upgrade_from_nothing_makes_the_database_and_a_second_finds_it_done(typed: Typed) -> None:
    first, second = typed("db", "upgrade"), typed("db", "upgrade")
    assert (first.status, first.out) == (0, f"Upgraded the database from nothing to {HEAD}.\n")
    assert (second.status, second.out) == (0, f"The database is at {HEAD} already.\n")
    assert DATABASE.is_file()
    assert DATABASE.parent.stat().st_mode & 0o077 == 0, "what the bot keeps is nobody else's to read"


def test_a_newer_database_is_refused_and_stays_as_it_is(typed: Typed) -> None:
    typed("db", "upgrade")
    make_newer()
    ended = typed("db", "upgrade")
    assert (ended.status, ended.out) == (2, "")
    assert "The database has version 9999, which this Penstock does not know: a newer one made it." in ended.err
    with sqlite3.connect(DATABASE) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]
    database.close()


def test_a_database_that_is_none_is_refused_in_words(typed: Typed) -> None:
    DATABASE.parent.mkdir()
    DATABASE.write_text("This is not a database, but it is long enough to be taken for one at first sight." * 9)
    ended = typed("db", "upgrade")
    assert ended.status == 2
    assert ended.err.startswith("The database can't be used: ")


def make_newer() -> None:
    with sqlite3.connect(DATABASE) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
