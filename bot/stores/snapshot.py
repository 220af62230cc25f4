"""A copy of a SQLite database as it is at one moment, while a bot writes to it. Of whose tables, is no affair of this."""

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.ports import StoreUnavailable


def snapshot(database: Path, place: Path) -> None:
    """What is at `place` becomes the copy, one file without a journal beside it. Raises StoreUnavailable.

    By SQLite's own means, in one transaction: https://www.sqlite.org/backup.html
    """
    try:
        with closing(sqlite3.connect(place)) as copy:
            copy.execute("PRAGMA synchronous = OFF").close()  # it is read again at once, or made again
            with closing(sqlite3.connect(database)) as source:
                source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE").close()  # else the copy would begin with a log of its own
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{database} can't be copied: {error}.") from error
