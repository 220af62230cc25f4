"""What an endpoint is told of the execution in whose name it is asked: the same whatever it is asked for."""

from typing import Any

from bot.model.execution import Execution


def about(execution: Execution) -> dict[str, Any]:
    """As JSON."""
    repository, revision = execution.lane.repository, execution.revision
    return {
        "pipeline": execution.lane.pipeline,
        "repository": {"provider": repository.provider, "full_name": repository.full_name},
        "execution": {
            "id": execution.id,
            "number": execution.number,
            "attempt": execution.attempts,
            "trigger": execution.trigger.kind.value,
            "variables": dict(execution.variables),
        },
        "revision": {
            "commit": revision.commit,
            "ref": str(revision.ref),
            "branch": revision.branch,
            "tag": revision.tag,
            "pull_request": revision.pull_request,
            "author": revision.author.login if revision.author else "",
        },
    }
