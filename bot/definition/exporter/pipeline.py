"""A pipeline to a definition of type V2: the source stage that is implicit here, triggers, variables, stages."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.definition.exporter import actions, conditions
from bot.definition.exporter.naming import ARTIFACT, NAMESPACE, STAGE, Names, Outbound
from bot.model.pipeline import Action, Pipeline, SourceWork, Stage
from bot.model.triggers import Patterns, PullRequestKind, PullRequestTrigger, PushTrigger, Triggers

Declared = dict[str, Any]

_EVENTS = {PullRequestKind.OPENED: "OPEN", PullRequestKind.UPDATED: "UPDATED", PullRequestKind.CLOSED: "CLOSED"}
_EVERY = Patterns(include=("**",))
_MOST_FILTERS = 3
_SPECIAL = "*?[]{}\\"


@dataclass(frozen=True, slots=True)
class Export:
    """`definition` is what `--cli-input-json` takes; `notes` are what to fill in and what was lost."""

    definition: Declared
    notes: tuple[str, ...]


def export_pipeline(pipeline: Pipeline, names: Names) -> Export:
    out = Outbound(names)
    stages = [stage for each in pipeline.stages if (stage := _stage(out, each, pipeline.name)) is not None]
    source = _source_stage(out, pipeline)
    triggers = _triggers(out, pipeline.triggers)
    declared: Declared = {
        "name": pipeline.name,
        "roleArn": out.given(names.role, "arn:aws:iam::000000000000:role/ROLE", "--role"),
        **_stores(out, pipeline),
        "stages": [source, *stages],
        "executionMode": pipeline.mode.name,
        "pipelineType": "V2",
    }
    if pipeline.variables:
        declared["variables"] = list(_variables(out, pipeline))
    if triggers:
        git = {"sourceActionName": source["actions"][0]["name"], **triggers}
        declared["triggers"] = [{"providerType": "CodeStarSourceConnection", "gitConfiguration": git}]
    _lost(out, pipeline)
    return Export({"pipeline": declared}, tuple(out.notes))


def _stores(out: Outbound, pipeline: Pipeline) -> Declared:
    """STR-13: one store, or one for each region in use, the home region among them."""
    names = out.names
    home = {"type": "S3", "location": out.given(names.bucket, "BUCKET", "--bucket")}
    regions = dict.fromkeys(action.region for stage in pipeline.stages for action in stage.actions if action.region)
    if not regions:
        return {"artifactStore": home}
    stores = {out.given(names.region, "REGION", "--region"): home}
    for region in regions:
        if region not in stores:
            out.tell("artifactStores", f"put the bucket of {region} in place of `BUCKET-{region}`")
            stores[region] = {"type": "S3", "location": f"BUCKET-{region}"}
    return {"artifactStores": stores}


def _variables(out: Outbound, pipeline: Pipeline) -> Iterator[Declared]:
    for name, variable in pipeline.variables.items():
        declared = {"name": name}
        if variable.default:
            declared["defaultValue"] = variable.default
        elif variable.default == "":
            out.tell(f"variables/{name}", "no default can be empty there: every start must give it a value")
        if variable.description:
            declared["description"] = variable.description
        yield declared


def _lost(out: Outbound, pipeline: Pipeline) -> None:
    for cron in pipeline.triggers.schedule:
        out.tell("triggers/schedule", f"`{cron.cron}` ({cron.timezone}) is a rule of EventBridge there")
    for name in pipeline.triggers.pipelines:
        out.tell("triggers/pipelines", f"a `CodePipeline` action at the end of `{name}` starts this one there")
    for name in pipeline.secrets:
        out.tell(f"secrets/{name}", "put it into Secrets Manager, and name it where it is used")
    for stage in pipeline.stages:
        if stage.environment:
            out.tell(stage.name, "an environment has no equivalent: a stage there is occupied by its own pipeline only")
    if pipeline.notify:
        out.tell("notify", "notification rules stand beside a pipeline there, each with an SNS topic or a chat client")
    if pipeline.outdated is not None:
        out.tell("outdated", "older executions always finish there")


def _source_stage(out: Outbound, pipeline: Pipeline) -> Declared:
    taken = {stage.name for stage in pipeline.stages if not all(_is_source(action) for action in stage.actions)}
    others = [(stage, action) for stage in pipeline.stages for action in stage.actions if _is_source(action)]
    name = next(name for name in (STAGE, *(f"{STAGE}-{number}" for number in range(2, 60))) if name not in taken)
    used = {action.name for _, action in others}
    first = next(name for name in (STAGE, *(f"{STAGE}-{number}" for number in range(2, 60))) if name not in used)
    declared = [_commit(out, pipeline, first)]
    declared += [actions.declare(out, action, f"{stage.name}/{action.name}", pipeline.name) for stage, action in others]
    return {"name": name, "actions": declared}


def _is_source(action: Action) -> bool:
    return isinstance(action.work, SourceWork)


def _commit(out: Outbound, pipeline: Pipeline, name: str) -> Declared:
    """The pushed commit as the action that fetches it."""
    names, branch = out.names, _plain_branch(pipeline.triggers)
    configuration = {
        "ConnectionArn": out.given(names.connection, "CONNECTION", "--connection"),
        "FullRepositoryId": out.given(names.repository, "OWNER/NAME", "--repository"),
        "BranchName": branch or names.branch,
        "OutputArtifactFormat": "CODEBUILD_CLONE_REF" if pipeline.checkout.depth == 0 else "CODE_ZIP",
        "DetectChanges": "true" if branch else "false",
    }
    return {
        "name": name,
        "actionTypeId": {
            "category": "Source",
            "owner": "AWS",
            "provider": "CodeStarSourceConnection",
            "version": "1",
        },
        "runOrder": 1,
        "configuration": configuration,
        "outputArtifacts": [{"name": ARTIFACT}],
        "inputArtifacts": [],
        "namespace": NAMESPACE,
    }


def _plain_branch(triggers: Triggers) -> str:
    """The one branch whose pushes are all that starts it: AWS needs no filters for that. Empty otherwise."""
    if triggers.default_branch or triggers.pull_request or len(triggers.push) != 1:
        return ""
    only = triggers.push[0]
    if only.tags or only.paths or only.branches is None or only.branches.exclude or len(only.branches.include) != 1:
        return ""
    name = only.branches.include[0]
    return "" if any(char in name for char in _SPECIAL) else name


def _triggers(out: Outbound, triggers: Triggers) -> Declared:
    if _plain_branch(triggers):
        return {}
    push = [_push(entry) for entry in triggers.push]
    if triggers.default_branch:
        push.append({"branches": {"includes": [out.names.branch]}})
    pull_request = [_pull_request(entry) for entry in triggers.pull_request]
    declared: Declared = {}
    for key, entries in (("push", push), ("pullRequest", pull_request)):
        if len(entries) > _MOST_FILTERS:
            out.tell(f"triggers/{key}", f"AWS takes {_MOST_FILTERS} filters: the others are left out")
        if entries:
            declared[key] = entries[:_MOST_FILTERS]
    return declared


def _push(entry: PushTrigger) -> Declared:
    if entry.tags is not None:
        return {"tags": _patterns(entry.tags)}
    declared = {"branches": _patterns(entry.branches or _EVERY)}
    if entry.paths is not None:
        declared["filePaths"] = _patterns(entry.paths)
    return declared


def _pull_request(entry: PullRequestTrigger) -> Declared:
    declared: Declared = {"events": [_EVENTS[kind] for kind in entry.events]}
    declared["branches"] = _patterns(entry.branches or _EVERY)
    if entry.paths is not None:
        declared["filePaths"] = _patterns(entry.paths)
    return declared


def _patterns(patterns: Patterns) -> Declared:
    parts = {"includes": list(patterns.include), "excludes": list(patterns.exclude)}
    return {key: globs for key, globs in parts.items() if globs} or {"includes": ["**"]}


def _stage(out: Outbound, stage: Stage, pipeline: str) -> Declared | None:
    """None for a stage of sources alone: they stand in the source stage there."""
    kept = [action for action in stage.actions if not _is_source(action)]
    if not kept:
        return None
    declared = [actions.declare(out, action, f"{stage.name}/{action.name}", pipeline) for action in kept]
    return {"name": stage.name, "actions": declared, **conditions.declare(out, stage)}
