"""`SqlStore`: the store on a SQL database. The files here say which rows each method reads or writes, by what it is about, as those of
`memory` do; how is in the files around this folder.
"""

from bot.stores.sql.definitions import Definitions
from bot.stores.sql.deliveries import Deliveries
from bot.stores.sql.executions import Executions
from bot.stores.sql.lanes import Lanes
from bot.stores.sql.outbox import Outbox
from bot.stores.sql.repositories import Repositories
from bot.stores.sql.retention import Retention
from bot.stores.sql.secrets import Secrets
from bot.stores.sql.work import Work


class SqlStore(Deliveries, Outbox, Lanes, Definitions, Work, Secrets, Repositories, Executions, Retention):
    """A `bot.ports.Store`. Made by `open`; one process at a time writes through one."""


__all__ = ["SqlStore"]
