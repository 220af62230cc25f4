"""Rolling a stage back to what succeeded there before: by hand, or because an execution has failed in it (section 15).

Who could be rolled back to is found in the store, since the live state holds nothing that has ended well; whether it may
be is decided here.
"""

from collections.abc import Sequence

from bot.core.draft import Draft
from bot.core.events import RollbackRequested
from bot.core.flow import admit, go_first
from bot.core.fresh import fresh_stages
from bot.core.refusal import Refusal, RefusalReason
from bot.model.artifact import Artifact
from bot.model.execution import Execution, StageStatus
from bot.model.pipeline import Mode, Pipeline
from bot.model.rollback import ExecutionType, Rollback

_R = RefusalReason


def requested(draft: Draft, event: RollbackRequested) -> Refusal | None:
    if event.cause:
        _automatic(draft, event)
        return None
    if draft.get(event.execution) is not None:
        return None  # told again after a crash: it has begun already
    slot = draft.slot(event.stage)
    if slot.rolling_back:
        return Refusal(_R.ROLLING_BACK, {"stage": event.stage})
    if slot.occupant:
        return Refusal(_R.STAGE_RUNNING, {"stage": event.stage, "number": _number(draft, slot.occupant)})
    refusal = check(event)
    if refusal is not None:
        return refusal
    _begin(draft, event)
    return None


def _automatic(draft: Draft, event: RollbackRequested) -> None:
    """The stage has been kept for it. Without a target the failure stands, and the next one that waits may enter."""
    if draft.slot(event.stage).rolling_back != event.cause:
        return
    draft.change_slot(event.stage, rolling_back="")
    if check(event) is None:
        _begin(draft, event)
    else:
        admit(draft, event.stage)


def check(event: RollbackRequested) -> Refusal | None:
    """RBK-3, RBK-4: whether the target is eligible, and if not, what is."""
    target, pipeline = event.target, event.pipeline
    named = {"stage": event.stage, "asked": event.asked, "candidates": ", ".join(_words(event))}
    if target is None or pipeline is None:
        return Refusal(_R.ROLLBACK_UNKNOWN if event.asked else _R.ROLLBACK_NOWHERE, named)
    status = next((run.status for run in target.stages if run.name == event.stage), None)
    reasons = (
        (pipeline.mode is Mode.PARALLEL, _R.ROLLBACK_PARALLEL),
        (target.type is ExecutionType.ROLLBACK, _R.ROLLBACK_TO_ROLLBACK),
        (status is StageStatus.SKIPPED, _R.ROLLBACK_SKIPPED),
        (status is not StageStatus.SUCCEEDED, _R.ROLLBACK_UNSUCCESSFUL),
        (target.definition != event.current, _R.ROLLBACK_OUTDATED),
    )
    reason = next((reason for found, reason in reasons if found), None)
    return None if reason is None else Refusal(reason, {**named, "number": str(target.number)})


def succeeded(execution: Execution, stage: str) -> bool:
    return any(run.name == stage and run.status is StageStatus.SUCCEEDED for run in execution.stages)


def default_target(latest: Execution | None, eligible: Sequence[Execution], stage: str) -> Execution | None:
    """Where a rollback by hand goes that names no target. `latest` entered the stage last; `eligible` are the newest first.

    What succeeded there is there still, unless something has failed there since: then it is what is wanted back.
    """
    if latest is None or not succeeded(latest, stage):
        return next(iter(eligible), None)
    number = latest.rollback.target_number if latest.rollback is not None else latest.number
    return next((each for each in eligible if each.number < number), None)


def _words(event: RollbackRequested) -> list[str]:
    return [f"{candidate.number} ({candidate.commit[:7]})" for candidate in event.candidates]


def _number(draft: Draft, execution: str) -> str:
    known = draft.get(execution)
    return str(known.number) if known else ""


def _begin(draft: Draft, event: RollbackRequested) -> None:
    """RBK-1, RBK-2: a new execution that takes the stage at once, whoever waits before it (RBK-7) and whether it is held or not."""
    target, pipeline = event.target, event.pipeline
    assert target is not None and pipeline is not None  # noqa: S101, PT018  it has been checked
    draft.define(pipeline)
    cause = draft.get(event.cause)
    if cause is not None:
        draft.change(cause, rolled_back_by=event.execution, rolled_back_by_number=event.number)
    index = pipeline.stage_index(event.stage)
    rollback = Rollback(
        target.id,
        target.number,
        event.stage,
        event.cause,
        cause.number if cause else 0,
        _outputs(pipeline, target, index),
        _artifacts(target, index),
    )
    execution = Execution(
        id=event.execution,
        number=event.number,
        lane=draft.lane,
        definition=pipeline.digest,
        revision=target.revision,
        trigger=event.trigger,
        stages=fresh_stages(pipeline),
        started_at=event.at,
        pipeline_version=target.pipeline_version,
        stage=index,
        variables=target.variables,  # VAR-14
        may_have_secrets=target.may_have_secrets,
        may_keep_cache=target.may_keep_cache,
        outside=target.outside,
        type=ExecutionType.ROLLBACK,
        rollback=rollback,
    )
    go_first(draft, draft.change(execution))


def _outputs(pipeline: Pipeline, target: Execution, before: int) -> dict[str, dict[str, str]]:
    """What the target's earlier stages have told, by namespace."""
    return {
        action.namespace: dict(target.stage_run(stage.name).action(action.name).outputs)
        for stage in pipeline.stages[:before]
        for action in stage.actions
        if action.namespace
    }


def _artifacts(target: Execution, before: int) -> dict[str, Artifact]:
    """What the target's earlier stages made."""
    return {name: made for run in target.stages[:before] for a in run.actions for name, made in a.artifacts.items()}
