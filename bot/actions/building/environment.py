"""The variables that CodeBuild gives a build (section 11), with what is true here.

The list in docs/builds.md is made from `DOCUMENTED`. What is AWS's own (`CODEBUILD_KMS_KEY_ID`) has no value here and is not set.
"""

import re
import uuid
from collections.abc import Mapping
from pathlib import Path

from bot.actions.artifacts import places, variable_name
from bot.actions.environment import documented as every_actions
from bot.core.variables import resolver, substitute
from bot.model.buildspec import Buildspec
from bot.model.execution import Execution, TriggerKind
from bot.model.repository import Ref, RefKind
from bot.ports import ActionContext

DOCUMENTED: Mapping[str, str] = {
    "AWS_REGION": "the action's `region`, where it names one and nothing else is set",
    "AWS_DEFAULT_REGION": "the same",
    "CODEBUILD_BUILD_ID": "`<pipeline>-<action>:<uuid>`; another one for each build, retries too",
    "CODEBUILD_BUILD_ARN": "`arn:penstock:codebuild:<provider>:<owner/name>:build/` and that id",
    "CODEBUILD_BUILD_NUMBER": "the execution's number",
    "CODEBUILD_BUILD_SUCCEEDING": "`1` until a command has failed, then `0`",
    "CODEBUILD_BUILD_URL": "the execution's page",
    "CODEBUILD_INITIATOR": "`codepipeline/<pipeline>`",
    "CODEBUILD_LOG_PATH": "the id's uuid, which names the log in CodeBuild: `${CODEBUILD_BUILD_ID%:$CODEBUILD_LOG_PATH}` is `<pipeline>-<action>`",
    "CODEBUILD_PROJECT_ARN": "`arn:penstock:codebuild:<provider>:<owner/name>:project/<pipeline>-<action>`",
    "CODEBUILD_START_TIME": "when the build began, in milliseconds since 1970",
    "CODEBUILD_SRC_DIR": "the folder of the first input, where commands start",
    "CODEBUILD_SRC_DIR_<INPUT>": "the folder of each further input; what is no letter or digit in its name is `_`",
    "CODEBUILD_SOURCE_VERSION": "`pr/<number>` for a pull request, else the commit",
    "CODEBUILD_RESOLVED_SOURCE_VERSION": "the commit's full id",
    "CODEBUILD_SOURCE_REPO_URL": "the repository's page on its host",
    "CODEBUILD_BATCH_BUILD_IDENTIFIER": "the build's identifier in its batch",
    "CODEBUILD_CURRENT_SHARD_FILES": "the test files of a fan-out's build, a line each, for what `codebuild-tests-run` runs",
    "CODEBUILD_WEBHOOK_TRIGGER": "`branch/<name>`, `tag/<name>` or `pr/<number>`, when a push or a pull request started it",
    "CODEBUILD_WEBHOOK_HEAD_REF": "the full ref that was pushed; of a pull request, its source branch",
    "CODEBUILD_WEBHOOK_BASE_REF": "the branch that a pull request is to be merged into, in full",
    "CODEBUILD_WEBHOOK_EVENT": "`PUSH`, when a push started it",
    "CODEBUILD_WEBHOOK_ACTOR_ACCOUNT_ID": "who caused it, as the host knows them",
}

PROGRAMS = Path(__file__).parent / "programs"
"""CodeBuild's own commands, for builds to call."""

_NAMESPACE = uuid.UUID("6d7c2f0c-33cf-5f0e-9d1b-2f3c5c9a7f10")
_WEBHOOKS = (TriggerKind.PUSH, TriggerKind.PULL_REQUEST)


def whole(
    context: ActionContext,
    spec: Buildspec,
    build: str,
    folder: Path,
    secrets: Mapping[str, str],
    stored: Mapping[str, str],
    now: float,
    urls: tuple[str, str],
    own: Mapping[str, str],
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The whole environment of a build, strongest last (ENV-2), and what of it is secret. `secrets` are the pipeline's, opened;
    `stored` what the buildspec has from elsewhere, `own` the variables that its commands refer to, and those of its place in a batch. Raises Unresolved.
    """
    execution = context.execution
    ours = every_actions(context, folder, *urls)
    inputs = places(context, folder)
    value = resolver(context.pipeline, execution)
    env = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), context.action.region) if context.action.region else {}
    env |= {key: text for key, text in ours.items() if not key.startswith("PENSTOCK")}
    env |= spec.env.variables
    env |= secrets
    env |= stored
    env |= {key: substitute(text, value) for key, text in context.action.env.items()}
    env |= {key: text for key, text in ours.items() if key.startswith("PENSTOCK")}
    env |= {variable_name(each): str(inputs[each]) for each in context.action.inputs}
    env |= documented(context, build, inputs, now, urls)
    env |= own
    env["PATH"] = f"{PROGRAMS}:{env['PATH']}"
    return env, tuple({*secrets.values(), *stored.values()})


def documented(
    context: ActionContext, build: str, places: Mapping[str, Path], now: float, urls: tuple[str, str]
) -> dict[str, str]:
    """The variables of `DOCUMENTED` for the build of that name; `urls` are the execution's and the repository's."""
    execution, revision = context.execution, context.execution.revision
    repository = execution.lane.repository
    project = f"{context.pipeline.name}-{context.action.name}"
    number = uuid.uuid5(_NAMESPACE, build)
    identity = f"{project}:{number}"
    arn = f"arn:penstock:codebuild:{repository.provider}:{repository.full_name}"
    first, *others = places
    execution_url, repository_url = urls
    return {
        "CODEBUILD_BUILD_ID": identity,
        "CODEBUILD_BUILD_ARN": f"{arn}:build/{identity}",
        "CODEBUILD_BUILD_NUMBER": str(execution.number),
        "CODEBUILD_BUILD_SUCCEEDING": "1",
        "CODEBUILD_BUILD_URL": execution_url,
        "CODEBUILD_INITIATOR": f"codepipeline/{context.pipeline.name}",
        "CODEBUILD_LOG_PATH": str(number),
        "CODEBUILD_PROJECT_ARN": f"{arn}:project/{project}",
        "CODEBUILD_START_TIME": str(int(now * 1000)),
        "CODEBUILD_SRC_DIR": str(places[first]),
        **{f"CODEBUILD_SRC_DIR_{suffix(name)}": str(places[name]) for name in others},
        "CODEBUILD_SOURCE_VERSION": revision.commit if revision.pull_request is None else f"pr/{revision.pull_request}",
        "CODEBUILD_RESOLVED_SOURCE_VERSION": revision.commit,
        "CODEBUILD_SOURCE_REPO_URL": repository_url,
        **(_of_webhook(execution) if execution.trigger.kind in _WEBHOOKS else {}),
    }


def _of_webhook(execution: Execution) -> dict[str, str]:
    revision, by = execution.revision, execution.trigger.by
    pull_request = revision.pull_request is not None
    found = {
        "CODEBUILD_WEBHOOK_TRIGGER": _trigger(revision.ref),
        "CODEBUILD_WEBHOOK_HEAD_REF": f"refs/heads/{revision.branch}" if pull_request else f"refs/{revision.ref}",
        "CODEBUILD_WEBHOOK_BASE_REF": f"refs/heads/{revision.target_branch}" if pull_request else "",
        "CODEBUILD_WEBHOOK_EVENT": "" if pull_request else "PUSH",
        "CODEBUILD_WEBHOOK_ACTOR_ACCOUNT_ID": by.login if by else "",
    }
    return {name: value for name, value in found.items() if value}


def _trigger(ref: Ref) -> str:
    words = {RefKind.BRANCH: "branch", RefKind.TAG: "tag", RefKind.PULL_REQUEST: "pr"}
    return f"{words[ref.kind]}/{ref.name}"


def suffix(name: str) -> str:
    """An input's name as part of a variable's (section 11)."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name)
