"""Deployments to servers: in place, or from one set of targets to the other.

A deployment is kept from its beginning on. A later life of the bot that finds one goes on with it: targets that have ended stay so, and one that was in the
middle has failed, since nobody knows how far its scripts came.
"""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from bot.actions.deploying.blue_green.action import BlueGreenDeployments
from bot.actions.deploying.identity import deployment_id
from bot.actions.deploying.log import LogOpener, LogWriter, write_line
from bot.actions.deploying.servers.bundle import BundleInvalid
from bot.actions.deploying.servers.in_place import InPlace, Works
from bot.actions.deploying.servers.prepare import Bundles
from bot.actions.deploying.turns import Turns
from bot.actions.outcome import code
from bot.core.effects import job_id
from bot.core.variables import Unresolved
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.pipeline import Deploy
from bot.model.server_deployment import ServerDeployment
from bot.ports import (
    ActionContext,
    ActionOutcome,
    ArtifactError,
    Artifacts,
    Clock,
    CommitUnavailable,
    HostRefused,
    RuleType,
    Sources,
    Store,
    Targets,
    TargetsRefused,
    Traffic,
    TrafficRefused,
)


class ServerDeployments:
    """`timeout` seconds for actions that set none; `log_limit` bytes of its log; `checks` are the kinds of rules that may stand between two
    steps. `changed` is told an execution whose deployment goes on: live pages hear of it.
    """

    def __init__(
        self,
        targets: Targets,
        traffic: Traffic,
        checks: Mapping[str, RuleType],
        sources: Sources,
        artifacts: Artifacts,
        store: Store,
        logs: LogOpener,
        clock: Clock,
        work_dir: Path,
        timeout: float,
        log_limit: int,
    ) -> None:
        self._bundles = Bundles(work_dir, sources, artifacts)
        self._logs = logs
        self._clock = clock
        self._log_limit = log_limit
        self.changed: Callable[[str], None] = lambda _: None
        self._store = store
        self._turns = Turns(store, self._give_up)
        works = Works(targets, traffic, sources, artifacts, store, clock, self._bundles, work_dir, timeout)
        self._in_place = InPlace(works, self._turns)
        self._blue_green = BlueGreenDeployments(works, self._turns, checks)

    async def perform(self, context: ActionContext) -> ActionOutcome:
        began = self._clock.now()
        log = self._logs.open(context.job, self._log_limit, ())
        try:
            return await self._perform(context, log)
        except BundleInvalid as invalid:
            for problem in invalid.problems:
                write_line(log, str(problem))
            return ActionOutcome(ActionStatus.FAILED, began, f"INVALID_REVISION: {invalid}", ErrorCode.CONFIGURATION)
        except TargetsRefused as refused:
            return ActionOutcome(ActionStatus.FAILED, began, f"NO_INSTANCES: {refused}", ErrorCode.CONFIGURATION)
        except TrafficRefused as refused:
            words = f"ELASTIC_LOAD_BALANCING_INVALID: {refused}"
            return ActionOutcome(ActionStatus.FAILED, began, words, ErrorCode.CONFIGURATION)
        except (Unresolved, CommitUnavailable, HostRefused, ArtifactError) as error:
            return ActionOutcome(ActionStatus.FAILED, began, str(error), code(error))
        finally:
            log.close()

    async def _perform(self, context: ActionContext, log: LogWriter) -> ActionOutcome:
        work = context.action.work
        assert isinstance(work, Deploy)  # noqa: S101  the runner chose this type by the work's kind
        how = self._in_place if work.options.blue_green is None else self._blue_green
        return await how.perform(
            context, work, lambda words: write_line(log, words), lambda: self.changed(context.execution.id)
        )

    def folder(self, job: str) -> Path:
        return self._bundles.folder(job)

    async def abandon(self, job: str) -> None:
        """STO-1: returns when the deployment has been stopped, and rolled back where that is asked for."""
        await self._turns.stop(job, deployment_id(job))

    async def forget(self, job: str) -> None:
        self._bundles.remove_later(job)

    async def sweep(self, keep: Collection[str]) -> None:
        await self._bundles.sweep(keep)

    async def close(self) -> None:
        await self._bundles.close()

    async def _give_up(self, left: ServerDeployment) -> None:
        """Its action's log may be open: whoever waits for a turn has opened it, and says itself what becomes of it."""
        if left.manifests is not None:
            return  # to a cluster: another form's
        try:
            log = self._logs.open(job_id(left.execution, left.stage, left.action, left.attempt), self._log_limit, ())
        except ValueError:
            await self._given_up(left, lambda _: None)
            return
        try:
            await self._given_up(left, lambda words: write_line(log, words))
        finally:
            log.close()

    async def _given_up(self, left: ServerDeployment, line: Callable[[str], None]) -> None:
        first = await self._store.server_deployment(left.rollback_of) if left.rollback_of else left
        if first is not None and first.traffic is not None:
            await self._blue_green.give_up(left, line)
        else:
            await self._in_place.give_up(first or left, left, line, lambda: self.changed(left.execution))
