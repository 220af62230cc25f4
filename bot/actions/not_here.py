"""An action that `penstock run` cannot do, and says so: better than one that is passed over."""

from collections.abc import Collection, Mapping

from bot.actions.deploying import Attempt, Refusal
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.ports import ActionContext, ActionOutcome, Clock


class NotHere:
    """Fails with these words."""

    def __init__(self, words: str, clock: Clock) -> None:
        self._words = words
        self._clock = clock

    async def perform(self, context: ActionContext) -> ActionOutcome:  # noqa: ARG002  whatever it is
        return ActionOutcome(ActionStatus.FAILED, self._clock.now(), self._words, ErrorCode.CONFIGURATION)

    async def abandon(self, job: str) -> None: ...

    async def forget(self, job: str) -> None: ...

    async def sweep(self, keep: Collection[str]) -> None: ...


class FormNotHere:
    """A form of deployments that fails with these words."""

    refusals: Mapping[type[Exception], Refusal] = {}

    def __init__(self, words: str) -> None:
        self._words = words

    async def deploy(self, attempt: Attempt) -> ActionOutcome:
        return ActionOutcome(ActionStatus.FAILED, attempt.began, self._words, ErrorCode.CONFIGURATION)

    async def stop(self, job: str) -> None: ...
