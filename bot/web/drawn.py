"""An execution as its page draws it: stages with the gates between them, actions in groups, approvals, earlier attempts.

Values for the templates, made of the model's; no HTML and nothing that waits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.core.effects import job_id
from bot.core.sources import revisions
from bot.messages.words import done, said, wait_words, withheld
from bot.model.approval import Answer
from bot.model.batch import BatchRun
from bot.model.deployment import Deployment
from bot.model.execution import ActionRun, ActionStatus, Execution, StageRun, StageStatus, TriggerKind
from bot.model.host_event import Thread, ThreadKind
from bot.model.lane import StageSlot
from bot.model.pipeline import Action, Invoke, Pipeline, Run, Stage
from bot.model.repository import Ref, RefKind
from bot.model.source import SourceRevision
from bot.ports import HistoryEntry, Provider
from bot.web import batches
from bot.web.asked import ApprovalView, DeploymentWaitView, MergeView, approvals, deployment_waits, merges, remedies
from bot.web.attempts import Attempt, earlier_attempts, log_path
from bot.web.conditions import ConditionView, conditions, earlier_conditions, rule_log
from bot.web.deployments import DeploymentView, drawn_of
from bot.web.remarks import RemarksView
from bot.web.results import ResultsView
from bot.web.states import Look, of_action, of_execution, of_stage
from bot.web.times import Span


@dataclass(frozen=True, slots=True)
class ActionView:
    name: str
    anchor: str
    kind: str
    commands: tuple[str, ...]
    look: Look
    run: ActionRun
    span: Span
    key: str
    log: str
    earlier: tuple[Attempt, ...]
    answers: tuple[Answer, ...]
    results: ResultsView | None = None
    remarks: RemarksView | None = None
    batch: batches.BatchView | None = None
    deployments: tuple[DeploymentView, ...] = ()
    region: str = ""

    @property
    def said(self) -> str:
        return said(self.run)

    @property
    def running(self) -> bool:
        return self.look.icon == "running"

    @property
    def telling(self) -> bool:
        """Whether its log is what one has come to see."""
        return bool(self.log) and (self.running or self.look.icon == "failed")


@dataclass(frozen=True, slots=True)
class StageView:
    """`gate` is the transition before it: "open", "held", "waiting"; `gate_text` says by whom or for what."""

    name: str
    anchor: str
    look: Look
    span: Span
    environment: str
    attempts: int
    groups: tuple[tuple[ActionView, ...], ...]
    gate: str
    gate_text: str
    withheld: str = ""
    conditions: tuple[ConditionView, ...] = ()
    earlier_conditions: tuple[ConditionView, ...] = ()

    @property
    def actions(self) -> tuple[ActionView, ...]:
        return tuple(action for group in self.groups for action in group)


@dataclass(frozen=True, slots=True)
class Links:
    """The host's pages: of the repository, the commit, and where people write comments. "" where there is none."""

    repository: str = ""
    commit: str = ""
    thread: str = ""
    thread_name: str = ""


@dataclass(frozen=True, slots=True)
class ExecutionView:
    execution: Execution
    pipeline: Pipeline
    look: Look
    span: Span
    done: int
    ref: str
    trigger: str
    links: Links
    stages: tuple[StageView, ...]
    approvals: tuple[ApprovalView, ...]
    deployment_waits: tuple[DeploymentWaitView, ...]
    merges: tuple[MergeView, ...]
    remedies: tuple[str, ...] = ()
    sources: tuple[tuple[str, SourceRevision], ...] = ()

    @property
    def title(self) -> str:
        return self.execution.revision.summary or self.execution.revision.short


@dataclass(frozen=True, slots=True)
class Known:
    """What is looked up about an execution before it is drawn. `results` and `remarks` by the keys of actions' logs."""

    execution: Execution
    pipeline: Pipeline
    slots: Mapping[str, StageSlot] = field(default_factory=dict)
    history: Sequence[HistoryEntry] = ()
    provider: Provider | None = None
    results: Mapping[str, ResultsView] = field(default_factory=dict)
    remarks: Mapping[str, RemarksView] = field(default_factory=dict)
    deployments: Sequence[Deployment] = ()
    batches: Sequence[BatchRun] = ()


def draw(known: Known) -> ExecutionView:
    execution, pipeline = known.execution, known.pipeline
    attempts = earlier_attempts(execution, known.history)
    stages = tuple(
        _stage(known, stage, run, attempts) for stage, run in zip(pipeline.stages, execution.stages, strict=True)
    )
    prefix = known.provider.limits.command_prefix if known.provider else "/"
    return ExecutionView(
        execution=execution,
        pipeline=pipeline,
        look=of_execution(execution),
        span=Span(execution.started_at, execution.ended_at, live=not execution.status.ended),
        done=done(execution.stages),
        ref=ref_text(execution.revision.ref),
        trigger=trigger_text(execution),
        links=_links(known),
        stages=stages,
        approvals=tuple(approvals(execution, pipeline, prefix)),
        deployment_waits=tuple(deployment_waits(execution, prefix)),
        merges=tuple(merges(execution, prefix)),
        remedies=remedies(execution, prefix),
        sources=tuple(revisions(execution)),
    )


def ref_text(ref: Ref) -> str:
    match ref.kind:
        case RefKind.PULL_REQUEST:
            return f"pull request #{ref.name}"
        case RefKind.TAG:
            return f"tag {ref.name}"
        case _:
            return ref.name


_TRIGGERS = {
    TriggerKind.PUSH: "push",
    TriggerKind.PULL_REQUEST: "pull request",
    TriggerKind.MERGE_QUEUE: "merge queue",
    TriggerKind.MANUAL: "started",
    TriggerKind.SCHEDULE: "schedule",
    TriggerKind.PIPELINE: "another pipeline",
    TriggerKind.SOURCE: "a further source",
    TriggerKind.WEBHOOK: "webhook",
    TriggerKind.REVISION: "a revision told from outside",
    TriggerKind.MANUAL_ROLLBACK: "rollback",
    TriggerKind.AUTOMATED_ROLLBACK: "automatic rollback",
}


def trigger_text(execution: Execution) -> str:
    """`push by ada`, with the detail where there is one."""
    trigger = execution.trigger
    text = _TRIGGERS[trigger.kind] + (f" by {trigger.by.login}" if trigger.by else "")
    return f"{text} · {trigger.detail}" if trigger.detail else text


def _stage(known: Known, stage: Stage, run: StageRun, attempts: Mapping[str, tuple[Attempt, ...]]) -> StageView:
    execution = known.execution
    groups = tuple(
        tuple(_action(known, stage, action, run.action(action.name), attempts) for action in group)
        for group in stage.groups
    )
    gate, gate_text = _gate(known, run)
    live = run.status in (StageStatus.IN_PROGRESS, StageStatus.STOPPING)
    return StageView(
        name=stage.name,
        anchor=f"stage-{stage.name}",
        look=of_stage(execution, run),
        span=Span(run.started_at, run.ended_at, live=live),
        environment=stage.environment,
        attempts=run.attempts,
        groups=groups,
        gate=gate,
        gate_text=gate_text,
        withheld=withheld(run).capitalize(),
        conditions=conditions(run),
        earlier_conditions=earlier_conditions(run),
    )


def _action(
    known: Known, stage: Stage, action: Action, run: ActionRun, attempts: Mapping[str, tuple[Attempt, ...]]
) -> ActionView:
    execution = known.execution
    return ActionView(
        name=action.name,
        anchor=f"action-{stage.name}-{action.name}",
        kind="approval" if action.approval else action.work.kind,
        commands=action.work.commands if isinstance(action.work, Run) else (),
        look=of_action(execution, run),
        run=run,
        span=Span(run.started_at, run.ended_at, live=run.status is ActionStatus.IN_PROGRESS),
        key=run.log,
        log=log_path(execution.id, stage.name, action.name, run.attempt) if run.log and _logs(action) else "",
        earlier=attempts.get(f"{stage.name}/{action.name}", ()),
        answers=run.answers,
        results=known.results.get(run.log) if run.results else None,
        remarks=known.remarks.get(run.log) if run.annotations else None,
        batch=batches.drawn_of(known.batches, stage.name, run),
        deployments=drawn_of(known.deployments, stage.name, action.name, run.attempt),
        region=action.region,
    )


def _logs(action: Action) -> bool:
    """What an endpoint does, or another pipeline, is not logged here."""
    return not (isinstance(action.work, Invoke) and action.work.target.keys() & {"function", "url", "pipeline"})


def _gate(known: Known, run: StageRun) -> tuple[str, str]:
    """The transition before a stage: what it is like now matters only while the execution may still pass it."""
    execution = known.execution
    slot = known.slots.get(run.name, StageSlot())
    if execution.status.ended or run.status is not StageStatus.NOT_STARTED:
        return "open", ""
    if slot.hold:
        reason = f": {slot.hold.reason}" if slot.hold.reason else ""
        return "held", f"Held by {slot.hold.by.login}{reason}"
    if execution.waiting and execution.current.name == run.name:
        why = wait_words(execution.wait) if execution.wait else ""
        return "waiting", f"Waits to enter: {why}" if why else "Waits to enter"
    return "open", ""


def _links(known: Known) -> Links:
    provider, repository, revision = known.provider, known.execution.lane.repository, known.execution.revision
    if provider is None:
        return Links()
    commit = provider.page_url(repository, commit=revision.commit)
    number = revision.pull_request
    if number is None:
        return Links(provider.page_url(repository), commit, commit, f"commit {revision.short}")
    thread = Thread(ThreadKind.PULL_REQUEST, str(number))
    return Links(
        provider.page_url(repository), commit, provider.page_url(repository, thread), f"pull request #{number}"
    )


def job_of(execution: Execution, stage: str, action: str, attempt: int) -> str:
    """The log key of an attempt that this execution has had, at an action or a rule; "" when it has not."""
    if ":" in action:
        return rule_log(execution, stage, action, attempt)
    known = {(s.name, a.name): a.attempt for s in execution.stages for a in s.actions}
    if not 1 <= attempt <= known.get((stage, action), 0):
        return ""
    return job_id(execution.id, stage, action, attempt)
