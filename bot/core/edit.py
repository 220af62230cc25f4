"""A pipeline's definition has changed on its home branch: what that means for the executions that began under the old one.

Who waits is cancelled at once, who is inside a stage when what runs there has ended (VER-4): a question that nobody need answer
any more, and a condition that is still judged, end at once. What runs in parallel runs on (VER-5, VER-6), and so does a
rollback: what it brings back is older anyway. What has ended can be retried while its stage is as it was (RET-4).
"""

from bot.core import condition, summaries
from bot.core.draft import Draft
from bot.core.events import DefinitionChanged
from bot.core.flow import advance
from bot.core.line import step_out
from bot.core.modes import strategy
from bot.core.refusal import Refusal
from bot.model.execution import ActionStatus, Execution, ExecutionStatus
from bot.model.pipeline import Pipeline
from bot.model.rollback import ExecutionType


def changed(draft: Draft, event: DefinitionChanged) -> Refusal | None:
    outdated = [e for e in draft.executions.values() if e.definition != event.pipeline.digest]
    for execution in sorted(outdated, key=lambda e: not e.waiting):  # lest they enter what the others leave
        current = draft.get(execution.id)
        if current is None or not strategy(draft, current).exclusive or current.type is ExecutionType.ROLLBACK:
            continue
        if current.status.ended:
            _keep_from_retrying(draft, current, event)
        elif current.status is ExecutionStatus.IN_PROGRESS:
            _cancel(draft, draft.change(current, edited_in=event.version))
    return None


def _keep_from_retrying(draft: Draft, execution: Execution, event: DefinitionChanged) -> None:
    name = execution.current.name
    if draft.stage(execution) != next((stage for stage in event.pipeline.stages if stage.name == name), None):
        draft.change(execution, edited_in=event.version)


def _cancel(draft: Draft, execution: Execution) -> None:
    if execution.waiting:
        execution = draft.set_status(
            step_out(draft, execution), ExecutionStatus.CANCELLED, summaries.cancelled(execution)
        )
        draft.retire(execution.id)
        return
    execution = condition.abandon(draft, execution)
    for action in draft.stage(execution).actions:
        run = execution.current.action(action.name)
        if action.approval is not None and run.status is ActionStatus.IN_PROGRESS:
            execution = draft.set_action_status(execution, run.name, ActionStatus.ABANDONED, ended_at=draft.at)
    advance(draft, execution)


def home_branch(pipeline: Pipeline, default_branch: str) -> str:
    """The branch whose definition counts (VER-9): the default one, or the one that the triggers name instead."""
    includes = [name for push in pipeline.triggers.push if push.branches for name in push.branches.include]
    named = [name for name in includes if not set(name) & set("*?[{\\")]
    if pipeline.triggers.default_branch or not named or len(named) < len(includes) or default_branch in named:
        return default_branch
    return named[0]
