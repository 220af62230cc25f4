"""The reference's rules, by their ids: for each a smallest file that breaks it, and where and how that is told."""

from collections.abc import Callable

import pytest

from bot.definition import Definitions

Read = Callable[[str], Definitions]

LONG = "x" * 101


def stage(actions: str, more: str = "") -> str:
    return f"stages: [{{name: build, actions: [{actions}]{more}}}]"


def of_actions(number: int) -> str:
    return stage(", ".join(f"{{name: a{index}, run: b}}" for index in range(number)))


RUN = "{name: unit, run: make}"
GIT = "{type: git, repository: acme/docs}"
BUILT = stage(RUN)


def hook(text: str) -> str:
    return f"secrets: {{K: {{sealed: x}}}}\ntriggers: {{webhooks: [{text}]}}\n{BUILT}"


RULES = [
    # Section 4.3, S3: one input, and what a zip file needs.
    (
        "an object deployment takes no outputs",
        stage("{name: go, deploy: {objects: site}, outputs: {a: ['**']}}"),
        "stages[0].actions[0].outputs",
        "takes no `outputs`",
    ),
    (
        "STR-11 an object deployment takes one input",
        stage(
            "{name: a, run: make, outputs: {x: ['**']}}, {name: go, run_order: 2, deploy: {objects: site}, inputs: [source, x]}"
        ),
        "stages[0].actions[1].inputs[1]",
        "deploys one artifact",
    ),
    (
        "a zip file has a key",
        stage("{name: go, deploy: {objects: site, extract: false}}"),
        "stages[0].actions[0].deploy",
        "needs a key",
    ),
    (
        "prune is for files",
        stage("{name: go, deploy: {objects: site, extract: false, key: a.zip, prune: true}}"),
        "stages[0].actions[0].deploy",
        "only where each file is by itself",
    ),
    (
        "prune is for keys that stay",
        stage("{name: go, deploy: {objects: site, key: 'a-{datetime}', prune: true}}"),
        "stages[0].actions[0].deploy",
        "keys of its own",
    ),
    (
        "a key stays below its place",
        stage("{name: go, deploy: {objects: site, key: a/../../b}}"),
        "stages[0].actions[0].deploy.key",
        "is no key",
    ),
    (
        "an unknown key is told as one of the form that was meant",
        stage("{name: go, deploy: {objects: site, prun: true}}"),
        "stages[0].actions[0].deploy.prun",
        "Unknown key",
    ),
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
    # Manifests.
    (
        "a deployment to a cluster takes no outputs",
        stage("{name: go, deploy: {manifests: k8s/**}, outputs: {a: ['**']}}"),
        "stages[0].actions[0].outputs",
        "takes no `outputs`",
    ),
    (
        "manifests lie in what is deployed",
        stage("{name: go, deploy: {manifests: /etc/k8s}}"),
        "stages[0].actions[0].deploy.manifests",
        "",
    ),
    (
        "an image is named without its tag",
        stage("{name: go, deploy: {manifests: a, images: {'acme/web:1': '2'}}}"),
        "stages[0].actions[0].deploy.images[`acme/web:1`]",
        "",
    ),
    (
        "what is pruned",
        stage("{name: go, deploy: {manifests: a, prune: maybe}}"),
        "stages[0].actions[0].deploy.prune",
        "no longer in the manifests",
    ),
    (
        "a value may be of later",
        stage("{name: go, deploy: {manifests: a, set: {X: '#{variables.NONE}'}}}"),
        "stages[0].actions[0].deploy.set.X",
        "NONE",
    ),
    # Deployments by Git.
    (
        "a change by Git takes no outputs",
        stage("{name: go, deploy: {git: {repository: a/b, path: x, set: {t: v}}}, outputs: {a: ['**']}}"),
        "stages[0].actions[0].outputs",
        "takes no `outputs`",
    ),
    (
        "a change by Git sets or copies",
        stage("{name: go, deploy: {git: {repository: a/b, path: x}}}"),
        "stages[0].actions[0].deploy.git",
        "neither of them is given",
    ),
    (
        "a change by Git does not do both",
        stage("{name: go, deploy: {git: {repository: a/b, path: x, set: {t: v}, files: ['**']}}}"),
        "stages[0].actions[0].deploy.git",
        "both of them is given",
    ),
    (
        "files are copied below one path",
        stage("{name: go, deploy: {git: {repository: a/b, path: [x, y], files: ['**']}}}"),
        "stages[0].actions[0].deploy.git",
        "copied below one path",
    ),
    (
        "only a pull request is waited for",
        stage("{name: go, deploy: {git: {repository: a/b, path: x, set: {t: v}, wait: merged}}}"),
        "stages[0].actions[0].deploy.git",
        "has nothing to wait for",
    ),
    (
        "a branch is a name",
        stage("{name: go, deploy: {git: {repository: a/b, branch: '-f', path: x, set: {t: v}}}}"),
        "stages[0].actions[0].deploy.git.branch",
        "is no name of a branch",
    ),
    (
        "a path stays in its repository",
        stage("{name: go, deploy: {git: {repository: a/b, path: ../x, set: {t: v}}}}"),
        "stages[0].actions[0].deploy.git.path",
        "leaves the repository",
    ),
    # SRC, STR-4: further sources.
    (
        "STR-4 a source stands in the first stage",
        f"stages: [{BUILT[9:-1]}, {{name: later, actions: [{{name: a, source: {GIT}}}]}}]",
        "stages[1].actions[0].source",
        "only in the first stage",
    ),
    (
        "a host has a name",
        stage("{name: a, source: {type: git, repository: acme/docs, host: 'Git Hub'}}"),
        "stages[0].actions[0].source.host",
        "cannot be `Git Hub`",
    ),
    (
        "STR-11 a source makes one artifact",
        stage(f"{{name: a, source: {GIT}, outputs: {{x: y, z: y}}}}"),
        "stages[0].actions[0].outputs.z",
        "makes one artifact",
    ),
    (
        "STR-18 a source's keys are those of its type",
        stage("{name: a, source: {type: git, repository: acme/docs, bucket: b}}"),
        "stages[0].actions[0].source.bucket",
        "has no `bucket`",
    ),
    (
        "STR-18 a source has what its type needs",
        stage("{name: a, source: {type: s3, bucket: b}}"),
        "stages[0].actions[0].source",
        "needs `key`",
    ),
    (
        "STR-18 a type of source that there is not",
        stage("{name: a, source: {type: svn, repository: acme/docs}}"),
        "stages[0].actions[0].source.type",
        "cannot be `svn`",
    ),
    *(
        (
            f"a repository is a name and no address {repository}",
            stage(f"{{name: a, source: {{type: git, repository: '{repository}'}}}}"),
            "stages[0].actions[0].source.repository",
            "is no repository's name",
        )
        for repository in (
            "https://example.org/a/b",
            "git@example.org:a/b",
            "file:///etc",
            "ssh://a/b",
            "../../etc",
            "a/..",
            "/a/b",
            "docs",
        )
    ),
    (
        "an image is a name without its registry's port and tag",
        stage("{name: a, source: {type: image, repository: 'registry:5000/web:v1'}}"),
        "stages[0].actions[0].source.repository",
        "no image's name",
    ),
    (
        "a source runs nothing",
        stage(f"{{name: a, source: {GIT}, env: {{A: b}}}}"),
        "stages[0].actions[0].env",
        "takes no `env`",
    ),
    (
        "VAR-12 no pipeline variable in a source",
        "variables: {B: main}\n"
        + stage("{name: a, source: {type: git, repository: acme/docs, branch: '#{variables.B}'}}"),
        "stages[0].actions[0].source.branch",
        "cannot use references",
    ),
    (
        "SRC-1 a clone is whole",
        stage("{name: a, source: {type: git, repository: acme/docs, format: clone}, outputs: {x: '*.md'}}"),
        "stages[0].actions[0].outputs.x",
        "A clone is whole",
    ),
    (
        "SRC-1 what cannot clone takes no reference",
        stage(
            "{name: a, source: {type: git, repository: acme/docs, format: clone}},"
            " {name: b, run_order: 2, deploy: appspec.yml, inputs: [a]}"
        ),
        "stages[0].actions[1].inputs[0]",
        "a `deploy` action cannot clone it",
    ),
    (
        "STR-8 a source makes an artifact of its own name",
        stage(f"{{name: a, source: {GIT}}}, {{name: b, run: c, outputs: {{a: x}}}}"),
        "stages[0].actions[1].outputs.a",
        "produced by another action",
    ),
    # Section 7.5: webhooks.
    *(
        (f"a webhook {name}", hook(text), f"triggers.webhooks[0]{path}", reason)
        for name, text, path, reason in (
            ("of hmac needs a secret", "{name: w, authentication: hmac}", "", "needs `secret`"),
            ("of ip needs ranges", "{name: w, authentication: ip}", "", "needs `allowed_ips`"),
            ("of none has no secret", "{name: w, authentication: none, secret: K}", ".secret", "has no `secret`"),
            (
                "of hmac has no ranges",
                "{name: w, authentication: hmac, secret: K, allowed_ips: 10.0.0.0/8}",
                ".allowed_ips",
                "has no `allowed_ips`",
            ),
            ("names a secret that is there", "{name: w, authentication: hmac, secret: L}", ".secret", "no secret `L`"),
            (
                "has ranges of addresses",
                "{name: w, authentication: ip, allowed_ips: [10.0.0.1/8]}",
                ".allowed_ips[0]",
                "no range",
            ),
            (
                "sets variables that are declared",
                "{name: w, authentication: none, variables: {X: $.x}}",
                ".variables.X",
                "no variable `X`",
            ),
            (
                "has paths",
                "{name: w, authentication: none, filters: [{path: ref}]}",
                ".filters[0].path",
                "it cannot be read",
            ),
            (
                "has paths without conditions",
                "{name: w, authentication: none, filters: [{path: '$.a[?@.b]'}]}",
                ".filters[0].path",
                "it has a condition",
            ),
            (
                "has paths that are quickly looked up",
                "{name: w, authentication: none, filters: [{path: '$..a..b'}]}",
                ".filters[0].path",
                "more than once",
            ),
            (
                "has templates that stand for something",
                "{name: w, authentication: none, filters: [{path: $.a, equals: 'x{colour}'}]}",
                ".filters[0].equals",
                "stands for nothing",
            ),
            ("is for a source", "{name: w, authentication: none, source: s}", ".source", "no source action `s`"),
            (
                "has at most five filters",
                f"{{name: w, authentication: none, filters: [{', '.join(['{path: $.a}'] * 6)}]}}",
                ".filters",
                "6 entries",
            ),
        )
    ),
    (
        "a webhook's name is its own",
        BUILT + "\ntriggers: {webhooks: [{name: w, authentication: none}, {name: w, authentication: none}]}",
        "triggers.webhooks[1].name",
        "used twice",
    ),
    # STR: structure.
    ("STR-1, STR-5 at least one stage beside the source", "stages: []", "stages", "nothing in it"),
    (
        "STR-1 at most 49 stages beside the source",
        "stages: [" + f"{BUILT[9:-1]}, " * 50 + "]",
        "stages",
        "50 entries, and may have at most 49",
    ),
    ("STR-2 a stage has an action", stage(""), "stages[0].actions", "nothing in it"),
    ("1.2 at most 50 actions in a stage", of_actions(51), "stages[0].actions", "51 entries, and may have at most 50"),
    (
        "STR-7 stage names differ",
        f"stages: [{BUILT[9:-1]}, {BUILT[9:-1]}]",
        "stages[1].name",
        "Stage name `build` is used twice",
    ),
    (
        "STR-7 action names differ in a stage",
        stage(f"{RUN}, {RUN}"),
        "stages[0].actions[1].name",
        "Action name `unit` is used twice",
    ),
    (
        "STR-8 artifacts differ",
        stage("{name: a, run: b, outputs: {x: y}}, {name: c, run: d, outputs: {x: z}}"),
        "stages[0].actions[1].outputs.x",
        "produced by another action",
    ),
    (
        "STR-9 an input is produced",
        stage("{name: a, run: b, inputs: [x]}"),
        "stages[0].actions[0].inputs[0]",
        "No action produces",
    ),
    (
        "STR-9 equal run order is not earlier",
        stage("{name: a, run: b, outputs: {x: y}}, {name: c, run: d, inputs: [x]}"),
        "stages[0].actions[1].inputs[0]",
        "does not end before",
    ),
    (
        "STR-9 an action does not feed itself",
        stage("{name: a, run: b, outputs: {x: y}, inputs: [x]}"),
        "stages[0].actions[0].inputs[0]",
        "does not end before",
    ),
    (
        "STR-12 namespaces differ",
        stage("{name: a, run: b, namespace: n}, {name: c, run: d, namespace: n}"),
        "stages[0].actions[1].namespace",
        "used by another action",
    ),
    (
        "STR-12 a namespace is no artifact",
        stage("{name: a, run: b, namespace: n, outputs: {n: x}}"),
        "stages[0].actions[0].namespace",
        "artifact's name",
    ),
    (
        "STR-12 codepipeline is reserved",
        stage("{name: a, run: b, namespace: codepipeline}"),
        "stages[0].actions[0].namespace",
        "built in",
    ),
    (
        "STR-12 variables is reserved",
        stage("{name: a, run: b, namespace: variables}"),
        "stages[0].actions[0].namespace",
        "built in",
    ),
    (
        "STR-12 source is reserved",
        stage("{name: a, run: b, namespace: source}"),
        "stages[0].actions[0].namespace",
        "built in",
    ),
    (
        "the artifact source is the commit's",
        stage("{name: a, run: b, outputs: {source: x}}"),
        "stages[0].actions[0].outputs.source",
        "pushed commit",
    ),
    (
        "STR-14 a source is in the home region",
        stage(f"{{name: a, source: {GIT}, region: eu-west-1}}"),
        "stages[0].actions[0].region",
        "in the bot's own region",
    ),
    (
        "CUS-4 a plug-in's action is in the home region",
        stage("{name: a, use: b, region: eu-west-1}"),
        "stages[0].actions[0].region",
        "in the bot's own region",
    ),
    (
        "a region's name",
        stage("{name: a, run: b, region: eu west}"),
        "stages[0].actions[0].region",
        "cannot be `eu west`",
    ),
    (
        "STR-16 an approval has no inputs",
        stage("{name: a, approve: {}, inputs: [source]}"),
        "stages[0].actions[0].inputs",
        "takes no `inputs`",
    ),
    (
        "STR-16 an approval has no outputs",
        stage("{name: a, approve: {}, outputs: {x: y}}"),
        "stages[0].actions[0].outputs",
        "takes no `outputs`",
    ),
    (
        "STR-17 run order from 1",
        stage("{name: a, run: b, run_order: 0}"),
        "stages[0].actions[0].run_order",
        "at least 1, and is `0`",
    ),
    (
        "STR-17 run order to 999",
        stage("{name: a, run: b, run_order: 1000}"),
        "stages[0].actions[0].run_order",
        "at most 999, and is `1000`",
    ),
    ("STR-18 an action does something", stage("{name: a}"), "stages[0].actions[0]", "does nothing"),
    (
        "STR-18 an action does one thing",
        stage("{name: a, run: b, use: c}"),
        "stages[0].actions[0].use",
        "`run` and `use` are given together",
    ),
    (
        "STR-18 unknown keys are refused",
        stage("{name: a, run: b, cache: c}"),
        "stages[0].actions[0].cache",
        "Unknown key `cache`",
    ),
    (
        "STR-19, RUL-1 a window cannot skip",
        stage(RUN, ", before_entry: {result: skip, rules: [{name: r, window: '* * * * *'}]}"),
        "stages[0].before_entry.rules[0].window",
        "cannot skip",
    ),
    (
        "STR-20 entry cannot roll back",
        stage(RUN, ", before_entry: {result: rollback, rules: [{name: r, check: 1 < 2}]}"),
        "stages[0].before_entry.result",
        "cannot be `rollback`",
    ),
    (
        "STR-20 success cannot retry",
        stage(RUN, ", on_success: {result: retry, rules: [{name: r, check: 1 < 2}]}"),
        "stages[0].on_success.result",
        "cannot be `retry`",
    ),
    ("STR-20 failure cannot skip", stage(RUN, ", on_failure: skip"), "stages[0].on_failure", "cannot be `skip`"),
    (
        "STR-21, RET-13 retry takes no rules",
        stage(RUN, ", on_failure: {result: retry, rules: [{name: r, check: 1 < 2}]}"),
        "stages[0].on_failure.rules",
        "takes no rules",
    ),
    (
        "STR-22 parallel cannot roll back",
        "mode: parallel\n" + stage(RUN, ", on_failure: rollback"),
        "stages[0].on_failure",
        "cannot roll back",
    ),
    (
        "STR-22 parallel cannot roll back on success",
        "mode: parallel\n" + stage(RUN, ", on_success: {result: rollback, rules: [{name: r, check: 1 < 2}]}"),
        "stages[0].on_success.result",
        "cannot roll back",
    ),
    (
        "STR-24 tags stand alone",
        "triggers: {push: {tags: [a], paths: [b]}}\n" + BUILT,
        "triggers.push.paths",
        "cannot filter tags",
    ),
    (
        "STR-24 no empty filter object",
        "triggers: {push: {branches: {}}}\n" + BUILT,
        "triggers.push.branches",
        "neither what to include",
    ),
    (
        "STR-25 variables are declared",
        stage("{name: a, run: 'x #{variables.NO}'}"),
        "stages[0].actions[0].run",
        "`#{variables.NO}` does not exist",
    ),
    (
        "STR-25 namespaces exist",
        stage("{name: a, run: 'x #{no.KEY}'}"),
        "stages[0].actions[0].run",
        "names no namespace",
    ),
    (
        "VAR-4 a consumer runs later",
        stage("{name: a, run: b, namespace: n}, {name: c, run: 'x #{n.K}'}"),
        "stages[0].actions[1].run",
        "does not end before",
    ),
    (
        "VAR-4 an action has not its own outputs",
        stage("{name: a, run: 'x #{n.K}', namespace: n}"),
        "stages[0].actions[0].run",
        "does not end before",
    ),
    (
        "VAR-4 entry comes before the stage's actions",
        stage("{name: a, run: b, namespace: n}", ", before_entry: {rules: [{name: r, check: \"#{n.K} == 'x'\"}]}"),
        "stages[0].before_entry.rules[0].check",
        "does not end before",
    ),
    (
        "the source has known keys only",
        stage("{name: a, run: 'x #{source.Branch}'}"),
        "stages[0].actions[0].run",
        "`#{source.Branch}` does not exist",
    ),
    (
        "codepipeline has one key",
        stage("{name: a, run: b, env: {A: '#{codepipeline.Name}'}}"),
        "stages[0].actions[0].env.A",
        "does not exist",
    ),
    (
        "VAR-2 references are not for triggers",
        "triggers: {push: {branches: ['#{variables.A}']}}\nvariables: {A: b}\n" + BUILT,
        "triggers.push.branches[0]",
        "not resolved here",
    ),
    # Section 1.1: names, lengths, counts.
    ("names have a pattern", f"name: 'a b'\n{BUILT}", "name", "cannot be `a b`"),
    ("names have a length", f"name: {LONG}\n{BUILT}", "name", "101 characters long, and may have at most 100"),
    ("names are not empty", f"name: ''\n{BUILT}", "name", "empty"),
    ("names are no folders", f"name: ..\n{BUILT}", "name", "dots alone"),
    (
        "artifact names have a pattern",
        stage("{name: a, run: b, outputs: {a.b: x}}"),
        "stages[0].actions[0].outputs[`a.b`]",
        "cannot be `a.b`",
    ),
    (
        "namespaces have a pattern",
        stage("{name: a, run: b, namespace: a.b}"),
        "stages[0].actions[0].namespace",
        "cannot be `a.b`",
    ),
    ("variables have a pattern", f"variables: {{'a b': c}}\n{BUILT}", "variables[`a b`]", "cannot be `a b`"),
    ("variables have a length", f"variables: {{A: {'x' * 1001}}}\n{BUILT}", "variables.A", "1001 characters"),
    (
        "descriptions have a length",
        f"variables: {{A: {{description: {'x' * 201}}}}}\n{BUILT}",
        "variables.A.description",
        "201 characters",
    ),
    (
        "at most 50 variables",
        "variables: {" + ", ".join(f"V{n}: x" for n in range(51)) + "}\n" + BUILT,
        "variables",
        "51 entries, and may have at most 50",
    ),
    (
        "at most 50 commands",
        stage("{name: a, run: [" + "b, " * 51 + "]}"),
        "stages[0].actions[0].run",
        "51 entries, and may have at most 50",
    ),
    ("at least one command", stage("{name: a, run: []}"), "stages[0].actions[0].run", "nothing in it"),
    (
        "at most 3 push filters",
        "triggers: {push: [{branches: a}, {branches: b}, {branches: c}, {branches: d}]}\n" + BUILT,
        "triggers.push",
        "at most 3",
    ),
    (
        "at most 8 patterns",
        "triggers: {push: {branches: [a, b, c, d, e, f, g, h, i]}}\n" + BUILT,
        "triggers.push.branches",
        "at most 8",
    ),
    (
        "patterns have a length",
        f"triggers: {{push: {{branches: [{'x' * 256}]}}}}\n{BUILT}",
        "triggers.push.branches[0]",
        "256 characters",
    ),
    (
        "at most 50 triggers",
        "triggers: {push: true, schedule: [" + "'0 0 * * *', " * 50 + "]}\n" + BUILT,
        "triggers",
        "51 triggers, and may be at most 50",
    ),
    (
        "at most 5 rules",
        stage(RUN, ", before_entry: {rules: [" + ", ".join(f"{{name: r{n}, check: 1 < 2}}" for n in range(6)) + "]}"),
        "stages[0].before_entry.rules",
        "at most 5",
    ),
    ("at least one rule", stage(RUN, ", before_entry: {rules: []}"), "stages[0].before_entry.rules", "nothing in it"),
    (
        "at most 50 environment variables",
        stage("{name: a, run: b, env: {" + ", ".join(f"V{n}: x" for n in range(51)) + "}}"),
        "stages[0].actions[0].env",
        "at most 50",
    ),
    (
        "environment variables of the bot are its own",
        stage("{name: a, run: b, env: {PENSTOCK_X: y}}"),
        "stages[0].actions[0].env.PENSTOCK_X",
        "reserved",
    ),
    (
        "environment variables have a pattern",
        stage("{name: a, run: b, env: {A-B: y}}"),
        "stages[0].actions[0].env.A-B",
        "cannot be `A-B`",
    ),
    # Triggers, cron, globs.
    (
        "the same filter twice",
        "triggers: {push: [{branches: a}, {branches: a}]}\n" + BUILT,
        "triggers.push[1]",
        "given twice",
    ),
    ("a filter that is false", "triggers: {push: false}\n" + BUILT, "triggers.push", "must be filters"),
    ("a malformed glob", "triggers: {push: {tags: ['v[']}}\n" + BUILT, "triggers.push.tags[0]", "malformed"),
    (
        "an unknown event",
        "triggers: {pull_request: {events: [merged]}}\n" + BUILT,
        "triggers.pull_request.events[0]",
        "cannot be `merged`",
    ),
    (
        "a cron of six fields",
        "triggers: {schedule: ['0 0 0 * * *']}\n" + BUILT,
        "triggers.schedule[0]",
        "6 fields, and needs 5",
    ),
    (
        "a cron that is none",
        "triggers: {schedule: ['0 25 * 13 *']}\n" + BUILT,
        "triggers.schedule[0]",
        "malformed in its hour and its month",
    ),
    ("a day that never comes", "triggers: {schedule: ['0 0 31 2 *']}\n" + BUILT, "triggers.schedule[0]", "never comes"),
    (
        "an unknown time zone",
        "triggers: {schedule: [{cron: '0 0 * * *', timezone: Europe}]}\n" + BUILT,
        "triggers.schedule[0].timezone",
        "unknown",
    ),
    (
        "a time zone that is a path",
        "triggers: {schedule: [{cron: '0 0 * * *', timezone: ../../etc/passwd}]}\n" + BUILT,
        "triggers.schedule[0].timezone",
        "unknown",
    ),
    (
        "a pipeline that starts itself",
        "name: a\ntriggers: {pipelines: [a]}\n" + BUILT,
        "triggers.pipelines[0]",
        "start itself",
    ),
    # Approvals.
    (
        "APR-7 at least 5 minutes",
        stage("{name: a, approve: {timeout: 4m59s}}"),
        "stages[0].actions[0].approve.timeout",
        "from 5 minutes",
    ),
    (
        "APR-7 at most 60 days",
        stage("{name: a, approve: {timeout: 5184001}}"),
        "stages[0].actions[0].approve.timeout",
        "to 60 days",
    ),
    ("a count of people", stage("{name: a, approve: {count: 0}}"), "stages[0].actions[0].approve.count", "at least 1"),
    (
        "people who can be asked",
        stage("{name: a, approve: {by: ada}}"),
        "stages[0].actions[0].approve.by",
        "cannot be `ada`",
    ),
    (
        "more people than are named",
        stage("{name: a, approve: {by: ['user:ada'], count: 2}}"),
        "stages[0].actions[0].approve.count",
        "names only 1",
    ),
    (
        "two timeouts",
        stage("{name: a, approve: {timeout: 1h}, timeout: 2h}"),
        "stages[0].actions[0].timeout",
        "given twice",
    ),
    (
        "an approval's short timeout on the action",
        stage("{name: a, approve: {}, timeout: 10s}"),
        "stages[0].actions[0].timeout",
        "from 5 minutes",
    ),
    # Rules and conditions.
    (
        "a rule asks something",
        stage(RUN, ", before_entry: {rules: [{name: r}]}"),
        "stages[0].before_entry.rules[0]",
        "asks for nothing",
    ),
    (
        "a rule asks one thing",
        stage(RUN, ", before_entry: {rules: [{name: r, check: 1 < 2, invoke: b}]}"),
        "stages[0].before_entry.rules[0].invoke",
        "given together",
    ),
    (
        "rule names differ",
        stage(RUN, ", before_entry: {rules: [{name: r, check: 1 < 2}, {name: r, check: 1 < 2}]}"),
        "stages[0].before_entry.rules[1].name",
        "used twice",
    ),
    (
        "a mode needs a retry",
        stage(RUN, ", on_failure: {result: fail, retry_mode: all}"),
        "stages[0].on_failure.retry_mode",
        "only for the result `retry`",
    ),
    # Values.
    (
        "a path inside the repository",
        stage("{name: a, build: ../x.yml}"),
        "stages[0].actions[0].build",
        "leaves the repository",
    ),
    ("a boolean of YAML 1.2", f"checkout: {{lfs: yes}}\n{BUILT}", "checkout.lfs", "the text `yes`"),
    ("a number that is one", f"checkout: {{depth: 1.5}}\n{BUILT}", "checkout.depth", "not a depth"),
    (
        "a whole number",
        stage("{name: a, run: b, run_order: 1.5}"),
        "stages[0].actions[0].run_order",
        "whole number, and is `1.5`",
    ),
    (
        "a key that stands elsewhere",
        stage("{name: a, run: b, environment: c}"),
        "stages[0].actions[0].environment",
        "Unknown key",
    ),
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
