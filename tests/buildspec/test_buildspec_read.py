"""What is a buildspec and what is none, by the reference's rules: files that are taken, and files that are refused, told where and why."""

from typing import Any

import jsonschema
import pytest
import yaml

from bot.buildspec import json_schema, read_buildspec
from bot.model.buildspec import Buildspec, FailurePolicy, OnFailure, SecretReference

HEAD = "version: 0.2\n"
PHASES = "phases: {build: {commands: [make]}}\n"


def read(text: str) -> Buildspec:
    reading = read_buildspec(text.encode())
    assert not reading.problems, "\n".join(map(str, reading.problems))
    assert reading.buildspec is not None
    return reading.buildspec


REFUSED = [
    ("FIL-4 not YAML", "version: 0.2\nphases: [a", "", "not closed"),
    ("FIL-4 a list", "[]", "", "no buildspec"),
    ("FIL-4 empty", "", "", "no buildspec"),
    ("FIL-4 no version", PHASES, "version", "missing"),
    ("FIL-6 another version", "version: 0.3\n" + PHASES, "version", "0.1 or 0.2"),
    ("GRM-2 no phases", HEAD, "phases", "missing"),
    ("GRM-2 B6 an unknown phase", HEAD + "phases: {deploy: {commands: [a]}}", "phases.deploy", "Unknown key"),
    (
        "GRM-3 an unquoted colon",
        HEAD + 'phases: {build: {commands: [ok, {echo "a": b}]}}',
        "phases.build.commands[1]",
        "a mapping with the key",
    ),
    ("GRM-3 an empty command", HEAD + "phases:\n  build:\n    commands:\n      -\n", "phases.build.commands[0]", "no value"),
    ("GRM-3 commands that are a mapping", HEAD + "phases: {build: {commands: {make: all}}}", "phases.build.commands", "a mapping"),
    ("GRM-1 no boolean", HEAD + PHASES + "proxy: {logs: maybe}", "proxy.logs", "yes or no"),
    (
        "ENV-3 a reserved name",
        HEAD + PHASES + "env: {variables: {CODEBUILD_X: a}}",
        "env.variables.CODEBUILD_X",
        "is reserved",
    ),
    ("ENV-1 a value that is a list", HEAD + PHASES + "env: {variables: {X: [a]}}", "env.variables.X", "must be a text"),
    ("ENV-8 another shell", HEAD + PHASES + "env: {shell: fish}", "env.shell", "cannot be `fish`"),
    (
        "ENV-5 a stage and a version",
        HEAD + PHASES + "env: {secrets-manager: {X: 'a:b:c:d'}}",
        "env.secrets-manager.X",
        "together",
    ),
    ("ENV-5 no name", HEAD + PHASES + "env: {secrets-manager: {X: ':b'}}", "env.secrets-manager.X", "names no secret"),
    (
        "PHS-9 no runtime",
        HEAD + "phases: {install: {runtime-versions: {}}}",
        "phases.install.runtime-versions",
        "nothing in it",
    ),
    (
        "ONF-1 another word",
        HEAD + "phases: {build: {on-failure: STOP, commands: [a]}}",
        "phases.build.on-failure",
        "cannot be `STOP`",
    ),
    (
        "ONF-1 more than 100 builds",
        HEAD + "phases: {build: {on-failure: RETRY-101, commands: [a]}}",
        "phases.build.on-failure",
        "at most 100",
    ),
    (
        "ONF-2 no regular expression",
        HEAD + "phases: {build: {on-failure: 'RETRY-(', commands: [a]}}",
        "phases.build.on-failure",
        "no regular expression",
    ),
    ("ARF-1 artifacts without files", HEAD + PHASES + "artifacts: {name: x}", "artifacts", "`files` is missing"),
    (
        "ARF-9 a secondary artifact without files",
        HEAD + PHASES + "artifacts: {secondary-artifacts: {a: {name: x}}}",
        "artifacts.secondary-artifacts.a.files",
        "missing",
    ),
    (
        "ARF-9 thirteen of them",
        HEAD + PHASES + "artifacts: {files: [a], secondary-artifacts: {"
        + ", ".join(f"a{n}: {{files: [a]}}" for n in range(13)) + "}}",
        "artifacts.secondary-artifacts",
        "at most 12",
    ),
    ("CAC-2 a cache without paths", HEAD + PHASES + "cache: {key: x}", "cache.paths", "missing"),
    (
        "CAC-4 six fallback keys",
        HEAD + PHASES + "cache: {paths: [a], key: x, fallback-keys: [a, b, c, d, e, f]}",
        "cache.fallback-keys",
        "at most 5",
    ),
    ("CAC-5 another action", HEAD + PHASES + "cache: {paths: [a], action: both}", "cache.action", "cannot be `both`"),
    ("REP-2 a report without files", HEAD + PHASES + "reports: {unit: {base-directory: a}}", "reports.unit.files", "missing"),
    (
        "REP-3 another format",
        HEAD + PHASES + "reports: {unit: {files: [a], file-format: TAP}}",
        "reports.unit.file-format",
        "no format",
    ),
    (
        "REP-1 six groups",
        HEAD + PHASES + "reports: {" + ", ".join(f"r{n}: {{files: [a]}}" for n in range(6)) + "}",
        "reports",
        "at most 5",
    ),
    ("BAT-4 an empty batch", HEAD + PHASES + "batch: {fast-fail: yes}", "batch", "one way"),
    (
        "BAT-4 an unknown dependency",
        HEAD + PHASES + "batch: {build-graph: [{identifier: a, depend-on: [b]}]}",
        "batch",
        "no build of the batch",
    ),
    (
        "BAT-4 a circle",
        HEAD + PHASES + "batch: {build-graph: [{identifier: a, depend-on: [b]}, {identifier: b, depend-on: [a]}]}",
        "batch",
        "in a circle",
    ),
    ("BAT-5 the same name twice", HEAD + PHASES + "batch: {build-list: [{identifier: a}, {identifier: a}]}", "batch", "twice"),
    (
        "BAT-5 no name",
        HEAD + PHASES + "batch: {build-list: [{identifier: a-b}]}",
        "batch.build-list[0].identifier",
        "can't be an identifier",
    ),
    (
        "BAT-11 too many builds",
        HEAD + PHASES + "batch: {build-matrix: {dynamic: {env: {variables: {A: ["
        + ", ".join(map(str, range(101))) + "]}}}}}",
        "batch",
        "at most 100",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("case", "text", "path", "words"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_is_wrong_is_told_where_it_is(case: str, text: str, path: str, words: str) -> None:
    reading = read_buildspec(text.encode())
    assert reading.buildspec is None
    assert [(each.path, words in each.reason) for each in reading.problems] == [(path, True)], reading.problems
    assert all(each.remedy and each.line for each in reading.problems)


def test_all_problems_are_told_at_once_in_the_files_order() -> None:
    text = "version: 1\nenv: {shell: fish}\nphases: {instal: {}}\nartifacts: {}\n"
    assert [each.line for each in read_buildspec(text.encode()).problems] == [1, 2, 3, 4]


def test_fil_5_b6_what_is_unknown_is_passed_over_with_a_warning() -> None:
    reading = read_buildspec((HEAD + PHASES + "artefacts: {files: [a]}\nenv: {variable: {}}\n").encode())
    assert reading.buildspec is not None
    assert reading.warnings == (
        "buildspec.yml, line 3: the key `artefacts` is not known here, and ignored. Did you mean `artifacts`?",
        "buildspec.yml, line 4: the key `variable` is not known here, and ignored. Did you mean `variables`?",
    )


def test_fil_3_the_first_document_is_the_one() -> None:
    reading = read_buildspec(f"{HEAD}{PHASES}---\n[]\n".encode())
    assert reading.buildspec is not None
    assert "2 documents" in reading.warnings[0]


def test_fil_6_the_version_is_a_number_or_a_text() -> None:
    assert [read(f"version: {text}\n{PHASES}").version for text in ("0.2", "'0.2'", "0.1")] == ["0.2", "0.2", "0.1"]


def test_grm_1_booleans_are_yaml_1_1s() -> None:
    found = [
        read(f"{HEAD}{PHASES}artifacts: {{files: [a], discard-paths: {word}}}").artifacts
        for word in ("yes", "no", "true", "False", "'yes'")
    ]
    assert [each.flat for each in found if each] == [True, False, True, False, True]


def test_grm_3_commands_are_taken_as_they_are_written() -> None:
    text = f"{HEAD}phases:\n  install: {{commands: }}\n  build:\n    commands:\n      - true\n      - 1.10\n      - |\n        a\n        b\n"
    assert [phase.commands for phase in read(text).phases] == [(), (), ("true", "1.10", "a\nb\n"), ()]


def test_grm_3_one_command_needs_no_list() -> None:
    spec = read(
        HEAD + "env: {exported-variables: A}\nphases: {install: {commands: npm install}, build: {finally: 'a\n\n  b'}}"
    )
    assert (spec.phases[0].commands, spec.phases[2].last, spec.env.exported) == (("npm install",), ("a\nb",), ("A",))


def test_grm_3_a_phase_of_nothing_but_what_comes_last() -> None:
    phases = read(f"{HEAD}phases:\n  pre_build: {{commands: , finally: }}\n  post_build: {{finally: [a]}}\n").phases
    assert [(phase.commands, phase.last) for phase in phases[1::2]] == [((), ()), ((), ("a",))]


def test_arf_9_secondary_artifacts_do_without_the_primarys_files() -> None:
    spec = read(HEAD + PHASES + "artifacts: {secondary-artifacts: {a: {files: '*'}}}")
    assert (spec.artifacts, spec.secondary["a"].files) == (None, ("*",))


def test_grm_4_the_first_version_has_other_names() -> None:
    spec = read(
        f"version: 0.1\nenvironment_variables: {{plaintext: {{A: b}}}}\n{PHASES}artifacts: {{type: zip, files: [a]}}\n"
    )
    assert (spec.env.variables, spec.one_shell) == ({"A": "b"}, False)


def test_a_merge_key_brings_the_keys_of_another_mapping() -> None:
    spec = read(f"{HEAD}x: &x {{commands: [a], finally: [b]}}\nphases: {{build: {{<<: *x, finally: [c]}}}}\n")
    assert (spec.phases[2].commands, spec.phases[2].last) == (("a",), ("c",))


def test_env_1_values_are_literals() -> None:
    spec = read(HEAD + PHASES + 'env: {variables: {A: "$PATH:x", B: 1.10, C: yes, D: }}')
    assert spec.env.variables == {"A": "$PATH:x", "B": "1.10", "C": "yes", "D": ""}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("db", SecretReference("db")),
        ("prod/db:password", SecretReference("prod/db", "password")),
        ("db:password:AWSPREVIOUS", SecretReference("db", "password", "AWSPREVIOUS")),
        ("db:::v1", SecretReference("db", "", "", "v1")),
        (
            "arn:aws:secretsmanager:eu-west-1:1:secret:db-x",
            SecretReference("arn:aws:secretsmanager:eu-west-1:1:secret:db-x"),
        ),
        (
            "arn:aws:secretsmanager:eu-west-1:1:secret:db-x:key",
            SecretReference("arn:aws:secretsmanager:eu-west-1:1:secret:db-x", "key"),
        ),
    ],
)
def test_env_5_what_a_secret_is_named_by(text: str, expected: SecretReference) -> None:
    assert read(f"{HEAD}{PHASES}env: {{secrets-manager: {{X: '{text}'}}}}").env.secrets == {"X": expected}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ABORT", FailurePolicy(OnFailure.ABORT)),
        ("continue", FailurePolicy(OnFailure.CONTINUE)),
        ("Retry", FailurePolicy(OnFailure.RETRY, 3)),
        ("RETRY-2", FailurePolicy(OnFailure.RETRY, 2)),
        ("RETRY-0", FailurePolicy(OnFailure.RETRY, 0)),
        ("RETRY-status 7", FailurePolicy(OnFailure.RETRY, 3, "status 7")),
        ("RETRY-2-a-b.*", FailurePolicy(OnFailure.RETRY, 2, "a-b.*")),
        ("RETRY-2x", FailurePolicy(OnFailure.RETRY, 3, "2x")),
    ],
)
def test_onf_1_onf_2_what_on_failure_means(text: str, expected: FailurePolicy) -> None:
    spec = read(f"{HEAD}phases: {{build: {{on-failure: '{text}', commands: [a]}}}}")
    assert spec.phases[2].on_failure == expected


def test_prx_1_a_proxy_is_taken_and_means_nothing() -> None:
    assert read(HEAD + PHASES + "proxy: {upload-artifacts: yes, logs: no}") == read(HEAD + PHASES)


def test_bat_4_bat_5_a_matrix_is_every_combination_and_a_fan_out_so_many() -> None:
    matrix = "batch: {build-matrix: {static: {env: {variables: {S: s}}}, dynamic: {buildspec: [a, b], env: {variables: {X: [1, 2, 3]}}}}}"
    batch = read(HEAD + PHASES + matrix).batch
    assert batch is not None
    assert [(one.identifier, one.buildspec, one.variables) for one in batch.builds][::5] == [
        ("build0", "a", {"S": "s", "X": "1"}),
        ("build5", "b", {"S": "s", "X": "3"}),
    ]
    fan_out = read(HEAD + PHASES + "batch: {fast-fail: true, build-fanout: {parallelism: 4}}").batch
    assert fan_out is not None
    assert (len(fan_out.builds), fan_out.fast_fail, fan_out.shards) == (4, True, True)


WHOLE = """\
version: 0.2
run-as: ada
env:
  shell: bash
  variables: {A: b}
  parameter-store: {P: /app/p}
  exported-variables: [A]
  git-credential-helper: yes
phases:
  install: {runtime-versions: {python: 3.12, nodejs: latest}}
  pre_build: {run-as: root, commands: [a], finally: [b]}
  build: {on-failure: CONTINUE, commands: [a]}
reports: {unit: {files: ["**/*.xml"], file-format: JunitXml}}
artifacts:
  files: ["**/*"]
  base-directory: ./dist/
  exclude-paths: "**/.*"
  secondary-artifacts: {docs: {files: [docs], enable-symlinks: yes}}
cache: {paths: [/root/.m2/**/*], key: k, fallback-keys: [f], action: save}
"""


def test_a_whole_one() -> None:
    spec = read(WHOLE)
    assert spec.artifacts is not None
    assert (spec.artifacts.base, spec.artifacts.exclude) == ("dist", ("**/.*",))
    assert spec.reports[0].format == "JUNITXML"
    assert spec.phases[0].runtimes == {"python": "3.12", "nodejs": "latest"}
    assert spec.secondary["docs"].keep_links


def test_the_schema_takes_what_the_reading_takes() -> None:
    validator: Any = jsonschema.Draft202012Validator(json_schema())
    batch_only = "version: 0.2\nbatch: {build-list: [{identifier: a, buildspec: a.yml}]}"
    for right in (WHOLE, batch_only):
        assert not list(validator.iter_errors(yaml.safe_load(right))), right
        assert read_buildspec(right.encode()).buildspec is not None, right
    for wrong in ("version: 0.2", "version: 1\nphases: {}", "version: 0.2\nphases: {deploy: {}}"):
        assert list(validator.iter_errors(yaml.safe_load(wrong))), wrong
