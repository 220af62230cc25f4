"""Notifications: what has happened to an execution, in words for chats and mail, and whole for programs (sections 19.1, 19.2).

A chat makes of a text what it likes (mentions, links, commands): strangers' words are broken up where it would.
"""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.core.effects import Notify, job_id
from bot.messages.markdown import code
from bot.messages.owners import approvers
from bot.messages.results import tested
from bot.messages.rollbacks import followed
from bot.messages.statuses import execution_url
from bot.messages.text import SEPARATOR, one_line
from bot.messages.words import cause, failures, place, resolved, when
from bot.model.execution import ActionRun, Execution
from bot.model.notification import NotificationEvent as Event
from bot.model.pipeline import Pipeline
from bot.model.repository import RefKind
from bot.ports import Notice, Tone

TYPE_PREFIX = "dev.penstock."
DETAIL_TYPE = "CodePipeline {} Execution State Change"

_BREAK = "\u200b"
_CHAT_SYNTAX = re.compile(r"[@<]|\](?=\()")

_CATEGORIES = {
    "run": "Compute",
    "build": "Build",
    "test": "Test",
    "deploy": "Deploy",
    "approve": "Approval",
    "source": "Source",
}
"""Of CodePipeline's types of action."""

_VERBS: Mapping[Event, tuple[Tone, str]] = {
    Event.STARTED: (Tone.INFO, "has started"),
    Event.RESUMED: (Tone.INFO, "was retried"),
    Event.SUCCEEDED: (Tone.SUCCESS, "succeeded"),
    Event.FAILED: (Tone.FAILURE, "failed"),
    Event.CANCELED: (Tone.WARNING, "was stopped"),
    Event.SUPERSEDED: (Tone.INFO, "was superseded"),
    Event.RECOVERED: (Tone.SUCCESS, "succeeds again"),
    Event.ROLLED_BACK: (Tone.WARNING, "was rolled back"),
    Event.STAGE_STARTED: (Tone.INFO, "has begun"),
    Event.STAGE_RESUMED: (Tone.INFO, "was retried"),
    Event.STAGE_SUCCEEDED: (Tone.SUCCESS, "succeeded"),
    Event.STAGE_FAILED: (Tone.FAILURE, "failed"),
    Event.STAGE_CANCELED: (Tone.WARNING, "was stopped"),
    Event.ACTION_STARTED: (Tone.INFO, "has begun"),
    Event.ACTION_SUCCEEDED: (Tone.SUCCESS, "succeeded"),
    Event.ACTION_FAILED: (Tone.FAILURE, "failed"),
    Event.ACTION_CANCELED: (Tone.WARNING, "was abandoned"),
    Event.APPROVAL_NEEDED: (Tone.WARNING, "waits for approval"),
    Event.APPROVAL_SUCCEEDED: (Tone.SUCCESS, "was approved"),
    Event.APPROVAL_FAILED: (Tone.FAILURE, "was not approved"),
}


def notice(effect: Notify, execution: Execution, pipeline: Pipeline, base_url: str) -> Notice:
    """What the target is told. The execution may be further by now than it was: what has happened is the effect's to say."""
    tone, verb = _VERBS[effect.event]
    lane = execution.lane
    subject = f"{lane.pipeline} #{execution.number}"
    where = f", {place(effect.stage, effect.action)}," if effect.stage else ""
    reason = _reason(effect, execution)
    title = f"{subject}{where} {_said(verb, reason)}"
    return Notice(
        id=effect.happened,
        at=effect.at,
        tone=tone,
        title=_chat(title, 240),
        text="\n".join([*_lines(effect, execution, pipeline), execution_url(base_url, execution)]),
        type=TYPE_PREFIX + effect.event,
        source=base_url,
        subject=f"{lane.repository.full_name}/{lane.pipeline}/{execution.id}",
        data=_data(effect, execution, pipeline, base_url),
    )


def nobody_told(pipeline: Pipeline, targets: Collection[str]) -> str:
    """Markdown: which names under `notify` lead nowhere. "" where all do."""
    unknown = sorted({name for rule in pipeline.notify for name in rule.to} - set(targets))
    if not unknown:
        return ""
    known = f"it knows {', '.join(map(code, sorted(targets)))}" if targets else "it knows none"
    names = ", ".join(map(code, unknown))
    return f"`notify` tells nobody at {names}: the bot has no such target ({known}). Whoever operates it can add one to `PENSTOCK_NOTIFY_TARGETS`."


def _reason(effect: Notify, execution: Execution) -> str:
    match effect.event:
        case Event.FAILED:
            return cause(execution.current, with_stage=True) or execution.summary
        case Event.STAGE_FAILED:
            return cause(execution.stage_run(effect.stage), with_stage=False)
        case Event.ACTION_SUCCEEDED | Event.ACTION_FAILED | Event.APPROVAL_FAILED | Event.APPROVAL_SUCCEEDED:
            run = _run(effect, execution)
            return run.summary if run is not None else ""
        case Event.CANCELED | Event.SUPERSEDED:
            return execution.summary
    return ""


def _said(verb: str, reason: str) -> str:
    """`was stopped by ada: wrong branch`, where the reason begins as the verb ends."""
    if not reason:
        return verb
    rest, _, last = verb.rpartition(" ")
    return f"{rest} {reason}" if rest and reason.startswith(f"{last} ") else f"{verb}: {reason}"


def _run(effect: Notify, execution: Execution) -> ActionRun | None:
    """The very attempt, None when it is so long ago that it is not kept any more."""
    stage = execution.stage_run(effect.stage)
    named = (run for run in (*stage.actions, *stage.past) if run.name == effect.action)
    return next((run for run in named if run.attempt == effect.attempt), None)


def _lines(effect: Notify, execution: Execution, pipeline: Pipeline) -> list[str]:
    revision, ref = execution.revision, execution.lane.ref
    on = f"pull request {ref.name}" if ref.kind is RefKind.PULL_REQUEST else ref.name
    author = f"by {revision.author.login}" if revision.author else ""
    what = f"{revision.commit[:7]} {revision.message.partition(chr(10))[0]}".strip()
    lines = [SEPARATOR.join(filter(None, [execution.lane.repository.full_name, on, what, author]))]
    if effect.event is Event.APPROVAL_NEEDED:
        lines += _asked(effect, execution, pipeline)
    if effect.event is Event.FAILED:
        lines += [*(tested(run) for run in failures(execution.current)), followed(execution)]
    return [_chat(line, 500) for line in lines if line]


def _asked(effect: Notify, execution: Execution, pipeline: Pipeline) -> list[str]:
    approval, run = pipeline.stage(effect.stage).action(effect.action).approval, _run(effect, execution)
    if approval is None:
        return []
    until = f", until {when(run.deadline)}" if run is not None and run.deadline is not None else ""
    link = resolved(approval.link, execution, pipeline)
    return [
        resolved(approval.message, execution, pipeline),
        f"What to look at: {link}" if link else "",
        f"Answer: {approvers(run, approval)}{until}" if run is not None else "",
    ]


def _chat(text: str, limit: int) -> str:
    """A text that no chat makes more of: no mention, no command, no link behind other words."""
    return _CHAT_SYNTAX.sub(lambda match: match[0] + _BREAK, one_line(text, limit))


def _approval(effect: Notify, execution: Execution, pipeline: Pipeline, base_url: str) -> dict[str, Any]:
    """APR-9's message, without a token: who answers is asked of the host, whatever they hold."""
    approval, run = pipeline.stage(effect.stage).action(effect.action).approval, _run(effect, execution)
    if approval is None:
        return {}
    deadline = run.deadline if run is not None else None
    asked = {
        "pipelineName": execution.lane.pipeline,
        "stageName": effect.stage,
        "actionName": effect.action,
        "expires": datetime.fromtimestamp(deadline, UTC).isoformat() if deadline is not None else None,
        "externalEntityLink": resolved(approval.link, execution, pipeline),
        "approvalReviewLink": execution_url(base_url, execution),
        "customData": resolved(approval.message, execution, pipeline),
    }
    return {"approval": asked}


def _data(effect: Notify, execution: Execution, pipeline: Pipeline, base_url: str) -> dict[str, Any]:
    """Section 19.2's FULL message: the event of section 19.1, and what explains it."""
    lane, revision = execution.lane, execution.revision
    level = "Action" if effect.action else "Stage" if effect.stage else "Pipeline"
    by = revision.author
    detail = {
        "pipeline": lane.pipeline,
        "execution-id": execution.id,
        "execution-number": execution.number,
        "state": effect.event.rpartition("-")[2].upper(),
        "start-time": execution.started_at,
        "version": execution.pipeline_version,
        "pipeline-execution-attempt": execution.attempts,
        "execution-trigger": {
            "trigger-type": execution.trigger.kind.value,
            "trigger-detail": execution.trigger.detail,
            "author-display-name": by.login if by else "",
            "full-repository-name": lane.repository.full_name,
            "provider-type": lane.repository.provider,
            "commit-id": revision.commit,
            "commit-message": revision.message,
            "ref": str(lane.ref),
        },
        "url": execution_url(base_url, execution),
    }
    if execution.stop is not None:
        detail |= {"stop-execution-comments": execution.stop.reason}
    if effect.stage:
        detail |= {"stage": effect.stage}
    if effect.action:
        run = _run(effect, execution)
        detail |= {"action": effect.action, "attempt": effect.attempt, "summary": run.summary if run else ""}
        detail |= _action_detail(effect, run, pipeline)
    failed = [run for stage in execution.stages for run in failures(stage)]
    asked = _approval(effect, execution, pipeline, base_url) if effect.event is Event.APPROVAL_NEEDED else {}
    return {
        **asked,
        "detailType": DETAIL_TYPE.format(level),
        "event": effect.event.value,
        "detail": detail,
        "additionalAttributes": {
            "failedActionCount": len(failed),
            "failedActions": [{"action": run.name, "additionalInformation": run.summary} for run in failed],
            "failedStage": next((stage.name for stage in execution.stages if failures(stage)), ""),
        },
    }


def _action_detail(effect: Notify, run: ActionRun | None, pipeline: Pipeline) -> dict[str, Any]:
    """What section 19.1 has of actions beside their names. Artifacts go by their content's id: nobody gets at it with that alone."""
    kind = pipeline.stage(effect.stage).action(effect.action).work.kind
    told: dict[str, Any] = {
        "action-execution-id": job_id(effect.execution, effect.stage, effect.action, effect.attempt),
        "type": {"owner": "Penstock", "category": _CATEGORIES.get(kind, "Invoke"), "provider": kind, "version": "1"},
    }
    if run is None:
        return told
    result = {
        "external-execution-url": run.external_url,
        "external-execution-summary": run.summary,
        "error-code": run.error.value if run.error is not None else "",
    }
    return told | {
        "input-artifacts": [{"name": name, "revision": one.id} for name, one in run.inputs.items()],
        "output-artifacts": [{"name": name, "revision": one.id} for name, one in run.artifacts.items()],
        "execution-result": {name: value for name, value in result.items() if value},
    }
