"""Changes from outside: what a revision that somebody without write access proposes never gets, even when it may run (WBH-5).

It is built and tested, no more. A stage that occupies an environment, that does something beyond that, or that asks somebody
else whether it may begin or has gone well, is withheld as a whole, and the execution ends before it. Who lets such a revision
run is `bot.runtime.intake.outside`'s.
"""

from bot.model.condition import ConditionKind
from bot.model.execution import Execution
from bot.model.pipeline import Stage

HARMLESS = frozenset({"run", "build", "test"})
"""Kinds of work that a change from outside may have done. What is not named here is withheld: new kinds, too."""

HARMLESS_RULES = frozenset({"window", "check", "run"})
"""Kinds of rules that ask nobody: the others carry what the change has made to an endpoint, in the operator's name."""


def withheld(execution: Execution, stage: Stage) -> str:
    """Why the execution must not enter the stage; "" where it may."""
    if not execution.outside:
        return ""
    if stage.environment:
        return f"it occupies the environment {stage.environment}"
    kinds = dict.fromkeys(action.work.kind for action in stage.actions if action.work.kind not in HARMLESS)
    if kinds:
        return f"it has actions of the kind {' and '.join(kinds)}"
    conditions = [condition for kind in ConditionKind if (condition := stage.condition(kind)) is not None]
    rules = dict.fromkeys(r.kind for condition in conditions for r in condition.rules if r.kind not in HARMLESS_RULES)
    return f"it has rules of the kind {' and '.join(rules)}" if rules else ""
