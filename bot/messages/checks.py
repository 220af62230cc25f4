"""What a check run says beside its status: for the pipeline's own what its comment would say, for others the status's words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bot.core.effects import ReportInvalid
from bot.core.letting_go import waiting_in
from bot.messages.comment import comment_text, log_texts
from bot.messages.invalid import invalid_comment
from bot.messages.markdown import plain
from bot.messages.state import waiting_approvals
from bot.messages.text import one_line
from bot.messages.words import place
from bot.model.annotation import Annotation, Severity
from bot.model.check import ButtonShown, CheckButton, CheckRun
from bot.model.deployment_wait import WaitType
from bot.model.execution import Execution
from bot.model.pipeline import Pipeline
from bot.model.problem import Problem
from bot.model.status import CommitStatus
from bot.ports import HostLimits

LONGEST = 65535
"""Characters of a summary, and of the text below it: https://docs.github.com/en/rest/checks/runs#create-a-check-run."""

MOST_ANNOTATIONS = 100
_BUTTON_WORDS = 40


def subject_of(execution: Execution) -> str:
    """What a check run tells of: a retry is another, so that what was said of the attempt before stays as it was."""
    return f"{execution.id}/{execution.attempts}"


def execution_of(subject: str) -> str:
    """The execution's id of a check run's subject."""
    return subject.partition("/")[0]


def pipeline_check(
    status: CommitStatus,
    execution: Execution,
    pipeline: Pipeline,
    base_url: str,
    now: float,
    limits: HostLimits,
    tails: Mapping[str, str],
    annotations: Sequence[Annotation] = (),
) -> CheckRun:
    """Of a pipeline's own status. Errors come first where not all remarks are shown."""
    room = replace(limits, comment=LONGEST)
    told = comment_text(execution, pipeline, base_url, now, room, {})
    order = list(Severity)
    shown = sorted(annotations, key=lambda one: order.index(one.severity))[:MOST_ANNOTATIONS]
    return CheckRun(
        status=status,
        subject=subject_of(execution),
        summary=_without_marker(told),
        details=log_texts(execution, base_url, tails, room).strip(),
        annotations=tuple(shown),
        started_at=execution.started_at,
        ended_at=execution.ended_at,
        buttons=_buttons(execution, pipeline),
    )


def _buttons(execution: Execution, pipeline: Pipeline) -> tuple[ButtonShown, ...]:
    """To answer the approval that waits, and to let the deployment go on that does: three, which is the most that GitHub shows. Of several that wait
    alike comments say which is meant.
    """
    if execution.status.ended or execution.waiting:
        return ()
    stage = execution.current
    approvals = [run.name for run, _ in waiting_approvals(stage, pipeline.stage(stage.name))]
    deployments = [(run.name, wait.type) for run, wait in waiting_in(execution)]
    return (
        *(_answers(place(stage.name, approvals[0])) if len(approvals) == 1 else ()),
        *(_goes_on(place(stage.name, deployments[0][0]), deployments[0][1]) if len(deployments) == 1 else ()),
    )


def _answers(where: str) -> Iterator[ButtonShown]:
    yield ButtonShown(CheckButton.APPROVE, "Approve", one_line(f"Let {where} go on", _BUTTON_WORDS))
    yield ButtonShown(CheckButton.REJECT, "Reject", one_line(f"Refuse {where}", _BUTTON_WORDS))


def _goes_on(where: str, wait: WaitType) -> Iterator[ButtonShown]:
    if wait is WaitType.READY:
        yield ButtonShown(CheckButton.SHIFT_TRAFFIC, "Shift traffic", one_line(f"To {where}", _BUTTON_WORDS))
    else:
        yield ButtonShown(CheckButton.END_WAIT, "End the wait", one_line(f"Of {where}'s originals", _BUTTON_WORDS))


def plain_check(status: CommitStatus, subject: str) -> CheckRun:
    """Of a status that has no more to say."""
    return CheckRun(status, subject, plain(status.description))


def invalid_check(status: CommitStatus, report: ReportInvalid, url: str, limits: HostLimits) -> CheckRun:
    """Of a pipeline file with errors: each stands at its line."""
    told = invalid_comment(report, replace(limits, comment=LONGEST), url)
    remarks = [_remark(problem) for problem in report.problems if problem.file and problem.line]
    return CheckRun(status, "", _without_marker(told), annotations=tuple(remarks[:MOST_ANNOTATIONS]))


def _remark(problem: Problem) -> Annotation:
    words = " ".join(filter(None, [problem.reason, problem.remedy]))
    return Annotation(problem.file, problem.line, Severity.ERROR, words, problem.column, problem.path)


def _without_marker(told: str) -> str:
    return told.partition("\n")[2]
