"""The `deploy` action: the form that the file has does its work; how it ends by an error is the same for each."""

from collections.abc import Callable, Collection, Mapping

from bot.actions.deploying import Attempt, DeployForm, Refusal, RevisionInvalid
from bot.actions.deploying.attempts import Attempts
from bot.actions.deploying.revision import Revisions
from bot.actions.outcome import code
from bot.core.effects import parts_of_job
from bot.core.variables import Unresolved
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.ports import (
    ActionContext,
    ActionOutcome,
    ArtifactError,
    ClusterUnavailable,
    CommitUnavailable,
    HostRefused,
    HostUnavailable,
)

_INVALID = Refusal(ErrorCode.CONFIGURATION, "INVALID_REVISION")
_COMMON = (Unresolved, CommitUnavailable, HostRefused, ArtifactError)


class DeployAction:
    """`forms` by the type of their work in the model, such as `bot.model.pipeline.Deploy`."""

    def __init__(self, forms: Mapping[type, DeployForm], attempts: Attempts, revisions: Revisions) -> None:
        self._forms = forms
        self._attempts = attempts
        self._revisions = revisions
        self._at_work: dict[str, DeployForm] = {}

    def tell_changes_to(self, changed: Callable[[str], None]) -> None:
        self._attempts.changed = changed

    async def perform(self, context: ActionContext) -> ActionOutcome:
        form = self._at_work[context.job] = self._forms[type(context.action.work)]
        try:
            with self._attempts.at(context) as attempt:
                return await _performed(form, attempt)
        finally:
            del self._at_work[context.job]

    async def abandon(self, job: str) -> None:
        form = self._at_work.get(job) or await self._form(job)
        if form is not None:
            await form.stop(job)

    async def forget(self, job: str) -> None:
        self._revisions.remove_later(job)

    async def sweep(self, keep: Collection[str]) -> None:
        await self._revisions.sweep(keep)

    async def close(self) -> None:
        await self._revisions.close()

    async def _form(self, job: str) -> DeployForm | None:
        """Of one that waits, or was left by an earlier life; None for a job of another type of action."""
        context = await self._attempts.context(*parts_of_job(job))
        return None if context is None else self._forms.get(type(context.action.work))


async def _performed(form: DeployForm, attempt: Attempt) -> ActionOutcome:
    try:
        return await form.deploy(attempt)
    except (HostUnavailable, ClusterUnavailable) as error:
        attempt.line(f"{error}: it is tried again.")
        raise
    except Exception as error:
        refusal = _refusal(form, error)
        if refusal is None:
            raise
        for line in error.lines if isinstance(error, RevisionInvalid) else (str(error),):
            attempt.line(line)
        words = f"{refusal.word}: {error}" if refusal.word else str(error)
        return ActionOutcome(ActionStatus.FAILED, attempt.began, words, refusal.code)


def _refusal(form: DeployForm, error: Exception) -> Refusal | None:
    """None for an error of ours."""
    own = next((refusal for kind, refusal in form.refusals.items() if isinstance(error, kind)), None)
    if own is None and isinstance(error, RevisionInvalid):
        return _INVALID
    if own is None and isinstance(error, _COMMON):
        return Refusal(code(error))
    return own
