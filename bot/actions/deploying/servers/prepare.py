"""What is deployed, made ready on this machine: the commit's checkout with what earlier actions have made, read and listed."""

import asyncio
from collections.abc import Callable, Collection
from pathlib import Path

from bot.actions.artifacts import Handover, places
from bot.actions.deploying.identity import deployment_id
from bot.actions.deploying.servers.bundle import check_releases, find, listed, read
from bot.actions.deploying.servers.lifecycle import Orders, at_hand
from bot.actions.deploying.servers.orders import spec_of
from bot.actions.worktrees import WorkTrees, tree_of
from bot.core.artifacts import SOURCE
from bot.model.pipeline import Deploy
from bot.model.server_deployment import Bundle
from bot.ports import ActionContext, Artifacts, Sources, Target


class Bundles:
    """Below `work_dir`, a folder a job."""

    def __init__(self, work_dir: Path, sources: Sources, artifacts: Artifacts) -> None:
        self._trees = WorkTrees(work_dir, sources)
        self._handover = Handover(artifacts, sources)

    async def ready(
        self, context: ActionContext, targets: tuple[Target, ...], tell: Callable[[str], None]
    ) -> tuple[Orders, Bundle]:
        """Without the environment of scripts, which is a deployment's own. Raises BundleInvalid, CommitUnavailable, HostRefused, ArtifactError."""
        folder = await self._trees.prepare(context.job, tree_of(context.execution, context.pipeline))
        await self._handover.bring(context, folder)
        root = next(iter(places(context, folder).values()))
        digests = not all(target.near for target in targets)
        orders, bundle, warnings = await asyncio.to_thread(_orders, context, root, digests)
        for warning in warnings:
            tell(warning)
        return orders, bundle

    def folder(self, job: str) -> Path:
        return self._trees.folder(job)

    def remove_later(self, job: str) -> None:
        self._trees.remove_later(job)

    async def sweep(self, keep: Collection[str]) -> None:
        await self._trees.sweep(keep)

    async def close(self) -> None:
        await self._trees.close()


def _orders(context: ActionContext, root: Path, digests: bool) -> tuple[Orders, Bundle, tuple[str, ...]]:
    """Raises BundleInvalid."""
    work = context.action.work
    assert isinstance(work, Deploy)  # noqa: S101  the runner chose this type by the work's kind
    place, text = find(work.appspec, root)
    appspec, warnings = read(text, work.appspec if isinstance(work.appspec, str) else context.pipeline.file)
    check_releases(appspec, work.options.releases)
    inputs = context.execution.stage_run(context.stage.name).action(context.action.name).inputs
    artifact = next((inputs[name] for name in context.action.inputs[:1] if name != SOURCE), None)
    bundle = Bundle(
        context.execution.revision.commit,
        text,
        artifact.space if artifact else "",
        artifact.id if artifact else "",
    )
    folder = at_hand(listed(place, digests=digests))
    spec = spec_of(appspec, work.options.existing, work.options.releases, deployment_id(context.job))
    return Orders(folder, spec, {}, work.options.ignore_stop_failures), bundle, warnings
