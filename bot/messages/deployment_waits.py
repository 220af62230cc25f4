"""What is said of deployments that wait for people who let them go on (BGR-3, BGR-4), or merge something: what for, until when, what then; and of who has let
them go on.
"""

from collections.abc import Iterator

from bot.core import merges
from bot.core.letting_go import waiting_deployments
from bot.messages.words import listed, merge_words, place, when
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
"""Behind the action's name, of those that people can let go on."""

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


def waits_words(wait: DeploymentWait) -> str:
    """Behind the action's name."""
    return f"waits until {wait.merge} is merged" if wait.merge is not None else WAITS[wait.type]


def until_words(wait: DeploymentWait, now: float | None = None) -> str:
    """`until Tue 24 Nov, 16:20 UTC, then it goes on`."""
    ends = "fails" if wait.merge is not None else "is stopped"
    return f"until {when(wait.until, now)}, then it {ends if wait.stops else 'goes on'}"


def ready_deployments(stage: StageRun) -> list[tuple[ActionRun, DeploymentWait]]:
    """Those that wait for their traffic: nothing of them goes on meanwhile."""
    return [(run, wait) for run, wait in waiting_deployments(stage) if wait.type is WaitType.READY]


def what_waits(stage: StageRun, *, with_stage: bool = True) -> str:
    """`waiting to shift the traffic: prod/go`, to be read behind `web is`; "" where nothing does."""
    waiting = ready_deployments(stage) or waiting_deployments(stage)
    if not waiting:
        return ""
    return f"{_DOES[waiting[0][1].type]}: {listed(place(stage.name, run.name) if with_stage else run.name for run, _ in waiting)}"


def merges_awaited(stage: StageRun) -> str:
    """`waiting until pull request #7 of acme/env is merged`, or of several actions the names; "" where none waits so."""
    waiting = merges.awaited(stage)
    if len(waiting) == 1:
        return merge_words(waiting[0][1])
    return f"waiting for merges: {listed(place(stage.name, run.name) for run, _ in waiting)}" if waiting else ""


def let_go_words(let_go: tuple[LetGo, ...]) -> Iterator[str]:
    """`ben had the traffic shifted`."""
    for one in let_go:
        yield f"{one.by.login} {_ENDED[one.type]}"
