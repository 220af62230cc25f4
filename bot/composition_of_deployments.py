"""The deploy action put together: what is deployed comes from the stores, where it goes to from the operator's targets file."""

from pathlib import Path

from bot.actions.deploying.action import DeployAction
from bot.actions.deploying.told import LogOpener
from bot.ports import Artifacts, Clock, Sources, Store
from bot.settings import Settings, SettingsInvalid
from bot.targets.inventory import InventoryInvalid, read_inventory
from bot.targets.targets import InventoryTargets


def deploy_action(
    settings: Settings,
    sources: Sources,
    artifacts: Artifacts,
    store: Store,
    logs: LogOpener,
    clock: Clock,
    work_dir: Path,
    state: Path,
) -> DeployAction:
    """Raises SettingsInvalid for a targets file that is wrong now; later changes are told by the deployments that need them."""
    if settings.targets_file is not None:
        try:
            read_inventory(settings.targets_file)
        except InventoryInvalid as error:
            raise SettingsInvalid(
                "\n".join(f"PENSTOCK_TARGETS_FILE: {line}" for line in str(error).splitlines())
            ) from None
    targets = InventoryTargets(settings.targets_file, state)
    timeout, limit = settings.action_timeout, settings.log_limit
    return DeployAction(targets, sources, artifacts, store, logs, clock, work_dir, timeout, limit)
