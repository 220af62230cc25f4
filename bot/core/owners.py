"""Approvals by code owners: who they are is found when the approval begins, and stays so; each group of them has to approve.

How an answer is taken is `bot.core.approval`'s, how owners are found `bot.runtime.owners`'.
"""

from collections.abc import Sequence

from bot.core.effects import FindOwners
from bot.model.approval import Answer
from bot.model.execution import ActionRun, Execution
from bot.model.owners import CODEOWNERS, OwnerGroup
from bot.model.pipeline import Approve

FIRST_LOOK = 30.0
LONGEST_LOOK = 600.0
"""Seconds until owners that could not be found are looked for again: doubled each time, up to the longest."""


def asks_owners(approval: Approve) -> bool:
    return CODEOWNERS in approval.by


def next_look(looks: int) -> float:
    """Seconds until they are looked for again, after so many looks in vain."""
    return min(FIRST_LOOK * 2.0 ** min(looks - 1, 10), LONGEST_LOOK)


def look_now(execution: Execution, action: str) -> FindOwners:
    """The next look, at once: in the place of the one that is waited for, if there is one."""
    run = execution.current.action(action)
    looks = run.owners.looks if run.owners is not None else 0
    return FindOwners(execution.id, execution.current.name, action, run.attempt, looks + 1)


def in_their_place(approval: Approve) -> tuple[str, ...]:
    """The other entries of `by`: each of them may answer for any owner."""
    return tuple(entry for entry in approval.by if entry != CODEOWNERS)


def entries(approval: Approve, run: ActionRun) -> tuple[str, ...]:
    """All that somebody has to be one of, to answer."""
    groups = run.owners.groups if run.owners is not None else ()
    owners = (owner for group in groups for owner in group.owners)
    return tuple(dict.fromkeys([*in_their_place(approval), *owners]))


def in_whose_name(approval: Approve, run: ActionRun, principals: Sequence[str]) -> tuple[str, ...]:
    """As what somebody answers; nothing to be kept where no owners are asked."""
    if not asks_owners(approval):
        return ()
    return tuple(entry for entry in entries(approval, run) if entry in principals)


def missing(approval: Approve, run: ActionRun, answers: Sequence[Answer]) -> tuple[OwnerGroup, ...]:
    """The groups of which not enough have approved."""
    groups = run.owners.groups if run.owners is not None else ()
    place = in_their_place(approval)
    return tuple(
        group
        for group in groups
        if sum(not {*group.owners, *place}.isdisjoint(answer.principals) for answer in answers) < group.needed
    )
