"""`penstock doctor` about Kubernetes clusters: whether each is reached, and takes the bot's credentials. Nothing is changed there."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from bot.cli.doctor.finding import Finding
from bot.clusters.clusters import FileClusters
from bot.clusters.clusters_file import Entry, read_clusters_file
from bot.ports import ClusterLost, ClusterRefused, ObjectRefused
from bot.settings import Settings
from bot.targets.operator_file import OperatorFileInvalid

_PATIENCE = 10.0
"""Seconds for each cluster."""


def of_clusters(settings: Settings) -> Iterator[Finding]:
    """A line each, in the order of the file."""
    file = settings.clusters_file
    if file is None:
        return
    try:
        entries = read_clusters_file(file).clusters
    except OperatorFileInvalid as error:
        for line in str(error).splitlines():
            yield Finding("bad", f"Clusters: {line}", "Mend PENSTOCK_CLUSTERS_FILE: docs/deployments.md describes it.")
        return
    for name, entry in entries.items():
        why = asyncio.run(_why_not(file, name))
        if why:
            remedy = f"Try it as the bot's user: {_by_hand(entry)}, and mend {file}."
            yield Finding("bad", f"Cluster {name}: {why}.", remedy)
        else:
            yield Finding("good", f"Cluster {name}: it answers; deployments may go to {', '.join(entry.namespaces)}.")


async def _why_not(file: Path, name: str) -> str:
    """Empty when it answers. What the bot's account may do there only a deployment's dry run tells."""
    try:
        async with asyncio.timeout(_PATIENCE):
            session = await FileClusters(file).reach(name)
            try:
                await session.kind("v1", "ConfigMap")
            finally:
                await session.close()
    except TimeoutError:
        return "it does not answer"
    except (ClusterLost, ClusterRefused, ObjectRefused) as error:
        return str(error).rstrip(".")
    return ""


def _by_hand(entry: Entry) -> str:
    if entry.in_cluster:
        return "kubectl version in the bot's pod"
    context = f" --context {entry.context}" if entry.context else ""
    return f"kubectl --kubeconfig {entry.kubeconfig}{context} version"
