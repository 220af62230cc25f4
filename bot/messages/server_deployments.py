"""How far deployments to servers are, in a few words and target by target: for the comment and the page."""

from collections.abc import Iterator, Sequence

from bot.messages.markdown import code, plain
from bot.messages.text import one_line
from bot.messages.words import plural
from bot.model.server_deployment import Creator, DeploymentStatus, ServerDeployment, TargetRun, TargetStatus

_MOST = 5
_LONGEST = 300

_COUNTED = {
    TargetStatus.SUCCEEDED: "done",
    TargetStatus.IN_PROGRESS: "at work",
    TargetStatus.FAILED: "failed",
    TargetStatus.UNKNOWN: "stopped in the middle",
    TargetStatus.SKIPPED: "not begun",
    TargetStatus.PENDING: "waiting",
}


def deployment_words(deployment: ServerDeployment) -> str:
    """`d-X1Y2Z3A4B to 8 targets: 3 done, 1 failed, 4 not begun`."""
    counts = deployment.counts
    told = ", ".join(f"{counts[status]} {words}" for status, words in _COUNTED.items() if status in counts)
    what = f" rolls back {deployment.rollback_of}" if deployment.creator is Creator.ROLLBACK else ""
    stopped = "stopped, " if deployment.status is DeploymentStatus.STOPPED else ""
    return f"{deployment.id}{what} to {plural(len(deployment.targets), 'target')}: {stopped}{told}"


def progress_words(deployments: Sequence[ServerDeployment], stage: str) -> Iterator[str]:
    """Of those that go on in a stage: `deploying: 3 of 8 targets`, `rolling back: 0 of 1 target, 1 failed`."""
    for deployment in deployments:
        if deployment.status is DeploymentStatus.IN_PROGRESS and deployment.stage == stage:
            what = "rolling back" if deployment.creator is Creator.ROLLBACK else "deploying"
            counts, all_ = deployment.counts, plural(len(deployment.targets), "target")
            failed = counts.get(TargetStatus.FAILED, 0) + counts.get(TargetStatus.UNKNOWN, 0)
            lost = f", {failed} failed" if failed else ""
            yield f"{what}: {counts.get(TargetStatus.SUCCEEDED, 0)} of {all_}{lost}"


def target_words(run: TargetRun) -> str:
    """Where it is, or what has failed there: `ValidateService: check.sh failed with exit status 3 (ScriptFailed)`."""
    if run.message:
        return one_line(run.message, _LONGEST)
    for event in run.events:
        if event.status is TargetStatus.FAILED:
            why = f"{event.message} ({event.code})" if event.code else event.message
            return one_line(f"{event.event}: {why}", _LONGEST)
        if event.status is TargetStatus.IN_PROGRESS:
            return str(event.event)
    return ""


def deployment_lines(deployments: Sequence[ServerDeployment]) -> Iterator[str]:
    """Markdown: a line for each, and one for each target that failed or is at work."""
    for deployment in deployments:
        icon = {DeploymentStatus.SUCCEEDED: "✅", DeploymentStatus.IN_PROGRESS: "⏳"}.get(deployment.status, "❌")
        yield f"{icon} {plain(f'{deployment.stage}/{deployment.action}')}: {plain(deployment_words(deployment))}"
        failed = [run for run in deployment.targets if run.status is TargetStatus.FAILED]
        for run in failed[:_MOST]:
            yield f"❌ {code(run.name)} {plain(target_words(run), 400)}"
        if len(failed) > _MOST:
            yield f"and {plural(len(failed) - _MOST, 'more target')}"
        running = [run for run in deployment.targets if run.status is TargetStatus.IN_PROGRESS]
        for run in running[:_MOST]:
            yield " ".join(filter(None, ["⏳", code(run.name), plain(target_words(run))]))
