"""Changes from outside: what a revision that somebody without write access proposes never gets, even when it may run (WBH-5).

It is built and tested, no more. A stage that occupies an environment, that does something beyond that, or that asks somebody
else whether it may begin or has gone well, is withheld as a whole: the execution passes over it, and goes on behind it. So is
one that takes what a withheld one would have made. Who lets such a revision run is `bot.runtime.intake.outside`'s.
"""

import re
from collections.abc import Collection, Iterator

from bot.core.variables import references
from bot.model.condition import ConditionKind
from bot.model.execution import Execution, StageStatus
from bot.model.pipeline import Pipeline, Rule, Stage
from bot.model.texts import texts_in

HARMLESS = frozenset({"run", "build", "test"})
"""Kinds of work that a change from outside may have done. What is not named here is withheld: new kinds, too."""

HARMLESS_RULES = frozenset({"window", "check", "run"})
"""Kinds of rules that ask nobody: the others carry what the change has made to an endpoint, in the operator's name."""


def withheld(execution: Execution, pipeline: Pipeline) -> str:
    """Why the execution must not enter the stage that it has come to; "" where it may."""
    if not execution.outside:
        return ""
    stage = pipeline.stages[execution.stage]
    return _beyond_building(stage) or _lacks(stage, execution, pipeline)


def _beyond_building(stage: Stage) -> str:
    if stage.environment:
        return f"it occupies the environment {stage.environment}"
    kinds = dict.fromkeys(action.work.kind for action in stage.actions if action.work.kind not in HARMLESS)
    if kinds:
        return f"it has actions of the kind {' and '.join(kinds)}"
    rules = dict.fromkeys(rule.kind for rule in _rules(stage) if rule.kind not in HARMLESS_RULES)
    return f"it has rules of the kind {' and '.join(rules)}" if rules else ""


def _lacks(stage: Stage, execution: Execution, pipeline: Pipeline) -> str:
    """What of a stage that was passed over it takes: an artifact, or an output variable.

    What a buildspec in the commit refers to is not known here: its action fails, and says so.
    """
    named = set(_namespaces(stage))
    behind = slice(execution.stage)
    for earlier, run in zip(pipeline.stages[behind], execution.stages[behind], strict=True):
        if run.status is not StageStatus.WITHHELD:
            continue
        made = {name for action in earlier.actions for name in action.outputs}
        artifacts = dict.fromkeys(name for action in stage.actions for name in action.inputs if name in made)
        told = [a.namespace for a in earlier.actions if a.namespace in named or _is_judged(a.namespace, stage)]
        if artifacts or told:
            return f"it takes {', '.join([*artifacts, *told])} of {earlier.name}, which is withheld"
    return ""


def _namespaces(stage: Stage) -> Iterator[str]:
    """Of what its actions and its rules refer to."""
    for text in (text for action in stage.actions for text in action.texts):
        yield from (reference.namespace for reference in references(text))
    for text in (text for rule in _rules(stage) for text in texts_in(rule.configuration)):
        yield from (reference.namespace for reference in references(text))


def _is_judged(namespace: str, stage: Stage) -> bool:
    """Whether a `check` names it: an expression has values by their names alone. A word too many withholds, and harms nothing."""
    expressions = (text for rule in _rules(stage) if rule.kind == "check" for text in texts_in(rule.configuration))
    return bool(namespace) and any(namespace in _words(text) for text in expressions)


def _words(expression: str) -> Collection[str]:
    """As identifiers have them, and as namespaces have them, in which `@` and `-` are letters."""
    return {*re.findall(r"\w+", expression), *re.findall(r"[\w@-]+", expression)}


def _rules(stage: Stage) -> Iterator[Rule]:
    for kind in ConditionKind:
        condition = stage.condition(kind)
        if condition is not None:
            yield from condition.rules
