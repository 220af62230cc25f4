"""An action that `penstock run` cannot do, and says so: better than one that is passed over."""

from collections.abc import Callable, Collection

from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.ports import ActionContext, ActionOutcome, Clock


class NotHere:
    """Fails with these words. Nothing is ever `changed`, but a form of deployments is told whom to tell."""

    def __init__(self, words: str, clock: Clock) -> None:
        self._words = words
        self._clock = clock
        self.changed: Callable[[str], None] = lambda _: None

    async def perform(self, context: ActionContext) -> ActionOutcome:  # noqa: ARG002  whatever it is
        return ActionOutcome(ActionStatus.FAILED, self._clock.now(), self._words, ErrorCode.CONFIGURATION)

    async def abandon(self, job: str) -> None: ...

    async def forget(self, job: str) -> None: ...

    async def sweep(self, keep: Collection[str]) -> None: ...
