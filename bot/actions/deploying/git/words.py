"""What a deployment's commit says, so that people find the execution and a later life of the bot finds the commit; and its pull request."""

import hashlib
import re

from bot.ports import ActionContext

TRAILER = "Penstock-Execution"
_SUBJECT = 200
_NO_NAME = re.compile(r"[^A-Za-z0-9_]+")


def subject(context: ActionContext, message: str) -> str:
    """The file's own words, or which commit is deployed where."""
    execution = context.execution
    if message:
        return " ".join(message.split())[:_SUBJECT]
    name, where = execution.lane.repository.full_name, context.stage.environment or context.stage.name
    return f"Deploy {name}@{execution.revision.commit[:7]} to {where}"[:_SUBJECT]


def commit_message(context: ActionContext, message: str, url: str) -> str:
    return f"{subject(context, message)}\n\n{_reason(context, url)}\n\n{trailer(context)}\n"


def trailer(context: ActionContext) -> str:
    """By which the commit of this very attempt is found again."""
    return f"{TRAILER}: {context.job}"


def is_of(message: str, context: ActionContext) -> bool:
    return trailer(context) in message.splitlines()


def text(context: ActionContext, url: str) -> str:
    """Of the pull request. The bot brings it up to date, and takes no commands there unless a pipeline runs for it."""
    return f"{_reason(context, url)}\n\nThe next execution brings this pull request up to date."


def _reason(context: ActionContext, url: str) -> str:
    execution = context.execution
    what = f"{execution.lane.repository.full_name}@{execution.revision.commit[:7]}"
    return f"{execution.lane.pipeline} #{execution.number} of {what}: {url}"


def branch(context: ActionContext) -> str:
    """One for each action and lane: what the next execution has to say takes the place of what this one said."""
    lane = context.execution.lane
    key = f"{lane.id}/{context.stage.name}/{context.action.name}"
    parts = (lane.repository.full_name, lane.pipeline, context.action.name)
    readable = "-".join(_NO_NAME.sub("-", part).strip("-") for part in parts)
    return f"penstock/{readable[:80]}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
