"""The lifecycles: which status may follow which, as tables (codepipeline reference, section 9). Every other step is a bug.

The state diagrams in README.md beside this file are drawn from these tables; a test keeps them alike.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from bot.model.condition import ConditionStatus, RuleStatus
from bot.model.execution import ActionStatus, ExecutionStatus, StageStatus

S = TypeVar("S", bound=StrEnum)
Lifecycle = Mapping[S, frozenset[S]]


class IllegalStep(Exception):
    """A status was about to follow one that it must not follow."""


_E = ExecutionStatus
EXECUTION: Lifecycle[ExecutionStatus] = {
    _E.IN_PROGRESS: frozenset({_E.STOPPING, _E.STOPPED, _E.SUCCEEDED, _E.SUPERSEDED, _E.FAILED, _E.CANCELLED}),
    _E.STOPPING: frozenset({_E.STOPPED, _E.FAILED, _E.SUPERSEDED}),
    _E.FAILED: frozenset({_E.IN_PROGRESS}),
    _E.STOPPED: frozenset({_E.IN_PROGRESS}),
    _E.SUCCEEDED: frozenset(),
    _E.SUPERSEDED: frozenset(),
    _E.CANCELLED: frozenset(),
}

_S = StageStatus
STAGE: Lifecycle[StageStatus] = {
    _S.NOT_STARTED: frozenset({_S.IN_PROGRESS, _S.WITHHELD}),
    _S.IN_PROGRESS: frozenset({_S.STOPPING, _S.STOPPED, _S.SUCCEEDED, _S.SKIPPED, _S.FAILED, _S.CANCELLED}),
    _S.STOPPING: frozenset({_S.STOPPED, _S.FAILED}),
    _S.FAILED: frozenset({_S.IN_PROGRESS}),
    _S.STOPPED: frozenset({_S.IN_PROGRESS}),
    _S.SUCCEEDED: frozenset(),
    _S.SKIPPED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.WITHHELD: frozenset(),
}

_A = ActionStatus
ACTION: Lifecycle[ActionStatus] = {
    _A.NOT_STARTED: frozenset({_A.IN_PROGRESS}),
    _A.IN_PROGRESS: frozenset({_A.SUCCEEDED, _A.FAILED, _A.ABANDONED}),
    _A.SUCCEEDED: frozenset(),
    # A retry starts them anew. (Mode `all` puts a stage's actions back to NOT_STARTED instead: new records, RET-1.)
    _A.FAILED: frozenset({_A.IN_PROGRESS}),
    _A.ABANDONED: frozenset({_A.IN_PROGRESS}),
}

_C = ConditionStatus
CONDITION: Lifecycle[ConditionStatus] = {
    _C.IN_PROGRESS: frozenset({_C.SUCCEEDED, _C.FAILED, _C.ERRORED, _C.ABANDONED, _C.CANCELLED, _C.OVERRIDDEN}),
    _C.SUCCEEDED: frozenset(),
    # Section 16.2: what has turned an execution away can still be overridden.
    _C.FAILED: frozenset({_C.OVERRIDDEN}),
    _C.ERRORED: frozenset({_C.OVERRIDDEN}),
    _C.ABANDONED: frozenset(),
    _C.CANCELLED: frozenset(),
    _C.OVERRIDDEN: frozenset(),
}

_R = RuleStatus
RULE: Lifecycle[RuleStatus] = {
    _R.IN_PROGRESS: frozenset({_R.SUCCEEDED, _R.FAILED, _R.ABANDONED}),
    _R.SUCCEEDED: frozenset(),
    _R.FAILED: frozenset(),
    _R.ABANDONED: frozenset(),
}


def step(lifecycle: Lifecycle[S], old: S, new: S) -> S:
    """The new status, when it may follow the old one. Raises IllegalStep otherwise."""
    if new not in lifecycle[old]:
        raise IllegalStep(f"{old} cannot be followed by {new}")
    return new


def diagram(lifecycle: Lifecycle[S]) -> str:
    """The lifecycle as a Mermaid state diagram."""
    lines = [f"    {old} --> {new}" for old, followers in lifecycle.items() for new in sorted(followers)]
    first = next(iter(lifecycle))
    return "\n".join(["stateDiagram-v2", f"    [*] --> {first}", *lines])
