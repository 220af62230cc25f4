"""Files that break a rule of builds and batches of them. A row: the rule, the file, where that is told, and words of it."""

from tests.definition.rules.files import stage

RULES = [
    # BAT, BLD-3: batches of builds.
    (
        "BLD-3 only a batch is combined",
        stage("{name: a, build: {combine_artifacts: true}, outputs: dist}"),
        "stages[0].actions[0].build",
        "Only the artifacts of a batch can be combined",
    ),
    (
        "BLD-3 a batch is combined into one output",
        stage("{name: a, test: {batch: true, combine_artifacts: true}, outputs: [x, y]}"),
        "stages[0].actions[0].test.combine_artifacts",
        "the action has 2 outputs",
    ),
    (
        "BLD-3 a batch is combined into an output that there is",
        stage("{name: a, build: {batch: true, combine_artifacts: true}}"),
        "stages[0].actions[0].build.combine_artifacts",
        "the action has no outputs",
    ),
    (
        "BAT-1 a batch is asked for by yes or no",
        stage("{name: a, build: {buildspec: ci.yml, batch: fast}}"),
        "stages[0].actions[0].build.batch",
        "true or false",
    ),
    (
        "BAT-1 what is beside it is known",
        stage("{name: a, build: {batch: true, combine: true}}"),
        "stages[0].actions[0].build.combine",
        "Unknown key `combine`",
    ),
]
