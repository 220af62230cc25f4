"""A new execution: refused, or begun at its first stage, with what that means for older ones of the lane (sections 7 and 11)."""

from bot.core.draft import Draft
from bot.core.events import StartRequested
from bot.core.flow import arrive
from bot.core.fresh import fresh_stages
from bot.core.modes import CEILING, STRATEGIES
from bot.core.refusal import Refusal, RefusalReason
from bot.core.stop import give_way
from bot.model.execution import Execution, LaneKey
from bot.model.pipeline import Mode, Outdated, Pipeline


def requested(draft: Draft, event: StartRequested) -> Refusal | None:
    """Begin, unless its variables (VAR-11) or the ceiling of live executions (QUE-4, PAR-1) forbid it."""
    if draft.get(event.execution) is not None:
        return None  # told again after a crash: it has begun already
    refusal = _check_variables(event) or _check_ceiling(draft, event)
    if refusal is not None:
        return refusal
    draft.define(event.pipeline)
    execution = draft.change(_execution(draft.lane, event))
    if event.pipeline.outdated_for(event.revision.ref.kind) is Outdated.STOP:
        give_way(draft, execution)
    _forget_parallel_failures(draft, event.pipeline)
    arrive(draft, draft.executions[execution.id])
    return None


def resolve_variables(pipeline: Pipeline, given: dict[str, str]) -> dict[str, str]:
    """Every declared variable's value for an execution: what was given, else the default (VAR-11, VAR-13)."""
    return {name: given.get(name, variable.default or "") for name, variable in pipeline.variables.items()}


def _check_variables(event: StartRequested) -> Refusal | None:
    declared = event.pipeline.variables
    for name in event.variables:
        if name not in declared:
            return Refusal(RefusalReason.VARIABLE_UNKNOWN, {"name": name, "known": ", ".join(declared)})
    missing = [name for name, v in declared.items() if v.default is None and name not in event.variables]
    if missing:
        return Refusal(RefusalReason.VARIABLE_MISSING, {"names": ", ".join(missing)})
    return None


def _check_ceiling(draft: Draft, event: StartRequested) -> Refusal | None:
    if event.pipeline.mode is Mode.SUPERSEDED:
        return None
    live = sum(not execution.status.ended for execution in draft.executions.values())
    return Refusal(RefusalReason.LIMIT, {"limit": str(CEILING)}) if live >= CEILING else None


def _forget_parallel_failures(draft: Draft, pipeline: Pipeline) -> None:
    """In parallel mode nothing overtakes a failed execution; so the oldest beyond the ceiling can't be retried any more."""
    if STRATEGIES[pipeline.mode].exclusive:
        return
    ended = sorted((e.number, e.id) for e in draft.executions.values() if e.status.ended)
    for _, name in ended[: max(0, len(ended) - CEILING)]:
        draft.retire(name)


def _execution(lane: LaneKey, event: StartRequested) -> Execution:
    return Execution(
        id=event.execution,
        number=event.number,
        lane=lane,
        definition=event.pipeline.digest,
        revision=event.revision,
        trigger=event.trigger,
        stages=fresh_stages(event.pipeline),
        started_at=event.at,
        pipeline_version=event.version,
        variables=resolve_variables(event.pipeline, dict(event.variables)),
        may_have_secrets=event.may_have_secrets,
        may_keep_cache=event.may_keep_cache,
        outside=event.outside,
        followers=event.followers,
        source_revisions=event.source_revisions,
    )
