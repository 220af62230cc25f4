"""Manual approvals: who may answer which, what an answer does, and what its absence does (section 17)."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.core.action import current_attempt
from bot.core.draft import Draft
from bot.core.effects import FindOwners
from bot.core.events import ApprovalAnswered, ApprovalExpired, OwnersFound
from bot.core.flow import advance
from bot.core.owners import asks_owners, entries, in_whose_name, missing, next_look
from bot.core.refusal import Refusal, RefusalReason
from bot.model.approval import Answer, Verdict
from bot.model.error import ErrorCode
from bot.model.execution import ActionRun, ActionStatus, Execution
from bot.model.people import Person, Role
from bot.model.pipeline import Approve
from bot.model.rollback import ExecutionType

SUMMARY_LIMIT = 512  # APR-3

Waiting = tuple[Execution, ActionRun, Approve]


def waiting_approvals(draft: Draft) -> Iterator[Waiting]:
    """Every approval of the lane that waits for an answer."""
    for execution in draft.executions.values():
        if execution.status.ended or execution.waiting:
            continue
        stage = draft.stage(execution)
        for run in execution.current.actions:
            approval = stage.action(run.name).approval
            if approval is not None and run.status is ActionStatus.IN_PROGRESS:
                yield execution, run, approval


def answered(draft: Draft, event: ApprovalAnswered) -> Refusal | None:
    chosen = _choose(draft, event)
    if isinstance(chosen, Refusal):
        return chosen
    execution, run, approval = chosen
    refusal = _check(event, execution, run, approval)
    if refusal is not None:
        return refusal
    words = event.words[:SUMMARY_LIMIT]
    names = in_whose_name(approval, run, event.principals)
    answers = (*run.answers, Answer(event.by, event.verdict, event.at, words, names))
    ended: dict[str, Any] = {"answers": answers, "ended_at": event.at}
    if event.verdict is Verdict.REJECTED:
        summary = f"rejected by {event.by.login}: {words}" if words else f"rejected by {event.by.login}"
        ended |= {"summary": summary, "error": ErrorCode.REJECTED}
        advance(draft, draft.set_action_status(execution, run.name, ActionStatus.FAILED, **ended))
    elif len(answers) >= approval.count and not missing(approval, run, answers):
        ended["summary"] = words
        advance(draft, draft.set_action_status(execution, run.name, ActionStatus.SUCCEEDED, **ended))
    else:
        draft.change_action(execution, run.name, answers=answers)
    return None


def expired(draft: Draft, event: ApprovalExpired) -> Refusal | None:
    """APR-7: no answer in time is a failure. An approval answered since, or asked anew, has no such deadline."""
    found = current_attempt(draft, event.execution, event.stage, event.action, event.attempt)
    if found is not None:
        execution, run = found
        ended = {"ended_at": event.at, "error": ErrorCode.TIMEOUT, "summary": "nobody answered in time"}
        advance(draft, draft.set_action_status(execution, run.name, ActionStatus.FAILED, **ended))
    return None


def owners_found(draft: Draft, event: OwnersFound) -> Refusal | None:
    """What was found counts for the attempt, however the file changes. What could not be is looked for again."""
    live = current_attempt(draft, event.execution, event.stage, event.action, event.attempt)
    if live is None:
        return None
    execution, run = live
    if run.owners is not None and not run.owners.problem:
        return None
    draft.change_action(execution, run.name, owners=event.owners)
    if event.owners.problem:
        looks = event.owners.looks
        at = draft.at + next_look(looks)
        draft.order(FindOwners(event.execution, event.stage, event.action, event.attempt, looks + 1, at))
    return None


def _choose(draft: Draft, event: ApprovalAnswered) -> Waiting | Refusal:
    """The one waiting approval that is meant, or why there is no telling (APR-11)."""
    waiting = list(waiting_approvals(draft))
    meant = [w for w in waiting if _is_meant(w[0], w[1], event)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        return Refusal(RefusalReason.SEVERAL_WAIT, {"choices": _names(meant)})
    if _answered_before(draft, event):
        return Refusal(RefusalReason.ALREADY_ANSWERED, {"stage": event.stage, "action": event.action})
    if waiting:
        return Refusal(RefusalReason.NOTHING_WAITS_THERE, {"stage": event.stage, "waiting": _names(waiting)})
    return Refusal(RefusalReason.NOTHING_WAITS)


def _is_meant(execution: Execution, run: ActionRun, event: ApprovalAnswered) -> bool:
    here = (execution.id, execution.current.name, run.name)
    return all(
        wanted in ("", name) for wanted, name in zip((event.execution, event.stage, event.action), here, strict=True)
    )


def _names(waiting: list[Waiting]) -> str:
    return ", ".join(f"{execution.current.name}/{run.name}" for execution, run, _ in waiting)


def _answered_before(draft: Draft, event: ApprovalAnswered) -> bool:
    return bool(event.stage) and any(
        run.answers and run.status is not ActionStatus.IN_PROGRESS and event.action in ("", run.name)
        for execution in draft.executions.values()
        for stage in execution.stages
        if stage.name == event.stage
        for run in stage.actions
    )


def _check(event: ApprovalAnswered, execution: Execution, run: ActionRun, approval: Approve) -> Refusal | None:
    where = {"stage": execution.current.name, "action": run.name}
    # A rollback's revision is an older one by its nature; it can't be taken for the newest.
    standard = execution.type is ExecutionType.STANDARD
    if standard and event.head and event.head != execution.revision.commit:
        return Refusal(RefusalReason.STALE, {**where, "waiting": execution.revision.commit, "head": event.head})
    refusal = _may_answer(event, run, approval, where)
    if refusal is not None:
        return refusal
    if not approval.self_approval and event.verdict is Verdict.APPROVED:
        own = _own(event.by, execution.revision.author)
        if own is not None:
            return Refusal(own, where)
    if any(same_person(event.by, answer.by) for answer in run.answers):
        return Refusal(RefusalReason.ANSWERED_TWICE, where)
    return None


def _may_answer(event: ApprovalAnswered, run: ActionRun, approval: Approve, where: Mapping[str, str]) -> Refusal | None:
    """APR-8. While it is not known who the code owners are, nobody may."""
    named, anybody = approval.by, not approval.by
    if asks_owners(approval):
        if run.owners is None or run.owners.problem:
            problem = run.owners.problem if run.owners is not None else ""
            return Refusal(RefusalReason.OWNERS_UNKNOWN, {**where, "problem": problem})
        named, anybody = entries(approval, run), not run.owners.groups
    if set(named) & set(event.principals) or (anybody and event.role >= Role.WRITE):
        return None
    if anybody:
        return Refusal(RefusalReason.NOT_ALLOWED, {"role": event.role.name.lower(), "needed": "write"})
    return Refusal(RefusalReason.NOT_AN_APPROVER, {**where, "by": ", ".join(named)})


def _own(by: Person, author: Person | None) -> RefusalReason | None:
    """Why it counts as their own change. Where nobody knows whose it is, it may be anybody's, and so theirs."""
    if author is None:
        return RefusalReason.AUTHOR_UNKNOWN
    return RefusalReason.OWN_CHANGE if same_person(by, author) else None


def same_person(one: Person, other: Person | None) -> bool:
    """Hosts identify people by id; logins decide only where one of the two has none (a commit's author, say)."""
    if other is None:
        return False
    if one.id and other.id:
        return one.id == other.id
    return one.login.casefold() == other.login.casefold()
