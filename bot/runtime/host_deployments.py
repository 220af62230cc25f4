"""Deployments, told to hosts that show them: one a stage with an environment, and what it has replaced there."""

from collections.abc import Iterable

import structlog

from bot.model.host_deployment import HostDeployment
from bot.model.status import StatusState
from bot.ports import Deployments, HostRefused, Reported, Store
from bot.runtime.reported import ABOUT_TO_BE, active_key, all_of, deployment_key

log = structlog.get_logger(__name__)


class DeploymentReports:
    """Tells those whose state has changed. They are an ornament, which a host may refuse."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def tell(self, deployments: Deployments, told: Iterable[HostDeployment]) -> None:
        await all_of(*(self._put(deployments, one) for one in told))

    async def _put(self, deployments: Deployments, one: HostDeployment) -> None:
        key = deployment_key(one)
        before = (await self._store.reported([key])).get(key)
        if before is not None and before.digest == one.state:
            return
        if before is None:
            await self._store.set_reported({key: ABOUT_TO_BE})
        known = before.remote_id if before is not None else ""
        try:
            known = await deployments.put(one, known if before is not None else None)
            if one.state is StatusState.SUCCEEDED:
                await self._replace(deployments, one, known)
        except HostRefused as refusal:
            log.warning("deployment refused", environment=one.environment, error=str(refusal))
        await self._store.set_reported({key: Reported(one.state, known)})

    async def _replace(self, deployments: Deployments, one: HostDeployment, known: str) -> None:
        """What was there before is there no longer: said first, then noted, so that it is said again rather than never."""
        key = active_key(one)
        before = (await self._store.reported([key])).get(key)
        if before is not None and before.remote_id != known:
            await deployments.retire(one.repository, before.remote_id)
        await self._store.set_reported({key: Reported(one.execution, known)})
