"""`penstock build`: a buildspec on the tree as it is on disk, its artifacts in a folder; and `validate` and `schema` for buildspecs."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Typed
from tests.cli.shell import Program

SPEC = """\
version: 0.2
env:
  parameter-store: {TOKEN: /app/token}
phases:
  build:
    commands: ['echo "$GREETING, $WHO, $TOKEN"', mkdir dist, cp greeting dist, echo x > y, test ! -e failing]
reports: {unit: {files: junit.xml}}
artifacts:
  files: "**/*"
  base-directory: dist
  secondary-artifacts: {other: {files: y}}
"""


@pytest.fixture
def tree(folder: Path) -> Path:
    (folder / "buildspec.yml").write_text(SPEC)
    (folder / "greeting").write_text("hello\n")
    (folder / "junit.xml").write_text('<testsuite><testcase name="a"/></testsuite>')
    (folder / "values.env").write_text("# values\nGREETING=hello there\n\nTOKEN=open-sesame\nUNSET_HERE\n")
    return folder


async def test_a_build_shows_its_log_and_saves_what_it_makes(program: Program, tree: Path) -> None:
    ended = await program("build", "-a", "out", "-e", "values.env", "--env", "WHO=you")
    assert ended.status == 0, ended.out + ended.err
    assert "build/build │ [Container] Entering phase BUILD" in ended.out
    assert "build/build │ hello there, you, ****" in ended.out
    assert "1 passed" in ended.out
    assert {str(path.relative_to(tree / "out")) for path in (tree / "out").rglob("*") if path.is_file()} == {
        "greeting",
        "other/y",
    }
    assert not (tree / "dist").exists(), "it ran in a copy"


async def test_a_build_that_is_done_again_shows_each_of_its_builds(program: Program, folder: Path) -> None:
    spec = {
        "version": 0.2,
        "phases": {
            "build": {"on-failure": "RETRY-2", "commands": [f"echo x >> {folder}/n; wc -l < {folder}/n; exit 7"]}
        },
        "artifacts": {"files": "missing"},
    }
    (folder / "buildspec.yml").write_text(json.dumps(spec))
    ended = await program("build")
    assert [line[-1] for line in ended.out.splitlines() if line[:-1] == "build/build │ "] == ["1", "2", "3"], ended.out


def test_a_build_that_fails_says_why_and_ends_with_1(typed: Typed, tree: Path) -> None:
    (tree / "failing").touch()
    ended = typed("build", "-e", "values.env")
    assert ended.status == 1
    assert "build/build failed" in ended.out
    assert "BUILD: Error while executing command: test ! -e failing. Reason: exit status 1; 1 passed" in ended.out


def test_bat_1_a_batch_saves_what_each_build_makes_and_tells_how_each_ended(typed: Typed, folder: Path) -> None:
    (folder / "buildspec.yml").write_text("""\
version: 0.2
batch:
  build-list:
    - {identifier: linux, env: {variables: {OS: linux}}}
    - {identifier: docs, buildspec: docs.yml}
phases: {build: {commands: [echo $OS > page]}}
artifacts: {files: page}
""")
    docs = "version: 0.2\nphases: {build: {commands: [echo a > a]}}\nartifacts: {files: a, secondary-artifacts: {html: {files: a}}}\n"
    (folder / "docs.yml").write_text(docs)
    ended = typed("build", "--batch", "-a", "out")
    assert ended.status == 0, ended.out
    assert (folder / "out/linux/page").read_text() == "linux\n"
    assert (folder / "out/docs_html/a").read_text() == "a\n"
    assert "Build linux SUCCEEDED" in ended.out
    (folder / "docs.yml").unlink()
    assert "There is no docs.yml in" in typed("build", "--batch").err


def test_stored_values_that_nobody_gives_are_asked_for_at_once(typed: Typed, tree: Path) -> None:
    (tree / "buildspec.yml").write_text(SPEC.replace("TOKEN: /app/token", "TOKEN: /app/token, OTHER: /app/other"))
    ended = typed("build")
    assert ended.status == 1
    assert "set the environment variable TOKEN to give it; " in ended.out
    assert "set the environment variable OTHER to give it" in ended.out


def test_a_buildspec_that_is_none_or_not_there(typed: Typed, tree: Path) -> None:
    (tree / "bad.yml").write_text("version: 0.2\nphases: {biuld: {}}\n")
    ended = typed("build", "bad.yml")
    assert (ended.status, ended.err) == (
        1,
        "bad.yml:2:10: phases.biuld: Unknown key `biuld`. Did you mean `build`?\n",
    )
    ended = typed("build", "nope.yml")
    assert ended.status == 2
    assert "There is no nope.yml in" in ended.err


def test_it_is_called_as_codebuild_s_own_script_is(typed: Typed, tree: Path, tmp_path: Path) -> None:
    """-i, -a, -s, -s ID:FOLDER, -b, -e: https://github.com/aws/aws-codebuild-docker-images/tree/master/local_builds."""
    (tree / "ci.yml").write_text(
        "version: 0.2\nphases: {build: {commands: [cp $CODEBUILD_SRC_DIR_lib/it it]}}\nartifacts: {files: [it, greeting]}\n"
    )
    lib = tmp_path / "lib"
    lib.mkdir()
    (lib / "it").write_text("of the library\n")
    words = ("-i", "aws/codebuild/standard:7.0", "-a", "out", "-s", ".", "-s", f"lib:{lib}", "-b", "ci.yml")
    ended = typed("build", *words, "-e", "values.env")
    assert ended.status == 0, ended.out + ended.err
    assert "standard:7.0 is passed over: a build has what this machine has" in ended.err
    assert sorted(path.name for path in (tree / "out").iterdir()) == ["greeting", "it"]
    assert (tree / "out/it").read_text() == "of the library\n"


def test_your_own_aws_configuration_is_handed_on_with_c_alone(
    typed: Typed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """-c, -p; -l, -m and -d are taken; and a breakpoint is none outside a session."""
    names = ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE")
    command = f"codebuild-breakpoint && echo {','.join(f'${name}' for name in names)}"
    (folder / "buildspec.yml").write_text(json.dumps({"version": 0.2, "phases": {"build": {"commands": [command]}}}))
    config = folder.parent / ".aws/config"
    config.parent.mkdir()
    config.touch()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush-hush")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "hush-session")
    with_it = typed("build", "-c", "-p", "test", "-m", "-d", "-l", "agent")
    assert f"build/build │ test,AKIA,****,****,{config}" in with_it.out
    assert with_it.err.count("is passed over: ") == 3
    assert "build/build │ ,,,," in typed("build").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-p", "test"), "give -c, too"),
        ((), "Name another with --buildspec FILE, or write it, such as:"),
        (("-s", "nowhere"), "--source nowhere: there is no folder nowhere"),
        (("-s", "source:."), "a secondary source can't be called source"),
        (("-b", "../else.yml"), "is not in"),
    ],
)
def test_what_is_missing_is_said_kindly(words: tuple[str, ...], said: str, typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "else.yml").write_text("version: 0.2\n")
    ended = typed("build", *words)
    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err


def test_validate_knows_buildspecs_from_pipeline_files(typed: Typed, tree: Path) -> None:
    (tree / "bad.yml").write_text("version: 0.2\nphases: {biuld: {}}\n")
    (tree / "pipe.yml").write_text("stages: [{name: build, actions: [{name: unit, build: buildspec.yml}]}]\n")
    ended = typed("validate", "buildspec.yml", "pipe.yml")
    assert ended.status == 0
    assert ended.out.splitlines() == [
        "buildspec.yml is a valid buildspec: 1 phase with commands.",
        "pipe.yml: pipe is valid: 1 stage, 1 action.",
    ]
    ended = typed("validate", "--json", "bad.yml")
    found = json.loads(ended.out)
    assert (ended.status, found["valid"], [each["line"] for each in found["problems"]]) == (1, False, [2])


def test_the_schema_of_buildspecs(typed: Typed) -> None:
    assert json.loads(typed("schema", "--buildspec").out)["title"] == "Buildspec"


def test_validate_looks_at_the_buildspecs_that_this_folders_pipelines_name_and_hold(typed: Typed, tree: Path) -> None:
    (tree / "bad.yml").write_text("version: 0.2\nphases: {biuld: {}}\n")
    (tree / ".pipeline.yml").write_text("""\
stages:
  - name: build
    actions:
      - {name: good, build: buildspec.yml}
      - {name: bad, build: bad.yml, outputs: dist}
      - {name: missing, test: nope.yml}
      - {name: inline, build: {version: 0.2, phases: {deploy: {}}}}
      - {name: later, run_order: 2, inputs: [dist], build: made-later.yml}
""")
    ended = typed("validate")
    assert ended.status == 1
    assert ended.out.splitlines()[:2] == [
        ".pipeline.yml: build/inline: build.phases.deploy: Unknown key `deploy`. Known here: install, pre_build, build, post_build.",
        "bad.yml:2:10: phases.biuld: Unknown key `biuld`. Did you mean `build`?",
    ]
