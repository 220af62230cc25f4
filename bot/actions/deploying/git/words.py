"""What a deployment's commit says, so that people find the execution and a later life of the bot finds the commit; and its pull request."""

import hashlib
import re

from bot.ports import ActionContext

TRAILER = "Penstock-Execution"
WITHDRAWN = "<!-- penstock:withdrawn -->"
"""What the comment on a pull request that was closed is found again by."""
_SUBJECT = 200
_NO_NAME = re.compile(r"[^A-Za-z0-9_]+")


def subject(context: ActionContext, message: str, origin: str) -> str:
    """The file's own words, or what is deployed where."""
    if message:
        return " ".join(message.split())[:_SUBJECT]
    return f"Deploy {origin} to {context.stage.environment or context.stage.name}"[:_SUBJECT]


def commit_message(context: ActionContext, message: str, origin: str, url: str) -> str:
    return f"{subject(context, message, origin)}\n\n{_reason(context, origin, url)}\n\n{trailer(context)}\n"


def trailer(context: ActionContext) -> str:
    """By which the commit of this very attempt is found again."""
    return f"{TRAILER}: {context.job}"


def is_of(message: str, context: ActionContext) -> bool:
    return trailer(context) in message.splitlines()


def is_ours(message: str) -> bool:
    """Whether the commit is a deployment's, whosever."""
    return any(line.startswith(f"{TRAILER}: ") for line in message.splitlines())


def text(context: ActionContext, origin: str, url: str) -> str:
    """Of the pull request. The bot brings it up to date, and takes no commands there unless a pipeline runs for it."""
    return f"{_reason(context, origin, url)}\n\nThe next execution brings this pull request up to date."


def withdrawn(context: ActionContext, branch: str, origin: str, url: str) -> str:
    """Of the comment on it. A branch may be called anything that git takes, backticks included."""
    shown = branch.replace("`", "'")
    why = f"Closed: `{shown}` says already what the newest execution deploys, so there is nothing left to merge here."
    return f"{WITHDRAWN}\n{why}\n\n{_reason(context, origin, url)}"


def _reason(context: ActionContext, origin: str, url: str) -> str:
    """Without `#12`, which hosts would take for the pull request of that number there, and tell it that it was mentioned."""
    execution = context.execution
    if not url:
        return f"{execution.lane.pipeline} of {origin}, by hand."
    return f"{execution.lane.pipeline}, execution {execution.number}, of {origin}: {url}"


def branch(context: ActionContext, target: str) -> str:
    """One for each action, lane and branch that is to change: what the next execution has to say takes the place of what this one said."""
    lane = context.execution.lane
    key = f"{lane.id}/{context.stage.name}/{context.action.name}/{target}"
    parts = (lane.repository.full_name, lane.pipeline, context.action.name)
    readable = "-".join(_NO_NAME.sub("-", part).strip("-") for part in parts)
    return f"penstock/{readable[:80]}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
