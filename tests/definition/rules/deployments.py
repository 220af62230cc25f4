"""Files that break a rule of deployments: objects, manifests, changes by Git. A row: the rule, the file, where that is told, and words of it."""

from tests.definition.rules.files import stage

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
]
