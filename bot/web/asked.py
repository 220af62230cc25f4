"""What the page of an execution asks people to type: approvals and deployments that wait, and what goes on after a failure."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.core.letting_go import waiting_in
from bot.core.merges import awaited_in
from bot.core.owners import asks_owners
from bot.core.variables import Unresolved, resolver, substitute
from bot.messages.deployment_waits import TO_END, TO_STOP, WAITS, until_words
from bot.messages.owners import approvers, passed_over
from bot.model.approval import Answer
from bot.model.execution import Execution, ExecutionStatus, StageStatus
from bot.model.pipeline import Pipeline
from bot.web.states import waits_for_approval


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """An approval that waits: what is asked, of whom, how to answer and where. `owners`: of code owners."""

    stage: str
    action: str
    anchor: str
    message: str
    link: str
    needed: int
    answers: tuple[Answer, ...]
    who: str
    remark: str
    owners: bool
    not_author: str
    deadline: float
    approve: str
    reject: str


def approvals(execution: Execution, pipeline: Pipeline, prefix: str) -> Iterator[ApprovalView]:
    """Every approval that waits for an answer. `prefix` is what the host wants before a command."""
    stage, run = pipeline.stages[execution.stage], execution.current
    waiting = [] if execution.status.ended or execution.waiting else [r for r in run.actions if waits_for_approval(r)]
    for action in waiting:
        asked = stage.action(action.name).approval
        if asked is None:
            continue
        target = stage.name if len(waiting) == 1 else f"{stage.name}/{action.name}"
        author = execution.revision.author
        yield ApprovalView(
            stage=stage.name,
            action=action.name,
            anchor=f"action-{stage.name}-{action.name}",
            message=_resolved(pipeline, execution, asked.message),
            link=_web_address(_resolved(pipeline, execution, asked.link)),
            needed=asked.count,
            answers=action.answers,
            who=approvers(action, asked),
            remark=passed_over(action),
            owners=asks_owners(asked),
            not_author=author.login if author and not asked.self_approval else "",
            deadline=action.deadline or 0.0,
            approve=f"{prefix}approve {target}",
            reject=f"{prefix}reject {target} <why>",
        )


@dataclass(frozen=True, slots=True)
class DeploymentWaitView:
    """A deployment that waits and can be let go on: what is done by which command, and what comes by itself."""

    stage: str
    action: str
    anchor: str
    waits: str
    until: str
    to_end: str
    go_on: str
    to_stop: str
    stop: str


def deployment_waits(execution: Execution, prefix: str) -> Iterator[DeploymentWaitView]:
    stage, waiting = execution.current.name, waiting_in(execution)
    for run, wait in waiting:
        target = stage if len(waiting) == 1 else f"{stage}/{run.name}"
        yield DeploymentWaitView(
            stage=stage,
            action=run.name,
            anchor=f"action-{stage}-{run.name}",
            waits=WAITS[wait.type],
            until=until_words(wait),
            to_end=TO_END[wait.type],
            go_on=f"{prefix}continue {target}",
            to_stop=TO_STOP[wait.type],
            stop=f"{prefix}stop abandon",
        )


@dataclass(frozen=True, slots=True)
class MergeView:
    """A deployment that waits until `what` is merged, which `url` leads to ("" where the bot knows no page of it)."""

    stage: str
    action: str
    anchor: str
    what: str
    url: str
    until: str
    stop: str


def merges(execution: Execution, prefix: str) -> Iterator[MergeView]:
    stage = execution.current.name
    for run, wait, merge in awaited_in(execution):
        yield MergeView(
            stage=stage,
            action=run.name,
            anchor=f"action-{stage}-{run.name}",
            what=str(merge),
            url=run.external_url,
            until=until_words(wait),
            stop=f"{prefix}stop abandon",
        )


def _resolved(pipeline: Pipeline, execution: Execution, text: str) -> str:
    """The text with its references filled in; as it was written when one has no value."""
    try:
        return substitute(text, resolver(pipeline, execution))
    except Unresolved:
        return text


def _web_address(text: str) -> str:
    """A link is followed by people: only to the web, never a script."""
    return text if text.startswith(("https://", "http://")) else ""


def remedies(execution: Execution, prefix: str) -> tuple[str, ...]:
    """What to type next after an end without success. What was done in part comes to no more if it is done again."""
    if execution.in_part:
        return ()
    anew = f"{prefix}ok-to-test {execution.revision.commit}" if execution.outside else f"{prefix}rerun"
    if execution.status in (ExecutionStatus.FAILED, ExecutionStatus.STOPPED):
        entered = execution.current.status is not StageStatus.NOT_STARTED
        return (*((f"{prefix}retry",) if entered else ()), anew)
    return (anew,) if execution.status is ExecutionStatus.CANCELLED else ()
