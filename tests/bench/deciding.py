"""*decide*: decisions a second for a pipeline of 50 stages with 50 live executions, on one core.

Measured in the thread's processor time: what the core takes, not what others on the machine take meanwhile.
"""

import time

from bot.cli.server import quieten_collector
from bot.core.decide import decide
from bot.core.events import ActionFinished, StartRequested
from bot.model.execution import ActionStatus, LaneKey, Trigger, TriggerKind
from bot.model.lane import LaneState
from bot.model.pipeline import Action, Mode, Pipeline, Run, Stage
from bot.model.repository import Ref, RefKind, Repository
from bot.model.revision import Revision
from tests.bench.figures import Figure, middle

STAGES = 50
AIM = 20_000
ROUNDS = 5


def deciding() -> Figure:
    quieten_collector()  # as the server does
    rate = middle([_rate() for _ in range(ROUNDS)])
    return Figure("decide", rate / AIM, ">= 1.0", {"ours": f"{rate:.0f}/s", "aim": f"{AIM}/s", "live": str(STAGES)})


def _rate() -> float:
    """50 executions on their way through 50 stages, each event one action's end."""
    stages = tuple(Stage(f"stage-{number}", (Action("work", Run(("true",))),)) for number in range(STAGES))
    pipeline = Pipeline("web", stages, digest="d", mode=Mode.QUEUED)
    ref = Ref(RefKind.BRANCH, "main")
    lane = LaneKey(Repository("local", "1", "acme/web"), "web", ref)
    state = LaneState(lane)
    decided, took = 0, 0.0
    for round_ in range(4 * STAGES):
        event = StartRequested(
            f"start-{round_}",
            0.0,
            f"e{round_}",
            round_ + 1,
            pipeline,
            Revision("0" * 40, ref),
            Trigger(TriggerKind.PUSH),
        )
        began = time.thread_time()
        state = decide(state, event).state
        took += time.thread_time() - began
        decided += 1
        # The furthest first, so that each finds its next stage free.
        for execution in sorted(state.executions.values(), key=lambda e: -e.stage):
            current = state.executions[execution.id]
            if current.waiting:
                continue
            done = ActionFinished(
                f"{execution.id}-{execution.stage}",
                0.0,
                execution.id,
                current.current.name,
                "work",
                1,
                ActionStatus.SUCCEEDED,
                0.0,
            )
            began = time.thread_time()
            state = decide(state, done).state
            took += time.thread_time() - began
            decided += 1
    # One left as the last one came in.
    if len(state.executions) != STAGES - 1:
        raise RuntimeError(f"{len(state.executions)} executions are live")
    return decided / took
