"""Where people are asked for an approval, or whether a deployment may go on: on the execution's pull request; for a branch or a tag, on the pull request that brought
the commit, where the host knows one, else below the commit. What is answered there finds the execution again.
"""

from collections.abc import Mapping

import structlog

from bot.core.deployments.lifecycle import may_wait_for_people
from bot.core.effects import RemindAt
from bot.messages.reminder import reminder_comment
from bot.model.execution import ActionStatus, Execution
from bot.model.host_event import Thread, ThreadKind
from bot.model.pipeline import Pipeline
from bot.ports import Clock, HostRefused, Provider, Store
from bot.runtime.engine import Engine

log = structlog.get_logger(__name__)


class Questions:
    """Finds the place, once an execution: the first one stays. Performs `RemindAt`."""

    def __init__(self, store: Store, engine: Engine, providers: Mapping[str, Provider], clock: Clock, url: str) -> None:
        self._store = store
        self._engine = engine
        self._providers = providers
        self._clock = clock
        self._url = url

    async def place(self, execution: Execution, pipeline: Pipeline, *, ask: bool) -> Thread | None:
        """Where the execution is told of in words; None while nothing has been asked there. `ask`: something is asked now."""
        number = execution.revision.pull_request
        if number is not None:
            return Thread(ThreadKind.PULL_REQUEST, str(number))
        actions = (action for stage in pipeline.stages for action in stage.actions)
        if not any(action.approval or may_wait_for_people(action) for action in actions):
            return None
        known = await self._store.asked(execution.id)
        if known is None and ask:
            known = await self._find(execution)
            await self._store.ask(execution, known)
        return known

    async def remind(self, effect: RemindAt, _key: str) -> bool:
        """One short new comment, which hosts notify people of; the same again is found by its mark and not posted twice."""
        found = await self._engine.execution(effect.execution)
        if found is None or not _still_waits(effect, found[0]):
            return False
        execution, pipeline = found
        thread = await self.place(execution, pipeline, ask=True)
        assert thread is not None  # noqa: S101  it is asked
        provider = self._providers[execution.lane.repository.provider]
        body = reminder_comment(effect, execution, pipeline, self._url, self._clock.now(), provider.limits)
        await provider.put_comment(execution.lane.repository, thread, body.partition("\n")[0], body)
        return False

    async def _find(self, execution: Execution) -> Thread:
        repository, commit = execution.lane.repository, execution.revision.commit
        try:
            known = await self._providers[repository.provider].pull_requests_of(repository, commit)
        except HostRefused as error:
            log.warning("pull requests of a commit not told", commit=commit, error=str(error))
            known = []
        merged = next((one for one in known if one.merged), None)
        if merged is None:
            return Thread(ThreadKind.COMMIT, commit)
        return Thread(ThreadKind.PULL_REQUEST, str(merged.number))


def _still_waits(effect: RemindAt, execution: Execution) -> bool:
    if execution.status.ended or execution.waiting or execution.current.name != effect.stage:
        return False
    run = execution.current.action(effect.action)
    return run.status is ActionStatus.IN_PROGRESS and run.attempt == effect.attempt
