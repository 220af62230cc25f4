"""Files that break a rule of further sources. A row: the rule, the file, where that is told, and words of it."""

from tests.definition.rules.files import BUILT, GIT, stage

RULES = [
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
]
