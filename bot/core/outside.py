"""Changes from outside: what a revision that somebody without write access proposes never gets, even when it may run (WBH-5).

It is built and tested, no more: a stage that occupies an environment, or that does something beyond that, is withheld as a
whole, and the execution ends before it. Who lets such a revision run is `bot.runtime.intake.outside`'s.
"""

from bot.model.execution import Execution
from bot.model.pipeline import Stage

HARMLESS = frozenset({"run", "build", "test"})
"""Kinds of work that a change from outside may have done. What is not named here is withheld: new kinds, too."""


def withheld(execution: Execution, stage: Stage) -> str:
    """Why the execution must not enter the stage; "" where it may."""
    if not execution.outside:
        return ""
    if stage.environment:
        return f"it occupies the environment {stage.environment}"
    kinds = dict.fromkeys(action.work.kind for action in stage.actions if action.work.kind not in HARMLESS)
    return f"it has actions of the kind {' and '.join(kinds)}" if kinds else ""
