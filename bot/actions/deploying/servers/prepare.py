"""What is deployed, made ready on this machine: the commit's checkout with what earlier actions have made, read and listed."""

import asyncio
from pathlib import Path

from bot.actions.deploying import Line
from bot.actions.deploying.identity import deployment_id
from bot.actions.deploying.revision import Revisions, bundle_of
from bot.actions.deploying.servers.bundle import BundleInvalid, check_releases, find, listed, read
from bot.actions.deploying.servers.lifecycle import Orders, at_hand
from bot.actions.deploying.servers.orders import spec_of
from bot.model.deployment import Bundle
from bot.model.pipeline import Deploy
from bot.ports import ActionContext, BundleFolder, Target


class Bundles:
    def __init__(self, revisions: Revisions) -> None:
        self._revisions = revisions

    async def ready(self, context: ActionContext, targets: tuple[Target, ...], tell: Line) -> tuple[Orders, Bundle]:
        """Without the environment of scripts, which is a deployment's own. Raises BundleInvalid, CommitUnavailable, HostRefused, ArtifactError."""
        root = await self._revisions.bring(context)
        digests = not all(target.near for target in targets)
        orders, bundle, warnings = await asyncio.to_thread(_orders, context, root, digests)
        for warning in warnings:
            tell(warning)
        return orders, bundle

    async def ready_again(self, context: ActionContext, bundle: Bundle, targets: tuple[Target, ...]) -> BundleFolder:
        """An earlier one. Its appspec is kept with its deployment, wherever it was; only a single folder above it has to be found again."""
        root = await self._revisions.bring_again(context, bundle)
        for name in ("appspec.yaml", "appspec.yml"):
            try:
                root = (await asyncio.to_thread(find, name, root))[0]
                break
            except BundleInvalid:
                continue
        digests = not all(target.near for target in targets)
        return await asyncio.to_thread(listed, root, digests=digests)


def _orders(context: ActionContext, root: Path, digests: bool) -> tuple[Orders, Bundle, tuple[str, ...]]:
    """Raises BundleInvalid."""
    work = context.action.work
    assert isinstance(work, Deploy)  # noqa: S101  the runner chose this type by the work's kind
    place, text = find(work.appspec, root)
    appspec, warnings = read(text, work.appspec if isinstance(work.appspec, str) else context.pipeline.file)
    check_releases(appspec, work.options.releases)
    bundle = bundle_of(context, text)
    folder = at_hand(listed(place, digests=digests))
    spec = spec_of(appspec, work.options.existing, work.options.releases, deployment_id(context.job))
    return Orders(folder, spec, {}, work.options.ignore_stop_failures), bundle, warnings
