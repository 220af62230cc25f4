"""The clusters of the operator's file, chosen for a repository and reached. Nothing is let in that the operator has not written down."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from bot.clusters.clusters_file import Entry, read_clusters_file
from bot.clusters.connection import Connection
from bot.clusters.session import ApiSession
from bot.model.glob import matches
from bot.model.repository import Repository
from bot.ports import Cluster, ClusterLost, ClusterRefused
from bot.targets.operator_file import OperatorFileInvalid

REMEDY = "the operator lists clusters in PENSTOCK_CLUSTERS_FILE, with the `repositories` that may deploy to each"


class FileClusters:
    """`file` None: there are no clusters.

    `own`: whoever deploys has named the file and is the operator, so that its `repositories` keep nobody out.
    """

    def __init__(self, file: Path | None, *, own: bool = False) -> None:
        self._file = file
        self._own = own
        self._remedy = f"{file} has to list it" if own else REMEDY

    def choose(self, repository: Repository, name: str) -> Cluster:
        asker = f"{repository.provider}:{repository.full_name}"
        allowed = {
            known: entry
            for known, entry in self._entries().items()
            if self._own or any(matches(pattern, asker) for pattern in entry.repositories)
        }
        if not name:
            if len(allowed) != 1:
                which = f"has several clusters: name one as `cluster`, {' or '.join(sorted(allowed))}"
                raise ClusterRefused(f"{asker} {which if allowed else f'has no cluster: {self._remedy}'}")
            (name,) = allowed
        if name not in allowed:
            # The same words whether there is such a cluster or not: who may not deploy to it need not learn of it.
            raise ClusterRefused(f"{asker} has no cluster {name}: {self._remedy}")
        entry = allowed[name]
        plain = (
            entry.namespaces[0] if len(entry.namespaces) == 1 and not set("*?[]{}\\") & set(entry.namespaces[0]) else ""
        )
        return Cluster(name, entry.namespaces, entry.namespace or plain, entry.cluster_scoped)

    async def reach(self, name: str) -> ApiSession:
        try:
            entry = (await asyncio.to_thread(self._entries)).get(name)
        except ClusterRefused as error:
            raise ClusterLost(str(error)) from None
        if entry is None:
            raise ClusterLost("it is in the clusters file no more")
        return ApiSession(await Connection.open(entry))

    def _entries(self) -> Mapping[str, Entry]:
        if self._file is None:
            raise ClusterRefused(f"this bot has no clusters: {REMEDY}")
        try:
            return read_clusters_file(self._file).clusters
        except OperatorFileInvalid as error:
            raise ClusterRefused(f"the bot's clusters file is wrong: {str(error).splitlines()[0]}") from None
