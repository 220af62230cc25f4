"""An action to an action declaration: provider, configuration, artifacts."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import yaml

from bot.definition.exporter.naming import ARTIFACT, Outbound
from bot.definition.importer.catalogue import ACTIONS, THIRD_PARTY
from bot.model.cluster_deployment import ManifestDeploy
from bot.model.git_deployment import GitDeploy
from bot.model.object_deployment import ObjectDeploy
from bot.model.pipeline import APPROVAL_TIMEOUT, Action, Approve, Build, Deploy, Invoke, Run, SourceWork, Use
from bot.model.source import ImageSource, ObjectSource

Declared = dict[str, Any]

_OUTPUT = re.compile(r'echo "([A-Za-z0-9_]+)=\$\1" >>"\$PENSTOCK_OUTPUT"')
_INVOKED = {
    "Lambda": {"function": "FunctionName", "parameters": "UserParameters"},
    "CodePipeline": {"pipeline": "PipelineName"},
}


def declare(out: Outbound, action: Action, where: str, pipeline: str) -> Declared:
    declared: Declared = {"name": action.name}
    declared |= _work(out, action, where, pipeline)
    declared["runOrder"] = action.run_order
    kind = declared["actionTypeId"]
    known = ACTIONS.get((kind["category"], kind["provider"]))
    inputs = [out.artifact(name) for name in action.inputs]
    if not inputs and known is not None and known.inputs[0]:
        inputs = [ARTIFACT]
    declared["inputArtifacts"] = [{"name": name} for name in inputs]
    if len(inputs) > 1 and kind["provider"] == "CodeBuild":
        declared["configuration"]["PrimarySource"] = inputs[0]
    declared["outputArtifacts"] = _outputs(out, action, where, commands="commands" in declared)
    if action.namespace:
        declared["namespace"] = action.namespace
    if action.region:
        declared["region"] = action.region
    if action.timeout is not None:
        out.tell(where, "only approvals have a timeout there")
    if action.image:
        out.tell(where, f"the image `{action.image}` belongs to the build project there")
    return declared


def _outputs(out: Outbound, action: Action, where: str, *, commands: bool) -> list[Declared]:
    if commands:
        if len(action.outputs) > 1:
            out.tell(where, "commands have one output artifact there")
        return [{"name": name, "files": list(files)} for name, files in action.outputs.items()]
    if any(action.outputs.values()) and isinstance(action.work, Build):
        out.tell(where, "the files of its artifacts are the buildspec's to name there")
    return [{"name": name} for name in action.outputs]


def _type(category: str, provider: str, owner: str = "AWS") -> Declared:
    return {"category": category, "owner": owner, "provider": provider, "version": "1"}


def _work(out: Outbound, action: Action, where: str, pipeline: str) -> Declared:  # noqa: C901, PLR0911  one a kind
    match action.work:
        case Run() as work:
            return _run(out, action, work, where)
        case Build() as work:
            return _build(out, action, work, where, pipeline)
        case Deploy() as work:
            return _deploy(out, work, where, pipeline)
        case ObjectDeploy() as work:
            return _objects(out, work, where)
        case GitDeploy() as work:
            return _git(out, work, where)
        case ManifestDeploy() as work:
            return _apply(out, work, where)
        case Approve() as work:
            return _approve(out, work, where)
        case Invoke() as work:
            return _invoke(out, work, where)
        case SourceWork() as work:
            return _source(out, work, where)
        case Use() as work:
            return _use(out, work, where)


def _run(out: Outbound, action: Action, work: Run, where: str) -> Declared:
    lines = [out.text(command, where) for command in work.commands]
    names = [match[1] for line in lines if (match := _OUTPUT.fullmatch(line))]
    commands = [one_line(line) for line in lines if not _OUTPUT.fullmatch(line)]
    declared: Declared = {"actionTypeId": _type("Compute", "Commands"), "configuration": {}, "commands": commands}
    if names:
        declared["outputVariables"] = names
    elif any("PENSTOCK_OUTPUT" in line for line in lines):
        out.tell(where, "name its output variables in `outputVariables`")
    if action.env:
        declared["environmentVariables"] = [
            {"name": name, "value": out.text(value, where), "type": "PLAINTEXT"} for name, value in action.env.items()
        ]
    return declared


def one_line(command: str) -> str:
    """A command there is one line; the lines of ours become one that the shell reads as they were."""
    command = command.strip("\n")
    if "\n" not in command:
        return command
    escaped = command.replace("\\", "\\\\").replace("\n", "\\n").replace("'", "'\\''")
    return f"eval \"$(printf '%b' '{escaped}')\""


def _build(out: Outbound, action: Action, work: Build, where: str, pipeline: str) -> Declared:
    project = f"{pipeline}-{action.name}"
    out.tell(where, f"make a build project named `{project}`")
    spec = work.buildspec if isinstance(work.buildspec, str) else _yaml(work.buildspec)
    configuration = {"ProjectName": project, "BuildspecOverride": out.text(spec, where)}
    if action.env:
        entries = [
            {"name": name, "value": out.text(value, where), "type": "PLAINTEXT"} for name, value in action.env.items()
        ]
        configuration["EnvironmentVariables"] = json.dumps(entries, ensure_ascii=False)
    if work.batch:
        configuration["BatchEnabled"] = "true"
        out.tell(where, f"let the project `{project}` build batches, with a service role for them")
    if work.combine_artifacts:
        configuration["CombineArtifacts"] = "true"
    return {
        "actionTypeId": _type("Test" if work.kind == "test" else "Build", "CodeBuild"),
        "configuration": configuration,
    }


def _yaml(value: Mapping[str, object]) -> str:
    text: str = yaml.safe_dump(dict(value), sort_keys=False, allow_unicode=True)
    return text


def _deploy(out: Outbound, work: Deploy, where: str, pipeline: str) -> Declared:
    stage = where.rsplit("/", 2)[-2]
    if work.appspec != "appspec.yml":
        out.tell(where, "a deployment there reads `appspec.yml` at the root of its artifact")
    names = work.options.group.split("/") if work.options.group else [pipeline, stage]
    application, group = (names if len(names) > 1 else [pipeline, *names])[:2]
    out.tell(where, f"make the application `{application}` with the deployment group `{group}`")
    configuration = {"ApplicationName": application, "DeploymentGroupName": group}
    return {"actionTypeId": _type("Deploy", "CodeDeploy"), "configuration": configuration}


def _objects(out: Outbound, work: ObjectDeploy, where: str) -> Declared:
    address = urlsplit(work.place)
    bucket = address.netloc if address.scheme == "s3" else work.place
    if address.scheme != "s3":
        out.tell(where, f"`{work.place}` is this bot's name for the bucket: put the bucket's own in its place")
    key = "/".join(part for part in (address.path.strip("/") if address.scheme == "s3" else "", work.key) if part)
    values = {"ObjectKey": key, "CacheControl": work.cache_control}
    configuration = {"BucketName": out.text(bucket, where), "Extract": "true" if work.extract else "false"}
    configuration |= {name: out.text(value, where) for name, value in values.items() if value}
    if work.prune:
        out.tell(where, "what a deployment no longer has is left in the bucket there")
    return {"actionTypeId": _type("Deploy", "S3"), "configuration": configuration}


def _git(out: Outbound, work: GitDeploy, where: str) -> Declared:
    out.tell(where, f"nothing there commits to `{work.repository}`: write commands in place of `FUNCTION`")
    return {"actionTypeId": _type("Invoke", "Lambda"), "configuration": {"FunctionName": "FUNCTION"}}


def _apply(out: Outbound, work: ManifestDeploy, where: str) -> Declared:
    manifests = work.manifests
    out.tell(where, f"the cluster must be one of EKS: `{manifests.cluster or 'CLUSTER'}` is this bot's name for it")
    if manifests.images or manifests.values:
        out.tell(where, "`images` and `set` are not known there: fill the manifests in before")
    configuration = {
        "ClusterName": manifests.cluster or "CLUSTER",
        "ManifestFiles": out.text(",".join(manifests.files), where),
    }
    if manifests.namespace:
        configuration["Namespace"] = out.text(manifests.namespace, where)
    return {"actionTypeId": _type("Deploy", "EKS"), "configuration": configuration}


def _approve(out: Outbound, work: Approve, where: str) -> Declared:
    configuration = {}
    if work.message:
        configuration["CustomData"] = out.text(work.message, where)
    if work.link:
        configuration["ExternalEntityLink"] = out.text(work.link, where)
    if work.by or work.count > 1 or not work.self_approval:
        out.tell(where, "who may approve, and how many must, is a matter of IAM there: one answer decides")
    declared: Declared = {"actionTypeId": _type("Approval", "Manual"), "configuration": configuration}
    if work.timeout != APPROVAL_TIMEOUT:
        declared["timeoutInMinutes"] = max(5, round(work.timeout / 60))
    return declared


def _invoke(out: Outbound, work: Invoke, where: str) -> Declared:
    target = work.target
    for provider, keys in _INVOKED.items():
        if next(iter(keys)) in target:
            configuration = {keys[key]: out.text(str(value), where) for key, value in target.items() if key in keys}
            variables = target.get("variables")
            if provider == "CodePipeline" and isinstance(variables, Mapping):
                rows = [{"name": name, "value": out.text(str(value), where)} for name, value in variables.items()]
                configuration["Variables"] = json.dumps(rows, ensure_ascii=False)
            return {"actionTypeId": _type("Invoke", provider), "configuration": configuration}
    out.tell(where, "what it invokes must become a Lambda function there: name it in place of `FUNCTION`")
    return {"actionTypeId": _type("Invoke", "Lambda"), "configuration": {"FunctionName": "FUNCTION"}}


def _source(out: Outbound, work: SourceWork, where: str) -> Declared:
    source = work.source
    match source:
        case ObjectSource():
            configuration = {"S3Bucket": source.bucket, "S3ObjectKey": source.key}
            out.tell(where, f"`{source.bucket}` is this bot's name for the bucket: put the bucket's own in its place")
            configuration["PollForSourceChanges"] = "true" if source.detect else "false"
            return {"actionTypeId": _type("Source", "S3"), "configuration": configuration}
        case ImageSource():
            configuration = {"RepositoryName": source.repository, "ImageTag": source.tag}
            return {"actionTypeId": _type("Source", "ECR"), "configuration": configuration}
    configuration = {
        "ConnectionArn": out.given(out.names.connection, "CONNECTION", "--connection"),
        "FullRepositoryId": source.repository,
        "BranchName": source.branch,
        "DetectChanges": "true" if source.detect else "false",
    }
    if source.host:
        out.tell(where, f"the connection must be one to {source.host}")
    if source.format == "clone":
        configuration["OutputArtifactFormat"] = "CODEBUILD_CLONE_REF"
    return {"actionTypeId": _type("Source", "CodeStarSourceConnection"), "configuration": configuration}


def _use(out: Outbound, work: Use, where: str) -> Declared:
    category = next((category for category, provider in ACTIONS if provider == work.type and category != "Source"), "")
    owner = "ThirdParty" if work.type in THIRD_PARTY else "AWS" if category else "Custom"
    if not category:
        out.tell(where, f"`{work.type}` is a custom action there")
    configuration = {key: out.text(_shown(value), where) for key, value in work.configuration.items()}
    return {"actionTypeId": _type(category or "Invoke", work.type, owner), "configuration": configuration}


def _shown(value: object) -> str:
    """Configuration values are texts there."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
