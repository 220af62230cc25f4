"""The reference's rules, by their ids: for each a smallest file that breaks it, and where and how that is told. The files are in `rules`."""

from collections.abc import Callable

import pytest

from bot.definition import Definitions
from tests.definition.rules import builds, deployments, gates, limits, sources, structure, triggers
from tests.definition.rules.files import BUILT, RUN, stage

Read = Callable[[str], Definitions]

RULES = [
    *deployments.RULES,
    *builds.RULES,
    *sources.RULES,
    *triggers.RULES,
    *structure.RULES,
    *limits.RULES,
    *gates.RULES,
]


@pytest.mark.parametrize(("text", "path", "words"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES])
def test_a_file_that_breaks_one_rule_has_one_problem_at_the_right_place(
    read: Read, text: str, path: str, words: str
) -> None:
    definitions = read(text)
    assert [problem.path for problem in definitions.problems if words in problem.reason] == [path]
    assert {problem.path for problem in definitions.problems} <= {path, *MAY_FOLLOW.get(path, ())}
    assert all(problem.remedy and problem.line for problem in definitions.problems)
    assert definitions.pipelines == ()


MAY_FOLLOW = {"stages": {f"stages[{index}].name" for index in range(50)}}
"""A file with fifty stages of one name has a problem with each of the names as well."""


def test_1000_actions_are_enough(read: Read) -> None:
    """Section 1.2."""
    actions = ", ".join(f"{{name: a{index}, run: b}}" for index in range(48))
    stages = ", ".join(f"{{name: s{index}, actions: [{actions}]}}" for index in range(21))
    (problem,) = read(f"stages: [{stages}]").problems
    assert problem.reason == "The pipeline has 1008 actions, and may have at most 1000."


@pytest.mark.parametrize(
    "text",
    [
        # STR-10: any later action may use an artifact, and several may; VAR-4: a higher run order is later.
        stage(
            "{name: a, run: b, outputs: {x: y}, namespace: n}, {name: c, run: 'd #{n.K}', run_order: 2, inputs: [x, source]},"
            " {name: e, run: f, run_order: 7, inputs: x}"
        ),
        stage("{name: a, run: b, namespace: n}", ", on_success: {rules: [{name: r, check: \"#{n.K} == 'x'\"}]}"),
        "variables: {A: b}\n"
        + stage(
            "{name: c, run: 'x #{variables.A} #{source.CommitId}', env: {E: '#{codepipeline.PipelineExecutionId}'}}"
        ),
        # What only resembles a reference is the script's own affair.
        stage("""{name: a, run: 'ruby -e "puts #{x}" ${#array} #{a b.c} #{.x} #{x.}'}"""),
        # The same action name in two stages.
        "stages: [{name: a, actions: [{name: x, run: y}]}, {name: b, actions: [{name: x, run: y}]}]",
        stage("{name: a, approve: {by: ['user:ada', 'team:acme/x'], count: 5}}"),
        stage(RUN, ", before_entry: {result: skip, rules: [{name: r, check: 1 < 2}, {name: s, invoke: y}]}"),
        "triggers: {push: {tags: [a], branches: [b], paths: [c]}}\n" + BUILT,
    ],
)
def test_what_the_rules_allow_has_no_problem(read: Read, text: str) -> None:
    """STR-10, VAR-12, C22: see the cases."""
    assert read(text).problems == ()
