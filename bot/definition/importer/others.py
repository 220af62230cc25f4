"""Approvals, invocations and deployments: to `approve`, `invoke`, `deploy`, and to `use` where nothing of ours does the same."""

import json
import re

from bot.definition.importer.conversion import Conversion, duration, flag
from bot.definition.importer.pieces import Made, Piece
from bot.definition.importer.placeholders import has_hole, plain

_MOST_MESSAGE = 1000
_GROUP = re.compile(r"[A-Za-z0-9.@_-]+/[A-Za-z0-9.@_-]+")
"""An application and a deployment group of CodeDeploy's that a pipeline file can name as it is."""


def approval(work: Conversion, action: Piece, made: Made) -> None:
    configuration, asked = action.piece("configuration"), Made(action.start)
    message = work.text(configuration.text("CustomData"), configuration.mark("CustomData"))
    if message:
        asked.put("message", message[:_MOST_MESSAGE], configuration.mark("CustomData"))
    mark = configuration.mark("ExternalEntityLink")
    link = work.text(configuration.text("ExternalEntityLink"), mark)
    if link.startswith(("http://", "https://", "#{")) and not any(char.isspace() for char in link):
        asked.put("link", link, mark)
    elif link:
        asked.remark("", work.ledger.missing(mark, f"the link `{link}` is no address"))
    timeout = duration(action.text("timeoutInMinutes"))
    if timeout and timeout != "7d":
        asked.put("timeout", timeout, action.mark("timeoutInMinutes"))
    if "NotificationArn" in configuration.body:
        configuration.take("NotificationArn")
        text = "people are told on the pull request and by the commit's status, not through SNS"
        work.ledger.missing(configuration.on_key("NotificationArn"), text)
    work.leave(configuration, "the configuration key")
    made.put("approve", asked)


def invocation(work: Conversion, action: Piece, made: Made, provider: str) -> None:
    configuration, target = action.piece("configuration"), Made(action.start)
    rows = _INVOKED[provider]
    for key, ours in rows.items():
        text, mark = configuration.text(key), configuration.mark(key)
        if text:
            value = work.text(text, mark)
            target.put(ours, endpoint_name(value) if ours == "function" else value, mark)
    if provider == "CodePipeline":
        _pipeline(work, configuration, target)
    else:
        what = "the Lambda function" if provider == "Lambda" else "the state machine"
        text = f"{what} stays where it is: PENSTOCK_INVOKE_ENDPOINTS gives that name to an endpoint that does its work"
        made.remark("", work.ledger.approximated(action.start, text))
    work.leave(configuration, "the configuration key")
    made.put("invoke", target or "unknown")


def endpoint_name(text: str) -> str:
    """What a function or a state machine is called, by its name or its ARN, as the bot's settings can call an endpoint."""
    if has_hole(text) or "#{" in text:
        return text
    parts = text.split(":")
    name = parts[6] if text.startswith("arn:") and len(parts) > 6 else parts[-1]  # noqa: PLR2004  arn:partition:service:region:account:kind:name
    return re.sub(r"[^A-Za-z0-9.@_-]+", "-", name)[:100] or "unknown"


_INVOKED = {
    "Lambda": {"FunctionName": "function", "UserParameters": "parameters"},
    "StepFunctions": {
        "StateMachineArn": "function",
        "Input": "parameters",
    },
    "CodePipeline": {"PipelineName": "pipeline"},
}
INVOCATIONS = tuple(_INVOKED)


def _pipeline(work: Conversion, configuration: Piece, target: Made) -> None:
    mark = configuration.mark("Variables")
    values = Made(mark)
    for name, value in _named(configuration.text("Variables")):
        values.put(name, work.text(value, mark), mark)
    if values:
        target.put("variables", values, mark)
    if configuration.text("SourceRevisions"):
        text = "the other pipeline is started at the head of its branch"
        target.remark("", work.ledger.missing(configuration.mark("SourceRevisions"), text))


def _named(text: str) -> list[tuple[str, str]]:
    """A JSON text of `[{"name": …, "value": …}]`."""
    try:
        entries = json.loads(text) if text else []
    except (ValueError, RecursionError):
        return []
    rows = entries if isinstance(entries, list) else []
    return [
        (row["name"], str(row.get("value", "")))
        for row in rows
        if isinstance(row, dict) and isinstance(row.get("name"), str)
    ]


def deployment(work: Conversion, action: Piece, made: Made, provider: str) -> None:
    """CodeDeploy's and EC2's deployments are appspecs, S3's are objects; all others are nobody's but AWS's."""
    configuration = action.piece("configuration")
    if provider == "CodeDeploy":
        application, group = configuration.text("ApplicationName"), configuration.text("DeploymentGroupName")
        target = Made(action.start)
        target.put("appspec", "appspec.yml")
        if _GROUP.fullmatch(named := f"{plain(application)}/{plain(group)}"):
            target.put("group", named, configuration.mark("DeploymentGroupName"))
        made.put("deploy", target if "group" in target else "appspec.yml")
        text = f"the targets were those of the deployment group `{plain(group)}` of `{plain(application)}`: name yours"
    elif provider == "EC2":
        spec = plain(configuration.text("DeploySpec"))
        usable = spec and not has_hole(spec) and "\n" not in spec and ".." not in spec and not spec.startswith("/")
        made.put("deploy", spec if usable else "appspec.yml", configuration.mark("DeploySpec"))
        tag = plain(f"{configuration.text('InstanceTagKey')}={configuration.text('InstanceTagValue')}")
        text = f"the targets were the instances tagged `{tag}`: name yours"
    elif provider == "S3":
        _objects(work, action, configuration, made)
        return
    else:
        plug_in(work, action, made, provider)
        return
    made.remark("", work.ledger.approximated(action.start, text))
    if provider == "EC2":
        work.leave(configuration, "the configuration key")


def _objects(work: Conversion, action: Piece, configuration: Piece, made: Made) -> None:
    target, bucket = Made(action.start), configuration.text("BucketName")
    target.put(
        "objects", f"s3://{work.text(bucket, configuration.mark('BucketName'))}", configuration.mark("BucketName")
    )
    if not flag(configuration.text("Extract"), default=True):
        target.put("extract", value=False, mark=configuration.mark("Extract"))
    for key, ours in (("ObjectKey", "key"), ("CacheControl", "cache_control")):
        text = work.text(configuration.text(key), configuration.mark(key))
        if text:
            target.put(ours, text.strip("/") if ours == "key" else text, configuration.mark(key))
    for key, told in _OF_THE_BUCKET.items():
        if key in configuration.body:
            configuration.take(key)
            work.ledger.missing(configuration.on_key(key), told)
    work.leave(configuration, "the configuration key")
    made.put("deploy", target)
    text = f"the bot must be allowed to write to `s3://{plain(bucket)}`: PENSTOCK_DEPLOY_BUCKETS, PENSTOCK_DEPLOY_REPOSITORIES"
    made.remark("", work.ledger.approximated(action.start, text))


_OF_THE_BUCKET = {
    "KMSEncryptionKeyARN": "the key belongs to the bucket's options in PENSTOCK_DEPLOY_BUCKETS: aws_server_side_encryption, aws_sse_kms_key_id",
    "CannedACL": "objects get no ACL: who may read them is the bucket's policy to say",
}


def plug_in(work: Conversion, action: Piece, made: Made, provider: str) -> None:
    """Kept whole, and failing clearly until a plug-in of that name is there: better than a pipeline that skips it."""
    configuration, kept = action.piece("configuration"), Made(action.start)
    for key in configuration.body:
        if key != "OAuthToken":
            kept.put(key, work.text(configuration.text(key), configuration.mark(key)), configuration.mark(key))
    use = Made(action.start)
    use.put("type", work.name(provider) or "unknown")
    if kept:
        use.put("configuration", kept)
    made.put("use", use)
    text = f"nothing here does what `{plain(provider)}` does: write a `run` action, or add a plug-in of that name"
    made.remark("", work.ledger.missing(action.start, text))
