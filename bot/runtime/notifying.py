"""Notifications on their way: what was ordered is put into words and sent, once each, as long as it is still news."""

from collections.abc import AsyncIterator

import structlog

from bot.core.effects import Notify
from bot.messages.notifications import notice
from bot.model.execution import Execution, ExecutionStatus
from bot.model.notification import NotificationEvent
from bot.model.pipeline import DAY
from bot.ports import Clock, ExecutionFilter, Notifications, Store
from bot.runtime.engine import Engine
from bot.runtime.metrics import Metrics

log = structlog.get_logger(__name__)

NEWS_FOR = DAY
"""Seconds for which it is tried to tell: after a day nobody wants to hear that an approval was needed."""

_PAGE, _PAGES = 20, 10
_TELLING = (ExecutionStatus.SUCCEEDED, ExecutionStatus.FAILED)


class Notifier:
    """Performs `Notify`."""

    def __init__(
        self, store: Store, engine: Engine, notifications: Notifications, clock: Clock, metrics: Metrics, url: str
    ) -> None:
        self._store = store
        self._engine = engine
        self._notifications = notifications
        self._clock = clock
        self._metrics = metrics
        self._url = url

    async def notify(self, effect: Notify, _key: str) -> bool:
        """Raises HostUnavailable while the target does not answer, HostRefused when it will not."""
        found = await self._engine.execution(effect.execution)
        if found is None:
            return False
        execution, pipeline = found
        if effect.target not in self._notifications.names:
            self._drop(effect, "there is no target of that name: PENSTOCK_NOTIFY_TARGETS names those that there are")
        elif self._clock.now() - effect.at > NEWS_FOR:
            self._drop(effect, "it could not be sent for a day")
        elif effect.event is not NotificationEvent.RECOVERED or await self._failed_before(execution):
            await self._notifications.send(effect.target, notice(effect, execution, pipeline, self._url))
            self._metrics.notification(effect.target, "sent")
        return False

    def _drop(self, effect: Notify, why: str) -> None:
        log.warning("notification dropped", target=effect.target, what=effect.happened, why=why)
        known = effect.target in self._notifications.names
        self._metrics.notification(effect.target if known else "unknown", "dropped")

    async def _failed_before(self, execution: Execution) -> bool:
        """Whether the lane's execution before this one that came to an end of its own failed, or this one itself at first."""
        if execution.attempts > 1:
            return True
        async for earlier in self._earlier(execution):
            if earlier.status in _TELLING:
                return earlier.status is ExecutionStatus.FAILED
        return False

    async def _earlier(self, execution: Execution) -> AsyncIterator[Execution]:
        before, of = execution.id, ExecutionFilter.of_lane(execution.lane)
        for _ in range(_PAGES):
            page = await self._store.executions(of, _PAGE, before)
            for earlier in page:
                yield earlier
            if len(page) < _PAGE:
                return
            before = page[-1].id
