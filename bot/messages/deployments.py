"""How far deployments are, in a few words and target by target: for the comment and the page. Targets have the name that their kind's people give them."""

from collections.abc import Iterator, Sequence

from bot.messages.deployment_waits import let_go_words
from bot.messages.markdown import code, plain
from bot.messages.text import one_line
from bot.messages.words import plural, when
from bot.model.deployment import Creator, Deployment, DeploymentKind, DeploymentStatus, TargetRun, TargetStatus
from bot.model.traffic import Phase

_MOST = 5
_LONGEST = 300

_NOUN = {DeploymentKind.SERVERS: "target", DeploymentKind.CLUSTER: "object"}
_COUNTED = {
    TargetStatus.SUCCEEDED: "done",
    TargetStatus.READY: "ready",
    TargetStatus.IN_PROGRESS: "at work",
    TargetStatus.FAILED: "failed",
    TargetStatus.UNKNOWN: "stopped in the middle",
    TargetStatus.SKIPPED: "not begun",
    TargetStatus.PENDING: "waiting",
}


def deployment_words(deployment: Deployment) -> str:
    """`d-X1Y2Z3A4B to 8 targets: 3 done, 1 failed, 4 not begun`, `d-X1Y2Z3A4B of 3 objects to main: 3 done`."""
    counts = deployment.counts
    told = ", ".join(f"{counts[status]} {words}" for status, words in _COUNTED.items() if status in counts)
    what = f" rolls back {deployment.rollback_of}" if deployment.creator is Creator.ROLLBACK else ""
    stopped = "stopped, " if deployment.status is DeploymentStatus.STOPPED else ""
    traffic = "".join(f"; {words}" for words in (*traffic_words(deployment), *let_go_words(deployment.let_go)))
    return f"{deployment.id}{what} {_where(deployment)}: {stopped}{told}{traffic}"


def targets_named(deployment: Deployment) -> str:
    """What the list of them is: `Objects`."""
    return f"{_NOUN[deployment.kind]}s".capitalize()


def _where(deployment: Deployment) -> str:
    many = _many(deployment, len(deployment.targets))
    return f"to {many}" if deployment.manifests is None else f"of {many} to {deployment.manifests.cluster}"


def _many(deployment: Deployment, number: int, more: str = "") -> str:
    return plural(number, f"{more}{_NOUN[deployment.kind]}")


def traffic_words(deployment: Deployment) -> Iterator[str]:
    """`30 % of the traffic goes to blue`, `the next step comes Mon 30 Nov, 16:00 UTC`; nothing where no traffic is shifted."""
    shift = deployment.traffic
    if shift is None:
        return
    yield f"{shift.share} % of the traffic {'went' if deployment.status in _FAILED else 'goes'} to {shift.replacement}"
    if shift.until is not None and not deployment.status.ended and (words := _AWAITED.get(shift.phase)):
        yield f"{words} {when(shift.until)}"


_FAILED = (DeploymentStatus.FAILED, DeploymentStatus.STOPPED)
_AWAITED = {
    Phase.READY: "it is ready, and waits until",
    Phase.SHIFT: "the next step comes",
    Phase.KEEP: "the originals are kept until",
}


def progress_words(deployments: Sequence[Deployment], stage: str) -> Iterator[str]:
    """Of those that go on in a stage: `deploying: 3 of 8 targets`, `rolling back: 0 of 1 target, 1 failed`, `30 % of the traffic goes to blue`."""
    for deployment in deployments:
        if deployment.status.ended or deployment.stage != stage:
            continue
        if deployment.traffic is not None and deployment.traffic.phase is not Phase.INSTALL:
            yield ", ".join(traffic_words(deployment))
        else:
            what = "rolling back" if deployment.creator is Creator.ROLLBACK else "deploying"
            counts, all_ = deployment.counts, _many(deployment, len(deployment.targets))
            failed = counts.get(TargetStatus.FAILED, 0) + counts.get(TargetStatus.UNKNOWN, 0)
            lost = f", {failed} failed" if failed else ""
            done = counts.get(TargetStatus.SUCCEEDED, 0) + counts.get(TargetStatus.READY, 0)
            yield f"{what}: {done} of {all_}{lost}"


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


def deployment_lines(deployments: Sequence[Deployment]) -> Iterator[str]:
    """Markdown: a line for each, and one for each target that failed or is at work."""
    for deployment in deployments:
        icon = "✅" if deployment.status is DeploymentStatus.SUCCEEDED else "❌" if deployment.status.ended else "⏳"
        yield f"{icon} {plain(f'{deployment.stage}/{deployment.action}')}: {plain(deployment_words(deployment))}"
        failed = [run for run in deployment.targets if run.status is TargetStatus.FAILED]
        for run in failed[:_MOST]:
            yield f"❌ {code(run.name)} {plain(target_words(run), 400)}"
        if len(failed) > _MOST:
            yield f"and {_many(deployment, len(failed) - _MOST, 'more ')}"
        running = [run for run in deployment.targets if run.status is TargetStatus.IN_PROGRESS]
        for run in running[:_MOST]:
            yield " ".join(filter(None, ["⏳", code(run.name), plain(target_words(run))]))
