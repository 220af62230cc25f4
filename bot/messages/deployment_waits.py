"""What is said of deployments that wait, and that people can let go on (BGR-3, BGR-4): what for, until when, what then; and of who has done so."""

from collections.abc import Iterator

from bot.core.letting_go import waiting_deployments
from bot.messages.words import listed, place, when
from bot.model.deployment_wait import DeploymentWait, LetGo, WaitType
from bot.model.execution import ActionRun, StageRun

_DOES = {
    WaitType.READY: "waiting to shift the traffic",
    WaitType.TERMINATION: "keeping the originals",
}
WAITS = {
    WaitType.READY: "waits to shift the traffic",
    WaitType.TERMINATION: "keeps the originals",
}
"""Behind the action's name."""

TO_END = {
    WaitType.READY: "To shift the traffic now",
    WaitType.TERMINATION: "To end the originals' wait now",
}
TO_STOP = {
    WaitType.READY: "to stop it",
    WaitType.TERMINATION: "to go back to them",
}
_ENDED = {
    WaitType.READY: "had the traffic shifted",
    WaitType.TERMINATION: "ended the originals' wait",
}


def until_words(wait: DeploymentWait, now: float | None = None) -> str:
    """`until Tue 24 Nov, 16:20 UTC, then it goes on`."""
    return f"until {when(wait.until, now)}, then it {'is stopped' if wait.stops else 'goes on'}"


def ready_deployments(stage: StageRun) -> list[tuple[ActionRun, DeploymentWait]]:
    """Those that wait for their traffic: nothing of them goes on meanwhile."""
    return [(run, wait) for run, wait in waiting_deployments(stage) if wait.type is WaitType.READY]


def what_waits(stage: StageRun, *, with_stage: bool = True) -> str:
    """`waiting to shift the traffic: prod/go`, to be read behind `web is`; "" where nothing does."""
    waiting = ready_deployments(stage) or waiting_deployments(stage)
    if not waiting:
        return ""
    return f"{_DOES[waiting[0][1].type]}: {listed(place(stage.name, run.name) if with_stage else run.name for run, _ in waiting)}"


def let_go_words(let_go: tuple[LetGo, ...]) -> Iterator[str]:
    """`ben had the traffic shifted`."""
    for one in let_go:
        yield f"{one.by.login} {_ENDED[one.type]}"
