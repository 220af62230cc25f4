"""A lane as its page draws it: who came to each stage last, who waits before it and who holds it; and lanes as rows of lists.

Values for the templates, made of the model's; no HTML and nothing that waits.
"""

from dataclasses import dataclass

from bot.core.lane_view import LaneView, StageState
from bot.messages.words import wait_words
from bot.model.execution import Execution, StageStatus
from bot.model.pipeline import Mode
from bot.model.waiting import Hold, WaitReason
from bot.web.conditions import ConditionView, conditions
from bot.web.drawn import ref_text
from bot.web.listing import Row, row
from bot.web.places import lane_path, pipeline_path, repository_path
from bot.web.states import NOT_STARTED, Look, of_action, of_stage
from bot.web.times import Span

MODES = {
    Mode.SUPERSEDED: "superseded: before each stage the newest waits",
    Mode.QUEUED: "queued: all wait their turn",
    Mode.PARALLEL: "parallel: nobody waits",
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """An execution at a stage: in it, last in it, or before it. `why` says what keeps it waiting; `told`: the drawing does not."""

    execution: Execution
    path: str
    why: str = ""
    told: bool = False

    @property
    def title(self) -> str:
        return self.execution.revision.summary or self.execution.revision.short


@dataclass(frozen=True, slots=True)
class Chip:
    name: str
    look: Look
    path: str


@dataclass(frozen=True, slots=True)
class StageCard:
    """`latest` entered it last. `hold` is why nobody may enter, `release` what to type to end that."""

    name: str
    environment: str
    look: Look
    span: Span
    latest: Visitor | None
    inbound: tuple[Visitor, ...]
    hold: Hold | None
    release: str
    rolling_back: bool
    groups: tuple[tuple[Chip, ...], ...]
    conditions: tuple[ConditionView, ...]

    @property
    def gate(self) -> str:
        if self.hold:
            return "held"
        return "waiting" if self.inbound else "open"


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A lane in a list: the newest execution, and its stages as they stand."""

    path: str
    name: str
    pipeline: str
    newest: Row
    stages: tuple[tuple[str, Look], ...]
    held: tuple[str, ...]
    waiting: int


@dataclass(frozen=True, slots=True)
class LaneDrawn:
    view: LaneView
    path: str
    pipeline_path: str
    repository_path: str
    name: str
    mode: str
    newest: Row
    stages: tuple[StageCard, ...]
    live: tuple[Row, ...]


def draw_lane(view: LaneView, prefix: str) -> LaneDrawn:
    """`prefix` is what the lane's host wants before a command."""
    lane = view.lane
    return LaneDrawn(
        view=view,
        path=lane_path(lane),
        pipeline_path=pipeline_path(lane.repository, lane.pipeline),
        repository_path=repository_path(lane.repository),
        name=ref_text(lane.ref),
        mode=MODES[view.pipeline.mode],
        newest=row(view.newest),
        stages=tuple(_card(state, prefix) for state in view.stages),
        live=tuple(map(row, view.live)),
    )


def lane_row(view: LaneView) -> LaneRow:
    return LaneRow(
        path=lane_path(view.lane),
        name=ref_text(view.lane.ref),
        pipeline=view.lane.pipeline,
        newest=row(view.newest),
        stages=row(view.newest).stages if view.stateless else tuple((s.stage.name, _look(s)) for s in view.stages),
        held=tuple(state.stage.name for state in view.stages if state.hold),
        waiting=sum(len(state.inbound) for state in view.stages),
    )


def _look(state: StageState) -> Look:
    return of_stage(state.latest, state.run) if state.latest and state.run else NOT_STARTED


def _card(state: StageState, prefix: str) -> StageCard:
    stage, run, latest = state.stage, state.run, state.latest
    live = run is not None and run.status in (StageStatus.IN_PROGRESS, StageStatus.STOPPING)
    return StageCard(
        name=stage.name,
        environment=stage.environment,
        look=_look(state),
        span=Span(run.started_at, run.ended_at, live=live) if run else Span(),
        latest=_visitor(latest, stage.name) if latest else None,
        inbound=tuple(_visitor(each, stage.name) for each in state.inbound),
        hold=state.hold,
        release=f"{prefix}release {stage.name}" if state.hold else "",
        rolling_back=state.rolling_back,
        groups=tuple(tuple(_chip(state, action.name) for action in group) for group in stage.groups),
        conditions=conditions(run) if run else (),
    )


def _visitor(execution: Execution, stage: str) -> Visitor:
    why = wait_words(execution.wait) if execution.waiting and execution.wait else ""
    told = bool(why) and execution.wait is not None and execution.wait.reason not in (WaitReason.LINE, WaitReason.HELD)
    return Visitor(execution, f"/executions/{execution.id}#stage-{stage}", why, told)


def _chip(state: StageState, name: str) -> Chip:
    """An action that the latest execution did not have, since its definition is older, has not begun there."""
    run = next((run for run in state.run.actions if run.name == name), None) if state.run else None
    if run is None or state.latest is None:
        return Chip(name, NOT_STARTED, "")
    path = f"/executions/{state.latest.id}#action-{state.stage.name}-{name}"
    return Chip(name, of_action(state.latest, run), path)
